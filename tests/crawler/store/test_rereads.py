"""Known articles are listed with what decides when to read them again."""

from datetime import UTC, datetime

SINCE = datetime(2026, 2, 1, tzinfo=UTC)
FIRST, SECOND = datetime(2026, 3, 1, 8, tzinfo=UTC), datetime(2026, 3, 2, 8, tzinfo=UTC)


def test_article_is_known_by_the_url_and_times_of_its_readings(store, make_article):
    store.articles.save(make_article())
    (known,) = store.articles.first_seen_since("paper", SINCE)
    assert (known.url, known.first_seen, known.last_read) == ("http://paper.localhost/news/1.html", FIRST, FIRST)
    assert not known.was_edited
    store.articles.save(make_article(record="r2", at="2026-03-02T08:00:00Z", title="Bridge closes"))
    (known,) = store.articles.first_seen_since("paper", SINCE)
    assert (known.first_seen, known.last_read, known.was_edited) == (FIRST, SECOND, True)


def test_answer_that_nothing_changed_counts_as_a_reading(store, make_article):
    store.articles.save(make_article())
    store.articles.note_unchanged("http://paper.localhost/news/1.html", SECOND)
    (known,) = store.articles.first_seen_since("paper", SINCE)
    assert (known.last_read, known.was_edited) == (SECOND, False)


def test_removed_article_is_still_known(store, make_article):
    article = make_article()
    store.articles.save(article)
    gone = make_article(record="r2", at="2026-03-02T08:00:00Z").provenance
    assert store.articles.save_absence(article.url, 404, gone)
    (known,) = store.articles.first_seen_since("paper", SINCE)
    assert known.last_read == SECOND


def test_articles_of_other_sites_and_older_ones_are_left_out(store, make_article):
    store.articles.save(make_article())
    assert list(store.articles.first_seen_since("other", SINCE)) == []
    assert list(store.articles.first_seen_since("paper", FIRST)) == []
