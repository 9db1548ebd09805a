from crawler.extraction import Document
from crawler.survey.timezone import find_offset_times, infer_portal_zone


def page(language: str, host: str = "a.example") -> Document:
    return Document(f'<html lang="{language}"><body><p>Words.</p></body></html>'.encode(), f"http://{host}/")


def test_utc_offsets_other_than_zero_are_read():
    text = '<pubDate>Mon, 03 Mar 2025 08:00:00 -0500</pubDate> "2025-06-12T08:05:00-04:00" 2025-01-01T00:00:00+00:00'
    assert [f"{moment:%z}" for moment in find_offset_times(text)] == ["-0400", "-0500"]


def test_summer_and_winter_offsets_identify_the_zone():
    moments = find_offset_times("2025-06-12T08:05:00-04:00 2025-01-12T08:05:00-05:00")
    zone = infer_portal_zone(moments, [page("en")])
    assert zone is not None
    assert (zone.name, zone.is_guess) == ("America/New_York", True)
    assert "-04:00 and -05:00" in zone.origin


def test_zone_of_the_country_is_certain_if_offsets_agree():
    zone = infer_portal_zone(find_offset_times("2025-06-12T08:05:00+08:00"), [page("zh-CN")])
    assert zone is not None
    assert (zone.name, zone.is_guess) == ("Asia/Shanghai", False)
    by_country = infer_portal_zone([], [page("de", "www.blatt.at")])
    assert by_country is not None
    assert (by_country.name, by_country.is_guess) == ("Europe/Vienna", True)


def test_no_zone_is_inferred_without_evidence():
    assert infer_portal_zone([], [page("en")]) is None
