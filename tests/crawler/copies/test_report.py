"""The report on a group of copies."""

from datetime import UTC, datetime

from crawler.copies.report import StoryCopy, report_copies
from crawler.items import Article


def copy(name, date, *, hour=0, body="The bridge reopened after nine months of hard work", **fields):
    article = Article(url=f"http://{name}.example/1", site=name, date=date, body=body, **fields)
    return StoryCopy(article, datetime(2026, 3, 5, hour, tzinfo=UTC))


def test_earliest_is_printed_first_and_a_day_counts_to_its_end():
    group = [
        copy("day", "2026-03-02"),
        copy("seen", "2026-03-02", hour=1),
        copy("minute", "2026-03-02T18:00:00+00:00"),
        copy("west", "2026-03-02T13:30:00-05:00"),
        copy("undated", None),
    ]
    report = report_copies(group)
    order = [report.earliest, *(one.copy for one in report.copies)]
    assert [one.article.site for one in order] == ["minute", "west", "day", "seen", "undated"]


def test_sources_are_listed_with_the_articles_that_name_them():
    group = [
        copy("first", "2026-03-01", source="高原日報"),
        copy("second", "2026-03-02", source="本网", body="据高原日报报道，大桥已经通车。"),
        copy("third", "2026-03-03", source="高原日报"),
    ]
    assert report_copies(group).credits == {
        "高原日報": tuple(f"http://{name}.example/1" for name in ("first", "second", "third")),
        "本网": ("http://second.example/1",),
    }


def test_changed_fields_differ_in_more_than_form():
    group = [
        copy("first", "2026-03-01", title="大桥通车", editor="Lu", source="Paper"),
        copy("second", "2026-03-02", title="大橋通車", editor="Wang", source="PAPER"),
    ]
    assert report_copies(group).copies[0].fields == {"editor": ("Lu", "Wang")}


def test_json_form_names_every_difference():
    group = [copy("first", "2026-03-01", title="A"), copy("second", "2026-03-02", title="B", body="Other words")]
    (found,) = report_copies(group).as_dict()["copies"]
    assert found["changed"]["title"] == {"before": "A", "after": "B"}
    assert found["added"] == ["Other words"]
    assert found["similarity"] == 0
