"""The visible text of a page as lines, with the elements they are in (`crawler.extraction.layout.walk`)."""

from collections.abc import Callable
from dataclasses import dataclass, field

from msgspec import Struct
from selectolax.lexbor import LexborNode

from crawler.extraction.layout.text import normalise

#: Characters that are read of an element's id and classes.
MAX_NAMES = 2_000
#: Characters of a link's target that can be followed; of a longer one, which a broken page may repeat in element after
#: element, one more is kept.
MAX_HREF = 10_000


# Elements and lines are msgspec's structs: a page has a thousand of them, and these are made in half the time of a
# class of one's own and unseen by the cycle collector (none is part of a cycle: an element knows its parent alone).


class Element(Struct, eq=False, gc=False):
    """An element of the page as the extraction rules see it.

    `block` says whether it begins a line of its own, `node` is what it is in the tree, `own` its id and classes,
    lower-case, space-joined; `hidden` says why its text is not shown (``display``, ``offscreen``, ``size``,
    ``attribute``, ``aria``, ``noscript``), ``None`` when it is; `faint` why it may be all but invisible (``faint``,
    ``colour``). Both, and the target of a link, come from the nearest ancestor that has them.
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
    _near: str | None = None
    _around: str | None = None
    _path: str | None = None
    _written: tuple[str, str] | None = None

    @property
    def mem_id(self) -> int:
        """The identity of its node in the tree."""
        return self.node.mem_id

    @property
    def attributes(self) -> dict[str, str | None]:
        """The attributes of its tag, read anew each time: kept for every element they would take most of the memory."""
        return self.node.attributes

    @property
    def written_names(self) -> tuple[str, str]:
        """Its id and its classes as written, a careless page's cut to MAX_NAMES characters."""
        if self._written is None:
            attributes = self.attributes
            self._written = ((attributes.get("id") or "")[:MAX_NAMES], (attributes.get("class") or "")[:MAX_NAMES])
        return self._written

    @property
    def nearby_css_names(self) -> str:
        """`own` of this element and its four nearest ancestors, nearest first."""
        if self._near is None:
            around = self.parent._names_for_children if self.parent is not None else ""
            self._near = f"{self.css_names} {around}" if self.css_names and around else self.css_names or around
        return self._near

    @property
    def _names_for_children(self) -> str:
        """What the hints of all its children end in."""
        if self._around is None:
            names, element = [], self
            for _ in range(4):
                if element.css_names:
                    names.append(element.css_names)
                if element.parent is None:
                    break
                element = element.parent
            self._around = " ".join(names)
        return self._around

    @property
    def path(self) -> str:
        """A short CSS path: this element and up to three ancestors, each with its id or first class."""
        if self._path is None:
            steps: list[str] = []
            element: Element | None = self
            while element is not None and len(steps) < 4 and element.tag not in ("html", "body"):
                steps.append(element.tag + _selector(*element.written_names))
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


def _selector(ident: str, classes: str) -> str:
    if idents := ident.split():
        return "#" + idents[0]
    names = classes.split()
    return "." + names[0] if names else ""


class LinePart(Struct, gc=False):
    """A run of a line's text in one inline element: its text as it stands, that element's tag and its ids and classes
    (with those of inline elements around it), the target of the link it is in, the ``datetime`` of the time element."""

    text: str
    tag: str
    css_names: str
    href: str | None
    datetime: str | None = None


class TextLine(Struct, eq=False, gc=False):
    """A line of visible text: what stands between two block boundaries or line breaks. Not to be changed.

    `text` has its white space normalised; `index` is its place in the page's lines; `link_chars` says how many
    characters of `text` are link text; `element` is the block it stands in. `prose` keeps whether it reads like a
    sentence, once `crawler.extraction.clean.placement` was asked.
    """

    text: str
    index: int
    link_chars: int
    element: Element
    runs: list[tuple[str, Element]]
    prose: bool | None = None
    _parts: tuple[LinePart, ...] | None = None

    @property
    def tag(self) -> str:
        """The block element's tag."""
        return self.element.tag

    @property
    def path(self) -> str:
        """A short CSS path to the block element."""
        return self.element.path

    @property
    def nearby_css_names(self) -> str:
        """Ids and classes of the block element and its nearest ancestors, lower-case, space-joined."""
        return self.element.nearby_css_names

    @property
    def parts(self) -> tuple[LinePart, ...]:
        """The line's inline parts in order, each with its text (white space normalised) and its own markup."""
        if self._parts is None:
            if len(self.runs) == 1:
                self._parts = (_part(self.text, self.runs[0][1]),)
            else:
                self._parts = tuple([_part(normalise(text), owner) for text, owner in _merged(self.runs)])
        return self._parts

    @property
    def spaced_text(self) -> str:
        """`text` with a space between its parts: templates glue "2019", "09/07" and "19:02" together without one."""
        if len(self.runs) == 1:
            return self.text
        return " ".join([part.text.strip() for part in self.parts])

    def rewrite(self, change: Callable[[str], str]) -> None:
        """Change the line's text and that of its parts; for what cleans a page before anything reads it."""
        self.text = change(self.text)
        self.runs = [(change(text), owner) for text, owner in self.runs]
        self._parts = self.prose = None


class Anchor(Struct, eq=False, gc=False):
    """A link as written on the page: its target, its text (`raw_text` with its white space normalised), its element."""

    href: str
    raw_text: str
    element: Element

    @property
    def text(self) -> str:
        """The text that readers see linked."""
        return " ".join(self.raw_text.split())


class Image(Struct, eq=False, gc=False):
    """An image of the page: its node, the element it stands in and the index of the line it stands before."""

    node: LexborNode
    parent: Element
    line: int


@dataclass(slots=True)
class Layout:
    """A page's text laid out: all lines, hidden ones too, in document order, its links, images and hidden
    roots, its frames, the different ids and classes of its elements."""

    lines: list[TextLine] = field(default_factory=list)
    links: list[Anchor] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    hidden_roots: list[Element] = field(default_factory=list)
    frames: list[Element] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    is_truncated: bool = False


def _merged(runs: list[tuple[str, Element]]) -> list[tuple[str, Element]]:
    """Runs that say something, neighbours of the same element in one."""
    merged: list[tuple[str, Element]] = []
    for text, owner in runs:
        if merged and merged[-1][1] is owner:
            merged[-1] = (merged[-1][0] + text, owner)
        elif text.strip():
            merged.append((text, owner))
    return merged


def _part(text: str, owner: Element) -> LinePart:
    names, element = [], owner
    while not element.is_block and element.parent is not None:
        if element.css_names:
            names.append(element.css_names)
        element = element.parent
    return LinePart(text, owner.tag, " ".join(names), owner.href, owner.datetime)
