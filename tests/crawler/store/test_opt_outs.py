"""The last seen opt-outs by URL, on both databases."""

from datetime import UTC, datetime, timedelta

from crawler.store import Store
from crawler.store.opt_outs import StoredOptOut

AT = datetime(2026, 3, 1, 8, tzinfo=UTC)


def make_opt_out(path: str, **values) -> StoredOptOut:
    usual = {"site": "paper", "seen_at": AT, "record_id": "r1", "found": '[{"name": "noai"}]', "withheld": False}
    return StoredOptOut(url=f"http://paper.localhost{path}", **{**usual, **values})


def test_last_saved_opt_out_of_a_url_counts(location: str) -> None:
    with Store.open(location) as store:
        store.opt_outs.save(make_opt_out("/1"))
        store.opt_outs.save(make_opt_out("/2", site="other", withheld=True))
        last = make_opt_out("/1", seen_at=AT + timedelta(days=1), record_id=None, withheld=True)
        store.opt_outs.save(last)
        assert list(store.opt_outs.all("paper")) == [last]
        assert [one.url for one in store.opt_outs.all(since=AT + timedelta(hours=1))] == [last.url]
        assert store.opt_outs.withheld_urls("paper") == {last.url}
        assert len(store.opt_outs.withheld_urls()) == 2
        assert store.opt_outs.is_withheld(last.url)
        store.opt_outs.save(make_opt_out("/1"))
        assert not store.opt_outs.is_withheld(last.url)
        assert not store.opt_outs.is_withheld("http://paper.localhost/never-seen")


def test_tdmrep_json_is_replaced_by_origin(location: str) -> None:
    with Store.open(location) as store:
        assert store.opt_outs.get_tdm("http://a.example:80") is None
        store.opt_outs.save_tdm("http://a.example:80", due_at=1.5, body=b"[]")
        store.opt_outs.save_tdm("http://a.example:80", due_at=2.5, body=b"[1]")
        assert store.opt_outs.get_tdm("http://a.example:80") == (2.5, b"[1]")
