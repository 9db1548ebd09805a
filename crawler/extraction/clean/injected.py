"""Blocks of links that whoever broke into or mirrored a site put into its pages: hidden ones, and spam in plain sight.

Two kinds of evidence are weighed: *place* (text that no reader sees, names such blocks bear) and *matter* (links to
sites that nothing else on the page links to, words of the trade). Hidden menus and lists of friendly sites have only
one of the two and are left alone.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from crawler.extraction.data.spam_words import (
    KNOWN_HOSTS,
    PAGE_PARTS,
    TRACKERS,
    has_spam_heading,
    has_spam_name,
    may_be_spam,
    spam_words,
)
from crawler.extraction.layout.lines import Anchor, Element, Layout, TextLine

#: Different words of the trade from which a line without other evidence is salad.
_SALAD = 4

_HOST = re.compile(r"(?:https?:)?//(?:[^/?#@]*@)?([^/?#:]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Injection:
    """One injected block: why it was taken for one, its short CSS path, its text (200 characters), its links."""

    reason: str
    place: str
    text: str
    links: int


@dataclass(slots=True)
class _Block:
    """What is known of a block while it is weighed."""

    lines: list[TextLine] = field(default_factory=list)
    anchors: list[Anchor] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join(line.text for line in self.lines)


@dataclass(slots=True)
class Injections:
    """All injected blocks of a page, with the lines and links they take out of it (by identity)."""

    found: list[Injection] = field(default_factory=list)
    lines: set[int] = field(default_factory=set)
    anchors: set[int] = field(default_factory=set)

    def add(self, reason: str, place: str, block: _Block) -> None:
        """Take a block out, unless all of it is out already."""
        fresh_lines = [line for line in block.lines if id(line) not in self.lines]
        fresh = [anchor for anchor in block.anchors if id(anchor.element) not in self.anchors]
        if not fresh_lines and not fresh:
            return
        self.lines.update(id(line) for line in fresh_lines)
        self.anchors.update(id(anchor.element) for anchor in fresh)
        text = " ".join(line.text for line in fresh_lines) or " ".join(anchor.text for anchor in fresh)
        self.found.append(Injection(reason, place, text[:200], len(fresh)))


def find_injections(
    layout: Layout, base_url: str, own_urls: tuple[str, ...], times_in_markup: Callable[[str], int]
) -> Injections:
    """The injected blocks of a page. `own_urls` are addresses the page gives itself (canonical and the like)."""
    return _Inspection(layout, base_url, own_urls, times_in_markup).run()


class _Inspection:
    def __init__(
        self, layout: Layout, base_url: str, own_urls: tuple[str, ...], times_in_markup: Callable[[str], int]
    ) -> None:
        self.layout = layout
        self.times_in_markup = times_in_markup
        self.own = {domain for url in (base_url, *own_urls) if (domain := domain_of(url))}
        self.rare = max(3, len(layout.links) // 20)
        self.result = Injections()
        whole = "\n".join([line.text.lower() for line in layout.lines])
        #: Different words of the trade on the whole page: where it has none, no block of it need be read for them.
        suspect = may_be_spam(whole)
        self.words = len(set(spam_words(whole))) if suspect else 0
        self.has_heading = suspect and has_spam_heading(whole)

    def run(self) -> Injections:
        self._inspect_concealed()
        self._inspect_names()
        self._inspect_links()
        self._inspect_lines()
        self._inspect_frames()
        return self.result

    @cached_property
    def linked(self) -> Counter[str]:
        """How many of the page's links lead to each foreign domain, and by the empty one, to the page's own."""
        return Counter(map(self._domain, self.layout.links))

    def _domain(self, anchor: Anchor) -> str:
        """The foreign domain a link leads to; empty for the page's own."""
        domain = domain_of(anchor.href)
        return "" if domain in self.own else domain

    def _spam_words(self, text: str) -> list[str]:
        return spam_words(text.lower()) if self.words else []

    def _is_foreign(self, anchor: Anchor) -> bool:
        """Whether the link leads to a site that the page has little to do with."""
        domain = self._domain(anchor)
        return bool(domain) and not is_known(domain) and self.linked[domain] <= self.rare

    def _inspect_concealed(self) -> None:
        blocks = {root: _Block() for root in self.layout.hidden_roots}
        if not blocks:
            return
        anchors = [anchor for anchor in self.layout.links if anchor.element.hidden or anchor.element.faint]
        if not self.words and not self.has_heading:  # then links alone can tell
            foreign = filter(self._is_foreign, anchors)
            telling = {root for anchor in foreign for root in _roots(anchor.element, blocks)}
            blocks = {root: block for root, block in blocks.items() if root in telling}
            if not blocks:
                return
        for anchor in anchors:
            for root in _roots(anchor.element, blocks):
                blocks[root].anchors.append(anchor)
        for line in self.layout.lines:
            if line.element.hidden or line.element.faint:
                for root in _roots(line.element, blocks):
                    blocks[root].lines.append(line)
        for root, block in blocks.items():
            if self._is_hidden_spam(root, block):
                self.result.add(f"hidden:{root.hidden or root.faint}", root.path, block)

    def _is_hidden_spam(self, root: Element, block: _Block) -> bool:
        foreign = [anchor for anchor in block.anchors if self._is_foreign(anchor)]
        text = block.text if self.words or self.has_heading else ""
        text = text if len(text) < 20_000 else ""
        words = len(set(self._spam_words(text)))
        if words >= (2 if foreign else 4) and words * 12 >= len(block.lines):
            return True
        if (self.has_heading and has_spam_heading(text.lower())) or (
            (foreign or words) and has_spam_name(root.css_names)
        ):
            return True
        domains = set(map(self._domain, foreign))
        return (
            len(foreign) >= (3 if root.hidden == "aria" else 2)
            and len(domains) >= (3 if root.hidden == "aria" else 2)
            and 10 * len(foreign) >= 7 * len(block.anchors)
            and not any(element.tag in PAGE_PARTS for element in root.ancestors())
        )

    def _inspect_names(self) -> None:
        """Blocks that bear a name such blocks bear."""
        if not has_spam_name(" ".join(self.layout.names)):
            return
        blocks: dict[Element, _Block] = {}
        for line in self.layout.lines:
            if root := _named(line.element):
                blocks.setdefault(root, _Block()).lines.append(line)
        for anchor in self.layout.links:
            if root := _named(anchor.element):
                blocks.setdefault(root, _Block()).anchors.append(anchor)
        for root, block in blocks.items():
            if any(self._is_foreign(anchor) for anchor in block.anchors) or len(set(self._spam_words(block.text))) >= 2:
                self.result.add("name", root.path, block)

    def _inspect_links(self) -> None:
        """Runs of foreign links in plain sight, some of them with words of the trade."""
        if not self.words:
            return
        spam = [anchor for anchor in self.layout.links if self._is_foreign(anchor) and self._spam_words(anchor.text)]
        if len(spam) < 2:
            return
        foreign: dict[Element, list[Anchor]] = {}
        for anchor in self.layout.links:
            if self._is_foreign(anchor):
                for element in anchor.element.ancestors():
                    foreign.setdefault(element, []).append(anchor)
        lines: dict[Element, list[TextLine]] = {}
        for line in self.layout.lines:
            for element in line.element.ancestors():
                if element in foreign:
                    lines.setdefault(element, []).append(line)
        for root in {self._widest(anchor.element, foreign, lines) for anchor in spam}:
            inside = foreign[root]
            hits = sum(bool(self._spam_words(anchor.text)) for anchor in inside)
            if hits >= 2 and 4 * hits >= len(inside):
                everything = [a for a in self.layout.links if a.element.is_within(root)]
                self.result.add("links", root.path, _Block(lines.get(root, []), everything))

    def _widest(
        self, element: Element, foreign: dict[Element, list[Anchor]], lines: dict[Element, list[TextLine]]
    ) -> Element:
        """The widest element around a link whose text is mostly that of foreign links."""
        widest = element
        for wider in element.ancestors():
            text = sum(len(line.text) for line in lines.get(wider, ()))
            linked = sum(len(anchor.text) for anchor in foreign.get(wider, ()))
            if wider.parent is None or 10 * linked < 6 * text:
                break
            widest = wider
        return widest

    def _inspect_lines(self) -> None:
        """Lines that are little else than words of the trade, links or not."""
        if not self.has_heading and self.words < _SALAD:
            return
        for line in self.layout.lines:
            if id(line) in self.result.lines or len(line.text) > 6000:
                continue
            heading = self.has_heading and has_spam_heading(line.text.lower())
            found = self._spam_words(line.text)
            if len(set(found)) < (1 if heading else _SALAD):
                continue
            if heading or 5 * sum(map(len, found)) >= len(line.text):
                anchors = [a for a in self.layout.links if a.element.is_within(line.element)]
                self.result.add("keywords", line.path, _Block([line], anchors))

    def _inspect_frames(self) -> None:
        for frame in self.layout.frames:
            attributes = frame.attributes
            source = attributes.get("src") or ""
            tiny = any(
                (attributes.get(side) or "").removesuffix("px") in ("0", "1", "2") for side in ("width", "height")
            )
            if not (tiny or frame.hidden or frame.faint) or frame.hidden == "noscript":
                continue
            if not source.startswith(("http", "//")) or TRACKERS.search(source):
                continue
            domain = domain_of(source)
            if domain and domain not in self.own and self.times_in_markup(domain) < 2:
                self.result.found.append(Injection("frame", frame.path, source[:200], 1))


def _roots(element: Element, blocks: dict[Element, _Block]) -> Iterator[Element]:
    """The concealed blocks around an element whose text is not, or hardly, to be seen."""
    for around in element.ancestors():
        if around in blocks:
            yield around
        if around.hidden is None and around.faint is None:
            return


def _named(element: Element) -> Element | None:
    named = None
    for around in element.ancestors():
        if around.css_names and around.parent is not None and has_spam_name(around.css_names):
            named = around
    return named


def domain_of(url: str) -> str:
    """The registrable domain of an absolute URL; empty when it has none."""
    match = _HOST.match(url) if "//" in url else None
    return registrable(match[1].lower()) if match else ""


@lru_cache(maxsize=2_000)
def registrable(host: str) -> str:
    """The registrable domain of a host, told without a list: two labels, three under a short second level."""
    labels = host.rsplit(".", 3)
    if len(labels) <= 2 or labels[-1].isdecimal():
        return host
    return ".".join(labels[-3:] if labels[-2] in _SECOND_LEVELS else labels[-2:])


@lru_cache(maxsize=2_000)
def is_known(domain: str) -> bool:
    """Whether honest pages link to the domain from anywhere."""
    return KNOWN_HOSTS.search(domain) is not None


_SECOND_LEVELS = frozenset(
    {"com", "co", "net", "org", "gov", "edu", "ac", "or", "ne", "go", "gob", "gouv", "in", "localhost"}
)
