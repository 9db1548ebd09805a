"""Story text in the page's data: in JSON-LD, or in the state from which scripts render the page.

The printed text wins. The data are used only if the page prints no story, or only its beginning.
If the two differ, the printed text stays and is marked as doubtful.
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
from crawler.extraction.fields.body import DOUBTFUL, Body
from crawler.extraction.layout.text import normalise, squeeze
from crawler.extraction.layout.walk import lay_out

#: Most characters of a script that is read, most nodes of its data that are visited, and least characters of a story.
_MAX_SCRIPT, _MAX_NODES, _SHORTEST = 4_000_000, 100_000, 200
#: The start of a value that a script assigns or passes on: ``window.__STATE__ = {"``, ``queue.push([{``.
_STATE = re.compile(r"[=(]\s*(?=\{\s*\"|\[\s*\{)")
#: Characters at the beginning of a script in which its value must start.
_PREAMBLE = 300
#: A placeholder that scripts replace, such as ``$$AD$$`` or ``{{quote}}``.
_PLACEHOLDER = re.compile(r"[^\w\s]{2,}\w+[^\w\s]{2,}")
_TITLE_KEYS = ("title", "headline", "name")
#: Ratio of lengths from which the data's text replaces a printed beginning.
_MUCH_LONGER = 2.5
#: Least characters, white space apart, of a data text that is compared, and of the beginning of a paragraph.
_COMPARABLE, _BEGINNING = 200, 24
#: First printed paragraphs, one of which the data must contain: a dateline or a caption may come before the story.
_FIRST_PARAGRAPHS = 3
#: Share of the printed text that the data must contain, and share of the data's length that must be printed.
_AGREED, _WHOLE = 0.5, 0.6


class EmbeddedStory(Struct, frozen=True):
    """Paragraphs of a story in the page's data; `place` is ``jsonld`` or the path of the value in the state."""

    paragraphs: tuple[str, ...]
    rule: str
    place: str


def find_story_in_jsonld(document: Document) -> EmbeddedStory | None:
    """Return the story in ``articleBody`` of the page's JSON-LD."""
    text = (document.article_ld or {}).get("articleBody")
    paragraphs = _split_paragraphs(text) if isinstance(text, str) else ()
    return EmbeddedStory(paragraphs, "jsonld.articleBody", "jsonld") if paragraphs else None


def find_story_in_state(document: Document, title: str | None) -> EmbeddedStory | None:
    """Return the story in the state of the page's scripts: the longest text in an object with the article's title."""
    wanted = squeeze(title or "")
    if not wanted:
        return None
    best: tuple[int, str, str] | None = None
    for data in _script_states(document):
        for node, path in _objects(data):
            if any(squeeze(value) == wanted for key in _TITLE_KEYS if isinstance(value := node.get(key), str)):
                for key, text in _texts_of(node):
                    if best is None or len(text) > best[0]:
                        best = (len(text), text, f"{path}.{key}")
    if best is None or best[0] < _SHORTEST:
        return None
    paragraphs = _split_paragraphs(best[1])
    return EmbeddedStory(paragraphs, "state.body", best[2]) if paragraphs else None


def _script_states(document: Document) -> Iterator[Any]:
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
            continue  # the script is code, not data


def _objects(data: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield the objects of `data` with their paths, breadth first."""
    queue: list[tuple[Any, str]] = [(data, "")]
    for node, path in queue:
        if len(queue) > _MAX_NODES:
            return
        if isinstance(node, dict):
            yield node, path
            queue.extend((value, f"{path}.{key}") for key, value in node.items() if isinstance(value, dict | list))
        elif isinstance(node, list):
            queue.extend((value, f"{path}[{i}]") for i, value in enumerate(node) if isinstance(value, dict | list))


def _texts_of(node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield an object's texts, also one level down (``content: {rendered: ...}``), with lists of texts joined."""
    for key, value in node.items():
        if isinstance(value, str):
            yield key, value
        elif isinstance(value, dict):
            yield from ((f"{key}.{inner}", text) for inner, text in value.items() if isinstance(text, str))
        elif isinstance(value, list):
            pieces = [piece if isinstance(piece, str) else _block_text(piece) for piece in value]
            if pieces and all(pieces):
                yield key, "\n".join(piece for piece in pieces if piece)


def _block_text(block: Any) -> str | None:
    """Return the text of one block in a block editor's list: ``{"type": "paragraph", "text": "..."}``."""
    if not isinstance(block, dict):
        return None
    return next((block[key] for key in ("text", "html", "content", "value") if isinstance(block.get(key), str)), None)


def _split_paragraphs(text: str) -> tuple[str, ...]:
    if re.search(r"<(?:p|br|div|h[1-6]|li|em|strong|a)\b", text, re.IGNORECASE):
        body = LexborHTMLParser(f"<body>{text[:_MAX_SCRIPT]}").body
        lines = [line.text for line in lay_out(body).lines if not _is_caption(line)] if body is not None else []
    else:
        lines = [normalise(line) for line in text.splitlines()]
    return tuple(line for line in lines if line and not _PLACEHOLDER.fullmatch(line))


def _is_caption(line: TextLine) -> bool:
    """True if an element around the line is a caption or an aside by tag or name."""
    around = line.element.ancestors()
    return any(x.tag in ("figcaption", "aside") or boilerplate.find_outside_name(x.css_names) for x in around)


def reconcile_body(document: Document, printed: Body | None, title: str | None) -> Body | None:
    """Compare the printed body with the page's data: keep it, mark it as doubtful, or return the story in the data."""
    stated = find_story_in_jsonld(document)
    if stated is None and (printed is None or printed.rule == "body.short"):
        stated = find_story_in_state(document, title)
    if stated is None:
        return printed
    heading = squeeze(title or "")
    cleaned = map(boilerplate.remove_sign_off, stated.paragraphs)
    paragraphs = tuple(x for x in cleaned if x and not boilerplate.is_boilerplate(x) and squeeze(x) != heading)
    text = squeeze("".join(paragraphs))
    if len(text) < _COMPARABLE:
        return printed if printed or not paragraphs else _body_from(stated, paragraphs, DOUBTFUL)
    if printed is None:
        return _body_from(stated, paragraphs, 1.0)
    shown = [squeeze(paragraph) for paragraph in printed.paragraphs]
    length = sum(map(len, shown))
    agreed = sum(len(paragraph) for paragraph in shown if paragraph in text) / max(1, length)
    is_beginning = printed.rule == "body.short" or any(x[:_BEGINNING] in text for x in shown[:_FIRST_PARAGRAPHS])
    if is_beginning and len(text) > _MUCH_LONGER * length:
        return _body_from(stated, paragraphs, 1.0 if agreed > _AGREED else DOUBTFUL)
    if agreed < _AGREED and length < _WHOLE * len(text):
        return replace(printed, score=min(printed.score, DOUBTFUL))
    return printed


def _body_from(stated: EmbeddedStory, paragraphs: tuple[str, ...], score: float) -> Body:
    return Body(paragraphs, (), stated.place, stated.rule, score)
