"""The article's dates: what the page prints by its title, checked and completed by what its metadata states."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from datetime import timezone as fixed_zone
from typing import Any

from crawler.extraction.byline_grammar import read_labels
from crawler.extraction.byline_labels import Role
from crawler.extraction.date_grammar import DayOrder, PrintedDate, named_zone, read_dates, read_machine_date
from crawler.extraction.document import Document, Line
from crawler.extraction.found import evidence
from crawler.extraction.glosses import remove_glosses
from crawler.extraction.placement import Placement, placement_of
from crawler.extraction.zones import order_of, zone_of
from crawler.items import Evidence

#: Where metadata states the day of publication, the most trusted first. Those above `_LOOSE` follow a standard that
#: says what they mean, so they may lend a time of day to a printed day.
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
_MODIFIED = (
    "article:modified_time", "og:modified_time", "og:updated_time", "datemodified", "article:updated_time", "lastmod",
    "dcterms.modified", "dc.date.modified", "last-modified", "revised", "bytedance:updated_time",
    "weibo: article:update_at", "dateupdate",
)  # fmt: skip
#: Words before a printed date that make it the day of a change.
_CHANGE_WORDS = re.compile(
    r"(?:updated?|modified|last edited|aktualisiert|geändert|stand|mise? à jour|modifié|actualizad[oa]|modificad[oa]"
    r"|aggiornat[oa]|atualizad[oa]|bijgewerkt|laatste update|aktualizac\w*|aktualizov\w*|uppdaterad|oppdatert"
    r"|opdateret|päivitetty|güncelle\w*|diperbarui|обновлено|оновлено|cập nhật|frissítve"
    r"|更新|수정|تحديث|עודכן)[^\d]{0,25}$",
    re.IGNORECASE,
)
_DATE_HINT = re.compile(
    r"(?<![a-z])(?:pub|post|article|publish|entry|display)?[-_]?(?:date|time|timestamp|dateline|published|pubtime)"
)
_URL_DAY = re.compile(r"(?<!\d)(20\d{2})[-/_]?(0[1-9]|1[0-2])[-/_]?(0[1-9]|[12]\d|3[01])(?!\d)")
_SCRIPT_DATE = re.compile(
    r"""(?<![A-Za-z])(?P<name>(?:(?:pub(?:lish(?:ed)?)?|post(?:ed)?|creat(?:ed?|ion)|release[d]?|issued?|display|news|article|deploy|reg)"""
    r"""[_-]?(?:date(?:_?time)?|time(?:stamp)?|dt|_?at|_?on)|ptime|pubtime))\\?["']?"""
    r"""\s*[:=]\s*\\?["']?(?P<value>(?:19|20)\d{2}[-/年.]\d{1,2}[-/月.]\d{1,2}[^"'<>,;}\\]{0,25}|1\d{9}(?:\d{3})?(?!\d))""",
    re.IGNORECASE,
)
_RELATIVE = (
    (re.compile(r"今天|今日|刚刚|剛剛|(?:\d+\s*)(?:分钟|分鐘|秒)前|\btoday\b|\bheute\b|\bhoy\b|aujourd['’]hui"), 0),
    (re.compile(r"昨天|昨日|\byesterday\b|\bgestern\b|\bayer\b|\bhier\b"), 1),
    (re.compile(r"前天"), 2),
)
#: Longest head line a date is read from; a longer one is a paragraph.
_LONGEST_LINE = 160


@dataclass(frozen=True, slots=True)
class Dates:
    """The article's day or moment of publication and of its last change, each ISO 8601, with why they are that.

    `date` is at `date_precision` (``second``, ``minute``, ``day``); a moment has its offset, a day is bare. `lines` are
    the lines that hold nothing but dates and labels, so that they are no part of the story.
    """

    date: str | None = None
    date_precision: str | None = None
    date_modified: str | None = None
    evidence: Evidence | None = None
    modified_evidence: Evidence | None = None
    line: int | None = None
    lines: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class _Candidate:
    rule: str
    place: str
    text: str
    printed: PrintedDate
    score: float
    line: int | None = None
    modified: bool = False


def find_dates(document: Document, *, timezone: str | None = None, title_line: int | None = None) -> Dates:
    """The article's dates. What is printed beats metadata; metadata gives a missing year, offset or time of day."""
    return _Reading(document, timezone, title_line).dates()


class _Reading:
    """One page's dates being read."""

    def __init__(self, document: Document, timezone: str | None, title_line: int | None) -> None:
        self.document = document
        self.language = document.language or ""
        self.order: DayOrder = order_of(document)
        self.zone = zone_of(document, timezone)
        self.zone_is_given = timezone is not None and named_zone(timezone) is not None
        self.placement = placement_of(document, title_line)

    def dates(self) -> Dates:
        printed = sorted(self._printed(), key=lambda c: -c.score)
        stated = list(self._stated())
        published = [c for c in printed if not c.modified and not self._is_change(c, stated)]
        changed = [c for c in printed if c not in published]
        best = self._best(published, stated) or self._scripted() or self._best(changed, stated) or self._relative()
        lines = frozenset(c.line for c in printed if c.line is not None and self._is_dateline(c.line))
        modified = next((c for c in (*self._stated_changes(), *changed) if c is not best), None)
        if best is None:
            return Dates(lines=lines)
        text, precision = self._iso(best.printed)
        others = [(c.rule, self._iso(c.printed)[0]) for c in (*published[:3], *stated[:3]) if c.rule != best.rule]
        return Dates(
            date=text,
            date_precision=precision,
            date_modified=self._iso(modified.printed)[0] or None if modified else None,
            evidence=evidence(
                best.rule, best.place, best.text, tuple((rule, value) for rule, value in others if value)
            ),
            modified_evidence=evidence(modified.rule, modified.place, modified.text) if modified else None,
            line=best.line,
            lines=lines,
        )

    # --- candidates ------------------------------------------------------------------------------------------

    def _read(self, text: str) -> tuple[PrintedDate, ...]:
        return read_dates(text, language=self.language, order=self.order)

    def _printed(self) -> Iterator[_Candidate]:
        """Dates printed in the head, and labelled ones in the foot."""
        lines = self.document.lines
        place = self.placement
        title = place.title if place.title is not None else place.prose_start
        for index in place.head:
            line = lines[index]
            if len(line.text) > _LONGEST_LINE and index == place.prose_start and place.title is not None:
                continue
            yield from self._in_line(line, abs(index - title), "head")
        yield from self._split_over_lines(place)
        for index in place.foot:
            if index not in place.head and len(lines[index].text) <= _LONGEST_LINE:
                yield from (
                    c
                    for c in self._in_line(lines[index], index - place.prose_end, "foot")
                    if c.rule.endswith("labelled")
                )

    def _in_line(self, line: Line, distance: int, where: str) -> Iterator[_Candidate]:
        text = remove_glosses(line.text)[0]
        labels = [label for label in read_labels(text) if label.role is Role.DATE]
        of_links = line.link_chars > 0.6 * len(text)
        for part in line.raw_parts:
            if part.datetime and (stated := read_machine_date(part.datetime, order=self.order)):
                changed = bool(_CHANGE_WORDS.search(text[: max(text.find(part.text.strip()), 0)] or text[:25]))
                score = 9.0 - 0.1 * distance - (3.0 if where == "foot" or of_links else 0.0)
                yield _Candidate(f"{where}.time", line.path, part.datetime, stated, score, line.index, changed)
        for found in self._read(text):
            label = next((lab for lab in labels if lab.start <= found.start <= lab.end), None)
            before = text[: found.start]
            changed = bool(_CHANGE_WORDS.search(before)) and not (label and label.rank > 1)
            if label is None and (where == "foot" or not self._stands_alone(text, found) or of_links):
                continue
            score = 8.0 - 0.2 * distance + (1.5 if found.hour is not None else 0.0) + (0.5 if found.year else 0.0)
            score += {None: 0.0, 1: 0.5, 2: 1.5, 3: 2.5}[label.rank if label else None]
            score += 0.7 if _DATE_HINT.search(line.hints) else 0.0
            rule = f"{where}.date.labelled" if label else f"{where}.date"
            yield _Candidate(
                rule, line.path, text, found, score - (4.0 if where == "foot" else 0.0), line.index, changed
            )

    @staticmethod
    def _stands_alone(text: str, found: PrintedDate) -> bool:
        """Whether an unlabelled date is a dateline and not part of a sentence: little text, none like prose."""
        before, after = text[: found.start], text[found.end :]
        if len(text) <= 60 and not re.search(r"[。！？]", text):
            return True
        return (
            len(before) <= 40
            and len(text) <= _LONGEST_LINE
            and not re.search(r"[。！？]|[，,].*[，,]", before + after[:60])
        )

    def _split_over_lines(self, place: Placement) -> Iterator[_Candidate]:
        """A date whose figures stand in two or three short lines of their own: 2019 / 09/07 / 19:02."""
        lines = self.document.lines
        for index in place.head:
            for count in (3, 2):
                run = lines[index : index + count]
                if len(run) < count or any(len(line.text) > 12 or not re.search(r"\d", line.text) for line in run):
                    continue
                text = " ".join(line.text for line in run)
                for found in self._read(text)[:1]:
                    if found.start < len(run[0].text) < found.end:
                        yield _Candidate("head.date.split", run[0].path, text, found, 8.5 + count / 2, index)
                break

    def _stated(self) -> Iterator[_Candidate]:
        node: dict[str, Any] = self.document.article_ld or {}
        for rank, name in enumerate(("datePublished", "dateCreated", "uploadDate")):
            yield from self._of_value(f"jsonld.{name}", node.get(name), 7.0 - rank)
        for rank, name in enumerate((*_PUBLISHED, *_LOOSE)):
            for value in self.document.meta.get(name, ())[:1]:
                yield from self._of_value(f"meta.{name}", value, (6.5 if name in _PUBLISHED else 4.0) - rank / 100)

    def _stated_changes(self) -> Iterator[_Candidate]:
        node: dict[str, Any] = self.document.article_ld or {}
        yield from self._of_value("jsonld.dateModified", node.get("dateModified"), 7.0)
        for name in _MODIFIED:
            for value in self.document.meta.get(name, ())[:1]:
                yield from self._of_value(f"meta.{name}", value, 6.0)

    def _of_value(self, rule: str, value: object, score: float) -> Iterator[_Candidate]:
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, str | int):
            stated = read_machine_date(str(value), language=self.language, order=self.order)
            if stated is not None and stated.year is not None:
                yield _Candidate(rule, rule, str(value), stated, score)

    def _scripted(self) -> _Candidate | None:
        """A date a script of the page holds under a telling name."""
        for match in _SCRIPT_DATE.finditer(self.document.text[:2_000_000]):
            stated = read_machine_date(match["value"], order=self.order)
            if stated is not None:
                return _Candidate(f"script.{match['name']}", "script", match[0], stated, 3.0)
        return None

    def _relative(self) -> _Candidate | None:
        """ "Yesterday", counted back from the capture: a day, never a time."""
        captured = self.document.captured_at
        if captured is None or self.zone is None:
            return None
        for index in self.placement.head:
            line = self.document.lines[index] if index < len(self.document.lines) else None
            if line is None or len(line.text) > 40:
                continue
            for pattern, days in _RELATIVE:
                if pattern.search(line.text):
                    day = (captured.astimezone(self.zone) - timedelta(days=days)).date()
                    printed = PrintedDate(day.year, day.month, day.day)
                    return _Candidate("head.date.relative", line.path, line.text, printed, 1.0, index)
        return None

    # --- choice ----------------------------------------------------------------------------------------------

    def _best(self, printed: list[_Candidate], stated: list[_Candidate]) -> _Candidate | None:
        for candidate in printed:
            dated = self._with_year(candidate, stated)
            if dated is not None:
                return self._reconciled(dated, stated)
        return stated[0] if stated else None

    def _is_change(self, candidate: _Candidate, stated: list[_Candidate]) -> bool:
        """Whether an unlabelled printed moment is the stated last change, well after the stated publication."""
        if candidate.printed.hour is None or candidate.rule.endswith("labelled"):
            return False
        zone = self.zone or UTC
        moment = candidate.printed.moment(zone)
        published = next((c.printed.moment(zone) for c in stated if c.score >= 5 and c.printed.hour is not None), None)
        modified = next((c.printed.moment(zone) for c in self._stated_changes() if c.printed.hour is not None), None)
        if moment is None or published is None or modified is None:
            return False
        return abs(modified - moment) < timedelta(minutes=3) and moment - published > timedelta(minutes=3)

    def _with_year(self, candidate: _Candidate, stated: list[_Candidate]) -> _Candidate | None:
        """The candidate with the year that its print leaves out; ``None`` when nothing on the page tells it."""
        printed = candidate.printed
        if printed.year is not None:
            return candidate
        years = [c.printed.year for c in (*stated, *self._stated_changes())]
        if url := _URL_DAY.search(self.document.url):
            years.append(int(url[1]))
        if (scripted := self._scripted()) is not None:
            years.append(scripted.printed.year)
        captured = self.document.captured_at
        if captured is not None:
            later = (printed.month, printed.day) > (captured.month, captured.day)
            years.append(captured.year - 1 if later else captured.year)
        for year in years:
            dated = replace(printed, year=year)
            if year is not None and dated.calendar_day:
                return replace(candidate, printed=dated, rule=candidate.rule + ".year")
        return None

    def _reconciled(self, candidate: _Candidate, stated: list[_Candidate]) -> _Candidate:
        """The printed date against the metadata: completed where both are of one day, else the likelier one."""
        trusted = [c for c in stated if c.score >= 5]
        if not trusted:
            return candidate
        same_day = next((c for c in trusted if self._same_day(candidate.printed, c.printed)), None)
        if same_day is None:
            swapped = self._swapped(candidate, trusted)
            if swapped is not None:
                return swapped
            strong = self.language in ("zh", "ja", "ko") or candidate.rule.endswith("labelled")
            return candidate if strong else trusted[0]
        if candidate.printed.hour is not None:
            return replace(candidate, printed=self._with_offset(candidate.printed, same_day.printed))
        if same_day.printed.hour is None or self._is_midnight(same_day.printed):
            return candidate
        return replace(candidate, printed=same_day.printed, rule=f"{candidate.rule}+{same_day.rule}")

    def _same_day(self, printed: PrintedDate, stated: PrintedDate) -> bool:
        """Whether both can be of one day: in the page's zone, or within a day of each other where no zone is known."""
        own = self.zone or UTC
        one, other = printed.moment(own), stated.moment(own)
        if one is None or other is None:
            return False
        if printed.hour is None and self.zone is not None:
            return one.date() in (other.date(), other.astimezone(own).date())
        if printed.hour is None:
            return abs((one.date() - other.date()).days) <= 1
        return abs(one - other) <= timedelta(hours=14)

    def _swapped(self, candidate: _Candidate, stated: list[_Candidate]) -> _Candidate | None:
        """The candidate with day and month changed places, if only so it agrees with the metadata (03/05 or 05/03)."""
        printed = candidate.printed
        if printed.day > 12 or self.order == "ymd":
            return None
        swapped = replace(printed, month=printed.day, day=printed.month)
        agreed = next((c for c in stated if self._same_day(swapped, c.printed)), None)
        return self._reconciled(replace(candidate, printed=swapped), [agreed]) if agreed else None

    def _with_offset(self, printed: PrintedDate, stated: PrintedDate) -> PrintedDate:
        """The printed time with the offset that makes it the stated instant, where no zone of the page is known."""
        if printed.zone is not None or self.zone_is_given or stated.zone is None or stated.hour is None:
            return printed
        instant = stated.moment(UTC)
        wall = printed.moment(UTC)
        if instant is None or wall is None:
            return printed
        offset = instant.utcoffset()
        if offset and abs(wall - instant.replace(tzinfo=UTC)) < timedelta(minutes=2):  # the same clock, not a false "Z"
            return replace(printed, zone=stated.zone)
        if self.zone is not None:
            return printed
        gap = wall.replace(second=0) - instant.astimezone(UTC).replace(second=0, microsecond=0)
        quarters = gap / timedelta(minutes=15)
        if quarters == int(quarters) and abs(gap) <= timedelta(hours=14):
            return replace(printed, zone=fixed_zone(gap), second=printed.second)
        return replace(printed, zone=stated.zone)

    @staticmethod
    def _is_midnight(stated: PrintedDate) -> bool:
        return (stated.hour, stated.minute, stated.second or 0) == (0, 0, 0)

    def _is_dateline(self, index: int) -> bool:
        return len(self.document.lines[index].text) <= 80

    # --- print -----------------------------------------------------------------------------------------------

    def _iso(self, printed: PrintedDate) -> tuple[str, str]:
        """(ISO 8601 text, precision); an empty text where the date has no year."""
        day = printed.calendar_day
        if day is None:
            return "", "day"
        if printed.hour is None or (self._is_midnight(printed) and printed.start == 0 and printed.zone is not None):
            return day.isoformat(), "day"
        moment = printed.moment(self.zone or UTC)
        if moment is None:
            return "", "day"
        if self.zone is not None and printed.zone is not None:
            moment = _astimezone(moment, self.zone)
        return moment.isoformat(timespec="minutes" if printed.second is None else "seconds"), printed.precision


def _astimezone(moment: datetime, zone: tzinfo) -> datetime:
    try:
        return moment.astimezone(zone)
    except (OverflowError, ValueError):  # the first and the last day of the calendar
        return moment
