"""The walk over a parsed page that lays its text out in lines: once, without recursion, with little for every node."""

from enum import IntEnum

from selectolax.lexbor import LexborNode

from crawler.extraction.layout.lines import MAX_HREF, MAX_NAMES, Anchor, Element, Image, Layout, TextLine
from crawler.extraction.layout.text import normalise
from crawler.extraction.layout.visibility import find_faint_reason, find_hiding_reason

#: Nodes of one page that are walked; a longer page is cut there, so that no page costs more than a second.
MAX_NODES = 50_000
#: Characters that are read of a style.
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
_OFTEN_HIDDEN = frozenset({"noscript", "dialog"})


class _Kind(IntEnum):
    """What the walk does with a node, by its tag."""

    TEXT = 0
    SKIPPED = 1
    BREAK = 2
    IMAGE = 3
    FRAME = 4
    BLOCK = 5
    INLINE = 6


def _kind_of(tag: str) -> _Kind:
    if tag == "-text":
        return _Kind.TEXT
    if not tag or tag in _SKIPPED or tag[0] == "-":
        return _Kind.SKIPPED
    if tag == "br":
        return _Kind.BREAK
    if tag == "img":
        return _Kind.IMAGE
    if tag == "iframe":
        return _Kind.FRAME
    return _Kind.BLOCK if tag in _BLOCKS else _Kind.INLINE


#: Tag and kind by the parser's number of the tag: a look-up for the name that asking a node for it would build.
_KINDS: dict[int, tuple[str, _Kind]] = {}
#: Numbers below are HTML's own and the same in every page; those of other tags are each page's own.
_HTMLS_OWN = 1000
#: The parser's number of a run of text.
_TEXT_ID = 2


def _tag_of(node: LexborNode) -> tuple[str, _Kind]:
    """Tag and kind of a node whose number is not among `_KINDS` yet."""
    tag = node.tag or ""
    known = (tag, _kind_of(tag))
    if node.tag_id < _HTMLS_OWN:
        _KINDS[node.tag_id] = known
    return known


def lay_out(root: LexborNode) -> Layout:
    """All the text under `root` in lines, with its links, images and hidden elements."""
    return _Walk().run(root)


class _Walk:
    """One walk. `run` has all that is done to every node, names bound before it: a page has thousands of them."""

    def __init__(self) -> None:
        self.layout = Layout()

    def run(self, root: LexborNode) -> Layout:
        flush, known, lines, links, named = (
            self._flush, _KINDS, self.layout.lines, self.layout.links, self.layout.names.add,
        )  # fmt: skip
        inline, block, broken, image, frame = _Kind.INLINE, _Kind.BLOCK, _Kind.BREAK, _Kind.IMAGE, _Kind.FRAME
        runs: list[tuple[str, Element]] = []  # the line that is being read, run by run
        linked: list[str] = []  # the texts of links
        begun: list[int] = []  # where in these each of the open links begins
        stack: list[tuple[Element, LexborNode | None]] = []
        parent, node = Element("body", None, True, root), root.first_child
        for _ in range(MAX_NODES):
            while node is None:
                if runs and parent.is_block:
                    flush(runs)
                    runs = []
                if not stack:
                    return self._end(runs)
                if parent.tag == "a" and parent.href:
                    links.append(Anchor(parent.href, "".join(linked[begun.pop() :]), parent))
                parent, node = stack.pop()
            tag_id = node.tag_id
            if tag_id == _TEXT_ID:
                text = node.text_content or ""
                if runs or not text.isspace():  # space before a line's first word is none of it
                    if parent.href:
                        linked.append(text)
                    if parent.tag == "pre" and "\n" in text:
                        text, runs = self._add_lines(text, parent, runs)
                    if runs or text:
                        runs.append((text, parent))
                node = node.next
                continue
            tag, kind = known[tag_id] if tag_id in known else _tag_of(node)
            if kind is inline or kind is block or kind is frame:
                if runs and kind is block:
                    flush(runs)
                    runs = []
                stack.append((parent, node.next))
                element = Element(tag, parent, kind is block, node, "", parent.hidden, parent.faint, parent.href)
                if kind is inline:
                    element.datetime = parent.datetime
                parent, attributes = element, node.attributes
                if attributes:
                    own = attributes.get("class") or ""
                    if ident := attributes.get("id"):
                        own = f"{ident} {own}"
                    if own:
                        element.css_names = own = own[:MAX_NAMES].strip().lower()
                        named(own)
                    if tag == "a":
                        if href := attributes.get("href"):
                            element.href = href.strip()[: MAX_HREF + 1]
                    elif "datetime" in attributes:
                        element.datetime = attributes["datetime"]
                    if "style" in attributes or "hidden" in attributes or "aria-hidden" in attributes:
                        self._conceal(element, attributes)
                if tag in _OFTEN_HIDDEN:
                    self._conceal(element, attributes)
                elif tag == "a" and element.href:
                    begun.append(len(linked))
                if kind is frame:
                    self.layout.frames.append(element)
                    node = None
                else:
                    node = node.first_child
                continue
            if kind is broken:
                if runs:
                    flush(runs)
                    runs = []
            elif kind is image:
                self.layout.images.append(Image(node, parent, len(lines)))
            node = node.next
        self.layout.is_truncated = True
        return self._end(runs)

    def _end(self, runs: list[tuple[str, Element]]) -> Layout:
        if runs:
            self._flush(runs)
        return self.layout

    def _conceal(self, element: Element, attributes: dict[str, str | None]) -> None:
        """Note why an element's text is not, or hardly, to be seen, where that begins with it."""
        style = (attributes.get("style") or "")[:MAX_STYLE]
        begins = False
        if element.hidden is None:
            element.hidden = find_hiding_reason(element.tag, attributes, style)
            begins = element.hidden is not None
        if element.faint is None and style:
            element.faint = find_faint_reason(style)
            begins = begins or (element.faint is not None and element.hidden is None)
        if begins:
            self.layout.hidden_roots.append(element)

    def _add_lines(
        self, text: str, element: Element, runs: list[tuple[str, Element]]
    ) -> tuple[str, list[tuple[str, Element]]]:
        """End the lines of preformatted text; what is left of it for the next, and that one's runs."""
        *lines, rest = text.split("\n")
        for line in lines:
            runs.append((line, element))
            self._flush(runs)
            runs = []
        return rest if rest.strip() else "", runs

    def _flush(self, runs: list[tuple[str, Element]]) -> None:
        """End the line: its block is the nearest block around its first run."""
        while len(runs) > 1 and runs[-1][0].isspace():
            runs.pop()
        first, owner = runs[0]
        if len(runs) == 1:
            text = " ".join(first.split())
            if not text.isascii():
                text = normalise(text)
            link_chars = len(text) if owner.href else 0
        else:
            text = normalise("".join([run[0] for run in runs]))
            link_chars = min(sum([len(normalise(run[0])) for run in runs if run[1].href]), len(text))
        if text:
            while not owner.is_block and owner.parent is not None:
                owner = owner.parent
            lines = self.layout.lines
            lines.append(TextLine(text, len(lines), link_chars, owner, runs))
