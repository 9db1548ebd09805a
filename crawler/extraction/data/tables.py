"""The knowledge of each language: words, labels and names, kept in TOML files in the folder ``languages``.

``languages/<code>.toml`` holds one language; the file name is the primary subtag that `Document.language` has.
Every file is read once per process, checked, and turned into the frozen structs below. A struct's fields *are* the
file format: a key that no struct names is an error. `README.md` in this folder shows how to add a label or a language.

To add a new kind of knowledge:

1. add a struct (derived from `Table`) and a field for it, with a default, in `Language`;
2. add the table of that name to the language files;
3. in the module that needs it, collect it with `words_of_all` or `language`, and compile it once.

`crawler.extraction.data.table_file` checks every file; here one more rule applies: a label belongs to one group of its
language only.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from crawler.extraction.data.table_file import DATA, Table, TableError, load_table

#: Folders with language files; a later folder may add languages but not change those of an earlier one.
LANGUAGE_FOLDERS: tuple[Path, ...] = (DATA / "languages",)


class Role(Enum):
    """The kind of value behind a label."""

    SOURCE = "source"
    EDITOR = "editor"
    AUTHOR = "author"
    PUBLISHED = "published"
    UPDATED = "updated"
    OTHER = "other"  #: staff whose names are not kept, counters, controls: ends the value before it

    @property
    def is_date(self) -> bool:
        """True if the label announces a date."""
        return self in (Role.PUBLISHED, Role.UPDATED)


class LabelGroup(Table, frozen=True):
    """Labels of one role and rank. Where a page prints several labels of a role, the highest rank wins."""

    role: Role
    rank: Annotated[int, Meta(ge=1, le=4)]  #: 4 only for editors: such a label needs no colon
    words: tuple[str, ...]
    in_head_only: bool = False  #: elsewhere the label is that of something else: of a picture, of a chart
    needs_separator: bool = False  #: a label only with a colon, slash or bar behind it; alone an everyday word


class Conventions(Table, frozen=True):
    """Conventions of the language's portals in printing bylines."""

    labels_end_paragraphs: bool = False  #: the last words of a paragraph may be a label with its value
    names_without_label: bool = False  #: outlets and editors are recognised by place and class names too
    meta_author_names_outlet: bool = False  #: <meta name=author> holds the portal or its desk, not the reporter


class NextPage(Table, frozen=True):
    """Texts of links to the next page."""

    words: tuple[str, ...] = ()  #: of a list or an article
    older: tuple[str, ...] = ()  #: of a list only: "older posts"
    rest_of_article: tuple[str, ...] = ()  #: of an article only
    whole_article: tuple[str, ...] = ()  #: of an article only: to a page with all its parts


class Menu(Table, frozen=True):
    """Texts of menu links: whole words in a language with blanks between words, where ``*`` matches their rest."""

    not_news: tuple[str, ...] = ()  #: links that lead to no list of news


class NotFound(Table, frozen=True):
    """Sentences of pages that say "not found" with status 200. ``*`` matches up to six more characters of a word."""

    phrases: tuple[str, ...] = ()  #: enough on their own
    subjects: tuple[str, ...] = ()  #: what is missing: "page", "article"
    states: tuple[str, ...] = ()  #: directly behind a subject: "does not exist"
    states_later: tuple[str, ...] = ()  #: at most 40 characters behind a subject, in the same sentence
    states_before: tuple[str, ...] = ()  #: at most 8 characters before an object
    objects: tuple[str, ...] = ()


class Controls(Table, frozen=True):
    """Words of a page's controls, which are never a name."""

    words: tuple[str, ...] = ()  #: the whole text of a control
    beginnings: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()  #: what a number at the beginning counts: "3条"
    counters: tuple[str, ...] = ()  #: behind a number, they end a value: "12人评论"
    networks: tuple[str, ...] = ()  #: places to share a story in that may also be its source


class Outlets(Table, frozen=True):
    """Names of outlets."""

    endings: tuple[str, ...] = ()
    weak_endings: tuple[str, ...] = ()  #: subtitles end with these too: only short texts are names
    strong_endings: tuple[str, ...] = ()  #: exceptions to the weak endings
    source_of_other_things: tuple[str, ...] = ()  #: before a source label: the source of a picture, of data, of income
    name_before_editor: tuple[str, ...] = ()  #: editor labels that outlets put their own name before: 某某新闻编辑：
    others_work: tuple[str, ...] = ()  #: before such a label: the work of somebody else
    notice_words: tuple[str, ...] = ()  #: of notices about sources in general, in the value of a label
    last_words: tuple[str, ...] = ()  #: of outlets' names in a language with blanks: "Harbour Herald"
    first_words: tuple[str, ...] = ()  #: the same: "Agence ..."
    whole_names: tuple[str, ...] = ()  #: names of agencies without such a word
    before_reporter: tuple[str, ...] = ()  #: endings of outlets that a reporter's title follows directly
    before_title: tuple[str, ...] = ()  #: between such an ending and the title
    beside_days: tuple[str, ...] = ()  #: words for a time beside which an outlet is printed without a label
    beside_units_ago: tuple[str, ...] = ()  #: the same behind a number
    ambiguous_labels: Mapping[str, str] = {}  #: labels that may begin inside an outlet's name, and what is left then


class People(Table, frozen=True):
    """Names of people, and texts printed in their place."""

    surnames: str = ""  #: of one character each; white space is ignored
    no_value: tuple[str, ...] = ()  #: printed where there is no name; in lower case
    not_editor_endings: tuple[str, ...] = ()  #: a desk, not a person
    not_editor_words: tuple[str, ...] = ()
    labels_behind: tuple[str, ...] = ()  #: may be printed right behind an editor's name
    job_words: tuple[str, ...] = ()  #: removed before or behind a name


class Reporters(Table, frozen=True):
    """Reporters named in running text, with their outlet or desk: （某某日报记者 王某）, 社會中心／某某某報導."""

    titles: tuple[str, ...] = ()  #: before the name; outlets put their own name before it
    title_prefixes: tuple[str, ...] = ()
    openers: tuple[str, ...] = ()  #: before the name, with a colon or a slash
    names_end: tuple[str, ...] = ()  #: behind the last name
    desks: tuple[str, ...] = ()  #: before the name, with a slash
    desk_endings: tuple[str, ...] = ()  #: behind the name, at the end of the line
    wire_words: tuple[str, ...] = ()  #: behind the day in an agency's dateline: "5月19日电"
    photo_ends: tuple[str, ...] = ()  #: behind the name of a photographer: 刘某摄
    county_ends: tuple[str, ...] = ()  #: ends of places of three characters; others have two
    exclusive_words: tuple[str, ...] = ()  #: before the outlet of an exclusive story


class Sections(Table, frozen=True):
    """Names of a portal's sections, which are not outlets."""

    topics: tuple[str, ...] = ()  #: optional, before one of the `kinds`
    kinds: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()


class Accounts(Table, frozen=True):
    """Names of accounts on publishing platforms."""

    not_endings: tuple[str, ...] = ()  #: what a platform prints about an account
    before_places: tuple[str, ...] = ()  #: before the place an account writes from
    credits: tuple[str, ...] = ()  #: before an account's name, in a sentence with its author and editor
    badges: tuple[str, ...] = ()  #: printed beside an account


class BylineWords(Table, frozen=True):
    """Bylines outside of labels. ``*`` at the end of a job title matches the rest of the word."""

    openers: tuple[str, ...] = ()  #: before a name, with a blank or a colon: "by", "written by"
    openers_with_mark: tuple[str, ...] = ()  #: before a name, with a colon, dot or slash: "文・"
    name_letters: str = ""  #: a range of characters, for the names before `titles_behind`
    titles_behind: tuple[str, ...] = ()  #: behind a name without a mark
    and_words: tuple[str, ...] = ()  #: between two names
    name_particles: tuple[str, ...] = ()  #: openers that may begin a surname too: "Di Stefano"
    outlet_words: tuple[str, ...] = ()  #: between a name and its outlet
    end_words: tuple[str, ...] = ()  #: behind the last name
    editor_sign_offs: tuple[str, ...] = ()  #: before an editor's name at the end of a story, without a colon
    after_time: tuple[str, ...] = ()  #: behind a time of day, before the byline
    picture_words: tuple[str, ...] = ()  #: beginnings of a picture's credit
    job_titles: tuple[str, ...] = ()  #: printed like a name, but not one
    job_prefixes: tuple[str, ...] = ()  #: before a job title


class Detection(Table, frozen=True):
    """Recognition of the language in a page's text."""

    stop_words: tuple[str, ...] = ()  #: frequent in this language and rare in the others; for Latin letters only
    is_template_default: bool = False  #: templates declare it on pages of other languages, so stop words overrule it


class Writing(Table, frozen=True):
    """The script of the language: blanks, marks and letters."""

    character_weight: float = 1.0  #: content of one character, a Latin letter counting 1; an ideograph, half a word
    has_full_stops: bool = True  #: sentences end with a punctuation mark
    has_blanks: bool = True  #: words are separated by blanks


class StoryConventions(Table, frozen=True):
    """Words that sites in the language print in title, lead and end of a story."""

    #: The lead between title and text: part of the text; part of the headline unless directly above the text; or an
    #: abstract of it, which is not repeated.
    lead: Literal["text", "headline", "abstract"] = "text"
    printed_title_wins: bool = False  #: stated titles are cut off or filled in by templates
    printed_date_wins: bool = False  #: over metadata with another day
    site_suffixes: tuple[str, ...] = ()  #: words that a site may add to its name, in lower case: "BBC News"
    breadcrumb_patterns: tuple[str, ...] = ()  #: beginnings of a line with the way to the page: "Home >"
    authority_endings: tuple[str, ...] = ()  #: of the names of authorities, which sign official notices
    signature_day_patterns: tuple[str, ...] = ()  #: the line with the day below such a name


class DateWords(Table, frozen=True):
    """Words of printed dates and times, in any case. In all of them, a blank matches any white space."""

    order: Literal["dmy", "ymd"] = "dmy"  #: of day, month and year in dates of digits only
    month_first_in: tuple[str, ...] = ()  #: countries with "mdy" instead, by ISO 3166 code in lower case
    months: tuple[tuple[str, ...], ...] = ()  #: twelve, January first, each with all its spellings
    year_unit: str = ""  #: directly behind the number of a year: "2024年5月3日"
    month_unit: str = ""
    day_unit: str = ""
    other_day_units: tuple[str, ...] = ()  #: instead of `day_unit`
    years_may_be_short: bool = False  #: two figures before `year_unit` are a year
    first_year: str = ""  #: of an era, instead of the number 1
    figures: str = ""  #: words of one character for the numbers from 0 to 10
    zeros: str = ""  #: further characters for 0
    hour_units: tuple[str, ...] = ()  #: behind the number of an hour: "10时32分"
    minute_units: tuple[str, ...] = ()
    second_units: tuple[str, ...] = ()
    month_word: str = ""  #: before the number of a month, where that is its name: "3 tháng 5"
    year_word: str = ""  #: before the year behind it
    ordinals: tuple[str, ...] = ()  #: directly behind the day: "3rd May"
    between_day_and_month: tuple[str, ...] = ()  #: "3rd of May"; no blank follows an apostrophe
    between_month_and_day: tuple[str, ...] = ()  #: "May the 3rd"
    between_month_and_year: tuple[str, ...] = ()
    between_year_and_month: tuple[str, ...] = ()
    between_year_and_day: tuple[str, ...] = ()  #: where the month comes last
    eras: Mapping[str, int] = {}  #: name of an era and the year before its first
    weekday_prefixes: tuple[str, ...] = ()  #: the word for weekday, before its name
    weekdays: tuple[str, ...] = ()  #: as printed between day and time
    weekday_suffixes: tuple[str, ...] = ()
    half_precedes_time: bool = False  #: the words for the halves of the day come before the time: "下午3:05"
    morning: tuple[str, ...] = ()
    evening: tuple[str, ...] = ()  #: adds twelve hours
    noon: tuple[str, ...] = ()
    before_time: tuple[str, ...] = ()  #: "at 10:32"
    before_dotted_time: tuple[str, ...] = ()  #: those that make "10.32" a time and not a price
    after_time: tuple[str, ...] = ()  #: "10:32 hrs"; case counts
    between_time_and_day: tuple[str, ...] = ()  #: "10:32 on 3 May"
    updated: tuple[str, ...] = ()  #: marks the day of a change; ``*`` matches any ending
    today: tuple[str, ...] = ()  #: this and the following in lower case only
    yesterday: tuple[str, ...] = ()
    day_before_yesterday: tuple[str, ...] = ()
    days_ago: tuple[str, ...] = ()  #: behind a number of days
    hours_ago: tuple[str, ...] = ()  #: behind a number of hours
    minutes_ago: tuple[str, ...] = ()  #: behind a number of minutes or seconds
    day_patterns: tuple[str, ...] = ()  #: days written otherwise, with the groups ``y``, ``m`` and ``d``
    solar_months: tuple[tuple[str, ...], ...] = ()  #: of the Persian calendar, twelve
    uses_solar_years: bool = False  #: a year of the Persian calendar is printed in figures too: 1404/03/01
    bare_era: str = ""  #: the era of years of three figures that are printed without its name
    #: Zones by name or abbreviation, as hours east of Greenwich or a name of the tz database. Abbreviations count in
    #: capitals only; those of many languages are in ``time_zones.toml``, which a language overrides on its own pages.
    zone_names: Mapping[str, float | str] = {}
    zone_abbreviations: Mapping[str, float | str] = {}


class BlockHeadings(Table, frozen=True):
    """Headings of one kind of block, in lower case. Numbers and marks around a heading are ignored."""

    words: tuple[str, ...] = ()  #: whole headings
    #: A beginning and an ending make a heading: "latest stories". In a language with blanks, a blank or a hyphen is
    #: between them, and a second ending may follow: "latest news videos".
    beginnings: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()  #: whole headings


class Headings(Table, frozen=True):
    """Headings of blocks that are not part of the story."""

    related: BlockHeadings = BlockHeadings()  #: other stories
    comments: BlockHeadings = BlockHeadings()
    counted: tuple[str, ...] = ()  #: behind a number before or behind a heading: "评论 3条"
    show_all: tuple[str, ...] = ()  #: links behind a heading


class Boilerplate(Table, frozen=True):
    """Lines that are not part of the story, in lower case. Up to four marks at the start of a line are ignored."""

    beginnings: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()  #: whole lines
    labels: tuple[str, ...] = ()  #: at the beginning, before a colon
    staff_labels: tuple[str, ...] = ()  #: at the beginning, before a colon, slash or bar
    #: Beginnings. One of a language in another script than Latin that does not begin with a letter of that script is
    #: looked for only in lines that have such a letter among their first 80 characters.
    patterns: tuple[str, ...] = ()


class SignOffs(Table, frozen=True):
    """Texts removed at the ends of a story's paragraphs."""

    prefixes: tuple[str, ...] = ()  #: optional, before any label
    labels: tuple[str, ...] = ()  #: with their value in brackets or behind the last sentence
    editor_labels: tuple[str, ...] = ()  #: with their value directly behind any text
    original_title_labels: tuple[str, ...] = ()  #: in brackets, at the beginning or the end
    copulas: tuple[str, ...] = ()  #: between a label and its value, besides a colon: "原题为"
    back_to: tuple[str, ...] = ()  #: at the beginning of a link back to the home page
    home_page: tuple[str, ...] = ()  #: at its end
    bracketed_patterns: tuple[str, ...] = ()  #: whole texts in black brackets at the end
    end_patterns: tuple[str, ...] = ()  #: at the end; each text has a colon


class Language(Table, frozen=True):
    """The knowledge of one language."""

    name: str
    country: str | None = None  #: whose time its sites print, if the language is that of one country
    precedence: int = 100  #: a word of two languages belongs to the one with the smaller number
    aliases: tuple[str, ...] = ()  #: further subtags of pages that are read by this table
    name_shape: Literal["han", "western"] = "western"  #: "han": two to four letters, a blank ends the name
    letters_may_be_spaced: bool = False  #: labels are also printed with blanks between their letters: 编 辑
    #: Use of the labels on pages of other languages: "values" reads them as on its own pages, "boundaries" only lets
    #: them end the value of another label, "no" ignores them.
    labels_on_other_pages: Literal["no", "boundaries", "values"] = "no"
    detection: Detection = Detection()
    writing: Writing = Writing()
    stories: StoryConventions = StoryConventions()
    dates: DateWords = DateWords()
    conventions: Conventions = Conventions()
    labels: tuple[LabelGroup, ...] = ()
    next_page: NextPage = NextPage()
    not_found: NotFound = NotFound()
    menu: Menu = Menu()
    headings: Headings = Headings()
    boilerplate: Boilerplate = Boilerplate()
    sign_offs: SignOffs = SignOffs()
    controls: Controls = Controls()
    outlets: Outlets = Outlets()
    people: People = People()
    reporters: Reporters = Reporters()
    sections: Sections = Sections()
    accounts: Accounts = Accounts()
    bylines: BylineWords = BylineWords()


#: The tables of a language without a file.
_UNKNOWN = Language(name="unknown")


@cache
def languages() -> Mapping[str, Language]:
    """Return all languages by code, in alphabetical order of the file names."""
    found: dict[str, Language] = {}
    for folder in LANGUAGE_FOLDERS:
        for path in sorted(folder.glob("*.toml")):
            if path.stem in found:
                raise TableError(f"{path}: language {path.stem!r} has a file already")
            found[path.stem] = _load_language(path)
    return found


def language(code: str | None) -> Language:
    """Return the knowledge of one language; empty tables if it has no file."""
    return _languages_and_aliases().get(code or "", _UNKNOWN)


@cache
def _languages_and_aliases() -> Mapping[str, Language]:
    aliases = {alias: one for one in languages().values() for alias in one.aliases}
    return {**aliases, **languages()}


def by_precedence() -> list[tuple[str, Language]]:
    """Return all languages with their codes, those first to which a shared word belongs."""
    return sorted(languages().items(), key=lambda item: item[1].precedence)


def words_of_all(select: Callable[[Language], Iterable[str]]) -> tuple[str, ...]:
    """Return the words that `select` takes from each language, each word once."""
    return tuple(dict.fromkeys(word for one in languages().values() for word in select(one)))


def _load_language(path: Path) -> Language:
    loaded = load_table(path, Language)
    if len(loaded.dates.months) not in (0, 12):
        raise TableError(f"{path}: dates.months: {len(loaded.dates.months)} months instead of 12")
    if len(loaded.dates.solar_months) not in (0, 12):
        raise TableError(f"{path}: dates.solar_months: {len(loaded.dates.solar_months)} months instead of 12")
    if loaded.dates.bare_era and loaded.dates.bare_era not in loaded.dates.eras:
        raise TableError(f"{path}: dates.bare_era: {loaded.dates.bare_era!r} is not in dates.eras")
    groups: dict[str, int] = {}
    for number, group in enumerate(loaded.labels):
        if group.rank > 3 and group.role is not Role.EDITOR:
            raise TableError(f"{path}: labels[{number}].rank: {group.rank} is for editors only")
        for word in group.words:
            first = groups.setdefault("".join(word.split()), number)
            if first != number:
                raise TableError(f"{path}: labels[{number}].words: {word!r} is in labels[{first}] already")
    return loaded
