"""Saving items: versions by content, history by capture time, and lossless items."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.items import Provenance
from crawler.store import Store, StoreError
from crawler.store.content import CONTENT_FIELDS

URL = "http://paper.localhost/news/1.html"


def day(number: int) -> str:
    return f"2026-03-{number:02}T08:00:00Z"


def kinds(store: Store, url: str = URL) -> list[str]:
    return [str(event.kind) for event in store.articles.history(url)]


def test_save_reports_first_unchanged_and_edited(store, make_article):
    assert store.articles.save(make_article(record="r1", at=day(1))).kind == "first"
    assert store.articles.save(make_article(record="r2", at=day(2))).kind == "unchanged"
    change = store.articles.save(make_article(record="r3", at=day(3), title="Bridge shut", body="Closed."))
    assert change.kind == "edited"
    assert list(change.fields) == ["title", "body"]
    assert change.fields["title"] == ("Bridge reopens", "Bridge shut")
    assert kinds(store) == ["first", "edited"]
    assert store.articles.counts().versions == 2


def test_item_is_returned_unchanged_by_its_record(store, make_article):
    first = make_article(record="r1", at="2026-03-01T08:00:00.250000Z", authors=("B. Fern",), flags=("mojibake",))
    again = make_article(record="r2", at=day(2), authors=("B. Fern",), tags=("roads",), extractor="later")
    store.articles.save(first)
    assert store.articles.save(again).kind == "unchanged"
    assert store.articles.find_by_record("r1") == first
    assert store.articles.find_by_record("r2") == again
    assert store.articles.find_by_record("r3") is None


def test_saving_the_same_item_again_changes_nothing(store, make_article):
    article = make_article()
    store.articles.save(article)
    assert store.articles.save(article).kind == "unchanged"
    counts = store.articles.counts()
    assert (counts.articles, counts.versions, counts.observations) == (1, 1, 1)


def test_only_content_fields_make_an_edit(store, make_article):
    number = itertools.count(1)
    store.articles.save(make_article(record="r0", at=day(next(number))))
    for name in CONTENT_FIELDS:
        value = ("C. Ash",) if name == "authors" else "2026-03-02"
        change = store.articles.save(make_article(record=f"edit-{name}", at=day(next(number)), **{name: value}))
        assert (change.kind, list(change.fields)) == ("edited", [name])
        store.articles.save(make_article(record=f"back-{name}", at=day(next(number))))
    for name in ("section", "language", "date_modified", "date_precision", "extractor"):
        assert store.articles.save(make_article(record=name, at=day(next(number)), **{name: "x"})).kind == "unchanged"
    for name in ("tags", "images", "flags"):
        assert (
            store.articles.save(make_article(record=name, at=day(next(number)), **{name: ("x",)})).kind == "unchanged"
        )


@pytest.mark.parametrize(
    "body",
    [
        "The bridge  is open.\nTraffic is light.",
        " The bridge is open. \n\nTraffic is light.\n",
        "The bridge\u00a0is open.\r\nTraffic is light.",
        "The bridge is\u200b open.\nTraffic is\u00ad light.",
        "\ufeffThe bridge\u3000is open.\nTraffic is light.",
    ],
)
def test_invisible_difference_is_not_an_edit(store, make_article, body):
    store.articles.save(make_article(record="r1", at=day(1)))
    assert store.articles.save(make_article(record="r2", at=day(2), body=body)).kind == "unchanged"


def test_reverted_edit_is_an_edit(store, make_article):
    store.articles.save(make_article(record="r1", at=day(1)))
    store.articles.save(make_article(record="r2", at=day(2), title="B"))
    store.articles.save(make_article(record="r3", at=day(3)))
    assert kinds(store) == ["first", "edited", "edited"]
    assert store.articles.counts().versions == 2
    current = store.articles.find_current(URL)
    assert current is not None
    assert (current.title, current.provenance.record_id) == ("Bridge reopens", "r3")


def test_article_is_removed_and_restored(store, make_article):
    store.articles.save(make_article(record="r1", at=day(1)))
    assert store.articles.save_absence(URL, 404, Provenance("r2", "f", 0, "", day(2)))
    assert store.articles.save_absence(URL, 410, Provenance("r3", "f", 0, "", day(3)))
    assert store.articles.counts().gone == 1
    assert store.articles.find_current(URL).title == "Bridge reopens"
    store.articles.save(make_article(record="r4", at=day(4), title="Back"))
    assert kinds(store) == ["first", "removed", "restored"]
    assert list(store.articles.history(URL)[-1].changes) == ["title"]
    assert store.articles.counts().gone == 0
    assert not store.articles.save_absence("http://paper.localhost/never", 404, Provenance("r5", "f", 0, "", day(5)))


def test_older_capture_saved_later_is_inserted_into_the_history(store, make_article):
    store.articles.save(make_article(record="r1", at=day(1)))
    store.articles.save(make_article(record="r5", at=day(5)))
    assert store.articles.save(make_article(record="r3", at=day(3), title="Between")).kind == "edited"
    assert [event.at.day for event in store.articles.history(URL)] == [1, 3, 5]
    assert store.articles.find_current(URL).title == "Bridge reopens"
    assert (
        store.articles.last_capture_times([URL])[URL]
        == store.articles.newest_capture_time()
        == datetime(2026, 3, 5, 8, tzinfo=UTC)
    )
    assert store.articles.last_capture_times(["http://paper.localhost/none"]) == {}
    assert store.articles.find_version_at(URL, datetime(2026, 3, 4, tzinfo=UTC)).title == "Between"
    assert store.articles.find_version_at(URL, datetime(2026, 2, 1, tzinfo=UTC)) is None


observed = st.lists(st.sampled_from(["a", "b", "c", None]), min_size=1, max_size=7)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(observed, st.randoms(use_true_random=False))
def test_order_of_saving_does_not_matter(tmp_path_factory, make_article, seen, chance):
    """History, current version and counts depend on capture order only."""

    def save_in(order: list[int]) -> object:
        with Store.open(tmp_path_factory.mktemp("order") / "s.sqlite3") as store:
            store.articles.save(make_article(record="start", at=day(1), title="a"))
            for number in order:
                at, record = day(number + 2), f"r{number}"
                if seen[number] is None:
                    store.articles.save_absence(URL, 404, Provenance(record, "f", 0, "", at))
                else:
                    store.articles.save(make_article(record=record, at=at, title=seen[number]))
            return store.articles.history(URL), store.articles.find_current(URL), store.articles.counts()

    order = list(range(len(seen)))
    shuffled = order.copy()
    chance.shuffle(shuffled)
    assert save_in(shuffled) == save_in(order)


def test_reextracted_record_replaces_its_item(store, make_article):
    """A better extractor does not make an edit."""
    poor = make_article(record="r1", at=day(1), editor=None)
    store.articles.save(poor)
    better = replace(poor, editor="A. Moss", extractor="2")
    change = store.articles.save(better)
    assert (change.kind, list(change.fields)) == ("reread", ["editor"])
    assert store.articles.find_by_record("r1") == better
    assert kinds(store) == ["first"]
    assert store.articles.counts().versions == 1


def test_reextracted_record_with_another_url_leaves_no_empty_article(store, make_article):
    article = make_article("/news/1.html", record="r1")
    store.articles.save(article)
    store.articles.save(replace(article, canonical_url="http://paper.localhost/news/one.html"))
    assert [item.provenance.record_id for item in store.articles.items()] == ["r1"]
    assert store.articles.counts().articles == 1


@pytest.mark.parametrize(
    ("canonical", "is_used"),
    [
        ("http://paper.localhost/a/one.html", True),
        ("https://www.paper.localhost/a/one.html", True),
        ("http://m.paper.localhost/a/one.html", True),
        ("http://paper.localhost/?id=1", True),
        ("http://paper.localhost/", False),
        ("http://other.localhost/a/one.html", False),
        ("http://paper.localhost:81/a/one.html", False),
        ("javascript:void(0)", False),
        ("http://[broken/a", False),
        ("/a/one.html", False),
        ("", False),
        (None, False),
    ],
)
def test_canonical_url_is_used_only_on_the_same_host(store, make_article, canonical, is_used):
    change = store.articles.save(make_article(canonical_url=canonical))
    assert change.url == (canonical if is_used else URL)
    assert store.articles.is_known(URL)
    assert store.articles.find_current(URL) is not None
    assert store.articles.is_known(change.url)
    assert not store.articles.is_known("http://paper.localhost/none")


def test_item_without_a_record_is_refused(store, make_article):
    with pytest.raises(StoreError, match=r"news/1\.html: cannot store an item without its record"):
        store.articles.save(replace(make_article(), provenance=None))
    with pytest.raises(StoreError, match="'yesterday' is not a WARC-Date"):
        store.articles.save(make_article(at="yesterday"))
    assert store.articles.counts().articles == 0


def test_items_are_sorted_by_url_and_filtered_by_site(store, make_article):
    for number in (3, 1, 2):
        store.articles.save(make_article(f"/{number}", record=f"r{number}"))
    store.articles.save(make_article(url="http://x.localhost/", site="other", record="x", title="\x00 \ud83d"))
    assert [item.url[-1] for item in store.articles.items("paper")] == ["1", "2", "3"]
    assert len(list(store.articles.items())) == 4
    assert list(store.articles.items("none")) == []
    assert store.articles.sites() == ["other", "paper"]
    assert next(store.articles.items("other")).title == "\x00 \ud83d"


def test_counts_contain_the_share_of_each_field(store, make_article):
    store.articles.save(make_article("/1", record="r1"))
    store.articles.save(make_article("/2", record="r2", editor=None, source=None))
    store.articles.save(make_article("/3", record="r3", editor=None))
    store.articles.save(make_article("/4", record="r4", editor=None))
    counts = store.articles.counts("paper")
    assert counts.articles == 4
    assert counts.fields == {"title": 1.0, "date": 1.0, "source": 0.75, "editor": 0.25, "body": 1.0}
    assert store.articles.counts("none").fields["title"] == 0.0
