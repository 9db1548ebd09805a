"""Reporters named in Chinese text: behind their title or desk, in an agency's dateline, in brackets at the end."""

import re
from collections.abc import Callable, Iterable, Iterator

from crawler.extraction.data import tables
from crawler.extraction.data.date_words import date_units
from crawler.extraction.data.prefilter import any_of
from crawler.extraction.data.tables import Reporters
from crawler.extraction.fields.names import HAN, cannot_be_name, is_person_name


def reporter_words(select: Callable[[Reporters], Iterable[str]]) -> str:
    """Return a pattern of the words that `select` takes from the tables of reporters."""
    return any_of(tables.words_of_all(lambda table: select(table.reporters)))


#: The title of a reporter, before the name.
REPORTER = reporter_words(lambda words: words.titles)
#: Signs between a desk and a name, or a name and a place.
SLASHES = "/／╱"
#: Reporters behind their outlet or title: （某某日报记者 王某、李某）.
_REPORTERS = re.compile(
    rf"(?:^|[（(【〔［\s·|丨◎●■□{SLASHES}])[{HAN}A-Za-z·“”/、+\-]{{0,14}}?{REPORTER}\s*[:：]?\s*"
    rf"(?P<names>[{HAN}·、，,\s]{{2,40}}?)"
    rf"\s*(?:[）)】〕］]|$|[{SLASHES}|｜]|{reporter_words(lambda words: words.names_end)}(?![、，,{SLASHES}])"
    rf"|(?=[12]\d{{3}}[-/.{date_units().year}]|\d{{1,2}}[{date_units().month}]\d))"
)
_NAME_LIST = rf"(?P<names>[{HAN}]{{2,4}}(?:[、，,\s][{HAN}]{{2,4}}){{0,4}})"
_ENDING = reporter_words(lambda words: words.desk_endings)
#: Reporters behind a desk: 社會中心／某某某報導; before a place: 某某某／某地報導; at the end of the story: （某某某）.
_SIGNED_REPORTERS = (
    re.compile(
        rf"{reporter_words(lambda words: words.desks)}[{SLASHES}](?P<names>[{HAN}、]{{2,14}}?)"
        rf"(?:[{SLASHES}][{HAN}]{{2,4}})?{_ENDING}$"
    ),
    re.compile(rf"(?:^|[\s\d（(【]){_NAME_LIST}\s?[{SLASHES}]\s?[{HAN}]{{0,6}}{_ENDING}[）)】]?$"),
    re.compile(rf"[。！？”」…]\s?[（(]{_NAME_LIST}(?:\s?[{SLASHES}]\s?[{HAN}]{{2,8}})?[）)]$"),
)
_WIRE = reporter_words(lambda words: words.wire_words)
#: Reporters in the dateline of an agency: 某社某地5月19日电（某某、某某）, （某社記者某某某台南12日電）.
_WIRE_REPORTERS = re.compile(rf"^.{{2,24}}{_WIRE}\s?[（(](?:{REPORTER}\s?)?{_NAME_LIST}[）)]")
_PLACED_REPORTERS = re.compile(
    rf"^.{{0,12}}{REPORTER}\s?(?P<names>[{HAN}、，]{{4,16}}?)\s?(?:\d{{1,2}}[{date_units().month}])?"
    rf"\d{{1,2}}[{date_units().day}][{HAN}]{{0,2}}{_WIRE}"
)
_DAY_AND_WIRE = re.compile(rf"[\d{date_units().month}{date_units().day}]{{3,6}}{_WIRE}")
#: Longest line that is taken as a sign-off or a byline as a whole.
LONGEST_OWN_LINE = 40
_PHOTO_ENDS = tables.words_of_all(lambda table: table.reporters.photo_ends)
_COUNTY_ENDS = tables.words_of_all(lambda table: table.reporters.county_ends)


def read_reporters(text: str) -> tuple[str, ...]:
    """Return the reporters that a line or paragraph names; empty if it names none."""
    return next((found for names in _names_of_reporters(text) if (found := _persons(names))), ())


def _names_of_reporters(text: str) -> Iterator[str]:
    """Yield the raw lists of names in a line or paragraph: in its beginning and end only, if it is long."""
    is_short = len(text) <= LONGEST_OWN_LINE
    ends = text if len(text) < 60 else text[:80] + "\n" + text[-80:]
    for match in _REPORTERS.finditer(ends):
        is_opening = match.start() == 0 and _DAY_AND_WIRE.match(text, match.end()) is not None
        if is_short or is_opening or match[0][:1] in "（(【〔［":
            yield match["names"]
    for pattern in _SIGNED_REPORTERS if is_short else _SIGNED_REPORTERS[1:]:
        signed = pattern.search(text, max(0, len(text) - 60))
        if signed and not signed["names"].endswith(_PHOTO_ENDS):
            yield signed["names"]
    if wired := _WIRE_REPORTERS.search(ends):
        yield wired["names"]
    if placed := _PLACED_REPORTERS.search(ends):
        yield _remove_place(placed["names"])


def _remove_place(names: str) -> str:
    """Return the names without the place glued to the last of them: 張榮祥台南."""
    last = re.split("[、，]", names)[-1]
    place = 0 if len(last) < 4 else 3 if last.endswith(_COUNTY_ENDS) and len(last) > 4 else 2
    return names[: len(names) - place]


def _persons(names: str) -> tuple[str, ...]:
    pieces = re.split(r"[、，,\s]+", names)
    return tuple(name for name in pieces if len(name) > 1 and is_person_name(name) and not cannot_be_name(name))
