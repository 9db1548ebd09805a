"""A page as replay shows it: parsed as browsers parse it, written anew without anything that runs or leaves."""

import re
from collections.abc import Iterator
from html import escape

from selectolax.lexbor import LexborHTMLParser, LexborNode

from archive.replay.address import IMAGE, INNER, MEDIA, STYLE
from archive.replay.css import rewrite_css
from archive.replay.links import Links
from archive.replay.srcset import rewrite_srcset

#: Elements left out with all that is in them: what runs, what is loaded by script, what changes addresses later.
_LEFT_OUT = frozenset({
    "script", "template", "object", "embed", "applet", "noembed", "noframes", "portal", "fencedframe", "bgsound",
    "base", "keygen", "animate", "animatemotion", "animatetransform", "animatecolor", "set", "discard", "handler",
    "listener"
})  # fmt: skip
#: Elements whose content takes their place. Without script, what is meant for its lack is shown.
_OPENED = frozenset({"noscript"})
#: Elements whose text a parser takes as it stands, to the end of the page even.
_LITERAL = {"xmp": "pre", "plaintext": "pre", "listing": "pre"}
_VOID = frozenset("area base br col embed hr img input link meta source track wbr frame param".split())  # noqa: SIM905

#: Attributes that name a part of the page.
_PARTS = frozenset({"src", "poster", "background", "lowsrc", "dynsrc"})
_MODIFIERS = {"iframe": INNER, "frame": INNER, "audio": MEDIA, "video": MEDIA, "source": MEDIA, "track": MEDIA}
#: Attributes that send, load, open or check something, or would change how parts are asked for.
_DROPPED = frozenset({
    "action", "formaction", "ping", "manifest", "codebase", "archive", "classid", "data", "profile", "longdesc",
    "cite", "srcdoc", "imagesrcset", "imagesizes", "attributionsrc", "itemid", "itemtype", "integrity", "nonce",
    "crossorigin", "target", "sandbox", "allow", "allowfullscreen", "csp", "autoplay", "http-equiv", "is",
    "referrerpolicy", "download", "method", "formmethod", "formtarget", "code", "object", "rel", "type",
    "accesskey", "tabindex", "contenteditable", "popovertarget", "commandfor", "slot", "browsingtopics",
    "sharedstoragewritable", "xmlns", "fetchpriority"
})  # fmt: skip
#: Where portals keep an image's address until a script puts it into `src`.
_LAZY = ("data-src", "data-original", "data-lazy-src", "data-actualsrc")
_ICONS = frozenset({"icon", "apple-touch-icon", "apple-touch-icon-precomposed"})
_META_NAMES = frozenset({"viewport", "color-scheme", "theme-color"})
_REFRESH = re.compile(r"\s*([\d.]+)\s*[;,\s]\s*(?:url\s*=\s*)?(?:\"([^\"]+).*|'([^']+).*|([^\"'].*))", re.I | re.S)

_DOCTYPE = re.compile(r"(?>\ufeff|\s|<!--.*?-->|<\?[^>]*>)*+(<!doctype\b[^<>]*>)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"[a-z][a-z0-9:_-]*", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"[a-z_][a-z0-9:._-]*", re.IGNORECASE)

#: Where HTML begins again inside SVG and MathML (HTML Standard, section 13.2.6).
_FOREIGN = frozenset({"svg", "math"})
_HTML_AGAIN = frozenset({"foreignobject", "desc", "title", "annotation-xml", "mi", "mo", "mn", "ms", "mtext"})


def rewrite_html(markup: str, links: Links) -> str:
    """The page in `markup`, its addresses where `links` says.

    Scripts, event handlers, plug-ins, forms' targets and whatever else acts or loads is left out; so are comments and
    what only search engines read. An address that leads nowhere in replay is left out with its attribute.
    """
    parser = LexborHTMLParser(markup)
    root = parser.root
    if root is None:
        return ""
    if (base := parser.css_first("base[href]")) is not None:
        links.rebase(base.attributes.get("href") or "")
    doctype = _DOCTYPE.match(markup)
    return (doctype[1] if doctype else "") + "".join(_Writer(links).written(root))


class _Writer:
    """Writes the nodes of one page."""

    def __init__(self, links: Links) -> None:
        self._links = links

    def written(self, root: LexborNode) -> Iterator[str]:
        """The markup of `root` and all below it, however deep."""
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
                yield _text(node.text_content or "")
                node = following
                continue
            name = (node.tag or "").lower()
            if not node.is_element_node or name in _LEFT_OUT:
                node = following
                continue
            start, end, opens = self._element(node, name, foreign)
            yield start
            if opens:
                open_elements.append((following, end, foreign))
                foreign = name in _FOREIGN or (foreign and name not in _HTML_AGAIN)
                node = node.first_child
            else:
                node = following

    def _element(self, node: LexborNode, name: str, foreign: bool) -> tuple[str, str, bool]:
        """The start and the end of an element, and whether what is in it is to be written between them."""
        tag = _LITERAL.get(name, node.tag if foreign or name in _FOREIGN else name) or ""
        if name in _OPENED or not _TAG.fullmatch(tag):
            return "", "", True
        given = {key: value or "" for key, value in node.attributes.items()}
        if name == "meta":
            return self._meta(given), "", False
        if name == "link":
            return self._link(given), "", False
        kept = "".join(f' {key}="{_value(value)}"' for key, value in self._attributes(given, name, foreign))
        if name == "style":
            css = rewrite_css("".join(_texts(node)), self._links.part)
            return f"<{tag}{kept}>{_text(css) if foreign else _raw(css)}</{tag}>", "", False
        if name in _VOID and not foreign:
            return f"<{tag}{kept}>", "", False
        if name == "iframe":
            return f"<iframe{kept}></iframe>", "", False
        # A parser drops a line feed right after these, so one that is meant is written twice.
        spare = "\n" if tag in ("pre", "textarea") else ""
        return f"<{tag}{kept}>{spare}", f"</{tag}>", True

    def _attributes(self, given: dict[str, str], name: str, foreign: bool) -> Iterator[tuple[str, str]]:
        if name == "img":
            _unlazy(given)
        for key, value in given.items():
            lower = key.lower()
            if lower.startswith(("on", "xmlns")) or lower in _DROPPED or not _ATTRIBUTE.fullmatch(key):
                if lower == "type" and name in ("input", "ol", "ul", "li", "style", "source", "button"):
                    yield key, value
                continue
            kept = self._attribute(lower, value, name, foreign)
            if kept is not None:
                yield key, kept
        if self._links.leaves_frame and name in ("a", "area"):
            yield "target", "_top"

    def _attribute(self, key: str, value: str, name: str, foreign: bool) -> str | None:
        """What an attribute says in replay; ``None`` where it is left out."""
        links = self._links
        if key in ("href", "xlink:href"):
            return links.page(value) if name in ("a", "area") else links.part(value, IMAGE)
        if key in _PARTS:
            return links.part(value, _MODIFIERS.get(name, IMAGE) if key == "src" else IMAGE)
        if key == "srcset":
            return rewrite_srcset(value, links) or None
        if key == "usemap":
            return value if value.startswith("#") else None
        if key == "style" or foreign:
            return rewrite_css(value, links.part)
        return value

    def _meta(self, given: dict[str, str]) -> str:
        content = given.get("content", "")
        if given.get("name", "").strip().lower() in _META_NAMES:
            return f'<meta name="{_value(given["name"])}" content="{_value(content)}">'
        if given.get("http-equiv", "").strip().lower() == "refresh" and (refresh := _REFRESH.fullmatch(content)):
            target = self._links.page(refresh[2] or refresh[3] or refresh[4])
            return f'<meta http-equiv="refresh" content="{refresh[1]}; url={_value(target)}">' if target else ""
        return ""

    def _link(self, given: dict[str, str]) -> str:
        words = given.get("rel", "").lower().split()
        if "stylesheet" in words:
            target = self._links.part(given.get("href", ""), STYLE)
        elif _ICONS.intersection(words):
            target = self._links.part(given.get("href", ""), IMAGE)
        else:
            return ""
        if target is None or not given.get("href", "").strip():
            return ""
        kept = "".join(f' {key}="{_value(given[key])}"' for key in ("media", "title", "sizes", "id") if key in given)
        disabled = " disabled" if "disabled" in given else ""
        return f'<link rel="{_value(" ".join(words))}" href="{_value(target)}"{kept}{disabled}>'


def _unlazy(given: dict[str, str]) -> None:
    """Put the address of an image that waits for a script where the script would have put it."""
    shown = given.get("src", "").strip()
    if not shown or shown.lower().startswith("data:"):
        waiting = next((given[key] for key in _LAZY if given.get(key, "").strip()), None)
        if waiting:
            given["src"] = waiting
    if "srcset" not in given and given.get("data-srcset"):
        given["srcset"] = given["data-srcset"]


def _texts(node: LexborNode) -> Iterator[str]:
    child = node.first_child
    while child is not None:
        if child.is_text_node:
            yield child.text_content or ""
        child = child.next


def _text(text: str) -> str:
    return escape(text, quote=False)


def _value(value: str) -> str:
    return escape(value)


def _raw(css: str) -> str:
    """CSS as it may stand in a style element: nothing in it ends the element."""
    return css.replace("</", r"<\/")
