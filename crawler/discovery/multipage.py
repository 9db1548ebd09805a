"""One article out of its pages."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from crawler.items import Article, Evidence

#: Flag of an article of which not all pages were read.
INCOMPLETE = "incomplete"

#: Fields the later pages may supply where the first has none: the desk's sign-off stands on the last.
SUPPLIED = ("source", "editor", "authors")


def join_parts(parts: Sequence[Article]) -> Article:
    """The article whose pages, in order, are `parts`: the first page's fields, the bodies one after the other.

    A source, editor or author that only a later page prints is taken from there, with its evidence. Where the bodies
    of two pages are the same (a portal that answers every number with the last page) the body is not repeated.
    """
    first, *rest = parts
    if not rest:
        return first
    evidence: dict[str, Evidence] = dict(first.evidence)
    supplied = {}
    for name in SUPPLIED:
        for part in parts:
            if value := getattr(part, name):
                supplied[name] = value
                evidence.update(_evidence(part.evidence, name))
                break
    bodies = list(dict.fromkeys(part.body for part in parts if part.body))
    flags = dict.fromkeys(flag for part in parts for flag in part.flags)
    images = dict.fromkeys(image for part in parts for image in part.images)
    return replace(
        first,
        **supplied,
        body="\n".join(bodies) or None,
        flags=(*flags, "multi_page"),
        images=tuple(images),
        evidence=evidence,
    )


def _evidence(evidence: Mapping[str, Evidence], name: str) -> dict[str, Evidence]:
    return {name: evidence[name]} if name in evidence else {}
