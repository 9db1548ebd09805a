"""A page for extraction: decoded, parsed once, laid out in lines, with its metadata."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser

from crawler.extraction.clean.injected import Injections, find_injections
from crawler.extraction.decode import charset, structured
from crawler.extraction.decode.glosses import has_glosses, remove_glosses
from crawler.extraction.decode.input_limits import MAX_TAGS, limit_markup
from crawler.extraction.decode.language import detect_language
from crawler.extraction.decode.mojibake import may_be_mojibake, repair_mojibake
from crawler.extraction.layout.lines import MAX_HREF, Element, Image, Layout, LinePart, TextLine
from crawler.extraction.layout.prose import is_prose
from crawler.extraction.layout.walk import MAX_NODES, lay_out

__all__ = ["Document", "Element", "Image", "LinePart", "Link", "RemovedBlock", "TextLine"]

#: Most bytes of a page that are read. The rest stays in the archive only, and the article is flagged ``oversized``.
MAX_BYTES = 12_000_000
#: Most tags and nodes of a list that are read: 200,000 links.
MAX_LIST_TAGS, MAX_LIST_NODES = 1_200_000, 600_000
#: Least characters of a line, without link text, to count as prose when hidden stories are looked for.
PROSE = 40

#: An absolute URL that `urljoin` would not change.
_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9.-]+(?:/[\w./~%+,@:!$&'()*=-]*)?", re.ASCII)
#: The start of an absolute URL with too many slashes, which browsers ignore.
_SLASHES = re.compile(r"(https?:)/{3,}", re.IGNORECASE)
#: The path of a link, in which browsers read backslashes as slashes.
_BACKSLASHES = re.compile(r"^[^?#]*\\[^?#]*")
#: Characters that are not encoded again in a query.
_ASCII = "".join(map(chr, range(0x21, 0x7F)))

#: A path from the root without dot segments, which `urljoin` would only append to the origin.
_PLAIN_PATH = re.compile(r"/(?![/.])(?:[\w~%+,@:!$&'()*=.-]|/(?!\.))*", re.ASCII)


class RemovedBlock(NamedTuple):
    """A block removed from the page's lines: reason, short CSS path, text (200 characters), number of links."""

    reason: str
    path: str
    text: str
    links: int


class Link(NamedTuple):
    """A link of the page: its absolute http(s) target, text, ``rel`` attribute in lower case, and element."""

    url: str
    text: str
    rel: str
    element: Element


class Document:
    """One page: its body after content decoding, its URL, its Content-Type header and its aware time of capture.

    A page of links (`is_list`) is read further than an article.

    Properties are computed on first use, cached, and never raise, whatever the bytes.
    """

    def __init__(
        self,
        html: bytes,
        url: str,
        *,
        content_type: str | None = None,
        captured_at: datetime | None = None,
        is_list: bool = False,
    ) -> None:
        self.html = html
        self.url = url
        self.content_type = content_type
        self.captured_at = captured_at
        self.is_list = is_list

    @property
    def gloss_count(self) -> int:
        """Number of pinyin glosses removed from the lines."""
        return self._visible[1]

    @cached_property
    def _encoding(self) -> charset.Encoding:
        return charset.detect_encoding(self.html[:MAX_BYTES], self.content_type)

    @property
    def encoding(self) -> str:
        """Common name of the encoding the bytes were decoded in (``utf-8``, ``gb18030``, ``big5`` ...)."""
        return self._encoding.name

    @cached_property
    def text(self) -> str:
        """The page's markup as text, with mojibake repaired."""
        return self._repaired or self._decoded

    @property
    def _decoded(self) -> str:
        return self.html[self._encoding.mark : MAX_BYTES].decode(self._encoding.codec, "replace")

    @property
    def is_mojibake_repaired(self) -> bool:
        """True if the text was stored in a wrong encoding and has been repaired."""
        return self._repaired is not None

    @cached_property
    def _repaired(self) -> str | None:
        if self.encoding != "utf-8" or not may_be_mojibake(self.html):
            return None
        return repair_mojibake(self._decoded)

    @cached_property
    def _in_utf8(self) -> bytes:
        """The page in UTF-8 up to MAX_BYTES: its own bytes if they are valid UTF-8, else re-encoded text."""
        is_unchanged = self._encoding.is_valid_utf8 and not self.is_mojibake_repaired and len(self.html) <= MAX_BYTES
        return bytes(self.html) if is_unchanged else self.text.encode("utf-8", "replace")

    @cached_property
    def _markup(self) -> bytes:
        """The markup that is parsed."""
        return limit_markup(self._in_utf8, MAX_LIST_TAGS if self.is_list else MAX_TAGS)

    @cached_property
    def tree(self) -> LexborHTMLParser:
        """The parsed page."""
        return LexborHTMLParser(self._markup or b"<html></html>", options=LexborDocumentOptions.WO_EVENTS)

    @cached_property
    def _metadata_nodes(self) -> structured.MetadataNodes:
        return structured.find_metadata_nodes(self.tree)

    @cached_property
    def meta(self) -> Mapping[str, tuple[str, ...]]:
        """Contents of the meta tags by lower-case name, property or itemprop, in page order."""
        return structured.read_meta(self._metadata_nodes.meta)

    @cached_property
    def misspelt_meta(self) -> Mapping[str, tuple[str, ...]]:
        """Contents of meta tags that have them in ``value`` instead of ``content``: the last resort, as few do."""
        return structured.read_meta(self.tree.css("meta[value]:not([content])"), ("value",))

    @cached_property
    def jsonld(self) -> tuple[dict[str, Any], ...]:
        """Nodes of the page's JSON-LD, lists and ``@graph`` flattened."""
        return structured.read_jsonld(self._metadata_nodes.jsonld)

    @cached_property
    def article_ld(self) -> dict[str, Any] | None:
        """The JSON-LD node of the page's own story, if any."""
        return structured.find_article_node(self.jsonld)

    @cached_property
    def layout(self) -> Layout:
        """All lines of the page, hidden ones included, its links, images and hidden elements."""
        root = self.tree.body or self.tree.root
        return lay_out(root, MAX_LIST_NODES if self.is_list else MAX_NODES) if root is not None else Layout()

    @cached_property
    def lines(self) -> tuple[TextLine, ...]:
        """The page's visible text as block-level lines, without injected text and pinyin glosses."""
        return self._visible[0]

    @cached_property
    def _visible(self) -> tuple[tuple[TextLine, ...], int]:
        """The visible lines, and the number of glosses removed from them."""
        _show_hidden_story(self.layout)
        injected = self.injections.lines
        kept = [line for line in self.layout.lines if line.element.hidden is None]
        if injected:
            kept = [line for line in kept if id(line) not in injected]
        for index, line in enumerate(kept):
            line.index = index
        return tuple(kept), _remove_glosses(kept)

    @cached_property
    def removed_blocks(self) -> tuple[RemovedBlock, ...]:
        """The blocks removed from the lines: injected ones, then hidden ones."""
        _show_hidden_story(self.layout)
        injected = [
            RemovedBlock(f"injected:{found.reason}", found.place, found.text, found.links)
            for found in self.injections.found
        ]
        return (*injected, *_list_hidden_blocks(self.layout, self.injections.lines))

    @cached_property
    def injections(self) -> Injections:
        """Blocks of link spam that an intruder or a copying site added to the page."""
        own_urls = (*self.meta.get("og:url", ()), *self.canonical_urls)
        return find_injections(self.layout, self.base_url, own_urls, lambda text: self.text.count(text))

    @cached_property
    def canonical_urls(self) -> tuple[str, ...]:
        """The canonical URLs that the page declares, as written."""
        return tuple(href.strip() for node in self._metadata_nodes.canonical if (href := node.attributes.get("href")))

    @property
    def is_truncated(self) -> bool:
        """True if the page exceeds a limit on size, depth or nodes, so that only its start was read."""
        return len(self.html) > MAX_BYTES or self.layout.is_truncated or len(self._markup) < len(self._in_utf8)

    @cached_property
    def language(self) -> str | None:
        """The primary language subtag (``zh``, ``en``): the declared one, unless the page's script contradicts it."""
        return detect_language(self._declared_languages(), (line.text for line in self.lines))

    def _declared_languages(self) -> list[str]:
        """Return the languages declared by the root element, then by meta tags, as written."""
        root = self.tree.root
        attributes = root.attributes if root is not None else {}
        declared = [attributes.get("lang") or attributes.get("xml:lang") or ""]
        for key in ("og:locale", "content-language", "language", "inlanguage"):
            declared.extend(self.meta.get(key, ()))
        return [value for value in declared if value]

    @cached_property
    def base_url(self) -> str:
        """The URL against which the page's relative links are resolved."""
        base = self._metadata_nodes.base
        href = (base[0].attributes.get("href") or "").strip() if base else ""
        return (resolve(self.url, href) if href else None) or self.url

    def resolve(self, href: str) -> str | None:
        """Return the absolute URL of a link of the page as `resolve` does, with its query in the page's charset."""
        url = resolve(self.base_url, href)
        return self.encode_query(url) if url else None

    def encode_query(self, url: str) -> str:
        """Return a link's URL with its query encoded in the charset of the page, as browsers do (URL, section 3.5)."""
        if url.isascii() or self._encoding.codec.lower().startswith("utf"):
            return url
        rest, hash_sign, fragment = url.partition("#")
        path, mark, query = rest.partition("?")
        try:
            data = query.encode(self._encoding.codec)
        except UnicodeEncodeError:
            return url
        return f"{path}{mark}{quote(data, safe=_ASCII)}{hash_sign}{fragment}"

    def followable_links(self) -> tuple[Link, ...]:
        """Return the page's links for the frontier, without those in injected blocks."""
        links = []
        injected = self.injections.anchors
        for anchor in self.layout.links:
            if id(anchor.element) not in injected and (url := self.resolve(anchor.href)):
                rel = (anchor.element.attributes.get("rel") or "").lower()
                links.append(Link(url, anchor.text, rel, anchor.element))
        return tuple(links)


def _show_hidden_story(layout: Layout) -> None:
    """Unhide the element with the most hidden prose if the page hides twice the prose it shows.

    Such a story is shown by a script, which a capture does not run.
    """
    if not layout.hidden_roots:
        return
    shown, hidden = 0, 0
    hidden_by_root: dict[Element, int] = {}
    for line in layout.lines:
        size = len(line.text) if len(line.text) - line.link_chars >= PROSE and is_prose(line) else 0
        if not size:
            continue
        if line.element.hidden is None:
            shown += size
        else:
            hidden += size
            root = _find_hidden_root(line.element)
            hidden_by_root[root] = hidden_by_root.get(root, 0) + size
    if hidden < 2 * shown or hidden < 4 * PROSE:
        return
    story = max(hidden_by_root, key=lambda root: hidden_by_root[root])
    for line in layout.lines:
        if line.element.hidden is not None and _find_hidden_root(line.element) is story:
            line.element.hidden = None


@lru_cache(maxsize=64)
def _origin_of(url: str) -> str:
    """Return scheme and host of an absolute URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _find_hidden_root(element: Element) -> Element:
    """Return the outermost element of the unbroken chain of hidden ancestors."""
    while element.parent is not None and element.parent.hidden is not None:
        element = element.parent
    return element


def _remove_glosses(lines: list[TextLine]) -> int:
    """Remove the pinyin glosses from the lines of a page that has any certain one; return their number."""
    bracketed = [line for line in lines if not line.text.isascii() and ("(" in line.text or "（" in line.text)]
    if not any(has_glosses(line.text) for line in bracketed):
        return 0
    total = 0
    for line in bracketed:
        total += remove_glosses(line.text, glossed=True)[1]
        line.rewrite(lambda text: remove_glosses(text, glossed=True)[0])
    return total


def _list_hidden_blocks(layout: Layout, injected: set[int]) -> Iterator[RemovedBlock]:
    """Yield the hidden blocks of a page, without the lines of injected ones."""
    texts: dict[Element, list[str]] = {}
    for line in layout.lines:
        if line.element.hidden is not None and id(line) not in injected:
            texts.setdefault(_find_hidden_root(line.element), []).append(line.text)
    links = Counter(_find_hidden_root(anchor.element) for anchor in layout.links if anchor.element.hidden is not None)
    for root, lines in texts.items():
        yield RemovedBlock(f"hidden:{root.hidden or 'parent'}", root.path, " ".join(lines)[:200], links[root])


def resolve(base: str, href: str) -> str | None:
    """Return the absolute http(s) URL of a link target.

    Return ``None`` for another scheme, an invalid URL or a target of more than MAX_HREF characters.
    """
    if len(href) > MAX_HREF:
        return None
    if _PLAIN_URL.fullmatch(href):
        return href
    if _PLAIN_PATH.fullmatch(href):
        return _origin_of(base) + href
    href = href.strip()
    if _SLASHES.match(href):
        href = _SLASHES.sub(r"\1//", href)
    if "\\" in href:
        href = _BACKSLASHES.sub(lambda found: found[0].replace("\\", "/"), href)
    scheme = href.partition(":")[0].lower()
    if scheme in ("javascript", "mailto", "tel", "data", "about"):
        return None
    try:
        url = urljoin(base, href)
    except ValueError:
        return None
    return url if url.startswith(("http://", "https://")) else None
