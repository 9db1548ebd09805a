"""The effect of an edit on stored articles, by field."""

from crawler.items import Article
from crawler.survey.before_after import ReadAgain, compare_readings


def pair(number, stored, now, skipped=()):
    url = f"https://a.example/{number}"
    return ReadAgain(Article(url=url, **stored), Article(url=url, **now), skipped)


def test_shares_lengths_and_changes_are_counted():
    pairs = [
        pair(1, {"title": "abc", "authors": ("A. Moss",)}, {"title": "abcdef"}),
        pair(2, {"title": "abc"}, {"title": "abc"}),
        pair(3, {"title": "abc"}, {}),
        pair(4, {}, {"title": "abcd"}),
        pair(5, {"title": "x"}, {}, skipped=("title",)),
    ]
    effects = compare_readings(pairs, ("title", "authors", "source"))
    title = effects["title"]
    assert (title.articles, title.before, title.now, title.changed) == (4, 3, 3, 3)
    assert (title.length_before, title.length_now) == (3, 4)
    assert [url[-1] for url, _, _ in title.examples] == ["3", "4", "1"]  # lost, new, changed
    assert effects["authors"].examples == [("https://a.example/1", "A. Moss", None)]
    assert effects["source"].articles == 5
