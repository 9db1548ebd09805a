"""Data types of a laid-out page: lines of text, their elements, links and images.

`crawler.extraction.layout.walk` creates them.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from msgspec import Struct
from selectolax.lexbor import LexborNode

from crawler.extraction.layout.text import normalise

#: Longest id and class list (characters) that is read; the rest is ignored.
MAX_NAMES = 2_000
#: Longest link target (characters) that can be followed. One character more is kept of a longer target, to mark it as
#: too long; keeping all of it could fill the memory, since a broken page may repeat it in many elements.
MAX_HREF = 10_000
_WORD_WITH_DIGIT = re.compile(r"\b[^\W\d]*+\d\w*")


# Elements and lines are msgspec structs because a page has about a thousand of them: a struct is created in half the
# time of an ordinary class and is not tracked by the garbage collector. That is safe since they form no cycles: an
# element refers only to its parent.


class Element(Struct, eq=False, gc=False):
    """An element of the page.

    `is_block` is true if it starts a new line. `css_names` are its id and classes, lower-case and joined by spaces.
    `hidden` is the reason why its text is not shown (``display``, ``offscreen``, ``size``, ``attribute``, ``aria``,
    ``noscript``) or ``None`` if it is shown; `faint` the reason why it may be barely visible (``faint``, ``colour``).
    `hidden`, `faint` and `href` (the link target) are inherited from the nearest ancestor that has them.
    """

    tag: str
    parent: "Element | None"
    is_block: bool
    node: LexborNode
    css_names: str = ""
    hidden: str | None = None
    faint: str | None = None
    href: str | None = None
    datetime: str | None = None
    _nearby_names: str | None = None
    _shared_names: str | None = None
    _path: str | None = None
    _written_names: tuple[str, str] | None = None
    _kind: tuple[str, str, str, str] | None = None

    @property
    def mem_id(self) -> int:
        """The identity of its node in the parsed tree."""
        return self.node.mem_id

    @property
    def attributes(self) -> dict[str, str | None]:
        """The attributes of its tag. Not cached: for all elements they would take most of the memory."""
        return self.node.attributes

    @property
    def written_names(self) -> tuple[str, str]:
        """Its id and its class attribute as written, each cut to MAX_NAMES characters."""
        if self._written_names is None:
            attributes = self.attributes
            self._written_names = (
                (attributes.get("id") or "")[:MAX_NAMES],
                (attributes.get("class") or "")[:MAX_NAMES],
            )
        return self._written_names

    @property
    def kind(self) -> tuple[str, str, str, str]:
        """Tag and classes of the element and of its parent, without the words of classes that contain figures."""
        if self._kind is None:
            around = self.parent or self
            self._kind = (
                self.tag, _drop_numbered(self.written_names[1]), around.tag, _drop_numbered(around.written_names[1])
            )  # fmt: skip
        return self._kind

    @property
    def nearby_css_names(self) -> str:
        """`css_names` of this element and its four nearest ancestors, nearest first."""
        if self._nearby_names is None:
            around = self.parent._names_for_children if self.parent is not None else ""
            self._nearby_names = f"{self.css_names} {around}" if self.css_names and around else self.css_names or around
        return self._nearby_names

    @property
    def _names_for_children(self) -> str:
        """`css_names` of this element and its three nearest ancestors: the part that all its children share."""
        if self._shared_names is None:
            names, element = [], self
            for _ in range(4):
                if element.css_names:
                    names.append(element.css_names)
                if element.parent is None:
                    break
                element = element.parent
            self._shared_names = " ".join(names)
        return self._shared_names

    @property
    def path(self) -> str:
        """A short CSS path: this element and up to three ancestors, each with its id or first class."""
        if self._path is None:
            steps: list[str] = []
            element: Element | None = self
            while element is not None and len(steps) < 4 and element.tag not in ("html", "body"):
                steps.append(element.tag + _format_selector(*element.written_names))
                element = element.parent
            self._path = " > ".join(reversed(steps)) or self.tag
        return self._path

    def is_within(self, outer: "Element") -> bool:
        """True if the element is `outer` or one of its descendants."""
        element: Element | None = self
        while element is not None:
            if element is outer:
                return True
            element = element.parent
        return False

    def ancestors(self) -> "list[Element]":
        """Return this element and its ancestors, nearest first."""
        chain, element = [], self
        while True:
            chain.append(element)
            if element.parent is None:
                return chain
            element = element.parent


@lru_cache(maxsize=2_000)
def _drop_numbered(classes: str) -> str:
    return _WORD_WITH_DIGIT.sub("", classes)


def _format_selector(ident: str, classes: str) -> str:
    if idents := ident.split():
        return "#" + idents[0]
    names = classes.split()
    return "." + names[0] if names else ""


class LinePart(Struct, gc=False):
    """The text of a line within one inline element.

    `css_names` are the ids and classes of that element and the inline elements around it, `href` is the target of the
    link around the text, `datetime` the attribute of the ``time`` element around it.
    """

    text: str
    tag: str
    css_names: str
    href: str | None
    datetime: str | None = None


class TextLine(Struct, eq=False, gc=False):
    """A line of text: everything between two block boundaries or line breaks.

    `text` has normalised white space, `index` is the position in the page's lines, `link_chars` the number of
    characters of `text` that are link text, `element` the block element around it, `runs` the raw text by innermost
    element. `is_prose` caches the answer of `crawler.extraction.layout.prose.is_prose`. Only `Document` changes lines,
    before extraction reads them.
    """

    text: str
    index: int
    link_chars: int
    element: Element
    runs: list[tuple[str, Element]]
    is_prose: bool | None = None
    _parts: tuple[LinePart, ...] | None = None

    @property
    def tag(self) -> str:
        """The tag of the block element."""
        return self.element.tag

    @property
    def path(self) -> str:
        """A short CSS path to the block element."""
        return self.element.path

    @property
    def nearby_css_names(self) -> str:
        """Ids and classes of the block element and its four nearest ancestors, lower-case, joined by spaces."""
        return self.element.nearby_css_names

    @property
    def parts(self) -> tuple[LinePart, ...]:
        """The line's inline parts in order, each with normalised white space."""
        if self._parts is None:
            if len(self.runs) == 1:
                self._parts = (_make_part(self.text, self.runs[0][1]),)
            else:
                self._parts = tuple([_make_part(normalise(text), owner) for text, owner in _merge_runs(self.runs)])
        return self._parts

    @property
    def spaced_text(self) -> str:
        """`text` with a space between its parts, since templates print "2019", "09/07" and "19:02" without one."""
        if len(self.runs) == 1:
            return self.text
        return " ".join([part.text.strip() for part in self.parts])

    def rewrite(self, change: Callable[[str], str]) -> None:
        """Apply `change` to the line's text and its parts. Only for clean-up before extraction reads the line."""
        self.text = change(self.text)
        self.runs = [(change(text), owner) for text, owner in self.runs]
        self._parts = self.is_prose = None


class Anchor(Struct, eq=False, gc=False):
    """A link as written on the page: its target, its text before white space is normalised, its element."""

    href: str
    raw_text: str
    element: Element

    @property
    def text(self) -> str:
        """The link text with normalised white space."""
        return " ".join(self.raw_text.split())


class Image(Struct, eq=False, gc=False):
    """An image of the page: its node, its parent element and the index of the line that follows it."""

    node: LexborNode
    parent: Element
    line: int


@dataclass(slots=True)
class Layout:
    """A laid-out page: all its lines in document order, hidden ones included, its links, images and frames.

    `hidden_roots` are the elements that hide, or nearly hide, their content; `names` the distinct `Element.css_names`;
    `is_truncated` is true if the page has more nodes than are read.
    """

    lines: list[TextLine] = field(default_factory=list)
    links: list[Anchor] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    hidden_roots: list[Element] = field(default_factory=list)
    frames: list[Element] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    is_truncated: bool = False


def _merge_runs(runs: list[tuple[str, Element]]) -> list[tuple[str, Element]]:
    """Return the runs without blank ones, consecutive runs of one element joined."""
    merged: list[tuple[str, Element]] = []
    for text, owner in runs:
        if merged and merged[-1][1] is owner:
            merged[-1] = (merged[-1][0] + text, owner)
        elif text.strip():
            merged.append((text, owner))
    return merged


def _make_part(text: str, owner: Element) -> LinePart:
    """Return a line part with the names of its inline element and the inline elements around that."""
    names, element = [], owner
    while not element.is_block and element.parent is not None:
        if element.css_names:
            names.append(element.css_names)
        element = element.parent
    return LinePart(text, owner.tag, " ".join(names), owner.href, owner.datetime)
