"""Words of printed dates, times and zones, compiled from the language tables and ``time_zones.toml``."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache

from msgspec import Struct

from crawler.extraction.data.table_file import DATA, Table, load_table
from crawler.extraction.data.tables import DateWords, by_precedence, language, words_of_all

#: Pattern that matches nothing, for a list without words.
NOTHING = r"(?!)"


class TimeZones(Table, frozen=True):
    """Zones known on pages of every language: hours east of Greenwich, or a name of the tz database."""

    abbreviations: Mapping[str, float | str]
    countries: Mapping[str, str]  #: by ISO 3166 code in lower case


@cache
def time_zones() -> TimeZones:
    """Return the table ``time_zones.toml``."""
    return load_table(DATA / "time_zones.toml", TimeZones)


class DateUnits(Struct, frozen=True):
    """Signs behind the numbers of a year, a month and a day, as in a class of a regular expression: 年, 月, 日."""

    year: str
    month: str
    day: str
    any_day: str  #: with the signs used instead of `day`


def date_units(select: Callable[[DateWords], object] | None = None) -> DateUnits:
    """Return the signs of all languages, or of those whose words `select` accepts."""
    used = [one.dates for _, one in by_precedence() if one.dates.year_unit and (select is None or select(one.dates))]
    return DateUnits(
        "".join(words.year_unit for words in used),
        "".join(words.month_unit for words in used),
        "".join(words.day_unit for words in used),
        "".join(sign for words in used for sign in (words.day_unit, *words.other_day_units)),
    )


def date_words(select: Callable[[DateWords], Iterable[str]]) -> tuple[str, ...]:
    """Return the words that `select` takes from the dates of each language, each word once."""
    return words_of_all(lambda one: select(one.dates))


def words_pattern(words: Iterable[str]) -> str:
    """Return a regular expression without groups that matches any of `words`, the longest first."""
    longest_first = sorted(words, key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\ ", r"\s") for word in longest_first) or NOTHING


def pattern_of(select: Callable[[DateWords], Iterable[str]]) -> str:
    """Return `words_pattern` of the words that `select` takes from the dates of each language."""
    return words_pattern(date_words(select))


@lru_cache(maxsize=64)
def month_numbers(code: str) -> Mapping[str, int]:
    """Map the month words of all languages to numbers; a shared word has its number in the language `code`.

    The months of the Persian calendar have the numbers 13 to 24.
    """
    numbers: dict[str, int] = {}
    for one in (language(code), *(table for _, table in by_precedence())):
        for number, spellings in enumerate(one.dates.months, start=1):
            for word in spellings:
                numbers.setdefault(word.rstrip("."), number)
        for number, spellings in enumerate(one.dates.solar_months, start=13):
            for word in spellings:
                numbers.setdefault(word, number)
    return numbers


def weekday_words() -> tuple[str, ...]:
    """Return the names of weekdays in the languages that separate words by blanks and have no suffix for them."""
    return words_of_all(
        lambda one: one.dates.weekdays if one.writing.has_blanks and not one.dates.weekday_suffixes else ()
    )


def eras() -> Mapping[str, int]:
    """Return the eras of all languages, each with the year before its first."""
    return {name: year for _, one in by_precedence() for name, year in one.dates.eras.items()}


def zone_names() -> Mapping[str, float | str]:
    """Return the zones that are printed by name in any language."""
    return {name: zone for _, one in by_precedence() for name, zone in one.dates.zone_names.items()}


def zone_abbreviations() -> Mapping[str, float | str]:
    """Return the zone abbreviations of all languages; ``time_zones.toml`` decides about those of several zones."""
    local = {name: zone for _, one in by_precedence() for name, zone in one.dates.zone_abbreviations.items()}
    return {**local, **time_zones().abbreviations}
