"""Source, editor and authors of an article, as the page prints them."""

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from crawler.extraction.clean.placement import Placement, locate_article
from crawler.extraction.data import tables
from crawler.extraction.data.css_names import css_names
from crawler.extraction.data.prefilter import any_of
from crawler.extraction.data.tables import Role
from crawler.extraction.document import Document, TextLine
from crawler.extraction.evidence import make_evidence
from crawler.extraction.fields.authors import find_authors, list_authors
from crawler.extraction.fields.byline_grammar import (
    MARK,
    LabelledValue,
    read_editor,
    read_labels,
    read_source,
)
from crawler.extraction.fields.date_grammar import read_dates
from crawler.extraction.fields.dates import Dates
from crawler.extraction.fields.names import HAN, cannot_be_name, is_outlet_name, is_person_name
from crawler.extraction.fields.outlets_in_line import find_western_outlets, read_logo
from crawler.extraction.fields.sign_offs import read_signed_editor
from crawler.extraction.fields.source_heuristics import (
    SOURCE_ELEMENT,
    BylineCandidate,
    find_unlabelled_outlets,
    mark_parts,
)
from crawler.extraction.fields.stated_authors import AuthorCandidate
from crawler.extraction.layout.prose import is_prose
from crawler.items import Evidence

_EDITOR_ELEMENT, _EDITOR_ONLY_ELEMENT = css_names().editor.compile(), css_names().editor_only.compile()
#: Elements of a picture's or a video's credit, which Western portals label as a source.
_PICTURE_ELEMENT = css_names().picture.compile()
#: The beginning of a line that credits an account, its author and its editor in one sentence.
_CREDIT = re.compile(rf"{any_of(tables.words_of_all(lambda table: table.accounts.credits))}\s*[:：]")
#: The end of a sentence, or a word for a picture in a language that separates no words.
_SENTENCE_OR_PICTURE = re.compile(
    f"[。！？]|{any_of(tables.words_of_all(lambda one: () if one.writing.has_blanks else one.bylines.picture_words))}"
)
#: Rules of labelled sources, and what a person's name behind such a label loses: any outlet beside it wins.
_LABELLED = frozenset({"head.source.labelled", "foot.source.labelled"})
_PERSON_PENALTY = 8.0
#: Maximum length of a head or foot line; a longer one is a paragraph, whose end may still hold a sign-off.
_LONGEST_LINE = 160
HAN_TEXT = re.compile(f"[{HAN}]+")
#: Minimum number of letters of a headline.
_MIN_HEADLINE = 6
#: Cells of tables and lists, where a label may be alone without a colon.
_CELLS = frozenset({"td", "th", "dt"})
#: Ends of the names of authorities, which publish official notices.
_AUTHORITY_ENDINGS = tables.words_of_all(lambda table: table.stories.authority_endings)
#: Longest cell with a label only.
_LONGEST_CELL = 16


class Bylines(Struct, frozen=True):
    """The outlet (来源), the desk editor (责编) and the authors, with evidence; ``None`` or empty if not found.

    `lines` are the indexes of the head and foot lines that hold them; these are excluded from the body.
    """

    source: str | None = None
    editor: str | None = None
    authors: tuple[str, ...] = ()
    source_evidence: Evidence | None = None
    editor_evidence: Evidence | None = None
    authors_evidence: Evidence | None = None
    lines: frozenset[int] = frozenset()


class _LocatedLabel(Struct, frozen=True):
    """A label with its line, the part of the page ("head", "story" or "foot"), and the line of its value."""

    label: LabelledValue
    line: TextLine
    where: str
    value_line: TextLine


def find_bylines(document: Document, *, placement: Placement | None = None, dates: Dates | None = None) -> Bylines:
    """Return source, editor and authors of the page's article.

    `placement` is the position of the article; by default it is derived from the page's lines. Metadata is not used
    for the source, because it names other outlets.
    """
    return BylineReader(document, placement or locate_article(document.lines, None), dates or Dates()).read()


class BylineReader:
    """Reads the bylines of one page."""

    def __init__(self, document: Document, placement: Placement, dates: Dates) -> None:
        self.document = document
        self.dates = dates
        self.language = document.language
        self.conventions = tables.language(document.language).conventions
        self.placement = placement
        self.labels = list(self._find_labels())

    def read(self) -> Bylines:
        """Return source, editor and authors."""
        sources, editors = self.rank_sources(), self.rank_editors()
        authors = find_authors(self.list_authors(sources, editors))
        lines = {x.line.index for x in self.labels if not is_prose(x.line) or len(x.line.text) < 60}
        lines |= {x.value_line.index for x in self.labels}
        lines |= {c.line.index for c in (*sources[:1], *editors[:1]) if not is_prose(c.line)}
        return Bylines(
            source=sources[0].value if sources else None,
            editor=editors[0].value if editors else None,
            authors=authors.names,
            source_evidence=_make_evidence(sources),
            editor_evidence=_make_evidence(editors),
            authors_evidence=authors.evidence,
            lines=frozenset(lines | authors.lines),
        )

    def rank_sources(self) -> list[BylineCandidate]:
        """Return the possible sources, the best first."""
        return sorted(self._sources(), key=lambda c: -c.score)

    def rank_editors(self) -> list[BylineCandidate]:
        """Return the possible editors, the best first."""
        return sorted(self._editors(), key=lambda c: (-c.score, not c.rule.startswith("head."), -c.line.index))

    def list_authors(
        self, sources: Sequence[BylineCandidate], editors: Sequence[BylineCandidate]
    ) -> list[AuthorCandidate]:
        """Return the possible authors, the best first; `sources` and `editors` are ranked ones of the page."""
        with_outlet = [(c.author, c.line) for c in sources[:1] if c.author]
        with_outlet += [(c.value, c.line) for c in sources[1:] if c.rule in _LABELLED and _is_person(c.value)]
        labels = [(x.label, x.line) for x in self.labels]
        editor = editors[0].value if editors else None
        return list_authors(self.document, self.placement, labels, with_outlet, editor, self.dates.line)

    # --- labels ----------------------------------------------------------------------------------------------

    def _find_labels(self) -> Iterator[_LocatedLabel]:
        lines = self.document.lines
        place = self.placement
        if not lines:
            return
        head, foot = place.head, place.foot
        for index in range(head.start, max(foot.stop, head.stop)):
            line = lines[index]
            is_paragraph = is_prose(line)
            in_head = index < place.prose_start or (index in head and not is_paragraph)
            where = "head" if in_head else "foot" if index in foot else "story"
            is_credit = _CREDIT.match(line.text) is not None
            if (is_paragraph and not is_credit) or len(line.text) > _LONGEST_LINE:
                if self.conventions.labels_end_paragraphs:
                    yield from self._labels_at_end(line, where)
                continue
            text = mark_parts(line)
            if line.tag in _CELLS and not text.endswith((":", "：")) and len(text) <= _LONGEST_CELL:
                text += ":"  # a label alone in a cell needs no colon
            labels = read_labels(text, self.language)
            if where == "foot" and labels and _is_other_headline(line, text[: labels[0].start]):
                continue
            for label in labels:
                if label.label.gives_value and (in_head or not label.label.in_head_only):
                    yield self._take_next_line(label, line, where)

    def _labels_at_end(self, line: TextLine, where: str) -> Iterator[_LocatedLabel]:
        """Yield labels in the last few words of a paragraph: "...新臺階。（責編：李雅妮）"."""
        tail = mark_parts(line)[-60:]
        cut = max([tail.rfind(stop) for stop in "。！？”…(（[【"])
        if cut < 0:
            return
        cut += tail[cut] not in "(（[【"
        for label in read_labels(tail[cut:], self.language):
            if label.separator == ":" and label.label.gives_value and label.role in (Role.EDITOR, Role.SOURCE):
                yield _LocatedLabel(label, line, where, line)

    def _take_next_line(self, label: LabelledValue, line: TextLine, where: str) -> _LocatedLabel:
        """Return a label, with the next line as its value if it ends its line and the two lines share an element."""
        as_is = _LocatedLabel(label, line, where, line)
        if label.value.strip(MARK + " ") or label.separator != ":":
            return as_is
        if line.index + 1 >= len(self.document.lines):
            return as_is
        after = self.document.lines[line.index + 1]
        value = mark_parts(after)
        short = len(after.text) <= 24 and not read_labels(value, self.language) and not read_dates(after.text)
        if not short or not _share_element(line, after):
            return as_is
        is_publisher = is_outlet_name(value) or value.endswith(_AUTHORITY_ENDINGS)
        if label.role is Role.SOURCE and not (is_publisher or SOURCE_ELEMENT.search(after.element.css_names)):
            return as_is
        # the blank as separator requires a name: behind an empty label the next line may as well be a headline
        taken = replace(label, separator=" ", value=value)
        return _LocatedLabel(
            taken, line, where, after if is_person_name(after.text) or label.role is Role.SOURCE else line
        )

    # --- source ----------------------------------------------------------------------------------------------

    def _sources(self) -> Iterator[BylineCandidate]:
        is_announced = False
        for x in self.labels:
            if x.label.role is not Role.SOURCE:
                continue
            value = read_source(x.label.value) or read_logo(self.document, x.label, x.line)
            alone = x.label.is_bracketed and not re.search(r"\d", x.line.text)
            is_announced |= x.where == "head" and not alone
            if value is None or self._is_caption(x, alone):
                continue
            score = {"head": 10.0, "story": 2.0, "foot": 5.0}[x.where] + x.label.rank
            score -= abs(x.line.index - self._anchor()) * (0.1 if x.where == "head" else 0.0)
            score -= _PERSON_PENALTY if _is_person(value) else 0.0
            yield BylineCandidate(value, score, f"{x.where}.source.labelled", x.line)
        if is_announced:
            return
        if self.conventions.names_without_label:
            yield from find_unlabelled_outlets(self.document, self.placement, self.dates.line)
        elif self.dates.line is not None and self.dates.line in self.placement.head:
            yield from find_western_outlets(self.document, self.document.lines[self.dates.line])

    def _is_caption(self, x: _LocatedLabel, alone: bool) -> bool:
        """True if a source label belongs to a picture or a video: in its own brackets above the end of the story."""
        if x.where == "story":
            return x.line.index < self.placement.prose_end - 1
        if x.where != "head":
            return False
        if not self.conventions.names_without_label and _PICTURE_ELEMENT.search(x.line.nearby_css_names):
            return True
        return alone or _SENTENCE_OR_PICTURE.search(x.line.text[: max(x.label.start, 0)]) is not None

    def _anchor(self) -> int:
        if self.dates.line is not None:
            return self.dates.line
        return self.placement.title if self.placement.title is not None else self.placement.prose_start

    # --- editor ----------------------------------------------------------------------------------------------

    def _editors(self) -> Iterator[BylineCandidate]:
        for x in self.labels:
            if x.label.role is not Role.EDITOR:
                continue
            value = read_editor(x.label.value, x.label.label.name_shape, is_sure=x.label.separator != " ")
            if value is not None:
                score = x.label.rank * 2.0 + (1.0 if x.where != "story" else 0.0)
                yield BylineCandidate(value, score, f"{x.where}.editor.labelled", x.line)
        if not self.document.lines:
            return
        place = self.placement
        for index in (*range(place.head.start, place.prose_start), *place.foot):
            line = self.document.lines[index]
            if not self.conventions.names_without_label:
                if editor := read_signed_editor(line.text):
                    yield BylineCandidate(editor, 3.0, "foot.editor.signed", line)
                continue
            if (
                len(line.text) <= 4
                and _EDITOR_ONLY_ELEMENT.search(line.element.css_names)
                and is_person_name(line.text)
            ):
                yield BylineCandidate(line.text, 1.0, "foot.editor.hint", line)
            for part in line.parts:
                text = part.text.strip(" ()（）[]【】")
                if (
                    part.css_names
                    and _EDITOR_ELEMENT.search(part.css_names)
                    and is_person_name(text)
                    and not cannot_be_name(text)
                ):
                    yield BylineCandidate(text, 1.0, "foot.editor.hint", line)


def _is_person(value: str) -> bool:
    """True if the value of a source label is a person's name in Han characters: 来源：张三."""
    return (
        2 <= len(value) <= 3
        and HAN_TEXT.fullmatch(value) is not None
        and is_person_name(value)
        and not (is_outlet_name(value))
    )


def _is_other_headline(line: TextLine, before: str) -> bool:
    """True if a line below the story is a headline with its outlet, linked or dated."""
    if len(re.sub(r"[\W\d_]", "", before)) < _MIN_HEADLINE:
        return False
    return line.link_chars >= _MIN_HEADLINE or bool(read_dates(line.text))


def _share_element(one: TextLine, other: TextLine) -> bool:
    """True if two lines are in one element, or in two of which one is the parent or both have the same parent."""
    a, b = one.element, other.element
    return a is b or (a.parent is not None and a.parent is b.parent) or a.parent is b or b.parent is a


def _make_evidence(candidates: list[BylineCandidate]) -> Evidence | None:
    if not candidates:
        return None
    best = candidates[0]
    others = tuple(dict.fromkeys((c.rule, c.value) for c in candidates[1:6] if c.value != best.value))
    return make_evidence(best.rule, best.line.path, best.line.text, others)
