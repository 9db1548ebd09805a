"""The walk over a parsed page that produces its lines: one pass, no recursion, little work per node."""

from enum import IntEnum

from selectolax.lexbor import LexborNode

from crawler.extraction.layout.lines import MAX_HREF, MAX_NAMES, Anchor, Element, Image, Layout, TextLine
from crawler.extraction.layout.text import normalise
from crawler.extraction.layout.visibility import find_faint_reason, find_hiding_reason

#: Most nodes of an article that are read; longer ones are cut there, so that none takes more than a second.
MAX_NODES = 50_000
#: Longest inline style (characters) that is read.
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


class _NodeKind(IntEnum):
    """Kind of a node, which decides how the walk handles it."""

    TEXT = 0
    SKIPPED = 1
    BREAK = 2
    IMAGE = 3
    FRAME = 4
    BLOCK = 5
    INLINE = 6


def _classify_tag(tag: str) -> _NodeKind:
    if tag == "-text":
        return _NodeKind.TEXT
    if not tag or tag in _SKIPPED or tag[0] == "-":
        return _NodeKind.SKIPPED
    if tag == "br":
        return _NodeKind.BREAK
    if tag == "img":
        return _NodeKind.IMAGE
    if tag == "iframe":
        return _NodeKind.FRAME
    return _NodeKind.BLOCK if tag in _BLOCKS else _NodeKind.INLINE


#: Cache of tag name and kind by the parser's tag id. Filled as tags are met, since the parser does not list its ids; a
#: pure function of the id, so pages share it safely. It spares building the tag name for every node.
_TAG_CACHE: dict[int, tuple[str, _NodeKind]] = {}
#: Ids below are those of HTML's own tags and equal in every page; ids of custom tags differ from page to page.
_FIRST_CUSTOM_TAG_ID = 1000
#: The parser's tag id of text nodes.
_TEXT_TAG_ID = 2


def _look_up_tag(node: LexborNode) -> tuple[str, _NodeKind]:
    """Return tag name and kind of a node that is not in the cache; cache them for HTML's own tags."""
    tag = node.tag or ""
    known = (tag, _classify_tag(tag))
    if node.tag_id < _FIRST_CUSTOM_TAG_ID:
        _TAG_CACHE[node.tag_id] = known
    return known


def lay_out(root: LexborNode, max_nodes: int = MAX_NODES) -> Layout:
    """Return the layout of everything under `root`, up to `max_nodes`."""
    return _LayoutWalk().run(root, max_nodes)


class _LayoutWalk:
    """One walk. `run` does all the work per node inline, with local names, since a page has thousands of nodes."""

    def __init__(self) -> None:
        self.layout = Layout()

    def run(self, root: LexborNode, max_nodes: int) -> Layout:
        flush, known, lines, links, add_names = (
            self._add_line, _TAG_CACHE, self.layout.lines, self.layout.links, self.layout.names.add,
        )  # fmt: skip
        inline, block, line_break, image, frame = (
            _NodeKind.INLINE,
            _NodeKind.BLOCK,
            _NodeKind.BREAK,
            _NodeKind.IMAGE,
            _NodeKind.FRAME,
        )
        runs: list[tuple[str, Element]] = []  # the current line: text and innermost element
        linked: list[str] = []  # text of the links so far
        link_starts: list[int] = []  # start of each open link in `linked`
        stack: list[tuple[Element, LexborNode | None]] = []
        parent, node = Element("body", None, True, root), root.first_child
        for _ in range(max_nodes):
            while node is None:
                if runs and parent.is_block:
                    flush(runs)
                    runs = []
                if not stack:
                    return self._end(runs)
                if parent.tag == "a" and parent.href:
                    links.append(Anchor(parent.href, "".join(linked[link_starts.pop() :]), parent))
                parent, node = stack.pop()
            tag_id = node.tag_id
            if tag_id == _TEXT_TAG_ID:
                # White space before the first word is not part of the line. Most text nodes consist of it alone.
                if not runs and node.is_empty_text_node:
                    node = node.next
                    continue
                text = node.text_content or ""
                if runs or not text.isspace():
                    if parent.href:
                        linked.append(text)
                    if parent.tag == "pre" and "\n" in text:
                        text, runs = self._add_lines(text, parent, runs)
                    if runs or text:
                        runs.append((text, parent))
                node = node.next
                continue
            tag, kind = known[tag_id] if tag_id in known else _look_up_tag(node)
            if kind is inline or kind is block or kind is frame:
                if runs and kind is block:
                    flush(runs)
                    runs = []
                stack.append((parent, node.next))
                time = parent.datetime if kind is inline else None
                element = Element(tag, parent, kind is block, node, "", parent.hidden, parent.faint, parent.href, time)
                parent, attributes = element, node.attributes
                if attributes:
                    names = attributes.get("class") or ""
                    if ident := attributes.get("id"):
                        names = f"{ident} {names}"
                    if names:
                        element.css_names = names = names[:MAX_NAMES].strip().lower()
                        add_names(names)
                    if tag == "a":
                        if href := attributes.get("href"):
                            element.href = href.strip()[: MAX_HREF + 1]
                    elif "datetime" in attributes:
                        element.datetime = attributes["datetime"]
                    if "style" in attributes or "hidden" in attributes or "aria-hidden" in attributes:
                        self._mark_hidden(element, attributes)
                if tag in _OFTEN_HIDDEN:
                    self._mark_hidden(element, attributes)
                elif tag == "a" and element.href:
                    link_starts.append(len(linked))
                if kind is frame:
                    self.layout.frames.append(element)
                    node = None
                else:
                    node = node.first_child
                continue
            if kind is line_break:
                if runs:
                    flush(runs)
                    runs = []
            elif kind is image:
                self.layout.images.append(Image(node, parent, len(lines)))
            node = node.next
        self.layout.is_truncated = True
        return self._end(runs)

    def _end(self, runs: list[tuple[str, Element]]) -> Layout:
        """Add the last line and return the layout."""
        if runs:
            self._add_line(runs)
        return self.layout

    def _mark_hidden(self, element: Element, attributes: dict[str, str | None]) -> None:
        """Set `hidden` and `faint` of an element; record it as a hidden root if hiding starts at it."""
        style = (attributes.get("style") or "")[:MAX_STYLE]
        is_root = False
        if element.hidden is None:
            element.hidden = find_hiding_reason(element.tag, attributes, style)
            is_root = element.hidden is not None
        if element.faint is None and style:
            element.faint = find_faint_reason(style)
            is_root = is_root or (element.faint is not None and element.hidden is None)
        if is_root:
            self.layout.hidden_roots.append(element)

    def _add_lines(
        self, text: str, element: Element, runs: list[tuple[str, Element]]
    ) -> tuple[str, list[tuple[str, Element]]]:
        """End each complete line of preformatted text; return the rest of the text and the runs of the open line."""
        *lines, rest = text.split("\n")
        for line in lines:
            runs.append((line, element))
            self._add_line(runs)
            runs = []
        return rest if rest.strip() else "", runs

    def _add_line(self, runs: list[tuple[str, Element]]) -> None:
        """Add the line. Its element is the nearest block around its first run."""
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
