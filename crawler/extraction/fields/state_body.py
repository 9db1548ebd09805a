"""Story text kept as data, in JSON-LD or in the state that scripts draw the page from, compared with the printed body.

The printed text wins; data are used only where nothing, or only the beginning of the story, is printed.
If the two differ, the printed text stays and is marked as not confident.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from selectolax.lexbor import LexborHTMLParser

from crawler.extraction.clean import boilerplate
from crawler.extraction.document import Document, TextLine
from crawler.extraction.fields.body import Body
from crawler.extraction.layout.text import normalise, squeeze
from crawler.extraction.layout.walk import lay_out

#: Characters of one script that are read, nodes of its data that are looked at, and the least a story has.
_MAX_SCRIPT, _MAX_NODES, _SHORTEST = 4_000_000, 100_000, 200
#: Where a script that sets or hands on a value begins with it: ``window.__STATE__ = {"``, ``queue.push([{``.
_STATE = re.compile(r"[=(]\s*(?=\{\s*\"|\[\s*\{)")
#: Characters at a script's beginning in which its value must begin.
_PREAMBLE = 300
#: A mark that scripts replace, such as ``$$AD$$`` or ``{{quote}}``.
_PLACEHOLDER = re.compile(r"[^\w\s]{2,}\w+[^\w\s]{2,}")
_TITLE_KEYS = ("title", "headline", "name")
#: How many times longer than the printed text the stated one must be to take its place.
_FULLER = 2.5
#: Characters without white space from which a stated text is held against the printed one, and of its beginning.
_TELLING, _BEGINNING = 200, 24
#: Printed paragraphs, one of which must be stated too: a date line or a caption may stand before them.
_FIRST = 3
#: Share of the printed paragraphs' text that the stated text must have, and of the stated length that must be printed.
_AGREED, _WHOLE = 0.5, 0.6


class EmbeddedStory(Struct, frozen=True):
    """Paragraphs of a story kept as data, and where: ``jsonld.articleBody`` or the path of the state's value."""

    paragraphs: tuple[str, ...]
    rule: str
    place: str


def stated_story(document: Document) -> EmbeddedStory | None:
    """The story that the page's JSON-LD holds in ``articleBody``."""
    text = (document.article_ld or {}).get("articleBody")
    paragraphs = _paragraphs(text) if isinstance(text, str) else ()
    return EmbeddedStory(paragraphs, "jsonld.articleBody", "jsonld") if paragraphs else None


def story_in_state(document: Document, title: str | None) -> EmbeddedStory | None:
    """The story in the state of the page's scripts: the longest text beside the article's own title."""
    wanted = squeeze(title or "")
    if not wanted:
        return None
    best: tuple[int, str, str] | None = None
    for data in _states(document):
        for node, path in _objects(data):
            if any(squeeze(value) == wanted for key in _TITLE_KEYS if isinstance(value := node.get(key), str)):
                for key, text in _texts(node):
                    if best is None or len(text) > best[0]:
                        best = (len(text), text, f"{path}.{key}")
    if best is None or best[0] < _SHORTEST:
        return None
    paragraphs = _paragraphs(best[1])
    return EmbeddedStory(paragraphs, "state.body", best[2]) if paragraphs else None


def _states(document: Document) -> Iterator[Any]:
    for node in document.tree.css("script"):
        kind = (node.attributes.get("type") or "").lower()
        if "ld+json" in kind or node.attributes.get("src"):
            continue
        text = node.text()
        if not _SHORTEST <= len(text) <= _MAX_SCRIPT:
            continue
        if "json" in kind:
            start = 0
        elif match := _STATE.search(text, 0, _PREAMBLE):
            start = match.end()
        else:
            continue
        try:
            yield json.JSONDecoder(strict=False).raw_decode(text.lstrip() if not start else text, start)[0]
        except (ValueError, RecursionError):
            continue  # a script that is no data


def _objects(data: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """The objects of `data` with their paths, breadth first."""
    queue: list[tuple[Any, str]] = [(data, "")]
    for node, path in queue:
        if len(queue) > _MAX_NODES:
            return
        if isinstance(node, dict):
            yield node, path
            queue.extend((value, f"{path}.{key}") for key, value in node.items() if isinstance(value, dict | list))
        elif isinstance(node, list):
            queue.extend((value, f"{path}[{i}]") for i, value in enumerate(node) if isinstance(value, dict | list))


def _texts(node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Texts of an object, those one level below it too (``content: {rendered: ...}``), lists of texts joined."""
    for key, value in node.items():
        if isinstance(value, str):
            yield key, value
        elif isinstance(value, dict):
            yield from ((f"{key}.{inner}", text) for inner, text in value.items() if isinstance(text, str))
        elif isinstance(value, list):
            pieces = [piece if isinstance(piece, str) else _text_of(piece) for piece in value]
            if pieces and all(pieces):
                yield key, "\n".join(piece for piece in pieces if piece)


def _text_of(block: Any) -> str | None:
    """The text of one block of an editor's list: ``{"type": "paragraph", "text": "..."}``."""
    if not isinstance(block, dict):
        return None
    return next((block[key] for key in ("text", "html", "content", "value") if isinstance(block.get(key), str)), None)


def _paragraphs(text: str) -> tuple[str, ...]:
    if re.search(r"<(?:p|br|div|h[1-6]|li|em|strong|a)\b", text, re.IGNORECASE):
        body = LexborHTMLParser(f"<body>{text[:_MAX_SCRIPT]}").body
        lines = [line.text for line in lay_out(body).lines if not _is_caption(line)] if body is not None else []
    else:
        lines = [normalise(line) for line in text.splitlines()]
    return tuple(line for line in lines if line and not _PLACEHOLDER.fullmatch(line))


def _is_caption(line: TextLine) -> bool:
    """Whether an element around the line is named for something that stands in a story and is none of it."""
    around = line.element.ancestors()
    return any(x.tag in ("figcaption", "aside") or boilerplate.find_outside_name(x.css_names) for x in around)


def seconded(document: Document, printed: Body | None, title: str | None) -> Body | None:
    """The body after the second opinion: as printed, as printed but doubtful, or as the page's data have it."""
    stated = stated_story(document)
    if stated is None and (printed is None or printed.rule == "body.short"):
        stated = story_in_state(document, title)
    if stated is None:
        return printed
    heading = squeeze(title or "")
    paragraphs = map(boilerplate.remove_sign_off, stated.paragraphs)
    told = tuple(x for x in paragraphs if x and not boilerplate.is_boilerplate(x) and squeeze(x) != heading)
    text = squeeze("".join(told))
    if len(text) < _TELLING:
        return printed if printed or not told else _from(stated, told, confident=False)
    if printed is None:
        return _from(stated, told, confident=True)
    shown = [squeeze(paragraph) for paragraph in printed.paragraphs]
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
