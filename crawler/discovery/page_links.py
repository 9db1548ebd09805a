"""Links that may lead to the further pages of a list or an article: anchors, buttons, options, and their scripts.

Links in injected or hidden blocks are left out.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from selectolax.lexbor import LexborNode

from crawler.discovery.page_scripts import PageFunctions, find_target
from crawler.extraction.data.css_names import css_names
from crawler.extraction.data.link_texts import is_arrow, is_next_page, page_number
from crawler.extraction.document import Document, Link
from crawler.extraction.layout.lines import Element
from crawler.urls import clean_url

#: Classes of links to the next page, and of arrows that turn something else.
_NEXT_NAME, _NAMES_OF_OTHERS = css_names().next_page.compile(), css_names().not_next_page.compile()
#: Elements other than anchors that lead to a page by a script or an attribute.
_BUTTONS = "[onclick], [data-href], [data-url], [data-link]"
#: Attributes of elements other than anchors that hold a URL.
_URL_ATTRIBUTES = ("data-href", "data-url", "data-link")
#: A call that does something, unlike ``javascript:void(0)``.
_REAL_CALL = re.compile(r"(?!void\b)\b[A-Za-z_$][\w$.]*\s*\(", re.IGNORECASE)
#: Most characters of the code of a select element.
_MAX_CODE = 2_000
#: Different targets of links with the words "next page" on one page; more are teasers that say "continue".
_MAX_TARGETS = 2


class PagerLink(NamedTuple):
    """A link: its cleaned URL, its text and title, ``rel`` and own CSS names."""

    url: str
    text: str
    title: str
    rel: str
    css_names: str


def find_page_links(document: Document) -> list[PagerLink]:
    """Return the visible links of a page with their URLs, scripts resolved, in order; buttons are at the end."""
    functions = PageFunctions(document.text)
    buttons = (
        _make_link(url, node.text(), node.attributes, (node.attributes.get("class") or "").lower())
        for url, node in (*_find_buttons(document, functions), *_find_options(document))
    )
    return [*_find_anchors(document, functions), *buttons]


def find_list_links(document: Document) -> list[Link]:
    """Return the links of a list that may be followed, then those that only its scripts follow."""
    links = list(document.followable_links())
    anchors = [one for one in document.layout.links if _is_scripted(one.href)]
    functions = PageFunctions(document.text)
    injected = document.injections.anchors
    for anchor in anchors:
        if id(anchor.element) not in injected:
            attributes = anchor.element.attributes
            if url := _resolve_scripted(document, attributes, functions):
                links.append(Link(url, anchor.text, (attributes.get("rel") or "").lower(), anchor.element))
    buttons = list(_find_buttons(document, functions))
    elements = (
        {one.mem_id: one for line in document.layout.lines for one in line.element.ancestors()} if buttons else {}
    )
    links += [Link(url, node.text(), "", elements[node.mem_id]) for url, node in buttons if node.mem_id in elements]
    return links


def names_unread_pages(document: Document) -> bool:
    """True if a link to the next page, or to page 2, calls a script whose target cannot be read."""
    functions = PageFunctions(document.text)
    for anchor in document.layout.links:
        attributes = anchor.element.attributes
        code = f"{anchor.href if _is_scripted(anchor.href) else ''} {attributes.get('onclick') or ''}"
        text = anchor.text.strip()
        is_pager = is_next_page(text) or page_number(text) == 2
        is_live = is_pager and _REAL_CALL.search(code) and "disabled" not in anchor.element.css_names
        if is_live and not _resolve_scripted(document, attributes, functions):
            return True
    return False


def find_option_links(document: Document) -> list[Link]:
    """Return the options of select elements that lead to pages."""
    return [Link(url, " ".join(node.text().split()), "", _make_element(node)) for url, node in _find_options(document)]


def find_marked_next(document: Document, links: list[PagerLink]) -> str | None:
    """Return the URL of the link marked as leading to the next page: by ``rel=next``, its text, an arrow or a class."""
    node = document.tree.css_first('link[rel~="next" i][href]')
    if node is not None:
        return document.resolve((node.attributes.get("href") or "").strip())
    others = [link for link in links if not is_same_page(link.url, document.url)]
    for is_next in (_is_rel_next, _says_next, _points_right, _is_named_next):
        targets = dict.fromkeys(link.url for link in others if is_next(link))
        if targets and len(targets) <= _MAX_TARGETS:
            return next(iter(targets))
    return None


def is_same_page(one: str, other: str) -> bool:
    """True if two URLs are the same apart from the scheme and a trailing slash."""
    return one.partition("://")[2].rstrip("/") == other.partition("://")[2].rstrip("/")


def _is_rel_next(link: PagerLink) -> bool:
    return "next" in link.rel.split()


def _says_next(link: PagerLink) -> bool:
    return is_next_page(link.text) or (not link.text and is_next_page(link.title))


def _points_right(link: PagerLink) -> bool:
    return is_arrow(link.text) and not _NAMES_OF_OTHERS.search(link.css_names)


def _is_named_next(link: PagerLink) -> bool:
    has_words = any(char.isalpha() for char in link.text)
    named = _NEXT_NAME.search(link.css_names) and not _NAMES_OF_OTHERS.search(link.css_names)
    return bool(named) and not has_words and not link.text.isdecimal()


def _find_anchors(document: Document, functions: PageFunctions) -> Iterator[PagerLink]:
    injected = document.injections.anchors
    for anchor in document.layout.links:
        element = anchor.element
        if id(element) in injected or element.hidden is not None:
            continue
        attributes = element.attributes
        url = _resolve_scripted(document, attributes, functions) or document.resolve(anchor.href)
        if url:
            yield _make_link(url, anchor.text, attributes, element.css_names)


def _find_buttons(document: Document, functions: PageFunctions) -> Iterator[tuple[str, LexborNode]]:
    """Yield the elements other than anchors and options that lead to a page, with its URL."""
    for node in document.tree.css(_BUTTONS):
        if node.tag in ("a", "option", "select"):
            continue
        attributes = node.attributes
        href = next(filter(None, map(attributes.get, _URL_ATTRIBUTES)), None)
        url = document.resolve(href) if href else _resolve_scripted(document, attributes, functions)
        if url:
            yield url, node


def _find_options(document: Document) -> Iterator[tuple[str, LexborNode]]:
    """Yield the options of select elements that lead to a page, with its URL: their values, or what a script makes."""
    for select in document.tree.css("select"):
        code = (select.attributes.get("onchange") or "")[:_MAX_CODE]
        for node in select.css("option[value]"):
            value = (node.attributes.get("value") or "").strip()
            target = (
                value if re.search(r"[/.?]", value) else find_target(code, {"this.value": value}) if value else None
            )
            if target and (url := document.resolve(target)):
                yield url, node


def _make_element(node: LexborNode) -> Element:
    """Return a node that is not laid out as an element, with its ancestors."""
    parent = _make_element(node.parent) if node.parent is not None and node.parent.tag != "-document" else None
    names = f"{node.attributes.get('id') or ''} {node.attributes.get('class') or ''}"
    return Element(node.tag or "", parent, True, node, " ".join(names.lower().split()))


def _make_link(url: str, text: str, attributes: dict[str, str | None], css_names: str) -> PagerLink:
    title = attributes.get("aria-label") or attributes.get("title") or ""
    rel = (attributes.get("rel") or "").lower()
    return PagerLink(clean_url(url), " ".join(text.split()), " ".join(title.split()), rel, css_names)


def _is_scripted(href: str) -> bool:
    """True if only a script follows a link with this target."""
    return not href.strip() or href.strip().lower().startswith(("javascript:", "#"))


def _resolve_scripted(document: Document, attributes: dict[str, str | None], functions: PageFunctions) -> str | None:
    """Return the URL of a link that only a script follows: its href is a script, a fragment or missing."""
    href = (attributes.get("href") or "").strip()
    is_script = href.lower().startswith("javascript:")
    if not _is_scripted(href):
        return None
    code = [href[11:]] if is_script else []
    if onclick := attributes.get("onclick"):
        code.insert(0, onclick)
    target = next(filter(None, map(functions.resolve, code)), None)
    return document.resolve(target) if target else None
