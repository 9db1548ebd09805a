"""Who a story is from: the outlet its portal credits, the desk editor, the authors, each as the page prints it."""

import re
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from crawler.extraction.clean.placement import Placement, locate_article
from crawler.extraction.data import tables
from crawler.extraction.data.tables import Role
from crawler.extraction.document import Document, TextLine
from crawler.extraction.evidence import make_evidence
from crawler.extraction.fields.authors import find_authors
from crawler.extraction.fields.byline_grammar import (
    MARK,
    LabelledValue,
    editor_of,
    is_furniture,
    is_outlet,
    is_person,
    read_labels,
    source_of,
)
from crawler.extraction.fields.date_grammar import read_dates
from crawler.extraction.fields.dates import Dates
from crawler.extraction.fields.sign_offs import signed_editor
from crawler.extraction.fields.source_heuristics import SOURCE_HINT, Candidate, marked, unlabelled_outlets
from crawler.extraction.layout.prose import is_prose
from crawler.items import Evidence

#: Ids and classes that name an element for what it holds.
_EDITOR_HINT = re.compile(r"(?<![a-z])(?:editor(?:_baidu|name)?|ep-editor|bianji|zebian|zrbj)(?![a-z])")
#: Those that hold nothing else, where a name needs no label.
_EDITORS_OWN = re.compile(r"(?<![a-z])(?:editor_baidu|editor-?name|ep-editor|bianji|zebian|zrbj)(?![a-z])")
#: Ids and classes of what a picture's or a video's credit stands in, which outside of Chinese is labelled as a source.
_PICTURE_HINT = re.compile(r"video|caption|gallery")
#: How a line begins that credits an account, its author and its editor in one sentence.
_CREDIT = re.compile(r"(?:本文|文章)?(?:来自|转自|来源)微信公众号\s*[:：]")
#: Longest line that can be a head or foot line; a longer one is a paragraph, whose end may still hold a sign-off.
_LONGEST_LINE = 160
#: Least letters of a headline.
_HEADLINE = 6
#: Cells of tables and lists, where a label without a colon may stand alone.
_CELLS = frozenset({"td", "th", "dt"})


class Bylines(Struct, frozen=True):
    """The outlet (来源), the desk editor (责编) and the authors, each with why; ``None`` or empty where there is none.

    `lines` are the lines of head and foot that hold them, so that they are no part of the story.
    """

    source: str | None = None
    editor: str | None = None
    authors: tuple[str, ...] = ()
    source_evidence: Evidence | None = None
    editor_evidence: Evidence | None = None
    authors_evidence: Evidence | None = None
    lines: frozenset[int] = frozenset()


class _Label(Struct, frozen=True):
    """A label with the line it stands in, where on the page that is, and the line of its value."""

    label: LabelledValue
    line: TextLine
    where: str
    value_line: TextLine


def find_bylines(document: Document, *, placement: Placement | None = None, dates: Dates | None = None) -> Bylines:
    """Source, editor and authors of the page's article. Metadata is not asked for a source: it names other outlets.

    `placement` says where the article lies; left out, the page's lines alone tell it.
    """
    return _Reading(document, placement or locate_article(document.lines, None), dates or Dates()).bylines()


class _Reading:
    """One page's bylines being read."""

    def __init__(self, document: Document, placement: Placement, dates: Dates) -> None:
        self.document = document
        self.dates = dates
        self.language = document.language
        self.conventions = tables.language(document.language).conventions
        self.placement = placement
        self.labels = list(self._labels())

    def bylines(self) -> Bylines:
        sources = sorted(self._sources(), key=lambda c: -c.score)
        editors = sorted(self._editors(), key=lambda c: (-c.score, not c.rule.startswith("head."), -c.line.index))
        beside = [(c.beside, c.line) for c in sources[:1] if c.beside]
        labels = [(x.label, x.line) for x in self.labels]
        authors = find_authors(self.document, self.placement, labels, beside)
        lines = {x.line.index for x in self.labels if not is_prose(x.line) or len(x.line.text) < 60}
        lines |= {x.value_line.index for x in self.labels}
        lines |= {c.line.index for c in (*sources[:1], *editors[:1]) if not is_prose(c.line)}
        return Bylines(
            source=sources[0].value if sources else None,
            editor=editors[0].value if editors else None,
            authors=authors.names,
            source_evidence=_why(sources),
            editor_evidence=_why(editors),
            authors_evidence=authors.evidence,
            lines=frozenset(lines | authors.lines),
        )

    # --- labels ----------------------------------------------------------------------------------------------

    def _labels(self) -> Iterator[_Label]:
        lines = self.document.lines
        place = self.placement
        if not lines:
            return
        head, foot = place.head, place.foot
        for index in range(head.start, max(foot.stop, head.stop)):
            line = lines[index]
            told = is_prose(line)
            in_head = index < place.prose_start or (index in head and not told)
            where = "head" if in_head else "foot" if index in foot else "story"
            is_credit = "微信公众号" in line.text and _CREDIT.match(line.text) is not None
            if (told and not is_credit) or len(line.text) > _LONGEST_LINE:
                yield from self._at_the_end(line, where)
                continue
            text = marked(line)
            labels = read_labels(text, self.language)
            if where == "foot" and labels and _is_another_storys(line, text[: labels[0].start]):
                continue
            for label in labels:
                if label.label.gives_value:
                    yield self._with_next_line(label, line, where)

    def _at_the_end(self, line: TextLine, where: str) -> Iterator[_Label]:
        """Labels in the last few words of a paragraph: "...新臺階。（責編：李雅妮）"."""
        if not self.conventions.labels_end_paragraphs:
            return
        tail = marked(line)[-60:]
        cut = max([tail.rfind(stop) for stop in "。！？”…(（[【"])
        if cut < 0:
            return
        cut += tail[cut] not in "(（[【"
        for label in read_labels(tail[cut:], self.language):
            if label.sep == ":" and label.label.gives_value and label.role in (Role.EDITOR, Role.SOURCE):
                yield _Label(label, line, where, line)

    def _with_next_line(self, label: LabelledValue, line: TextLine, where: str) -> _Label:
        """A label at the end of its line takes the next line for its value when that stands in the same box."""
        as_is = _Label(label, line, where, line)
        in_cell = line.tag in _CELLS and label.label.text == line.text
        if label.value.strip(MARK + " ") or not (label.sep == ":" or in_cell):
            return as_is
        if line.index + 1 >= len(self.document.lines):
            return as_is
        after = self.document.lines[line.index + 1]
        value = marked(after)
        short = len(after.text) <= 24 and not read_labels(value, self.language) and not read_dates(after.text)
        if not short or not _share_a_box(line, after):
            return as_is
        if label.role is Role.SOURCE and not (is_outlet(value) or SOURCE_HINT.search(after.element.css_names)):
            return as_is
        # a name it must be: behind an empty label the next line may as well be a headline
        taken = replace(label, sep=" ", value=value)
        return _Label(taken, line, where, after if is_person(after.text) or label.role is Role.SOURCE else line)

    # --- source ----------------------------------------------------------------------------------------------

    def _sources(self) -> Iterator[Candidate]:
        announced = False
        for x in self.labels:
            if x.label.role is not Role.SOURCE:
                continue
            value = source_of(x.label.value)
            alone = x.label.bracketed and not re.search(r"\d", x.line.text)
            announced |= x.where == "head" and not alone
            if value is None or self._is_caption(x, alone):
                continue
            score = {"head": 10.0, "story": 2.0, "foot": 5.0}[x.where] + x.label.rank
            score -= abs(x.line.index - self._anchor()) * (0.1 if x.where == "head" else 0.0)
            yield Candidate(value, score, f"{x.where}.source.labelled", x.line)
        if not announced and self.conventions.names_without_label:
            yield from unlabelled_outlets(self.document, self.placement, self.dates.line)

    def _is_caption(self, x: _Label, alone: bool) -> bool:
        """Whether a source label belongs to a picture or a video: in brackets of its own above the end of the story."""
        if x.where == "story":
            return x.line.index < self.placement.prose_end - 1
        if x.where != "head":
            return False
        if not self.conventions.names_without_label and _PICTURE_HINT.search(x.line.nearby_css_names):
            return True
        return alone or re.search(r"[。！？图圖]", x.line.text[: max(x.label.start, 0)]) is not None

    def _anchor(self) -> int:
        if self.dates.line is not None:
            return self.dates.line
        return self.placement.title if self.placement.title is not None else self.placement.prose_start

    # --- editor ----------------------------------------------------------------------------------------------

    def _editors(self) -> Iterator[Candidate]:
        for x in self.labels:
            if x.label.role is not Role.EDITOR:
                continue
            value = editor_of(x.label.value, x.label.label.name_shape, sure=x.label.sep != " ")
            if value is not None:
                score = x.label.rank * 2.0 + (1.0 if x.where != "story" else 0.0)
                yield Candidate(value, score, f"{x.where}.editor.labelled", x.line)
        if not self.document.lines:
            return
        place = self.placement
        for index in (*range(place.head.start, place.prose_start), *place.foot):
            line = self.document.lines[index]
            if not self.conventions.names_without_label:
                if editor := signed_editor(line.text):
                    yield Candidate(editor, 3.0, "foot.editor.signed", line)
                continue
            if len(line.text) <= 4 and _EDITORS_OWN.search(line.element.css_names) and is_person(line.text):
                yield Candidate(line.text, 1.0, "foot.editor.hint", line)
            for part in line.parts:
                text = part.text.strip(" ()（）[]【】")
                if (
                    part.css_names
                    and _EDITOR_HINT.search(part.css_names)
                    and is_person(text)
                    and not is_furniture(text)
                ):
                    yield Candidate(text, 1.0, "foot.editor.hint", line)


def _is_another_storys(line: TextLine, before: str) -> bool:
    """Whether a line below the story is one of a list: a headline with its outlet, linked or dated."""
    if len(re.sub(r"[\W\d_]", "", before)) < _HEADLINE:
        return False
    return line.link_chars >= _HEADLINE or bool(read_dates(line.text))


def _share_a_box(one: TextLine, other: TextLine) -> bool:
    """Whether two lines stand in one element, or in two that have the same parent."""
    a, b = one.element, other.element
    return a is b or (a.parent is not None and a.parent is b.parent) or a.parent is b or b.parent is a


def _why(candidates: list[Candidate]) -> Evidence | None:
    if not candidates:
        return None
    best = candidates[0]
    others = tuple(dict.fromkeys((c.rule, c.value) for c in candidates[1:6] if c.value != best.value))
    return make_evidence(best.rule, best.line.path, best.line.text, others)
