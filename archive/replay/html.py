"""Rewrites a page for replay: parsed as browsers do, written without anything that runs or loads from the web."""

import re
from collections.abc import Iterator
from html import escape

from selectolax.lexbor import LexborHTMLParser, LexborNode

from archive.replay.address import IMAGE, INNER_FRAME, MEDIA, STYLESHEET
from archive.replay.css import rewrite_css
from archive.replay.lazy import AMP_ELEMENTS, fill_in_lazy
from archive.replay.links import Links
from archive.replay.srcset import rewrite_srcset

#: Elements dropped with their content: they run, are used by scripts, or change addresses later.
_DROPPED_ELEMENTS = frozenset({
    "script", "template", "object", "embed", "applet", "noembed", "noframes", "portal", "fencedframe", "bgsound",
    "base", "keygen", "animate", "animatemotion", "animatetransform", "animatecolor", "set", "discard", "handler",
    "listener"
})  # fmt: skip
#: Elements replaced by their content. Replay runs no scripts, so ``noscript`` is shown.
_UNWRAPPED = frozenset({"noscript"})
#: Elements whose content is not parsed, some to the end of the page, and their replacement.
_RAW_TEXT = {"xmp": "pre", "plaintext": "pre", "listing": "pre"}
_VOID = frozenset("area base br col embed hr img input link meta source track wbr frame param".split())  # noqa: SIM905

#: Attributes with the address of a resource.
_RESOURCES = frozenset({"src", "poster", "background", "lowsrc", "dynsrc"})
_MODIFIERS = {
    "iframe": INNER_FRAME,
    "frame": INNER_FRAME,
    "audio": MEDIA,
    "video": MEDIA,
    "source": MEDIA,
    "track": MEDIA,
}
#: Attributes that send, load, open or check something, or change how resources are requested.
_DROPPED_ATTRIBUTES = frozenset({
    "action", "formaction", "ping", "manifest", "codebase", "archive", "classid", "data", "profile", "longdesc",
    "cite", "srcdoc", "imagesrcset", "imagesizes", "attributionsrc", "itemid", "itemtype", "integrity", "nonce",
    "crossorigin", "target", "sandbox", "allow", "allowfullscreen", "csp", "autoplay", "http-equiv", "is",
    "referrerpolicy", "download", "method", "formmethod", "formtarget", "code", "object", "rel", "type",
    "accesskey", "tabindex", "contenteditable", "popovertarget", "commandfor", "slot", "browsingtopics",
    "sharedstoragewritable", "xmlns", "fetchpriority"
})  # fmt: skip
_ICONS = frozenset({"icon", "apple-touch-icon", "apple-touch-icon-precomposed"})
_META_NAMES = frozenset({"viewport", "color-scheme", "theme-color"})
_REFRESH = re.compile(r"\s*([\d.]+)\s*[;,\s]\s*(?:url\s*=\s*)?(?:\"([^\"]+).*|'([^']+).*|([^\"'].*))", re.I | re.S)

_DOCTYPE = re.compile(r"(?>\ufeff|\s|<!--.*?-->|<\?[^>]*>)*+(<!doctype\b[^<>]*>)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"[a-z][a-z0-9:_-]*", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"[a-z_][a-z0-9:._-]*", re.IGNORECASE)

#: Elements of foreign content, and those in it whose content is HTML again (HTML Standard, section 13.2.6).
_FOREIGN = frozenset({"svg", "math"})
_INTEGRATION_POINTS = frozenset({"foreignobject", "desc", "title", "annotation-xml", "mi", "mo", "mn", "ms", "mtext"})


def rewrite_html(markup: str, links: Links) -> str:
    """Return the page in `markup` with its addresses rewritten by `links`.

    Scripts, event handlers, plug-ins, targets of forms and everything else that acts or loads is dropped, and so are
    comments and metadata for search engines. An address that cannot be replayed is dropped with its attribute.
    """
    parser = LexborHTMLParser(markup)
    root = parser.root
    if root is None:
        return ""
    if (base := parser.css_first("base[href]")) is not None:
        links.rebase(base.attributes.get("href") or "")
    doctype = _DOCTYPE.match(markup)
    shown = _find_shown_images(parser, links)
    return (doctype[1] if doctype else "") + "".join(_HtmlWriter(links, shown).write(root))


def _find_shown_images(parser: LexborHTMLParser, links: Links) -> frozenset[str | None]:
    """Return the URLs of the images outside ``noscript``, where portals repeat lazily loaded ones."""
    if parser.css_first("noscript img") is None:
        return frozenset()
    shown = (node for node in parser.css("img, amp-img") if not _is_in_noscript(node))
    return frozenset(links.absolute(_lazy_attributes(node, "img").get("src", "")) for node in shown) - {None}


class _HtmlWriter:
    """Writes the nodes of one page with rewritten addresses."""

    def __init__(self, links: Links, shown_images: frozenset[str | None]) -> None:
        self._links = links
        self._shown_images = shown_images

    def write(self, root: LexborNode) -> Iterator[str]:
        """Yield the markup of `root` and its descendants. Not recursive, so any depth is possible."""
        open_elements: list[tuple[LexborNode | None, str, bool]] = []
        node: LexborNode | None = root
        foreign = False
        while True:
            if node is None:
                if not open_elements:
                    return
                node, end, foreign = open_elements.pop()
                yield end
                continue
            following = node.next if node is not root else None
            if node.is_text_node:
                yield _escape_text(node.text_content or "")
                node = following
                continue
            name = (node.tag or "").lower()
            if not node.is_element_node or name in _DROPPED_ELEMENTS:
                node = following
                continue
            start, end, has_children = self._write_element(node, name, foreign)
            yield start
            if has_children:
                open_elements.append((following, end, foreign))
                foreign = name in _FOREIGN or (foreign and name not in _INTEGRATION_POINTS)
                node = node.first_child
            else:
                node = following

    def _write_element(self, node: LexborNode, name: str, foreign: bool) -> tuple[str, str, bool]:
        """Return the start tag, the end tag, and True if the children are to be written between them."""
        name = AMP_ELEMENTS.get(name, name)
        tag = _RAW_TEXT.get(name, node.tag if foreign or name in _FOREIGN else name) or ""
        if name in _UNWRAPPED or not _TAG.fullmatch(tag):
            return "", "", True
        given = _lazy_attributes(node, name)
        if name == "img" and self._is_repeated(node, given.get("src", "")):
            return "", "", False
        if name == "meta":
            return self._write_meta(given), "", False
        if name == "link":
            return self._write_link(given), "", False
        kept = "".join(f' {key}="{_escape_value(value)}"' for key, value in self._keep_attributes(given, name, foreign))
        if name == "style":
            css = rewrite_css("".join(_child_texts(node)), self._links.resource_address)
            return f"<{tag}{kept}>{_escape_text(css) if foreign else _escape_css(css)}</{tag}>", "", False
        if name in _VOID and not foreign:
            return f"<{tag}{kept}>", "", False
        if name == "iframe":
            return f"<iframe{kept}></iframe>", "", False
        # Parsers drop a line feed right after these start tags, so one is added.
        line_feed = "\n" if tag in ("pre", "textarea") else ""
        return f"<{tag}{kept}>{line_feed}", f"</{tag}>", True

    def _is_repeated(self, image: LexborNode, address: str) -> bool:
        """True if the image is in a noscript element and also shown outside."""
        return self._links.absolute(address) in self._shown_images and _is_in_noscript(image)

    def _keep_attributes(self, given: dict[str, str], name: str, foreign: bool) -> Iterator[tuple[str, str]]:
        for key, value in given.items():
            lower = key.lower()
            if lower.startswith(("on", "xmlns")) or lower in _DROPPED_ATTRIBUTES or not _ATTRIBUTE.fullmatch(key):
                if lower == "type" and name in ("input", "ol", "ul", "li", "style", "source", "button"):
                    yield key, value
                continue
            kept = self._rewrite_attribute(lower, value, name, foreign)
            if kept is not None:
                yield key, kept
        if self._links.leaves_frame and name in ("a", "area"):
            yield "target", "_top"

    def _rewrite_attribute(self, key: str, value: str, name: str, foreign: bool) -> str | None:
        """Return the attribute's value in replay; ``None`` if it is dropped."""
        links = self._links
        if key in ("href", "xlink:href"):
            return links.link_address(value) if name in ("a", "area") else links.resource_address(value, IMAGE)
        if key in _RESOURCES:
            return links.resource_address(value, _MODIFIERS.get(name, IMAGE) if key == "src" else IMAGE)
        if key == "srcset":
            return rewrite_srcset(value, links) or None
        if key == "usemap":
            return value if value.startswith("#") else None
        if key == "style" or foreign:
            return rewrite_css(value, links.resource_address)
        return value

    def _write_meta(self, given: dict[str, str]) -> str:
        content = given.get("content", "")
        if given.get("name", "").strip().lower() in _META_NAMES:
            return f'<meta name="{_escape_value(given["name"])}" content="{_escape_value(content)}">'
        if given.get("http-equiv", "").strip().lower() == "refresh" and (refresh := _REFRESH.fullmatch(content)):
            target = self._links.link_address(refresh[2] or refresh[3] or refresh[4])
            return f'<meta http-equiv="refresh" content="{refresh[1]}; url={_escape_value(target)}">' if target else ""
        return ""

    def _write_link(self, given: dict[str, str]) -> str:
        words = given.get("rel", "").lower().split()
        if "stylesheet" in words:
            target = self._links.resource_address(given.get("href", ""), STYLESHEET)
        elif _ICONS.intersection(words):
            target = self._links.resource_address(given.get("href", ""), IMAGE)
        else:
            return ""
        if target is None or not given.get("href", "").strip():
            return ""
        kept = "".join(
            f' {key}="{_escape_value(given[key])}"' for key in ("media", "title", "sizes", "id") if key in given
        )
        disabled = " disabled" if "disabled" in given else ""
        return f'<link rel="{_escape_value(" ".join(words))}" href="{_escape_value(target)}"{kept}{disabled}>'


def _is_in_noscript(node: LexborNode) -> bool:
    parent = node.parent
    while parent is not None and parent.tag != "noscript":
        parent = parent.parent
    return parent is not None


def _lazy_attributes(node: LexborNode, name: str) -> dict[str, str]:
    """Return the attributes of an element as the scripts of its page would leave them."""
    given = {key: value or "" for key, value in node.attributes.items()}
    fill_in_lazy(name, given)
    return given


def _child_texts(node: LexborNode) -> Iterator[str]:
    child = node.first_child
    while child is not None:
        if child.is_text_node:
            yield child.text_content or ""
        child = child.next


def _escape_text(text: str) -> str:
    return escape(text, quote=False)


def _escape_value(value: str) -> str:
    return escape(value)


def _escape_css(css: str) -> str:
    """Escape CSS for a style element: nothing in it may end the element."""
    return css.replace("</", r"<\/")
