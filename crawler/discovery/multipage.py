"""Joining of articles that span several pages."""

from collections.abc import Sequence
from dataclasses import replace

from crawler.items import Article, Evidence

#: Flag of an article whose pages were not all read.
INCOMPLETE = "incomplete"

#: Characters at the beginning of an article that show that two pages have the same one.
_PROBE = 40

#: Fields taken from a later page if the first lacks them: the editor's sign-off is at the end of the last page.
LATER_PAGE_FIELDS = ("source", "editor", "authors")


def join_pages(pages: Sequence[Article]) -> Article:
    """Join the pages of an article, in order: the fields of the first page and the bodies of all.

    A source, editor or author printed only on a later page is taken from there, with its evidence. A body that repeats
    an earlier one is dropped: some portals serve the last page for every higher page number.
    """
    first, *rest = pages
    if not rest:
        return first
    evidence: dict[str, Evidence] = dict(first.evidence)
    from_later = {}
    for name in LATER_PAGE_FIELDS:
        for page in pages:
            if value := getattr(page, name):
                from_later[name] = value
                evidence.update(_evidence_of(page, name))
                break
    bodies = list(dict.fromkeys(page.body for page in pages if page.body))
    flags = dict.fromkeys(flag for page in pages for flag in page.flags)
    images = dict.fromkeys(image for page in pages for image in page.images)
    return replace(
        first,
        **from_later,
        body="\n".join(bodies) or None,
        flags=(*flags, "multi_page"),
        images=tuple(images),
        evidence=evidence,
    )


def join_incomplete(pages: Sequence[Article]) -> Article:
    """Join the pages of an article of which a further one could not be read, and flag it."""
    article = join_pages(pages)
    return replace(article, flags=(*article.flags, INCOMPLETE))


def join_whole(first: Article, whole: Article) -> Article:
    """Join an article's first page with the page that has all its parts: body and images are those of the latter."""
    article = join_pages([first, whole])
    return replace(article, body=whole.body, images=whole.images or first.images)


def is_whole(first: Article, whole: Article) -> bool:
    """True if the body of `whole` has that of the first page and more."""
    return len(whole.body or "") > len(first.body or "") and (first.body or "")[:_PROBE] in (whole.body or "")


def _evidence_of(page: Article, name: str) -> dict[str, Evidence]:
    return {name: page.evidence[name]} if name in page.evidence else {}
