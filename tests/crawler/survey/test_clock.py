from crawler.extraction import Document
from crawler.survey.clock import offsets_in, zone_told


def page(language: str, host: str = "a.example") -> Document:
    return Document(f'<html lang="{language}"><body><p>Words.</p></body></html>'.encode(), f"http://{host}/")


def test_offsets_are_read_from_feeds_and_json_ld_but_not_utc():
    text = '<pubDate>Mon, 03 Mar 2025 08:00:00 -0500</pubDate> "2025-06-12T08:05:00-04:00" 2025-01-01T00:00:00+00:00'
    assert [f"{moment:%z}" for moment in offsets_in(text)] == ["-0400", "-0500"]


def test_offsets_of_summer_and_winter_name_the_zone():
    moments = offsets_in("2025-06-12T08:05:00-04:00 2025-01-12T08:05:00-05:00")
    zone = zone_told(moments, [page("en")])
    assert zone is not None
    assert (zone.name, zone.is_guess) == ("America/New_York", True)
    assert "-04:00 and -05:00" in zone.found


def test_a_country_that_its_offsets_agree_with_is_no_guess():
    zone = zone_told(offsets_in("2025-06-12T08:05:00+08:00"), [page("zh-CN")])
    assert zone is not None
    assert (zone.name, zone.is_guess) == ("Asia/Shanghai", False)
    alone = zone_told([], [page("de", "www.blatt.at")])
    assert alone is not None
    assert (alone.name, alone.is_guess) == ("Europe/Vienna", True)


def test_nothing_told_is_nothing():
    assert zone_told([], [page("en")]) is None
