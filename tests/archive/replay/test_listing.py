"""Lists of captures: calendars, periods, patterns of URLs, and pages of lists and TimeMaps."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from archive.cdxj import IndexEntry
from archive.replay import Replay, listing, memento
from archive.surt import surt

PAGE = "http://news.test/a/1.html"


def entry(url: str, date: datetime, offset: int) -> IndexEntry:
    return IndexEntry(
        urlkey=surt(url), date=date, url=url, mime="text/html", status=200, digest="sha1:A", length=1, offset=offset,
        file="x.warc.gz", record_id=f"urn:x:{offset}",
    )  # fmt: skip


@pytest.fixture
def collection(collection):
    """Captures of a page on the 1st and 15th of some months, one of them at the end of year 1965, and of others."""
    dates = [datetime(2024, month, day, 12, tzinfo=UTC) for month in (1, 2, 5) for day in (1, 15)]
    dates += [datetime(2025, 7, 4, hour, tzinfo=UTC) for hour in range(9)] + [datetime(1965, 12, 31, 23, tzinfo=UTC)]
    entries = [entry(PAGE, date, number) for number, date in enumerate(dates)]
    for number in range(7):
        entries.append(entry(f"http://news.test/b/{number}.html?q=%E4%B8%AD", dates[0], 100 + number))
    entries.append(entry("http://www.sub.news.test/", dates[0], 200))
    collection.index.add_entries(entries)
    return collection


def links_of(text: str) -> list[str]:
    return re.findall(r'href="/replay/([^"]*)"', text)


def test_calendar_has_years_months_and_numbers(ask):
    text = ask(f"*/{PAGE}").text
    assert "16 captures, 1965-12-31 to 2025-07-04." in text
    assert f'<a href="/replay/196512*/{PAGE}">Dec</a> 1</td>' in text
    assert f'<a href="/replay/202507*/{PAGE}">Jul</a> 9</td>' in text
    assert "<th>1966</th>" in text, "years without captures are shown too"


def test_calendar_of_a_month_has_weeks(ask):
    text = ask(f"202405*/{PAGE}").text
    assert "2 captures" in text
    assert f'<a href="/replay/20240515*/{PAGE}">15</a> 1</td>' in text
    assert text.count("<tr>") == 5


@pytest.mark.parametrize(
    ("period", "captures"),
    [
        ("2024*", 6), ("202401*", 2), ("20240115*", 1), ("2024-2025", 15), ("2024-2025*", 15), ("202402-20240501", 3),
        ("2025-", 9), ("-1999", 1), ("2025070400-2025070402", 3), ("20250704020000-20250704020000", 1), ("*", 16),
    ],
)  # fmt: skip
def test_period_selects_captures(ask, period, captures):
    assert len(re.findall(r'href="/replay/\d{14}/', ask(f"{period}/{PAGE}").text)) == captures


@pytest.mark.parametrize("period", ["2023*", "20241301*", "2024-20249999", "1999-1998"])
def test_period_without_captures_is_not_found(ask, period):
    assert ask(f"{period}/{PAGE}").status == 404


def test_list_is_paged_by_time(ask, monkeypatch):
    monkeypatch.setattr(listing, "PAGE_SIZE", 4)
    path, found = f"*/{PAGE}", []
    while path:
        addresses = links_of(ask(path).text)
        found += sorted((one[:14] for one in addresses if re.match(r"\d{14}/", one)), reverse=True)
        path = next((one for one in addresses if re.match(r"-\d{14}/", one)), None)
    assert len(found) == 16
    assert found == sorted(found, reverse=True)


@pytest.mark.parametrize(
    ("pattern", "urls"),
    [
        ("http://news.test/b/*", 7),
        ("news.test/*", 8),
        ("http://news.test/a*", 1),
        ("*.news.test", 9),
        ("http://*.news.test/", 9),
        ("http://none.test/*", 0),
    ],
)
def test_pattern_lists_urls(ask, pattern, urls):
    answer = ask(f"*/{pattern}")
    assert answer.status == (200 if urls else 404)
    assert len(re.findall(r'href="/replay/\*/http', answer.text)) == urls


def test_list_of_urls_is_paged_by_key(ask, monkeypatch):
    monkeypatch.setattr(listing, "PAGE_SIZE", 3)
    path, found = "2024*/http://news.test/*", []
    while path:
        addresses = links_of(ask(path).text)
        found += [one for one in addresses if one.startswith("*/")]
        path = next((one for one in addresses if "?after=" in one), None)
    assert len(found) == len(set(found)) == 8


def test_withheld_urls_are_neither_listed_nor_counted(ask, collection):
    replay = Replay(collection, decode=lambda body, _: (body.decode(), "utf-8"), is_withheld=lambda url: url == PAGE)
    for path in (f"*/{PAGE}", f"2024*/{PAGE}", f"timemap/json/{PAGE}"):
        assert ask(path, replay=replay).status == 404
    assert PAGE not in ask("*/http://news.test/*", replay=replay).text


def test_timemap_is_paged(ask, monkeypatch):
    monkeypatch.setattr(memento, "PAGE_SIZE", 6)
    path, dates = f"timemap/link/{PAGE}", []
    while path:
        text = ask(path).text
        dates += re.findall(r'memento"; datetime="([^"]*)"', text)
        following = re.search(r'<http://desk\.localhost:8000/replay/([^>]*)>; rel="timemap"', text)
        path = following[1] if following else None
        assert 'rel="self"' in text
    assert len(dates) == 16
    assert 'rel="last memento"' in text
    assert 'rel="first' not in text


def test_captures_in_one_second_are_on_one_page_of_a_timemap(collection, ask, monkeypatch):
    monkeypatch.setattr(memento, "PAGE_SIZE", 2)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    moments = [at + timedelta(milliseconds=number) for number in range(5)] + [at + timedelta(seconds=1)]
    collection.index.add_entries(entry("http://s.test/", moment, 300 + n) for n, moment in enumerate(moments))
    first = ask("timemap/link/http://s.test/").text
    assert first.count('memento"; datetime') == 5
    assert "timemap/link/20260101000001/http://s.test/" in first


def test_json_timemap(ask, monkeypatch):
    monkeypatch.setattr(memento, "PAGE_SIZE", 6)
    root = "http://desk.localhost:8000/replay"
    document = json.loads(ask(f"timemap/json/{PAGE}").text)
    assert document["original_uri"] == PAGE
    assert document["timegate_uri"] == f"{root}/{PAGE}"
    assert document["timemap_uri"]["link_format"] == f"{root}/timemap/link/{PAGE}"
    assert document["mementos"]["first"] == {"datetime": "1965-12-31T23:00:00Z", "uri": f"{root}/19651231230000/{PAGE}"}
    assert document["mementos"]["last"]["datetime"] == "2025-07-04T08:00:00Z"
    assert len(document["mementos"]["list"]) == 6
    following = json.loads(ask(document["pages"]["next"]["uri"].removeprefix(f"{root}/")).text)
    assert len(following["mementos"]["list"]) == 6
