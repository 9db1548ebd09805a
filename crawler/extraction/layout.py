"""The visible text of a page as lines, with the elements they stand in: one walk over the parsed tree."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from selectolax.lexbor import LexborNode

#: Nodes of one page that are walked; a longer page is cut there, so that no page costs more than a second.
MAX_NODES = 80_000
#: Characters of a style that are read.
MAX_STYLE = 2_000

_SKIPPED = frozenset(
    "script style template svg math canvas select textarea datalist video audio object embed head map "  # noqa: SIM905
    "option optgroup rp rt title meta link base".split()
)
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption "  # noqa: SIM905
    "figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html iframe legend li main menu nav noscript "
    "ol p pre section summary table tbody td tfoot th thead tr ul amp-ad amp-accordion".split()
)
_LEAVES = frozenset({"img", "iframe"})
_OFTEN_HIDDEN = frozenset({"noscript", "dialog"})
_CONCEALING = frozenset({"style", "hidden", "aria-hidden"})
_ZERO_WIDTH = str.maketrans({"\u200b": None, "\ufeff": None, "\xad": None, "\u2060": None})

_NONE = re.compile(r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)", re.I)
_OFFSCREEN = re.compile(
    r"(?<![\w-])(?:left|top|right|text-indent|margin-(?:left|top))\s*:\s*-\s*\d{3,}(?:\.\d+)?(?:px|em|rem|pt|%)?"
    r"|clip\s*:\s*rect\(\s*[01](?:px)?[\s,]+[01](?:px)?[\s,]+[01](?:px)?[\s,]+[01](?:px)?\s*\)"
    r"|translate[xy3d]*\(\s*-\s*\d{4,}|scale\(\s*0\s*\)",
    re.I,
)
_TINY = re.compile(r"(?<![\w-])(?:max-)?(?:height|width)\s*:\s*[01](?:\.\d+)?(?:px|em|pt|%)?\s*(?:;|!|$)", re.I)
_CLIPPED = re.compile(r"overflow(?:-[xy])?\s*:\s*(?:hidden|clip|scroll|auto)", re.I)
_RATIO_BOX = re.compile(r"padding(?:-(?:bottom|top))?\s*:[^;]*\d%", re.I)
_FAINT = re.compile(
    r"opacity\s*:\s*0?\.?0*\d?\s*(?:;|!|$)|opacity\s*=\s*0\b|font-size\s*:\s*(?:[012]|0?\.\d+)(?:px|pt|em|rem|%)?\s*(?:;|!|$)"
    r"|line-height\s*:\s*[01](?:px)?\s*(?:;|!|$)|z-index\s*:\s*-\d|(?<![\w-])color\s*:\s*transparent"
    r"|max-height\s*:\s*[01](?:px)?\s*(?:;|!|$)",
    re.I,
)
_COLOUR = re.compile(r"(?<![\w-])(color|background(?:-color)?)\s*:\s*(#[0-9a-f]{3,8}|rgba?\([^)]*\)|[a-z]+)", re.I)


class Element:
    """An element of the page as the extraction rules see it.

    `attributes` are those of its tag, `mem_id` is the identity of its node in the tree, `own` its id and classes,
    lower-case, space-joined; `hidden` says why its text is not shown (``display``, ``offscreen``, ``size``,
    ``attribute``, ``aria``, ``noscript``), ``None`` when it is; `faint` why it may be all but invisible (``faint``,
    ``colour``). Both, and the target of a link, come from the nearest ancestor that has them.
    """

    __slots__ = (
        "_near", "_path", "attributes", "block", "datetime", "faint", "hidden", "href", "mem_id", "own", "parent",
        "tag",
    )  # fmt: skip

    def __init__(
        self,
        tag: str,
        own: str,
        parent: "Element | None",
        mem_id: int,
        attributes: dict[str, str | None],
        block: bool,
    ) -> None:
        self.tag = tag
        self.own = own
        self.parent = parent
        self.mem_id = mem_id
        self.attributes = attributes
        self.block = block
        self.datetime: str | None = None
        self._near: str | None = None
        self._path: str | None = None
        self.hidden: str | None = None
        self.faint: str | None = None
        self.href: str | None = None
        if parent is not None:
            self.hidden = parent.hidden
            self.faint = parent.faint
            self.href = parent.href
            if not block:
                self.datetime = parent.datetime

    @property
    def hints(self) -> str:
        """`own` of this element and its four nearest ancestors, nearest first."""
        if self._near is None:
            names, element = [], self
            for _ in range(5):
                if element.own:
                    names.append(element.own)
                if element.parent is None:
                    break
                element = element.parent
            self._near = " ".join(names)
        return self._near

    @property
    def path(self) -> str:
        """A short CSS path: this element and up to three ancestors, each with its id or first class."""
        if self._path is None:
            steps: list[str] = []
            element: Element | None = self
            while element is not None and len(steps) < 4 and element.tag not in ("html", "body"):
                steps.append(element.tag + _selector(element.attributes))
                element = element.parent
            self._path = " > ".join(reversed(steps)) or self.tag
        return self._path

    def is_within(self, outer: "Element") -> bool:
        """Whether the element is `outer` or stands in it."""
        element: Element | None = self
        while element is not None:
            if element is outer:
                return True
            element = element.parent
        return False

    def ancestors(self) -> "list[Element]":
        """This element and those around it, nearest first."""
        chain, element = [], self
        while True:
            chain.append(element)
            if element.parent is None:
                return chain
            element = element.parent


def _selector(attributes: dict[str, str | None]) -> str:
    if ident := (attributes.get("id") or "").split():
        return "#" + ident[0]
    classes = (attributes.get("class") or "").split()
    return "." + classes[0] if classes else ""


class Part(NamedTuple):
    """A run of a line's text in one inline element: its text as it stands, that element's tag and its ids and classes
    (with those of inline elements around it), the target of the link it is in, the ``datetime`` of the time element."""

    text: str
    tag: str
    hints: str
    href: str | None
    datetime: str | None = None


@dataclass(slots=True, eq=False)
class Line:
    """A line of visible text: what stands between two block boundaries or line breaks. Not to be changed.

    `text` has its white space normalised; `index` is its place in the page's lines; `link_chars` says how many
    characters of `text` are link text; `element` is the block it stands in.
    """

    text: str
    index: int
    link_chars: int
    element: Element
    runs: "list[tuple[str, Element]]" = field(repr=False)
    _parts: "tuple[Part, ...] | None" = field(default=None, init=False, repr=False)

    @property
    def tag(self) -> str:
        """The block element's tag."""
        return self.element.tag

    @property
    def path(self) -> str:
        """A short CSS path to the block element."""
        return self.element.path

    @property
    def hints(self) -> str:
        """Ids and classes of the block element and its nearest ancestors, lower-case, space-joined."""
        return self.element.hints

    @property
    def raw_parts(self) -> tuple[Part, ...]:
        """The line's inline parts in order, each with its text (white space normalised) and its own markup."""
        if self._parts is None:
            if len(self.runs) == 1:
                self._parts = (_part(self.text, self.runs[0][1]),)
            else:
                self._parts = tuple([_part(normalise(text), owner) for text, owner in _merged(self.runs)])
        return self._parts

    def rewrite(self, change: Callable[[str], str]) -> None:
        """Change the line's text and that of its parts; for what cleans a page before anything reads it."""
        self.text = change(self.text)
        self.runs = [(change(text), owner) for text, owner in self.runs]
        self._parts = None


class Anchor(NamedTuple):
    """A link as written on the page: its target, its text, its element."""

    href: str
    text: str
    element: Element


class Image(NamedTuple):
    """An image of the page: its element and the index of the line it stands before."""

    element: Element
    line: int


@dataclass(slots=True)
class Layout:
    """A page's text laid out: all lines, hidden ones too, in document order, its links, images and hidden
    roots, its frames, the different ids and classes of its elements."""

    lines: list[Line] = field(default_factory=list)
    links: list[Anchor] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    concealed: list[Element] = field(default_factory=list)
    frames: list[Element] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    cut: bool = False


def lay_out(root: LexborNode) -> Layout:
    """Walk the tree under `root` once. Nesting of any depth is walked without recursion."""
    return _Walk().run(root)


class _Kind(Enum):
    """What the walk does with a node, by its tag."""

    TEXT = 0
    SKIPPED = 1
    BREAK = 2
    LEAF = 3
    BLOCK = 4
    INLINE = 5


_TEXT, _SKIP, _BREAK, _LEAF, _BLOCK = _Kind.TEXT, _Kind.SKIPPED, _Kind.BREAK, _Kind.LEAF, _Kind.BLOCK


def _kind_of(tag: str | None) -> _Kind:
    if tag == "-text":
        return _Kind.TEXT
    if tag is None or tag in _SKIPPED or tag[0] == "-":
        return _Kind.SKIPPED
    if tag == "br":
        return _Kind.BREAK
    if tag in _LEAVES:
        return _Kind.LEAF
    return _Kind.BLOCK if tag in _BLOCKS else _Kind.INLINE


class _Kinds(dict[int, tuple[str, _Kind]]):
    """Tag and kind by the parser's number of the tag: a look-up for the name that asking a node for it would build."""

    #: Numbers below are HTML's own and the same in every page; those of other tags are each page's own.
    OWN = 1000

    def of(self, node: LexborNode) -> tuple[str, _Kind]:
        """Tag and kind of a node whose number is not here yet."""
        tag = node.tag
        known = (tag or "", _kind_of(tag))
        if node.tag_id < self.OWN:
            self[node.tag_id] = known
        return known


_KINDS = _Kinds()


class _Walk:
    def __init__(self) -> None:
        self.layout = Layout()
        self.runs: list[tuple[str, Element]] = []
        self.texts: list[str] = []

    def run(self, root: LexborNode) -> Layout:
        element = Element("body", "", None, root.mem_id, {}, True)
        stack: list[tuple[Element, LexborNode | None, int]] = []
        known = _KINDS.get
        node, count = root.first_child, 0
        while True:
            if node is None:
                if element.block and self.runs:
                    self._flush()
                if not stack:
                    return self.layout
                closed = element
                element, node, texts = stack.pop()
                if closed.tag == "a" and closed.href:
                    text = " ".join("".join(self.texts[texts:]).split())
                    self.layout.links.append(Anchor(closed.href, text, closed))
                continue
            count += 1
            if count > MAX_NODES:
                self.layout.cut = True
                self._flush()
                return self.layout
            tag, kind = known(node.tag_id) or _KINDS.of(node)
            if kind is _TEXT:
                text = node.text_content or ""
                if self.runs or not text.isspace():  # space before a line's first word is none of it
                    self._add_text(text, element)
            elif kind is _SKIP:
                pass
            elif kind is _BREAK:
                self._flush()
            elif kind is _LEAF:
                self._add_leaf(self._open(node, tag, element, False))
            else:
                block = kind is _BLOCK
                if block and self.runs:
                    self._flush()
                stack.append((element, node.next, len(self.texts)))
                element = self._open(node, tag, element, block)
                node = node.first_child
                continue
            node = node.next

    def _open(self, node: LexborNode, tag: str, parent: Element, block: bool) -> Element:
        attributes = node.attributes
        if not attributes:
            element = Element(tag, "", parent, node.mem_id, attributes, block)
            if tag in _OFTEN_HIDDEN:
                self._conceal(element, attributes)
            return element
        ident, own = attributes.get("id"), attributes.get("class") or ""
        if ident:
            own = f"{ident} {own}"
        if own:
            own = own.strip().lower()
            self.layout.names.add(own)
        element = Element(tag, own, parent, node.mem_id, attributes, block)
        if tag == "a" and (href := attributes.get("href")):
            element.href = href.strip()
        elif "datetime" in attributes:
            element.datetime = attributes["datetime"]
        if tag in _OFTEN_HIDDEN or not _CONCEALING.isdisjoint(attributes):
            self._conceal(element, attributes)
        return element

    def _conceal(self, element: Element, attributes: dict[str, str | None]) -> None:
        """Note why an element's text is not, or hardly, to be seen, where that begins with it."""
        style = (attributes.get("style") or "")[:MAX_STYLE]
        begins = False
        if element.hidden is None:
            element.hidden = _hidden(element.tag, attributes, style)
            begins = element.hidden is not None
        if element.faint is None and style:
            element.faint = _faint(style)
            begins = begins or (element.faint is not None and element.hidden is None)
        if begins:
            self.layout.concealed.append(element)

    def _add_leaf(self, leaf: Element) -> None:
        if leaf.tag == "img":
            self.layout.images.append(Image(leaf, len(self.layout.lines)))
        else:
            self.layout.frames.append(leaf)

    def _add_text(self, text: str, element: Element) -> None:
        if element.tag == "pre" and "\n" in text:
            *lines, text = text.split("\n")
            for line in lines:
                self.runs.append((line, element))
                self._flush()
            if not self.runs and text.isspace():
                return
        self.runs.append((text, element))
        self.texts.append(text)

    def _flush(self) -> None:
        """End the line: its block is the nearest block around its first run."""
        runs = self.runs
        if not runs:
            return
        self.runs = []
        if len(runs) == 1:
            text = normalise(runs[0][0])
            link_chars = len(text) if runs[0][1].href else 0
        else:
            text = normalise("".join([run[0] for run in runs]))
            link_chars = sum([len(normalise(run[0])) for run in runs if run[1].href])
        if text:
            owner = runs[0][1]
            while not owner.block and owner.parent is not None:
                owner = owner.parent
            lines = self.layout.lines
            lines.append(Line(text, len(lines), min(link_chars, len(text)), owner, runs))


def normalise(text: str) -> str:
    """`text` with each run of white space (no-break and ideographic space too) one space, zero-width marks dropped."""
    text = " ".join(text.split())
    if text.isascii():
        return text
    if "\u200b" in text or "\ufeff" in text or "\xad" in text or "\u2060" in text:
        text = " ".join(text.translate(_ZERO_WIDTH).split())
    return text


def _merged(runs: list[tuple[str, Element]]) -> list[tuple[str, Element]]:
    """Runs that say something, neighbours of the same element in one."""
    merged: list[tuple[str, Element]] = []
    for text, owner in runs:
        if merged and merged[-1][1] is owner:
            merged[-1] = (merged[-1][0] + text, owner)
        elif text.strip():
            merged.append((text, owner))
    return merged


def _part(text: str, owner: Element) -> Part:
    names, element = [], owner
    while not element.block and element.parent is not None:
        if element.own:
            names.append(element.own)
        element = element.parent
    return Part(text, owner.tag, " ".join(names), owner.href, owner.datetime)


def _hidden(tag: str, attributes: dict[str, str | None], style: str) -> str | None:
    if tag == "noscript":
        return "noscript"
    if "hidden" in attributes and attributes["hidden"] != "until-found":
        return "attribute"
    if attributes.get("aria-hidden") == "true":
        return "aria"
    if tag == "dialog" and "open" not in attributes:
        return "attribute"
    return _hidden_by(style) if style else None


@lru_cache(maxsize=4096)
def _hidden_by(style: str) -> str | None:
    if _NONE.search(style):
        return "display"
    if _OFFSCREEN.search(style):
        return "offscreen"
    if _TINY.search(style) and _CLIPPED.search(style) and not _RATIO_BOX.search(style):
        return "size"
    return None


@lru_cache(maxsize=4096)
def _faint(style: str) -> str | None:
    if _FAINT.search(style):
        return "faint"
    colours = {kind[:5].lower(): value.lower().replace(" ", "") for kind, value in _COLOUR.findall(style)}
    if "color" in colours and colours["color"] == colours.get("backg"):
        return "colour"
    return None
