"""Candidates for the article's date, from head and foot lines, metadata, scripts and the URL; none is chosen here."""

import re
from collections.abc import Iterator
from datetime import timedelta, tzinfo
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from crawler.extraction.clean.placement import Placement
from crawler.extraction.data.css_names import css_names
from crawler.extraction.data.date_words import NOTHING, date_units, pattern_of, words_pattern
from crawler.extraction.data.tables import Role, by_precedence
from crawler.extraction.document import Document, TextLine
from crawler.extraction.fields.byline_grammar import LabelledValue, read_labels
from crawler.extraction.fields.date_grammar import DayOrder, PrintedDate, read_dates, read_machine_date
from crawler.extraction.fields.names import looks_like_control
from crawler.extraction.layout.prose import is_prose

#: Metadata names of the day of publication, the most trusted first. Those in `_PUBLISHED` follow a standard that
#: defines them, so they may add a time of day to a printed day; those in `_LOOSE` do not.
_PUBLISHED = (
    "article:published_time", "og:article:published_time", "og:published_time", "datepublished", "rnews:datepublished",
    "parsely-pub-date", "sailthru.date", "dcterms.issued", "dcterms.created", "dc.date.issued", "dc.date.created",
    "article.published", "cxenseparse:recs:publishtime", "cxenseparse:publishtime", "bt:pubdate", "last-published",
)  # fmt: skip
_LOOSE = (
    "pubdate", "publishdate", "publish_date", "publish-date", "publishtime", "publish_time", "published_time",
    "published-date", "pub_date", "displaydate", "article_date_original", "originalpublicationdate", "cxenseparse:date",
    "dc.date", "dc:date", "dcterms.date", "date", "release_date", "og:release_date", "datecreated",
    "weibo: article:create_at", "weibo:article:create_at", "bytedance:published_time", "bytedance:publish_time",
)  # fmt: skip
#: Metadata names of the day of the last change, the most trusted first.
_MODIFIED = (
    "article:modified_time", "og:modified_time", "og:updated_time", "datemodified", "article:updated_time", "lastmod",
    "dcterms.modified", "dc.date.modified", "last-modified", "revised", "bytedance:updated_time",
    "weibo: article:update_at", "dateupdate",
)  # fmt: skip
#: Words before a printed date that mark it as the day of a change.
_UPDATED = pattern_of(lambda words: words.updated).replace(r"\*", r"\w*")
_CHANGE_WORDS = re.compile(rf"(?:{_UPDATED})[^\d]{{0,25}}$", re.IGNORECASE)
#: Words before today's date, as mastheads print it: 今天是2024年5月22日, "Today is Wednesday, 22 May 2024".
_TODAY = re.compile(rf"(?:{pattern_of(lambda words: words.today)})[^\d]{{0,20}}$", re.IGNORECASE)
_DATE_NAMES = css_names().date.compile()
_URL_DAY = re.compile(r"(?<!\d)(20\d{2})[-/_]?(0[1-9]|1[0-2])[-/_]?(0[1-9]|[12]\d|3[01])(?!\d)")
#: Signs behind a year and a month, as in a character class.
_YEAR, _MONTH = date_units().year, date_units().month
#: A date or Unix time in a script under a name such as ``publishDate`` or ``created_at``.
_SCRIPT_DATE = re.compile(
    r"""(?<![A-Za-z])(?P<name>(?:(?:pub(?:lish(?:ed)?)?|post(?:ed)?|creat(?:ed?|ion)|release[d]?|issued?|display|news|article|deploy|reg)"""
    r"""[_-]?(?:date(?:_?time)?|time(?:stamp)?|dt|_?at|_?on)|ptime|pubtime))\\?["']?"""
    r"""\s*[:=]\s*\\?["']?(?P<value>"""
    rf"(?:19|20)\d{{2}}[-/.{_YEAR}]\d{{1,2}}[-/.{_MONTH}]\d{{1,2}}"
    r"""[^"'<>,;}\\]{0,25}|1\d{9}(?:\d{3})?(?!\d))""",
    re.IGNORECASE,
)
#: Beginnings of its values, each with the number of characters of the value before the match, and the sign before a
#: value. Values are searched first because names are many and values few; a pattern that begins with a single digit
#: skips other text several times as fast.
_SCRIPT_VALUES = (
    (1, re.compile(rf"0(?<=20)\d{{2}}[-/.{_YEAR}]\d{{1,2}}[-/.{_MONTH}]\d")),
    (1, re.compile(rf"9(?<=19)\d{{2}}[-/.{_YEAR}]\d{{1,2}}[-/.{_MONTH}]\d")),
    (0, re.compile(r"1\d{9}")),
)
_SCRIPT_SIGN = re.compile(r"""[:=]\s*\\?["']?\Z""")
_LONGEST_NAME, _LONGEST_SIGN = 40, 12
_SCRIPT_NAME_ENDS = ("date", "time", "stamp", "dt", "at", "on")


def _relative_days() -> Iterator[tuple[re.Pattern[str], timedelta, timedelta]]:
    """Yield patterns of relative dates, each with its age, or with the unit of the number in its groups."""
    patterns: list[list[str]] = [[], [], [], [], []]
    for _, one in by_precedence():
        words = one.dates
        edge, blank, start = (r"\b", r"\s", r"(?<!\d)") if one.writing.has_blanks else ("", r"\s?", "")
        for days, listed in enumerate((words.today, words.yesterday, words.day_before_yesterday)):
            if listed:
                patterns[days].append(rf"{edge}(?:{words_pattern(listed)}){edge}")
        if words.minutes_ago:
            patterns[0].append(rf"\d\s*(?:{words_pattern(words.minutes_ago)})")
        if words.days_ago:
            patterns[3].append(rf"{start}(\d{{1,2}}){blank}(?:{words_pattern(words.days_ago)})")
        if words.hours_ago:
            patterns[4].append(rf"{start}(\d{{1,2}}){blank}(?:{words_pattern(words.hours_ago)})")
    ages = (timedelta(0), timedelta(days=1), timedelta(days=2))
    for age, alternatives in zip(ages, patterns, strict=False):
        yield re.compile("|".join(alternatives) or NOTHING), age, timedelta(0)
    for unit, alternatives in zip((timedelta(days=1), timedelta(hours=1)), patterns[3:], strict=True):
        yield re.compile("|".join(alternatives) or NOTHING), timedelta(0), unit


_RELATIVE = tuple(_relative_days())
#: Longest line a date is read from; a longer one is a paragraph.
_LONGEST_LINE = 160
#: Least linked characters of a headline; a shorter link is the name of an outlet.
_HEADLINE = 7
#: Longest cell with a label or a date only, and most columns of dates beside each other.
_LONGEST_CELL, _MOST_COLUMNS = 30, 5
#: Separates a byline from its date.
_SEPARATOR = re.compile(r"\s?[|｜·•]\s?")
#: Subtracted from the score of a day above the title, which may be today's.
_ABOVE_TITLE_PENALTY = 2.0
#: Lines above the title in which a day is the story's even if it is that of the capture.
_NEAR_TITLE = 2
#: Longest sign-off that may contain the story's date.
_SIGNED = 60
#: Characters of markup that are searched for dates in scripts.
_SCRIPT_CHARS = 2_000_000
#: Points added to a candidate's score by its label's rank.
_LABEL_SCORES = {1: 0.5, 2: 1.5, 3: 2.5}


class DateCandidate(Struct, frozen=True):
    """A date on the page: the rule that found it, its place and raw text, and a score of its reliability.

    `line` is the index of the line it is printed in; `modified` is True if the page calls it the day of a change.
    """

    rule: str
    place: str
    text: str
    printed: PrintedDate
    score: float
    line: int | None = None
    modified: bool = False

    @property
    def is_labelled(self) -> bool:
        """True if a label introduces the date."""
        return self.rule.endswith("labelled")

    @property
    def is_standard(self) -> bool:
        """True if the date comes from metadata that a standard defines (schema.org, Open Graph, Dublin Core)."""
        return self.score >= _STANDARD


#: Score from which metadata follows a standard, and score below which a printed date is only a last resort.
_STANDARD, WEAK = 5.0, 3.0


class DateReader(Struct, frozen=True):
    """Reads the dates of one page in its language and its order of day and month."""

    document: Document
    placement: Placement
    order: DayOrder

    def read(self, text: str) -> tuple[PrintedDate, ...]:
        """Return every date printed in a text."""
        return read_dates(text, language=self.document.language or "", order=self.order)

    # --- printed dates -----------------------------------------------------------------------------------------------

    def read_printed(self) -> Iterator[DateCandidate]:
        """Yield the dates printed in the article's head and foot."""
        lines = self.document.lines
        place, head = self.placement, self.placement.head
        title = place.title if place.title is not None else place.prose_start
        for index in head:
            yield from self._read_line(lines[index], abs(index - title), "head")
        yield from self._read_split_dates()
        for index in place.foot:
            if index not in head:
                yield from self._read_line(lines[index], index - place.prose_end, "foot")

    def _read_line(self, line: TextLine, distance: int, where: str) -> Iterator[DateCandidate]:
        if len(line.text) > _LONGEST_LINE:
            return
        if [owner for _, owner in line.runs if owner.datetime]:
            yield from self._read_time_elements(line, distance, where)
        text = line.spaced_text
        dates = self.read(text)
        if not dates:
            return
        labels = read_labels(text, self.document.language)
        for found in dates:
            label = next((x for x in labels if x.role.is_date and x.start <= found.start <= x.end), None)
            before = text[: found.start]
            if label is None and not before.strip():
                label, before = self._label_in_cell(line)
            changed = bool(_CHANGE_WORDS.search(before)) and not (label and label.rank > 1)
            if label is None and (self._belongs_to_headline(line, text, found) or self._is_in_masthead(line, found)):
                continue
            if label is None and not self._is_dateline(line, text, found, labels, where):
                continue
            score = 8.0 - 0.2 * distance + (1.5 if found.hour is not None else 0.0) + (0.5 if found.year else 0.0)
            score += 0.7 if _DATE_NAMES.search(line.nearby_css_names) else 0.0
            if label is None and found.hour is None and line.index < (self.placement.title or 0):
                score -= _ABOVE_TITLE_PENALTY
            if label is not None:
                score += _LABEL_SCORES[label.rank] - (4.0 if where == "foot" else 0.0)
            elif where == "foot":
                score = WEAK - 1.0
            rule = f"{where}.date" + (".labelled" if label else "")
            yield DateCandidate(rule, line.path, text, found, score, line.index, changed)

    def _label_in_cell(self, line: TextLine) -> tuple[LabelledValue | None, str]:
        """Return the label of a date that has a cell or line of its own, and the text of the label's line.

        That is the line before it; in a table with a row of labels and a row of dates, the one of the same column.
        """
        lines = self.document.lines
        start, end = line.index, line.index + 1
        while start > 0 and line.index - start < _MOST_COLUMNS and self._is_date_alone(lines[start - 1]):
            start -= 1
        while end < len(lines) and end - start < _MOST_COLUMNS and self._is_date_alone(lines[end]):
            end += 1
        index = line.index - (end - start)
        if index < 0 or len(lines[index].text) > _LONGEST_CELL:
            return None, ""
        text = lines[index].text.strip()
        labels = read_labels(text if text.endswith((":", "：")) else f"{text}:", self.document.language)
        if len(labels) == 1 and labels[0].start == 0 and not labels[0].value.strip():
            return (labels[0] if labels[0].role.is_date else None), text
        return None, text if text.endswith((":", "：")) else ""

    def _is_date_alone(self, line: TextLine) -> bool:
        """True if a line holds a date and nothing else."""
        text = line.text.strip()
        dates = self.read(text) if len(text) <= _LONGEST_CELL else ()
        return bool(dates) and dates[0].start == 0 and dates[-1].end >= len(text)

    def _read_time_elements(self, line: TextLine, distance: int, where: str) -> Iterator[DateCandidate]:
        """Yield the dates in the ``datetime`` attributes of a line's ``time`` elements."""
        is_link = line.link_chars > 0.6 * len(line.text)
        for part in line.parts:
            stated = read_machine_date(part.datetime, order=self.order) if part.datetime else None
            if stated is not None and part.datetime:
                before = line.text[: max(line.text.find(part.text.strip()), 0)] or self._label_in_cell(line)[1]
                before = before or line.text[:25]
                score = 9.0 - 0.1 * distance - (3.0 if is_link else 0.0)
                score = WEAK - 1.0 if where == "foot" else score
                changed = bool(_CHANGE_WORDS.search(before))
                yield DateCandidate(f"{where}.time", line.path, part.datetime, stated, score, line.index, changed)

    def _belongs_to_headline(self, line: TextLine, text: str, found: PrintedDate) -> bool:
        """True for the date of a linked headline above the title, in a list of other stories."""
        title = self.placement.title
        if title is None or line.index >= title or _linked_chars(line) < _HEADLINE:
            return False
        return _linked_chars(line) >= len((text[: found.start] + text[found.end :]).strip(" ·•[]()（）"))

    def _is_in_masthead(self, line: TextLine, found: PrintedDate) -> bool:
        """True for a day above the title that is today's: outside the title's own article, or the day of capture."""
        title = self.placement.title
        if title is None or line.index >= title or found.hour is not None:
            return False
        captured = self.document.captured_at
        if captured is not None and found.calendar_day == captured.date() and title - line.index > _NEAR_TITLE:
            return True
        if _TODAY.search(line.spaced_text[: found.start]):
            return True
        around = self.document.lines[title].element.ancestors()
        article = next((element for element in around if element.tag == "article"), None)
        return article is not None and article not in line.element.ancestors()

    @staticmethod
    def _is_dateline(
        line: TextLine, text: str, found: PrintedDate, labels: tuple[LabelledValue, ...], where: str
    ) -> bool:
        """True if a date without a label is a dateline, not in a sentence and not beside a listed headline."""
        before, after = text[: found.start], text[found.end :]
        announced = any(label.role is not Role.OTHER for label in labels)
        if _linked_chars(line) > 0.6 * len(text) and not (announced and where == "head"):
            return False
        if where == "foot":
            signed = any(label.role in (Role.SOURCE, Role.EDITOR) for label in labels) and len(text) <= _SIGNED
            return signed or not re.search(r"\w", before + after)
        if announced:
            return len(before) <= 60
        if is_prose(line):
            return found.start == 0 and found.hour is not None
        before = _SEPARATOR.split(before)[-1]
        if len(before) + len(text) - found.start <= 60 and not re.search(r"[。！？]", text):
            return True
        return len(before) <= 40 and not re.search(r"[。！？]|[，,].*[，,]", before + after[:60])

    def _read_split_dates(self) -> Iterator[DateCandidate]:
        """Yield dates whose figures are split over two or three short lines: 2019 / 09/07 / 19:02."""
        lines = self.document.lines
        for index in self.placement.head:
            if not _may_be_date_part(lines[index]):
                continue
            for count in (3, 2):
                run = lines[index : index + count]
                if len(run) < count or not all(map(_may_be_date_part, run)):
                    continue
                text = " ".join(line.text for line in run)
                for found in self.read(text)[:1]:
                    if found.start < len(run[0].text) < found.end:
                        yield DateCandidate("head.date.split", run[0].path, text, found, 8.5 + count / 2, index)
                break

    def read_relative(self, zone: tzinfo | None) -> DateCandidate | None:
        """Return the day of a relative date ("yesterday"), counted back from the capture; never a time.

        The day is that in `zone`, or in the zone of the capture's time if that is not known.
        """
        captured = self.document.captured_at
        if captured is None:
            return None
        for index in self.placement.head:
            line = self.document.lines[index]
            if len(line.text) > 40 or line.link_chars:
                continue
            for pattern, age, unit in _RELATIVE:
                if match := pattern.search(line.text):
                    age += unit * sum(int(number) for number in match.groups() if number)
                    try:
                        day = ((captured.astimezone(zone) if zone else captured) - age).date()
                    except OverflowError:  # archives have captures of year 1 and year 9999
                        return None
                    printed = PrintedDate(day.year, day.month, day.day)
                    return DateCandidate("head.date.relative", line.path, line.text, printed, 1.0, index)
        return None

    # --- metadata, scripts, URL ---------------------------------------------------------------------------------------

    def read_metadata(self) -> Iterator[DateCandidate]:
        """Yield the days of publication in the metadata, the most trusted first."""
        node: dict[str, Any] = self.document.article_ld or {}
        for rank, name in enumerate(("datePublished", "dateCreated", "uploadDate")):
            yield from self._read_value(f"jsonld.{name}", node.get(name), 7.0 - rank)
        for rank, name in enumerate((*_PUBLISHED, *_LOOSE)):
            for value in self.document.meta.get(name, ())[:1]:
                yield from self._read_value(f"meta.{name}", value, (6.5 if name in _PUBLISHED else 4.0) - rank / 100)

    def read_misspelt_metadata(self) -> DateCandidate | None:
        """Return the day of publication in a meta tag that has it in ``value`` instead of ``content``."""
        stated = ((name, self.document.misspelt_meta.get(name, ())[:1]) for name in (*_PUBLISHED, *_LOOSE))
        found = (c for name, values in stated for x in values for c in self._read_value(f"meta.{name}.value", x, WEAK))
        return next(found, None)

    def read_metadata_changes(self) -> Iterator[DateCandidate]:
        """Yield the days of the last change in the metadata."""
        node: dict[str, Any] = self.document.article_ld or {}
        yield from self._read_value("jsonld.dateModified", node.get("dateModified"), 7.0)
        for name in _MODIFIED:
            for value in self.document.meta.get(name, ())[:1]:
                yield from self._read_value(f"meta.{name}", value, 6.0)

    def _read_value(self, rule: str, value: object, score: float) -> Iterator[DateCandidate]:
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, str | int):
            stated = read_machine_date(str(value), language=self.document.language or "", order=self.order)
            if stated is not None and stated.year is not None:
                yield DateCandidate(rule, rule, str(value), stated, score)

    def read_scripts(self) -> DateCandidate | None:
        """Return the first date in a script whose name says that it is the article's."""
        text = self.document.text[:_SCRIPT_CHARS]
        last = 0
        values = sorted(
            (match.start() - before, match.end()) for before, value in _SCRIPT_VALUES for match in value.finditer(text)
        )
        for begin, end in values:
            sign = _SCRIPT_SIGN.search(text, max(last, begin - _LONGEST_SIGN), begin)
            if sign is None:
                continue
            start = max(last, sign.start() - _LONGEST_NAME)
            name = text[start : sign.start()].rstrip().rstrip("\\\"'")
            last = end
            if not name.lower().endswith(_SCRIPT_NAME_ENDS):
                continue
            match = _SCRIPT_DATE.search(text, start, end + _LONGEST_NAME)
            if match is None:
                continue
            stated = read_machine_date(match["value"], order=self.order)
            if stated is not None:
                return DateCandidate(f"script.{match['name']}", "script", match[0], stated, WEAK)
        return None

    def read_url_year(self) -> int | None:
        """Return the year of the day in the page's URL."""
        found = _URL_DAY.search(self.document.url)
        return int(found[1]) if found else None

    def read_url(self) -> DateCandidate | None:
        """Return the day in the path of the page's URL: ``/2024/05/06/``, ``/t20240506_1.html``."""
        found = _URL_DAY.search(urlsplit(self.document.url).path)
        if found is None:
            return None
        printed = PrintedDate(int(found[1]), int(found[2]), int(found[3]))
        return DateCandidate("url.day", "url", found[0], printed, 1.0) if printed.calendar_day else None


def _linked_chars(line: TextLine) -> int:
    """Return the number of linked characters of a line that are not those of controls, such as "view print edition"."""
    if not line.link_chars:
        return 0
    controls = sum(len(part.text.strip()) for part in line.parts if part.href and looks_like_control(part.text.strip()))
    return line.link_chars - controls


def _may_be_date_part(line: TextLine) -> bool:
    return len(line.text) <= 12 and re.search(r"\d", line.text) is not None
