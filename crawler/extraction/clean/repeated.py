"""Paragraphs that one site repeats in many stories: notices, appeals, calls to follow.

They are found in the site's stored articles, without network or pages, and passed to `extract_from` as
``boilerplate``.
"""

from collections import Counter
from collections.abc import Iterable

from crawler.extraction.layout.text import squeeze
from crawler.items import Article

#: Least number and share of a site's stories that must contain a paragraph, and least number of stories to look at.
_MIN_STORIES, _MIN_SHARE, _MIN_SAMPLE = 5, 0.1, 20
#: Longest repeated paragraph (characters): a longer one belongs to one story at two URLs.
_LONGEST = 400
#: Stories whose two longest paragraphs share this many first characters are copies; only the first one counts.
_PREFIX = 60


def find_repeated_paragraphs(articles: Iterable[Article]) -> tuple[str, ...]:
    """Return the paragraphs that many articles of one site share, most frequent first; empty for a small site.

    White space and case are ignored in the comparison; a paragraph is returned as one of the articles prints it. Only
    the first three and the last three paragraphs of a body are compared, since such text is at its ends.
    """
    stories: dict[tuple[str, ...], dict[str, str]] = {}
    for article in articles:
        printed = {squeeze(paragraph): paragraph for paragraph in (article.body or "").split("\n")}
        if len(printed) > 1:
            story = tuple(key[:_PREFIX] for key in sorted(printed, key=len)[-2:])
            ends = [*printed][:3] + [*printed][-3:]
            stories.setdefault(story, {key: printed[key] for key in ends if 0 < len(key) <= _LONGEST})
    if len(stories) < _MIN_SAMPLE:
        return ()
    counts = Counter(key for ends in stories.values() for key in ends)
    needed = max(_MIN_STORIES, _MIN_SHARE * len(stories))
    as_printed = {key: paragraph for ends in stories.values() for key, paragraph in ends.items()}
    return tuple(as_printed[key] for key, count in counts.most_common() if count >= needed)
