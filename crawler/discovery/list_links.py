"""Links to articles in a list, by the list's own structure: repeated blocks, path shapes, link texts, dates."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from crawler.discovery.article_paths import is_distinctive_shape, path_shape, shape_key
from crawler.discovery.headlines import is_headline
from crawler.discovery.url_patterns import is_list_path
from crawler.extraction.data.css_names import css_names
from crawler.extraction.data.link_texts import is_next_page
from crawler.extraction.document import Link
from crawler.extraction.layout.lines import Element

#: Minimum number of links in a repeated block.
_MIN_LINKS = 3
#: Minimum share of them that are headlines, or that have a date beside them.
_MIN_HEADLINES, _MIN_DATED = 0.5, 0.6
#: An entry of a list, from the link outwards: this many elements at most, with so many characters of text at most.
_MAX_LEVELS, _MAX_ENTRY = 4, 600

_DATE = re.compile(
    r"(?<!\d)(?:19|20)\d\d[^\d\s]\s?\d{1,2}[^\d\s]\s?\d{1,2}"
    r"|(?<!\d)\d{1,2}[-/.]\d{1,2}(?:[-/.]\d{2,4})?(?!\d)|(?<!\d)\d{1,2}:\d{2}(?!\d)"
    r"|\b\d{1,2}\.?\s+[^\W\d_]{3,12}\.?\s+(?:19|20)\d\d|\b[^\W\d_]{3,12}\.?\s+\d{1,2},?\s+(?:19|20)\d\d"
)
_MENU_NAMES, _NOT_MENU_NAMES = css_names().menu.compile(), css_names().not_menu.compile()


@dataclass(slots=True)
class _Block:
    """The links of one shape in one repeated block, by URL: the longest text of each, and its first element."""

    texts: dict[str, str] = field(default_factory=dict)
    elements: dict[str, Element] = field(default_factory=dict)

    def add(self, link: Link) -> None:
        text = " ".join(link.text.split())
        if len(text) >= len(self.texts.get(link.url, "")):
            self.texts[link.url] = text
        self.elements.setdefault(link.url, link.element)

    @property
    def lists_articles(self) -> bool:
        """True if most of the links are headlines, or have a date beside them."""
        count = len(self.texts)
        if count < _MIN_LINKS or self._is_pager:
            return False
        if sum(map(is_headline, self.texts.values())) >= _MIN_HEADLINES * count:
            return True
        if self._is_in_menu:
            return False
        return sum(map(_has_date_beside, self.elements.values())) >= _MIN_DATED * count

    @property
    def is_tiny_list(self) -> bool:
        """True if the links, however few and unlike, are all headlines and no menu; a single one needs a date too."""
        if self._is_pager or self._is_in_menu or not all(map(is_headline, self.texts.values())):
            return False
        return len(self.texts) > 1 or all(map(_has_date_beside, self.elements.values()))

    @property
    def _is_pager(self) -> bool:
        return all(is_next_page(text) or not text.strip() or text.strip().isdecimal() for text in self.texts.values())

    @property
    def _is_in_menu(self) -> bool:
        around = next(iter(self.elements.values())).ancestors()[:7]
        hints = " ".join(f"{one.tag} {one.css_names}" for one in around)
        return bool(_MENU_NAMES.search(hints) or _NOT_MENU_NAMES.search(hints))


def find_listed_articles(links: Iterable[Link], page_url: str) -> set[str]:
    """Return the URLs that the structure of the page at `page_url` shows to be articles.

    A block of at least three links whose paths have one shape, or are in one folder, is a list of articles if most of
    its link texts are headlines, or most links have a date beside them. A link elsewhere on the page belongs to them if
    its path has the shape of theirs, unless the shape has neither a number nor several words. On a page without such a
    block, one of few or unlike links counts if all of them are headlines.
    """
    blocks: defaultdict[tuple[str, str], _Block] = defaultdict(_Block)
    shapes: defaultdict[str, set[str]] = defaultdict(set)
    for link in links:
        if not is_list_path(link.url) and link.url.rstrip("/") != page_url.rstrip("/"):
            shape, place = path_shape(link.url), _describe_place(link.element)
            for key in (shape_key(link.url), f"{shape.rpartition('/')[0]}/"):
                blocks[place, key].add(link)
            shapes[shape].add(link.url)
    found = {url for block in blocks.values() if block.lists_articles for url in block.texts}
    if not found:
        return set(_find_tiny_lists(blocks))
    for shape, urls in shapes.items():
        if is_distinctive_shape(shape) and not found.isdisjoint(urls):
            found |= urls
    return found


def _find_tiny_lists(blocks: Mapping[tuple[str, str], _Block]) -> Iterator[str]:
    """Yield the URLs in places whose links, of all shapes together, are a tiny list."""
    places: defaultdict[str, _Block] = defaultdict(_Block)
    for (place, _), block in blocks.items():
        places[place].texts |= block.texts
        places[place].elements |= block.elements
    for tiny in places.values():
        if tiny.is_tiny_list:
            yield from tiny.texts


def _describe_place(anchor: Element) -> str:
    """Return a key shared by the links of one block: the tags and CSS names of the elements around them."""
    return " ".join(f"{one.tag}.{one.css_names}" for one in anchor.ancestors()[:4])


def _has_date_beside(anchor: Element) -> bool:
    """True if the entry of the list that the link is in has a date."""
    text = ""
    node, levels = anchor.node, 0
    while node.parent is not None and levels < _MAX_LEVELS:
        node, levels = node.parent, levels + 1
        if _count_targets(node.css("a[href]")) > 1:
            break
        text = node.text(deep=True)
        if len(text) > _MAX_ENTRY:
            return False
    return _DATE.search(text) is not None


def _count_targets(anchors: Sequence[object]) -> int:
    return len({getattr(one, "attributes", {}).get("href") for one in anchors})
