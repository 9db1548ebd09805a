"""What one site prints under story after story, learnt from its own articles: notices, appeals, calls to follow.

Learning reads stored articles and needs no network and no page; the paragraphs it gives are passed to `extract_from`
as ``boilerplate``.
"""

from collections import Counter
from collections.abc import Iterable

from crawler.extraction.layout.text import squeeze
from crawler.items import Article

#: Articles of a site that a paragraph must stand in, their least share of all, and the least that can teach anything.
_LEAST, _SHARE, _ENOUGH = 5, 0.1, 20
#: Longest paragraph that is learnt: a longer one that is repeated is one story under two addresses.
_LONGEST = 400
#: Stories whose two longest paragraphs begin alike are copies of one; only the first counts.
_BEGINNING = 60


def find_repeated_paragraphs(articles: Iterable[Article]) -> tuple[str, ...]:
    """The paragraphs, white space and case apart, that different articles of one site share, most frequent first, as
    one of them prints them; empty for a small site.

    Only the first and the last three paragraphs of a body are looked at, which is where such text stands.
    """
    stories: dict[tuple[str, ...], dict[str, str]] = {}
    for article in articles:
        printed = {squeeze(paragraph): paragraph for paragraph in (article.body or "").split("\n")}
        if len(printed) > 1:
            story = tuple(key[:_BEGINNING] for key in sorted(printed, key=len)[-2:])
            ends = [*printed][:3] + [*printed][-3:]
            stories.setdefault(story, {key: printed[key] for key in ends if 0 < len(key) <= _LONGEST})
    if len(stories) < _ENOUGH:
        return ()
    counted = Counter(key for ends in stories.values() for key in ends)
    needed = max(_LEAST, _SHARE * len(stories))
    prints = {key: paragraph for ends in stories.values() for key, paragraph in ends.items()}
    return tuple(prints[key] for key, count in counted.most_common() if count >= needed)
