"""The most recently added or edited articles."""

from datetime import UTC, datetime

from crawler.store import Store
from crawler.store.opt_outs import StoredOptOut


def test_newest_versions_come_first_without_withheld_articles(location, make_article):
    with Store.open(location) as store:
        for number, path in enumerate(("/1", "/2", "/3", "/4")):
            store.articles.save(make_article(path, record=f"r{number}", at=f"2026-03-0{number + 1}T08:00:00Z"))
        store.articles.save(make_article("/1", record="r9", at="2026-03-09T08:00:00Z", title="Edited"))
        store.articles.save(make_article("/2", record="r10", at="2026-03-10T08:00:00Z"))
        store.articles.save(make_article("/5", record="r11", at="2026-03-11T08:00:00Z", site="other"))
        seen = datetime(2026, 3, 12, tzinfo=UTC)
        hidden = make_article("/3").url
        store.opt_outs.save(
            StoredOptOut(url=hidden, site="paper", seen_at=seen, record_id="r2", found="[]", withheld=True)
        )
        newest = [article.url[-2:] for article in store.articles.newest()]
        assert newest == ["/5", "/1", "/4", "/2"], "an unchanged article is not new"
        assert store.articles.newest(limit=2)[1].title == "Edited"
        assert [article.url[-2:] for article in store.articles.newest("paper", 1, 1)] == ["/4"]
