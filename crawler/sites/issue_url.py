"""URLs of the issues of a digital paper: templates that hold the day of the issue.

``http://epaper.example/html/{date:%Y-%m/%d}/node_1.htm`` is the first page of each issue.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

#: A day in a URL template, as a pattern of `strftime`.
ISSUE_DATE = re.compile(r"\{date:([^{}]*)\}")

_FULL_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                "November", "December")  # fmt: skip
_MONTHS = tuple(name[:3] for name in _FULL_MONTHS)
#: The directives: how a day is written, and the group of the expression that reads it back. Not by `strftime`, whose
#: month names depend on the locale.
_WRITERS: dict[str, tuple[Callable[[date], str], str]] = {
    "%Y": (lambda day: f"{day.year:04}", r"(?P<Y>\d{4})"),
    "%y": (lambda day: f"{day.year % 100:02}", r"(?P<y>\d\d)"),
    "%m": (lambda day: f"{day.month:02}", r"(?P<m>\d\d)"),
    "%-m": (lambda day: str(day.month), r"(?P<m>\d\d?)"),
    "%b": (lambda day: _MONTHS[day.month - 1], rf"(?P<b>{'|'.join(_MONTHS)})"),
    "%B": (lambda day: _FULL_MONTHS[day.month - 1], rf"(?P<B>{'|'.join(_FULL_MONTHS)})"),
    "%d": (lambda day: f"{day.day:02}", r"(?P<d>\d\d)"),
    "%-d": (lambda day: str(day.day), r"(?P<d>\d\d?)"),
    "%j": (lambda day: f"{day.timetuple().tm_yday:03}", r"(?P<j>\d{3})"),
    "%%": (lambda day: "%", "%"),
}
_DIRECTIVE = re.compile(r"%(?:-?[A-Za-z]|.?)")
_DIRECTIVE_OR_TEXT = re.compile(rf"{_DIRECTIVE.pattern}|[^%]+")


@dataclass(frozen=True)
class IssueUrl:
    """The template of an issue's first page. `check_issue_url` says whether it is valid."""

    template: str

    def url(self, day: date) -> str:
        """Return the URL of the first page of the issue of `day`."""
        return ISSUE_DATE.sub(lambda found: _write(found[1], day), self.template)

    def mask_day(self, url: str) -> str:
        """Return `url` with ``@`` for the day, as far as the template has it."""
        return self._reader.sub("@", url)

    def find_day(self, url: str) -> date | None:
        """Return the day that a URL of the paper has where the template has it, ``None`` if it has none."""
        for found in self._reader.finditer(url):
            if (day := _read(found.groupdict())) is not None:
                return day
        return None

    @property
    def _span(self) -> tuple[int, int]:
        places = [found.span() for found in ISSUE_DATE.finditer(self.template)]
        return places[0][0], places[-1][1]

    @cached_property
    def _reader(self) -> re.Pattern[str]:
        """The expression that reads the part of a URL from the first to the last date."""
        start, end = self._span
        seen: set[str] = set()
        parts: list[str] = []
        for literal, pattern in _split(self.template[start:end]):
            parts.append(re.escape(literal))
            parts += [_expression_of(part, seen) for part in _DIRECTIVE_OR_TEXT.findall(pattern)]
        return re.compile(r"(?<!\d)" + "".join(parts) + r"(?!\d)")


def check_issue_url(template: str) -> None:
    """Raise ValueError, with the reason, if the dates in a template do not say which day an issue is of."""
    directives: list[str] = []
    for pattern in ISSUE_DATE.findall(template):
        found = _DIRECTIVE.findall(pattern)
        if unknown := [one for one in found if one not in _WRITERS]:
            raise ValueError(f"{unknown[0]!r} is not one of {', '.join(_WRITERS)}")
        directives += found
    if re.search(r"[{}]", ISSUE_DATE.sub("", template)):
        raise ValueError("the only thing in braces may be a day such as {date:%Y-%m/%d}")
    if not ISSUE_DATE.search(template):
        return
    if not {"%Y", "%y"} & set(directives):
        raise ValueError("the dates do not name the year: add %Y or %y")
    has_month = {"%m", "%-m", "%b", "%B"} & set(directives)
    if "%j" not in directives and not (has_month and {"%d", "%-d"} & set(directives)):
        raise ValueError("the dates do not name the day: add %m and %d")


def days_back(newest: date, oldest: date | None) -> Iterator[date]:
    """Yield the days from `newest` back to `oldest`, or without end if that is ``None``."""
    last = (oldest or date.min).toordinal()
    return (date.fromordinal(day) for day in range(newest.toordinal(), last - 1, -1))


def _split(text: str) -> Iterator[tuple[str, str]]:
    """Yield each text before a date with the pattern of the date; the last pattern is empty."""
    end = 0
    for found in ISSUE_DATE.finditer(text):
        yield text[end : found.start()], found[1]
        end = found.end()


def _write(pattern: str, day: date) -> str:
    return _DIRECTIVE.sub(lambda found: _WRITERS[found[0]][0](day), pattern)


def _expression_of(part: str, seen: set[str]) -> str:
    """Return the expression for a directive or the text between; a second one of a kind is not captured again."""
    if part not in _WRITERS:
        return re.escape(part)
    expression = _WRITERS[part][1]
    name = expression[4:5] if expression.startswith("(?P<") else ""
    if name in seen:
        return re.sub(r"\?P<\w>", "?:", expression)
    seen.add(name)
    return expression


def _read(parts: Mapping[str, str | None]) -> date | None:
    """Return the day of the groups of an expression, ``None`` if there is no such day."""
    year = int(parts.get("Y") or 0) or 2000 + int(parts.get("y") or 0)
    try:
        if number := parts.get("j"):
            day = date(year, 1, 1) + timedelta(days=int(number) - 1)
            return day if day.year == year else None
        month = parts.get("m") or ""
        if name := parts.get("b") or parts.get("B"):
            month = str(_MONTHS.index(name[:3]) + 1)
        return date(year, int(month), int(parts.get("d") or 0))
    except ValueError:
        return None
