"""What one site prints under story after story, learnt from its own articles: notices, appeals, calls to follow.

Learning reads stored articles and needs no network and no page; the paragraphs it gives are passed to `extract_from`
as ``boilerplate``.
"""

from collections import Counter
from collections.abc import Iterable

from crawler.extraction.body import squeezed
from crawler.items import Article

#: Articles of a site that a paragraph must stand in, their least share of all, and the least that can teach anything.
_LEAST, _SHARE, _ENOUGH = 5, 0.1, 20
#: Longest paragraph that is learnt: a longer one that is repeated is one story under two addresses.
_LONGEST = 400
#: Stories with the same beginning are copies of one; only the first counts.
_BEGINNING = 60


def repeated_paragraphs(articles: Iterable[Article]) -> frozenset[str]:
    """The paragraphs, white space and case apart, that different articles of one site share; empty for a small site.

    Only the first and the last three paragraphs of a body are looked at, which is where such text stands.
    """
    stories: dict[str, frozenset[str]] = {}
    for article in articles:
        paragraphs = [squeezed(paragraph) for paragraph in (article.body or "").split("\n")]
        if len(paragraphs) > 1:
            story = max(paragraphs, key=len)[:_BEGINNING]
            stories.setdefault(story, frozenset((*paragraphs[:3], *paragraphs[-3:])))
    if len(stories) < _ENOUGH:
        return frozenset()
    counted = Counter(paragraph for ends in stories.values() for paragraph in ends if 0 < len(paragraph) <= _LONGEST)
    needed = max(_LEAST, _SHARE * len(stories))
    return frozenset(paragraph for paragraph, count in counted.items() if count >= needed)
