"""Sources without a label, recognised by names, links and element names beside the date, or between title and date."""

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from crawler.extraction.clean.injected import domain_of
from crawler.extraction.clean.placement import Placement
from crawler.extraction.data.css_names import css_names, url_words
from crawler.extraction.data.date_words import date_units, date_words
from crawler.extraction.data.prefilter import any_of
from crawler.extraction.data.tables import words_of_all
from crawler.extraction.document import Document, LinePart, TextLine
from crawler.extraction.fields.authors import AUTHORS_PAGE
from crawler.extraction.fields.byline_grammar import MARK, read_labels, read_source
from crawler.extraction.fields.date_grammar import read_dates
from crawler.extraction.fields.names import HAN, cannot_be_name, is_outlet_name, is_person_name, looks_like_control
from crawler.extraction.fields.reporters import SLASHES, read_reporters

#: Elements of an outlet, and of other things beside it.
SOURCE_ELEMENT, _OTHER_ELEMENT = css_names().source.compile(), css_names().not_source.compile()
#: The name of an account; platforms print other texts in its place, which end differently.
_ACCOUNT = re.compile(rf"[{HAN}A-Za-z·]{{3,14}}")
_NOT_ACCOUNT_ENDINGS = words_of_all(lambda table: table.accounts.not_endings)
#: Characters around a date: separators, and the characters of an account's badge.
_BESIDE_DATE = " |·" + "".join(words_of_all(lambda table: table.accounts.badges))
#: Words before the place an account writes from, in elements that may as well hold the outlet.
_BEFORE_PLACE = words_of_all(lambda table: table.accounts.before_places)
#: A day without its year, or a relative time.
_LOOSE_TIME = re.compile(
    rf"\d{{1,2}}[-/.{date_units().month}]\d{{1,2}}[{date_units().day}]?"
    rf"|\d{{1,2}}\s?{any_of(words_of_all(lambda table: table.outlets.beside_units_ago))}"
    rf"|{any_of(words_of_all(lambda table: table.outlets.beside_days))}"
)
#: Maximum length of a line in which such a time or a reporter's name marks an outlet.
_SHORT_LINE = 40
#: The URL of an outlet's account on a platform.
_ACCOUNTS_PAGE = re.compile(rf"/{any_of(url_words().accounts)}[/?.]")
#: The URL of a section of the site, or of all that has a tag.
_SECTIONS_PAGE = re.compile(rf"^(?:(?:https?:)?//[^/]+)?/?(?:[a-z]+/?)?$|/{any_of(url_words().sections)}[/?.]")
#: The URL of a site's home page.
_HOME_PAGE = re.compile(r"(?:https?:)?//[^/]+/?")
#: Minimum length of an outlet's name in a link to a home page or an account.
_MIN_LINKED_NAME = 4
#: Text in Han characters only: a blank in it separates two names.
_HAN_ONLY = re.compile(rf"[{HAN} ]+")
_ANY_HAN = re.compile(rf"[{HAN}]")
#: The weekday behind a date.
_WEEKDAY = re.compile(
    rf"^\s*[（(]?{any_of(date_words(lambda words: words.weekday_prefixes))}"
    rf"{any_of(date_words(lambda words: words.weekdays if words.weekday_prefixes else ()))}[)）]?(?![{HAN}])"
)
_REPORTER_TITLES = words_of_all(lambda table: table.reporters.titles)
_REPORTER = any_of(_REPORTER_TITLES)
#: An outlet before its reporter: 某某報／記者王某／某地報導.
_BEFORE_REPORTER = re.compile(
    rf"(?<![{HAN}])([{HAN}]{{2,8}})\s?[{SLASHES}]\s?{_REPORTER}\s?[{HAN}、]{{2,14}}\s?[{SLASHES}]"
)
#: A publication between title marks: 《某某周刊》.
_TITLED = re.compile(r"《[^《》]{2,15}》")
_SHORT_NAME = re.compile(rf"[{HAN}A-Za-z]{{2,14}}")
#: The same with spaces as separators, at most behind a word for "exclusive".
_BEFORE_SPACED_REPORTER = re.compile(
    rf"(?:{any_of(words_of_all(lambda table: table.reporters.exclusive_words))}\s+)?([{HAN}]{{3,8}})\s+"
    rf"(?:{any_of(words_of_all(lambda table: table.reporters.title_prefixes))})?{_REPORTER}\s+[{HAN}]{{2,4}}(?!\S)"
)
#: Names of sections, as opposed to outlets.
_SECTION = re.compile(
    f"(?:{any_of(words_of_all(lambda table: table.sections.topics))})?"
    f"{any_of(words_of_all(lambda table: table.sections.kinds))}"
)
_SECTION_ENDINGS = words_of_all(lambda table: table.sections.endings)
#: Endings of outlets' names that subtitles have too; a longer text with such an ending is not an outlet.
_WEAK_ENDINGS = words_of_all(lambda table: table.outlets.weak_endings)
#: Those that sections of a site have too: 產業新聞.
_SECTION_LIKE = tuple(ending for ending in _WEAK_ENDINGS if len(ending) > 1)
_STRONG_ENDINGS = words_of_all(lambda table: table.outlets.strong_endings)
_MAX_WEAK_NAME = 8
#: Subtracted from the score of the site's own name beside the date; less than the difference of one line.
_OWN_NAME_PENALTY = 0.4


class BylineCandidate(Struct, frozen=True):
    """A possible source or editor, with the confidence in it and the rule that found it."""

    value: str
    score: float
    rule: str
    line: TextLine
    author: str = ""  # printed together with an outlet


def mark_parts(line: TextLine) -> str:
    """Return the line's text with `MARK` between its inline parts."""
    return line.text if len(line.runs) == 1 else MARK.join([part.text for part in line.parts])


def find_unlabelled_outlets(
    document: Document, placement: Placement, date_line: int | None
) -> Iterator[BylineCandidate]:
    """Yield outlets beside the date, or on lines of their own between title and date.

    `date_line` is the index of the date's line.
    """
    yield from _OutletFinder(document, placement, date_line).find()


class _OutletFinder:
    """Searches the head of one page for outlets."""

    def __init__(self, document: Document, placement: Placement, date_line: int | None) -> None:
        self.document = document
        self.placement = placement
        self.date_line = date_line

    def find(self) -> Iterator[BylineCandidate]:
        """Yield the candidates, unsorted."""
        anchor, title = self.date_line, self.placement.title
        lines = self.document.lines
        if anchor is None and title is not None:
            yield from self._beside_loose_time(lines[title + 1 : title + 3])
        if anchor is None or anchor not in self.placement.head:
            return
        yield from self._beside_date(lines[anchor])
        top = title if title is not None else anchor - 3
        for index in (*range(anchor - 1, max(top, anchor - 4), -1), anchor + 1, anchor + 2):
            if 0 <= index < min(len(lines), self.placement.prose_start) and index != top:
                if index > 0 and lines[index - 1].text.endswith((":", "：")):
                    continue  # the value of another label
                yield from self._on_own_line(lines[index], 4.0 - 0.2 * abs(index - anchor))

    def _has_label(self, text: str) -> bool:
        return bool(read_labels(text, self.document.language))

    def _beside_date(self, line: TextLine) -> Iterator[BylineCandidate]:
        whole = mark_parts(line).replace(MARK, " ")
        if dates := read_dates(whole, order="ymd"):
            yield from self._around_date(whole, dates[0].start, dates[-1].end, line)
        if any(slash in whole for slash in SLASHES) and (named := _BEFORE_REPORTER.search(whole)):
            yield from self._outlet(named[1], 6.0, "head.source.before_reporter", line)
        yield from self._before_signed_date(whole, line)
        before = ""
        for part in line.parts:
            text = part.text.strip(" |｜·•-—()（）")
            is_value = before.endswith((":", "："))  # of another label
            before = part.text.strip() or before
            if not is_value and not _is_script(part.href) and not read_dates(text, order="ymd"):
                yield from self._in_part(part, text, line)

    def _before_signed_date(self, text: str, line: TextLine) -> Iterator[BylineCandidate]:
        """Yield the text before the date of a line that a reporter signs: 某某網2014.10.24 王某/某地報導."""
        dates = read_dates(text, order="ymd")
        before = text[: dates[0].start].strip() if dates else ""
        if (
            _SHORT_NAME.fullmatch(before)
            and not cannot_be_name(before)
            and read_reporters(text[dates[-1].end :].strip())
        ):
            yield BylineCandidate(before, 5.0, "head.source.before_reporter", line)

    def _in_part(self, part: LinePart, text: str, line: TextLine) -> Iterator[BylineCandidate]:
        """Yield the outlet in one inline part of the date's line."""
        if not 2 <= len(text) <= 24 or cannot_be_name(text) or self._has_label(text):
            return
        if _TITLED.fullmatch(text):
            yield BylineCandidate(text, 4.0, "head.source.beside_date", line)
            return
        if re.search(r".\d{2}|^\d{3}|[。，！？:：]", text):
            return
        is_source_element = SOURCE_ELEMENT.search(part.css_names) is not None
        is_hinted = is_source_element and not looks_like_control(text) and not text.startswith(_BEFORE_PLACE)
        if not is_hinted and _OTHER_ELEMENT.search(part.css_names):
            return
        is_linked = part.href and self._may_link_to_outlet(part) and not _is_section(text)
        if is_hinted or _is_unlabelled_outlet(text) or is_linked:
            score = 7.0 if is_hinted else 6.0
            score -= _OWN_NAME_PENALTY if self._is_own_name(text) else 0.0
            yield BylineCandidate(text, score, "head.source.beside_date", line)
        elif _may_be_account(part, text) and not is_person_name(text) and self._has_only_dates_beside(part, line):
            yield BylineCandidate(text, 4.5, "head.source.account", line)

    @staticmethod
    def _outlet(text: str, score: float, rule: str, line: TextLine) -> Iterator[BylineCandidate]:
        if _is_unlabelled_outlet(text):
            yield BylineCandidate(text, score, rule, line)

    def _beside_loose_time(self, below: Sequence[TextLine]) -> Iterator[BylineCandidate]:
        """Yield outlets beside a time that is not a full date, right below the title: 09-07, 3小时前."""
        for line in below:
            texts = [part.text.strip(" |｜·•") for part in line.parts] if len(line.text) <= _SHORT_LINE else []
            if any(_LOOSE_TIME.fullmatch(text) for text in texts) and not self._has_label(mark_parts(line)):
                for text in texts:
                    yield from self._outlet(text, 5.0, "head.source.beside_loose_time", line)

    def _is_own_name(self, text: str) -> bool:
        """True if a name is the site's own, from the page's <title>; another name on the page is then the source."""
        element = self.document.tree.css_first("title")
        return element is not None and text in re.split(r"[\s_|｜—–-]+", element.text())

    def _may_link_to_outlet(self, part: LinePart) -> bool:
        """True if a link may be an outlet's name: it leads to another site, a home page or an account."""
        href, text = (part.href or "").strip().lower(), part.text.strip()
        if AUTHORS_PAGE.search(href) or len(text) > 12 or looks_like_control(text):
            return False
        if _ACCOUNTS_PAGE.search(href):
            return len(text) >= _MIN_LINKED_NAME and not is_person_name(text)
        target = domain_of(href)
        if target != domain_of(self.document.url):
            return bool(target)
        return len(text) >= _MIN_LINKED_NAME and _HOME_PAGE.fullmatch(href) is not None

    def _is_section_link(self, line: TextLine) -> bool:
        """True if all of a line is a link to another page of the site, and may as well name a section of it."""
        if line.link_chars < len(line.text) or not line.text.endswith(_SECTION_LIKE):
            return False
        part = next((part for part in line.parts if part.href), None)
        return part is not None and not self._may_link_to_outlet(part)

    @staticmethod
    def _has_only_dates_beside(part: LinePart, line: TextLine) -> bool:
        """True if the other parts of the line are dates, controls or empty."""
        rest = (other.text.strip(_BESIDE_DATE) for other in line.parts if other != part)
        return all(
            not text or cannot_be_name(text) or _LOOSE_TIME.fullmatch(text) or read_dates(text, order="ymd")
            for text in rest
        )

    def _around_date(self, text: str, start: int, end: int, line: TextLine) -> Iterator[BylineCandidate]:
        """Yield names in the text run of the date itself: "2019-05-17 · 某某报道", "新华网 某某 2019-05-17"."""
        after = _WEEKDAY.sub("", text[end:], count=1).strip(" |｜·•-—:：,，")
        is_dotted = re.match(r"\s*[·•|｜]\s*", text[end:]) is not None
        may_be_name = re.fullmatch(rf"[{HAN}A-Za-z]{{2,12}}", after) and not cannot_be_name(after)
        if outlet := self._outlet_behind_date(after):
            yield BylineCandidate(outlet, 5.5, "head.source.beside_date", line)
        elif is_dotted and may_be_name and not _is_section(after):
            yield BylineCandidate(after, 5.5, "head.source.beside_date", line)
        before = re.split(r"[\s|｜·•]+", text[:start].rstrip(" |｜·•"))
        is_person_last = is_person_name(before[-1]) and not _is_unlabelled_outlet(before[-1])
        outlet = before[-2] if len(before) > 1 and is_person_last else before[-1]
        yield from self._outlet(outlet, 5.0, "head.source.beside_date", line)

    def _outlet_behind_date(self, after: str) -> str | None:
        """Return the outlet behind a date: all text before a label, or its first word, or the word behind a name."""
        labels = read_labels(after, self.document.language)
        after = after[: labels[0].start].strip(" |｜·•-—:：,，") if labels else after
        words = [word.strip("[]【】()（）") for word in re.split(r"\s*[|｜]\s*|\s+(?:[·•]\s+)?", after)]
        if len(words) == 1 or not _ANY_HAN.search(after):
            return after if _is_unlabelled_outlet(after) else None
        position = 1 if is_person_name(words[0]) and not _is_unlabelled_outlet(words[0]) else 0
        return words[position] if _is_unlabelled_outlet(words[position]) else None

    def _on_own_line(self, line: TextLine, score: float) -> Iterator[BylineCandidate]:
        text, marked = line.text.strip(), mark_parts(line)
        if len(text) <= _SHORT_LINE and any(title in text for title in _REPORTER_TITLES):
            spaced = _BEFORE_SPACED_REPORTER.match(" ".join(marked.replace(MARK, " ").split()))
            named = spaced or _BEFORE_REPORTER.search(text)
            if named:
                yield from self._outlet(named[1], score, "head.source.before_reporter", line)
        if not 2 <= len(text) <= 24 or self._has_label(marked) or cannot_be_name(text):
            return
        names = line.element.css_names
        author, slash, outlet = (piece.strip() for piece in text.partition("/"))
        is_after_author = slash and is_person_name(author.split()[0] if author else "")
        words = text.split() if _HAN_ONLY.fullmatch(text) else [text]
        if is_after_author and _is_unlabelled_outlet(outlet):
            yield BylineCandidate(outlet, score + 1, "head.source.after_author", line, author)
        elif (
            all(map(_is_unlabelled_outlet, words)) and line.link_chars <= len(text) and not self._is_section_link(line)
        ):
            yield BylineCandidate(text, score, "head.source.own_line", line)
        elif SOURCE_ELEMENT.search(names) and not _OTHER_ELEMENT.search(names) and (value := read_source(marked)):
            yield BylineCandidate(value, score, "head.source.hint", line)


def _is_script(href: str | None) -> bool:
    """True for the link of a control."""
    return (href or "").strip().lower().startswith(("javascript:", "#"))


def _is_section(text: str) -> bool:
    """True if a text names a section of the portal."""
    return text.endswith(_SECTION_ENDINGS) or _SECTION.fullmatch(text) is not None


def _is_unlabelled_outlet(text: str) -> bool:
    """True if a text without a label names an outlet."""
    if not is_outlet_name(text) or _is_section(text) or text[0] in "—–-":
        return False
    return len(text) <= _MAX_WEAK_NAME or text.endswith(_STRONG_ENDINGS) or not text.endswith(_WEAK_ENDINGS)


def _may_be_account(part: LinePart, text: str) -> bool:
    """True if a part of a line reads like the name of an account and does not link to a section or a topic."""
    if part.css_names or _ACCOUNT.fullmatch(text) is None or text.endswith(_NOT_ACCOUNT_ENDINGS):
        return False
    if looks_like_control(text):
        return False
    return not part.href or _ACCOUNTS_PAGE.search(part.href) is not None or not _SECTIONS_PAGE.search(part.href)
