"""Detection of injected link spam: blocks that an intruder or a copying site added to a page, hidden or visible.

Two kinds of evidence count: *place* (text that readers cannot see, ids and classes typical of such blocks) and
*content* (links to sites that the rest of the page does not link to, spam words). Hidden menus and lists of partner
sites show only one of the two and are kept.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from crawler.extraction.data.spam_words import (
    AD_FRAMES,
    KNOWN_HOSTS,
    MENU_NAMES,
    PAGE_PARTS,
    TRACKERS,
    has_spam_heading,
    has_spam_name,
    may_be_spam,
    spam_words,
)
from crawler.extraction.layout.lines import Anchor, Element, Layout, TextLine
from crawler.sites import registrable_domain

#: Distinct spam words that make a line spam without other evidence.
_SPAM_LINE_WORDS = 4
#: Least links of a hidden block that all lead to sites without a visible link.
_CONCEALED_LINKS = 4
#: Longest line (characters) that is checked for spam words.
_LONGEST_LINE = 6_000
#: Longest text (characters) of a hidden block that is checked for spam words.
_LONGEST_BLOCK = 20_000

_HOST = re.compile(r"(?:https?:)?//(?:[^/?#@]*@)?([^/?#:]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Injection:
    """One injected block: the rule that found it, its short CSS path, its text (200 characters) and number of links."""

    reason: str
    place: str
    text: str
    links: int


@dataclass(slots=True)
class _SuspectBlock:
    """A suspected block: its lines and links."""

    lines: list[TextLine] = field(default_factory=list)
    anchors: list[Anchor] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join(line.text for line in self.lines)


@dataclass(slots=True)
class Injections:
    """All injected blocks of a page; `lines` and `anchors` hold the `id()` of each removed line and link element."""

    found: list[Injection] = field(default_factory=list)
    lines: set[int] = field(default_factory=set)
    anchors: set[int] = field(default_factory=set)

    def add(self, reason: str, place: str, block: _SuspectBlock) -> None:
        """Record a block, unless all its lines and links are removed already."""
        new_lines = [line for line in block.lines if id(line) not in self.lines]
        new_anchors = [anchor for anchor in block.anchors if id(anchor.element) not in self.anchors]
        if not new_lines and not new_anchors:
            return
        self.lines.update(id(line) for line in new_lines)
        self.anchors.update(id(anchor.element) for anchor in new_anchors)
        text = " ".join(line.text for line in new_lines) or " ".join(anchor.text for anchor in new_anchors)
        self.found.append(Injection(reason, place, text[:200], len(new_anchors)))


def find_injections(
    layout: Layout, base_url: str, own_urls: tuple[str, ...], count_in_markup: Callable[[str], int]
) -> Injections:
    """Return the injected blocks of a page.

    `own_urls` are the URLs the page declares for itself (canonical, ``og:url``); `count_in_markup` counts the
    occurrences of a string in the page's markup.
    """
    return _SpamInspection(layout, base_url, own_urls, count_in_markup).run()


class _SpamInspection:
    """One page under inspection: each step adds the blocks it finds to `result`."""

    def __init__(
        self, layout: Layout, base_url: str, own_urls: tuple[str, ...], count_in_markup: Callable[[str], int]
    ) -> None:
        self.layout = layout
        self.count_in_markup = count_in_markup
        self.own_domains = {domain for url in (base_url, *own_urls) if (domain := domain_of(url))}
        #: Most links to one domain for the domain to count as foreign.
        self.max_foreign_links = max(3, len(layout.links) // 20)
        self.result = Injections()
        text = "\n".join([line.text for line in layout.lines]).lower()
        # Counted once for the whole page: without spam words there, no block needs to be searched for them.
        suspect = may_be_spam(text)
        self.spam_word_count = len(set(spam_words(text))) if suspect else 0
        self.has_heading = suspect and has_spam_heading(text)

    def run(self) -> Injections:
        self._inspect_hidden_blocks()
        self._inspect_names()
        self._inspect_links()
        self._inspect_lines()
        self._inspect_frames()
        return self.result

    @cached_property
    def links_by_domain(self) -> Counter[str]:
        """Number of links by foreign domain; the empty string counts the links to the page's own domains."""
        return Counter(self.domains)

    @cached_property
    def domains(self) -> list[str]:
        """The foreign domain of each link, an empty string for the page's own domains."""
        return [self._foreign_domain(anchor) for anchor in self.layout.links]

    @cached_property
    def hidden_names(self) -> Counter[str]:
        """Number of hidden elements by ids and classes without digits."""
        return Counter(name for root in self.layout.hidden_roots if (name := _drop_digits(root.css_names)))

    @cached_property
    def visible_domains(self) -> set[str]:
        """The domains that the page links to visibly."""
        pairs = zip(self.layout.links, self.domains, strict=True)
        return {domain for x, domain in pairs if x.element.hidden is None and x.element.faint is None}

    def _foreign_domain(self, anchor: Anchor) -> str:
        """Return the registrable domain a link leads to, or an empty string for the page's own domains."""
        domain = domain_of(anchor.href)
        return "" if domain in self.own_domains else domain

    def _find_spam_words(self, text: str) -> list[str]:
        """Return the spam words in `text`, each as often as it occurs."""
        return spam_words(text.lower()) if self.spam_word_count else []

    def _is_foreign(self, anchor: Anchor) -> bool:
        """True if the link leads to an unfamiliar site that the page rarely links to."""
        domain = self._foreign_domain(anchor)
        return bool(domain) and not is_widely_linked(domain) and self.links_by_domain[domain] <= self.max_foreign_links

    def _inspect_hidden_blocks(self) -> None:
        """Find spam in blocks that readers cannot, or can hardly, see."""
        blocks = {root: _SuspectBlock() for root in self.layout.hidden_roots}
        if not blocks:
            return
        anchors = [anchor for anchor in self.layout.links if anchor.element.hidden or anchor.element.faint]
        if not self.spam_word_count and not self.has_heading:  # only foreign links can be evidence then
            foreign = (anchor for anchor in anchors if self._is_foreign(anchor) or self._is_concealed(anchor))
            suspect_roots = {root for anchor in foreign for root in _find_hidden_roots(anchor.element, blocks)}
            blocks = {root: block for root, block in blocks.items() if root in suspect_roots}
            if not blocks:
                return
        for anchor in anchors:
            for root in _find_hidden_roots(anchor.element, blocks):
                blocks[root].anchors.append(anchor)
        for line in self.layout.lines:
            if line.element.hidden or line.element.faint:
                for root in _find_hidden_roots(line.element, blocks):
                    blocks[root].lines.append(line)
        for root, block in blocks.items():
            if self._is_hidden_spam(root, block):
                self.result.add(f"hidden:{root.hidden or root.faint}", root.path, block)

    def _is_hidden_spam(self, root: Element, block: _SuspectBlock) -> bool:
        """True if a hidden block has enough spam words, a spam heading or name, or mostly foreign links."""
        foreign = [anchor for anchor in block.anchors if self._is_foreign(anchor)]
        text = block.text if self.spam_word_count or self.has_heading else ""
        text = text if len(text) < _LONGEST_BLOCK else ""
        words = len(set(self._find_spam_words(text)))
        if words >= (2 if foreign else 4) and words * 12 >= len(block.lines):
            return True
        if self.has_heading and has_spam_heading(text.lower()):
            return True
        if (foreign or words) and has_spam_name(root.css_names):
            return True
        return self._has_mostly_hidden_links(root, block, foreign)

    def _has_mostly_hidden_links(self, root: Element, block: _SuspectBlock, foreign: list[Anchor]) -> bool:
        """True if a hidden block consists of links to sites that the page links to rarely, or nowhere visibly.

        Hidden menus and parts of the page are ordinary, and so is hidden text with a few links in it.
        """
        if _is_page_part(root) or 2 * sum(len(x.text) for x in block.anchors) < sum(len(x.text) for x in block.lines):
            return False
        least = 3 if root.hidden == "aria" else 2
        domains = set(map(self._foreign_domain, foreign))
        if len(domains) >= least and 10 * len(foreign) >= 7 * len(block.anchors):
            return True
        if self.hidden_names[_drop_digits(root.css_names)] > 1:  # one of the page's tabs
            return False
        concealed = [anchor for anchor in block.anchors if self._is_concealed(anchor)]
        return len(concealed) >= _CONCEALED_LINKS and 10 * len(concealed) >= 9 * len(block.anchors)

    def _is_concealed(self, anchor: Anchor) -> bool:
        """True if the link leads to an unfamiliar site to which the page has no visible link."""
        domain = self._foreign_domain(anchor)
        return bool(domain) and not is_widely_linked(domain) and domain not in self.visible_domains

    def _inspect_names(self) -> None:
        """Find blocks whose ids or classes are typical of spam."""
        if not has_spam_name(" ".join(self.layout.names)):
            return
        blocks: dict[Element, _SuspectBlock] = {}
        for line in self.layout.lines:
            if root := _find_spam_root(line.element):
                blocks.setdefault(root, _SuspectBlock()).lines.append(line)
        for anchor in self.layout.links:
            if root := _find_spam_root(anchor.element):
                blocks.setdefault(root, _SuspectBlock()).anchors.append(anchor)
        for root, block in blocks.items():
            has_foreign_links = any(self._is_foreign(anchor) for anchor in block.anchors)
            if has_foreign_links or len(set(self._find_spam_words(block.text))) >= 2:
                self.result.add("name", root.path, block)

    def _inspect_links(self) -> None:
        """Find visible groups of foreign links, at least a quarter of them with spam words."""
        if not self.spam_word_count:
            return
        links = self.layout.links
        spam = [anchor for anchor in links if self._is_foreign(anchor) and self._find_spam_words(anchor.text)]
        if len(spam) < 2:
            return
        foreign: dict[Element, list[Anchor]] = {}
        for anchor in links:
            if self._is_foreign(anchor):
                for element in anchor.element.ancestors():
                    foreign.setdefault(element, []).append(anchor)
        lines: dict[Element, list[TextLine]] = {}
        for line in self.layout.lines:
            for element in line.element.ancestors():
                if element in foreign:
                    lines.setdefault(element, []).append(line)
        for root in {self._widest_link_block(anchor.element, foreign, lines) for anchor in spam}:
            inside = foreign[root]
            hits = sum(bool(self._find_spam_words(anchor.text)) for anchor in inside)
            if hits >= 2 and 4 * hits >= len(inside):
                everything = [anchor for anchor in links if anchor.element.is_within(root)]
                self.result.add("links", root.path, _SuspectBlock(lines.get(root, []), everything))

    def _widest_link_block(
        self, element: Element, foreign: dict[Element, list[Anchor]], lines: dict[Element, list[TextLine]]
    ) -> Element:
        """Return the widest element around a link whose text consists mostly of foreign links."""
        widest = element
        for wider in element.ancestors():
            text = sum(len(line.text) for line in lines.get(wider, ()))
            linked = sum(len(anchor.text) for anchor in foreign.get(wider, ()))
            if wider.parent is None or 10 * linked < 6 * text:
                break
            widest = wider
        return widest

    def _inspect_lines(self) -> None:
        """Find lines with a spam heading, and lines of which spam words make up a fifth or more, linked or not."""
        if not self.has_heading and self.spam_word_count < _SPAM_LINE_WORDS:
            return
        for line in self.layout.lines:
            if id(line) in self.result.lines or len(line.text) > _LONGEST_LINE:
                continue
            heading = self.has_heading and has_spam_heading(line.text.lower())
            found = self._find_spam_words(line.text)
            if len(set(found)) < (1 if heading else _SPAM_LINE_WORDS):
                continue
            if heading or 5 * sum(map(len, found)) >= len(line.text):
                anchors = [anchor for anchor in self.layout.links if anchor.element.is_within(line.element)]
                self.result.add("keywords", line.path, _SuspectBlock([line], anchors))

    def _inspect_frames(self) -> None:
        """Find invisible frames of foreign sites; trackers and domains named elsewhere in the markup are kept."""
        for frame in self.layout.frames:
            attributes = frame.attributes
            source = attributes.get("src") or ""
            is_tiny = any(
                (attributes.get(side) or "").removesuffix("px") in ("0", "1", "2") for side in ("width", "height")
            )
            if not (is_tiny or frame.hidden or frame.faint) or frame.hidden == "noscript":
                continue
            names = f"{frame.css_names} {attributes.get('name') or ''}"
            if not source.startswith(("http", "//")) or TRACKERS.search(source) or AD_FRAMES.search(names):
                continue
            domain = domain_of(source)
            if domain and domain not in self.own_domains and self.count_in_markup(domain) < 2:
                self.result.found.append(Injection("frame", frame.path, source[:200], 1))


def _find_hidden_roots(element: Element, blocks: dict[Element, _SuspectBlock]) -> Iterator[Element]:
    """Yield the hidden blocks around an element, innermost first, while the elements between are hidden too."""
    for around in element.ancestors():
        if around in blocks:
            yield around
        if around.hidden is None and around.faint is None:
            return


def _drop_digits(names: str) -> str:
    return re.sub(r"\d+", "", names)


def _is_page_part(element: Element) -> bool:
    """True if a hidden element is a menu or another part of the page by tag or name."""
    return any(x.tag in PAGE_PARTS for x in element.ancestors()) or MENU_NAMES.search(element.css_names) is not None


def _find_spam_root(element: Element) -> Element | None:
    """Return the outermost element around `element` whose ids or classes are typical of spam."""
    outermost = None
    for around in element.ancestors():
        if around.css_names and around.parent is not None and has_spam_name(around.css_names):
            outermost = around
    return outermost


def domain_of(url: str) -> str:
    """Return the registrable domain of an absolute URL, or an empty string if the URL has no host."""
    match = _HOST.match(url) if "//" in url else None
    return registrable_domain(match[1].lower()) if match else ""


@lru_cache(maxsize=2_000)
def is_widely_linked(domain: str) -> bool:
    """True if ordinary pages of any site link to the domain (social networks, app stores, registries)."""
    return KNOWN_HOSTS.search(domain) is not None
