"""Items are dropped, cleaned, flagged and counted before they are stored."""

from dataclasses import replace

import pytest
from scrapy.exceptions import DropItem

from crawler.pipelines.require_record import RequireRecordPipeline
from crawler.pipelines.validate import ValidatePipeline


@pytest.fixture
def validate(crawler):
    return ValidatePipeline.from_crawler(crawler)


def test_item_without_a_record_is_dropped(crawler, make_item):
    pipeline = RequireRecordPipeline.from_crawler(crawler)
    item = make_item()
    assert pipeline.process_item(item) is item
    for provenance in (None, replace(item.provenance, file="")):
        with pytest.raises(DropItem, match=r"paper\.localhost/1: not extracted from an archived record"):
            pipeline.process_item(replace(item, provenance=provenance))
    assert crawler.stats.get_value("items/dropped/no_record") == 2


@pytest.mark.parametrize("url", ["", "/a", "ftp://paper.localhost/a", "http:///a", "javascript:alert(1)", "http://[a/"])
def test_item_with_unusable_url_is_dropped(validate, crawler, make_item, url):
    with pytest.raises(DropItem, match="bad url"):
        validate.process_item(make_item(url=url))
    assert crawler.stats.get_value("items/dropped/bad_url") == 1


def test_item_without_title_and_body_is_dropped(validate, crawler, make_item):
    with pytest.raises(DropItem, match="no title and no body"):
        validate.process_item(make_item(title=None, body=""))
    assert validate.process_item(make_item(body=None)).title
    assert validate.process_item(make_item(title=None)).body
    assert crawler.stats.get_value("items/dropped/no_title_and_no_body") == 1


def test_valid_item_is_unchanged(validate, make_item):
    item = make_item(flags=("mojibake",), body="One.\nTwo\tthree.")
    assert validate.process_item(item) == item


def test_unprintable_characters_are_removed(validate, make_item):
    item = validate.process_item(make_item(title="A\x00B\ud83d", body="x\x1b[31m\ny"))
    assert (item.title, item.body, item.flags) == ("AB", "x[31m\ny", ("bad_characters",))


@pytest.mark.parametrize(
    ("date", "flags"),
    [
        ("2026-03-01T07:30:00+08:00", ()),
        ("2026-03-01", ()),
        ("2026-03-02", ()),
        ("2026-03-02T09:00:00+00:00", ()),
        ("2026-03-03", ("future_date",)),
        ("2062-03-01T07:30:00+08:00", ("future_date",)),
        ("1926-03-01", ()),
        (None, ()),
    ],
)
def test_date_after_the_capture_is_flagged(validate, make_item, date, flags):
    item = validate.process_item(make_item(date=date))
    assert (item.date, item.flags) == (date, flags)


@pytest.mark.parametrize("date", ["yesterday", "2026-02-30", "2026-13-01", "9999-12-31T23:59:59-14:00"])
def test_invalid_date_is_removed(validate, make_item, date):
    item = validate.process_item(make_item(date=date, date_precision="day", date_modified=date))
    assert (item.date, item.date_precision, item.date_modified, item.flags) == (None, None, None, ("bad_date",))


def test_missing_fields_and_flags_are_counted_by_site(validate, crawler, make_item):
    validate.process_item(make_item())
    validate.process_item(make_item(editor=None, source="", flags=("mojibake",)))
    assert {key: value for key, value in crawler.stats.get_stats().items() if key.startswith("items/")} == {
        "items/paper/count": 2,
        "items/paper/missing/editor": 1,
        "items/paper/missing/source": 1,
        "items/paper/flags/mojibake": 1,
    }
