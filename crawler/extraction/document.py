"""A page as extraction sees it: bytes decoded, parsed once, laid out in lines, its structured data read."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import urljoin

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser

from crawler.extraction.clean.injected import Injections, find_injections
from crawler.extraction.decode import charset, structured
from crawler.extraction.decode.glosses import has_glosses, remove_glosses
from crawler.extraction.decode.input_limits import limit_markup
from crawler.extraction.decode.language import detect_language
from crawler.extraction.decode.mojibake import may_be_mojibake, repair_mojibake
from crawler.extraction.layout.lines import MAX_HREF, Element, Image, Layout, LinePart, TextLine
from crawler.extraction.layout.walk import lay_out

__all__ = ["Document", "Element", "Image", "LinePart", "Link", "RemovedBlock", "TextLine"]

#: Bytes of a page that are read; what follows is left in the archive and flagged.
MAX_BYTES = 12_000_000
#: Characters of a line, links apart, from which it counts as prose.
PROSE = 40


#: An absolute address that resolving leaves as it is.
_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9.-]+(?:/[\w./~%+,@:!$&'()*=-]*)?", re.ASCII)


class RemovedBlock(NamedTuple):
    """Something taken out of the page's lines: why, where (short CSS path), its text (200 characters), its links."""

    reason: str
    path: str
    text: str
    links: int


class Link(NamedTuple):
    """A link of the page: its absolute http(s) target, its text, its ``rel`` words, the element it is."""

    url: str
    text: str
    rel: str
    element: Element


class Document:
    """One page: `html` as it came decoded from its content encoding, its `url`, and what the exchange said of it.

    `content_type` is the HTTP header's value, `captured_at` the time of capture (aware); both may be unknown. Reading
    is lazy, done once, and never raises on any bytes.
    """

    def __init__(
        self, html: bytes, url: str, *, content_type: str | None = None, captured_at: datetime | None = None
    ) -> None:
        self.html = html
        self.url = url
        self.content_type = content_type
        self.captured_at = captured_at

    @property
    def gloss_count(self) -> int:
        """How many pinyin glosses were taken out of the lines' text."""
        return self._visible[1]

    @cached_property
    def _encoding(self) -> charset.Encoding:
        return charset.detect_encoding(self.html[:MAX_BYTES], self.content_type)

    @property
    def encoding(self) -> str:
        """The encoding the bytes were read in, by its usual name (``utf-8``, ``gb18030``, ``big5`` ...)."""
        return self._encoding.name

    @cached_property
    def text(self) -> str:
        """The page's markup as text."""
        return self._repaired or self._decoded

    @property
    def _decoded(self) -> str:
        return self.html[self._encoding.mark : MAX_BYTES].decode(self._encoding.codec, "replace")

    @property
    def is_mojibake_repaired(self) -> bool:
        """Whether the portal had stored the text in a wrong encoding, and that was undone."""
        return self._repaired is not None

    @cached_property
    def _repaired(self) -> str | None:
        if self.encoding != "utf-8" or not may_be_mojibake(self.html):
            return None
        return repair_mojibake(self._decoded)

    @cached_property
    def _in_utf8(self) -> bytes:
        """The page in UTF-8, as far as it is read: its own bytes where they are that."""
        is_sound = self._encoding.is_sound_utf8 and not self.is_mojibake_repaired and len(self.html) <= MAX_BYTES
        return bytes(self.html) if is_sound else self.text.encode("utf-8", "replace")

    @cached_property
    def _markup(self) -> bytes:
        """What is parsed."""
        return limit_markup(self._in_utf8)

    @cached_property
    def tree(self) -> LexborHTMLParser:
        """The parsed page."""
        return LexborHTMLParser(self._markup or b"<html></html>", options=LexborDocumentOptions.WO_EVENTS)

    @cached_property
    def _stating(self) -> structured.MetadataNodes:
        return structured.find_metadata_nodes(self.tree)

    @cached_property
    def meta(self) -> Mapping[str, tuple[str, ...]]:
        """Contents of the meta tags by lower-cased name, property or itemprop, in page order."""
        return structured.read_meta(self._stating.meta)

    @cached_property
    def jsonld(self) -> tuple[dict[str, Any], ...]:
        """Nodes of the page's JSON-LD, lists and ``@graph`` flattened."""
        return structured.read_jsonld(self._stating.jsonld)

    @cached_property
    def article_ld(self) -> dict[str, Any] | None:
        """The JSON-LD node that stands for the page's own story, if it has one."""
        return structured.find_article_node(self.jsonld)

    @cached_property
    def layout(self) -> Layout:
        """All the page's lines with the hidden ones, its links, images and hidden elements."""
        root = self.tree.body or self.tree.root
        return lay_out(root) if root is not None else Layout()

    @cached_property
    def lines(self) -> tuple[TextLine, ...]:
        """Visible text of the page as block-level lines, without hidden and injected text and pinyin glosses."""
        return self._visible[0]

    @cached_property
    def _visible(self) -> tuple[tuple[TextLine, ...], int]:
        _uncover_story(self.layout)
        injected = self.injections.lines
        kept = [line for line in self.layout.lines if line.element.hidden is None]
        if injected:
            kept = [line for line in kept if id(line) not in injected]
        for index, line in enumerate(kept):
            line.index = index
        return tuple(kept), _remove_glosses(kept)

    @cached_property
    def removed_blocks(self) -> tuple[RemovedBlock, ...]:
        """What was taken out of the lines, and why."""
        _uncover_story(self.layout)
        injected = [
            RemovedBlock(f"injected:{found.reason}", found.place, found.text, found.links)
            for found in self.injections.found
        ]
        return (*injected, *_removals(self.layout, self.injections.lines))

    @cached_property
    def injections(self) -> Injections:
        """Blocks of links that were put into the page by somebody else than its portal."""
        own = [*self.meta.get("og:url", ()), *self.canonical_urls]
        return find_injections(self.layout, self.base_url, tuple(own), lambda part: self.text.count(part))

    @cached_property
    def canonical_urls(self) -> tuple[str, ...]:
        """What the page declares as its canonical address, as written."""
        return tuple(href.strip() for node in self._stating.canonical if (href := node.attributes.get("href")))

    @property
    def is_truncated(self) -> bool:
        """Whether the page is longer or deeper than what is read of one."""
        return len(self.html) > MAX_BYTES or self.layout.is_truncated or len(self._markup) < len(self._in_utf8)

    @cached_property
    def language(self) -> str | None:
        """The primary language subtag (``zh``, ``en``): what is declared unless the letters on the page deny it."""
        return detect_language(self._declared_languages(), (line.text for line in self.lines))

    def _declared_languages(self) -> list[str]:
        root = self.tree.root
        attributes = root.attributes if root is not None else {}
        declared = [attributes.get("lang") or attributes.get("xml:lang") or ""]
        for key in ("og:locale", "content-language", "language", "inlanguage"):
            declared.extend(self.meta.get(key, ()))
        return [value for value in declared if value]

    @cached_property
    def base_url(self) -> str:
        """What the page's relative links are resolved against."""
        base = self._stating.base
        href = (base[0].attributes.get("href") or "").strip() if base else ""
        return (resolve(self.url, href) if href else None) or self.url

    def followable_links(self) -> tuple[Link, ...]:
        """The page's links for the frontier, targets absolute, those of injected blocks left out."""
        found = []
        injected = self.injections.anchors
        for anchor in self.layout.links:
            if id(anchor.element) not in injected and (url := resolve(self.base_url, anchor.href)):
                rel = (anchor.element.attributes.get("rel") or "").lower()
                found.append(Link(url, anchor.text, rel, anchor.element))
        return tuple(found)


def _uncover_story(layout: Layout) -> None:
    """Show again what hides twice the prose that is shown: a story that a script would have uncovered."""
    if not layout.hidden_roots:
        return
    shown, hidden = 0, 0
    prose: dict[Element, int] = {}
    for line in layout.lines:
        size = len(line.text) if len(line.text) - line.link_chars >= PROSE else 0
        if not size:
            continue
        if line.element.hidden is None:
            shown += size
        elif line.element.hidden != "noscript":
            hidden += size
            root = _concealed_root(line.element)
            prose[root] = prose.get(root, 0) + size
    if hidden < 2 * shown or hidden < 4 * PROSE:
        return
    story = max(prose, key=lambda root: prose[root])
    for line in layout.lines:
        if line.element.hidden is not None and _concealed_root(line.element) is story:
            line.element.hidden = None


def _concealed_root(element: Element) -> Element:
    """The outermost of the hidden elements around a hidden element."""
    while element.parent is not None and element.parent.hidden is not None:
        element = element.parent
    return element


def _remove_glosses(lines: list[TextLine]) -> int:
    """Take the pinyin glosses out of the lines, one page one decision; how many there were."""
    bracketed = [x for x in lines if not x.text.isascii() and ("(" in x.text or "（" in x.text)]
    if not any(has_glosses(line.text) for line in bracketed):
        return 0
    total = 0
    for line in bracketed:
        total += remove_glosses(line.text, glossed=True)[1]
        line.rewrite(lambda text: remove_glosses(text, glossed=True)[0])
    return total


def _removals(layout: Layout, injected: set[int]) -> Iterator[RemovedBlock]:
    texts: dict[Element, list[str]] = {}
    for line in layout.lines:
        if line.element.hidden is not None and id(line) not in injected:
            texts.setdefault(_concealed_root(line.element), []).append(line.text)
    links = Counter(_concealed_root(anchor.element) for anchor in layout.links if anchor.element.hidden is not None)
    for root, lines in texts.items():
        yield RemovedBlock(f"hidden:{root.hidden or 'parent'}", root.path, " ".join(lines)[:200], links[root])


def resolve(base: str, href: str) -> str | None:
    """The absolute http(s) URL of a link target as written, ``None`` for another scheme or none that can be read, which
    one of more than MAX_HREF characters is not."""
    if len(href) > MAX_HREF:
        return None
    if _PLAIN_URL.fullmatch(href):
        return href
    scheme = href.partition(":")[0].lower()
    if scheme in ("javascript", "mailto", "tel", "data", "about"):
        return None
    try:
        url = urljoin(base, href)
    except ValueError:
        return None
    return url if url.startswith(("http://", "https://")) else None
