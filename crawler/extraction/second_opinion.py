"""A second opinion on the body: what the page keeps as data, held against what it prints.

Print wins, as everywhere; data tell the story only where nothing is printed of it, or no more than its beginning.
Where the two tell different stories the printed one stays and is marked as doubtful.
"""

from msgspec.structs import replace

from crawler.extraction import boilerplate
from crawler.extraction.body import Body, squeezed
from crawler.extraction.document import Document
from crawler.extraction.embedded import EmbeddedStory, stated_story, story_in_state

#: How many times longer than the printed text the stated one must be to take its place.
_FULLER = 2.5
#: Characters without white space from which a stated text is held against the printed one, and of its beginning.
_TELLING, _BEGINNING = 200, 24
#: Printed paragraphs, one of which must be stated too: a date line or a caption may stand before them.
_FIRST = 3
#: Share of the printed paragraphs' text that the stated text must have, and of the stated length that must be printed.
_AGREED, _WHOLE = 0.5, 0.6


def seconded(document: Document, printed: Body | None, title: str | None) -> Body | None:
    """The body after the second opinion: as printed, as printed but doubtful, or as the page's data have it."""
    stated = stated_story(document)
    if stated is None and (printed is None or printed.rule == "body.short"):
        stated = story_in_state(document, title)
    if stated is None:
        return printed
    heading = squeezed(title or "")
    paragraphs = map(boilerplate.without_sign_off, stated.paragraphs)
    told = tuple(x for x in paragraphs if x and not boilerplate.is_boilerplate(x) and squeezed(x) != heading)
    text = squeezed("".join(told))
    if len(text) < _TELLING:
        return printed if printed or not told else _from(stated, told, confident=False)
    if printed is None:
        return _from(stated, told, confident=True)
    shown = [squeezed(paragraph) for paragraph in printed.paragraphs]
    length = sum(map(len, shown))
    agreed = sum(len(paragraph) for paragraph in shown if paragraph in text) / max(1, length)
    if len(text) > _FULLER * length and (
        printed.rule == "body.short" or any(paragraph[:_BEGINNING] in text for paragraph in shown[:_FIRST])
    ):
        return _from(stated, told, confident=agreed > _AGREED)
    if agreed < _AGREED and length < _WHOLE * len(text):
        return replace(printed, confident=False)
    return printed


def _from(stated: EmbeddedStory, told: tuple[str, ...], *, confident: bool) -> Body:
    return Body(told, (), stated.place, stated.rule, confident)
