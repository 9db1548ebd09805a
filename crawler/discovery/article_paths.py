"""Learning of a regular expression for the paths of a portal's articles, from examples."""

import itertools
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

_RUNS = re.compile(r"\d+|[^\W\d_]+|[\W_]")
_DATE_FOLDER = re.compile(r"\d{1,8}(?:[-_]\d{1,2}){0,2}")
_EXTENSION = re.compile(r"(?P<stem>.+?)(?P<end>\.(?:s?html?|php|aspx?|jsp|cfm|do|story))?", re.I)

#: A word in a file name is taken as constant, as in ``content_123.htm``, up to so many letters.
_MAX_CONSTANT_WORD = 12
#: A name with so many changes between letters and digits is a random id.
_MIN_RANDOM_CHANGES = 3
#: Years, months and days, alone or combined. Their length is fixed in a pattern; other numbers may grow longer.
_DATE_NUMBER = re.compile(
    r"(?:19|20)\d\d(?:0[1-9]|1[0-2])?|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])|[0-3]\d(?:[0-3]\d)?"
)
#: A file name that ends in a number too short to be a date.
_COUNT_OF_ARTICLES = re.compile(r"(?P<prefix>(?:[A-Za-z]{1,12}[_-]?)?)\d{1,5}")
#: Minimum number of hyphens that distinguish an article's name from a section's; minimum length of a random id.
_MIN_HYPHENS, _MIN_RANDOM_LENGTH = 3, 8
#: Maximum number of folders that distinguish kinds of pages.
_MAX_KINDS = 3
#: Maximum number of folders that a pattern lists one by one.
_MAX_FOLDERS = 8
#: Maximum length of a path shape.
_MAX_SHAPE = 200
#: Minimum share of a shape's URLs that a pattern must match.
_MIN_COVERAGE = 0.9
#: Minimum number of digits in a path that distinguish an article from other pages.
_MIN_DIGITS = 3


@dataclass(frozen=True, slots=True)
class PathShape:
    """URLs whose paths differ only in their numbers and words."""

    key: str
    urls: tuple[str, ...]

    @property
    def is_distinctive(self) -> bool:
        """True if the end of the path has enough digits to identify these URLs by itself."""
        numbered = any("#" in kind and not kind.startswith("#~") for kind in self.key.split("/"))
        return numbered and all(_count_digits(_tail(_segments(url))) >= _MIN_DIGITS for url in self.urls)

    def has(self, url: str) -> bool:
        """True if the path of `url` has this shape."""
        return self.key in (shape_key(url), path_shape(url))

    @property
    def is_just_a_number(self) -> bool:
        """True if the path ends in just a number, as further pages of a list may too."""
        folder, _, name = self.key.rpartition("/")
        return name.partition(".")[0] == "#" and (not folder or self.key.startswith("/"))


def group_by_shape(urls: Iterable[str]) -> list[PathShape]:
    """Group `urls` by the shape of their paths, without duplicates.

    If file names are just a number, a few folders distinguish kinds of pages; many are the sections of one kind.
    """
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for url in dict.fromkeys(urls):
        groups[shape_key(url)].append(url)
    shapes = []
    for key, members in groups.items():
        shape, parts = PathShape(key, tuple(members)), split_by_folder(members)
        shapes += parts if shape.is_just_a_number and 1 < len(parts) <= _MAX_KINDS else [shape]
    return shapes


def split_by_folder(urls: Iterable[str]) -> list[PathShape]:
    """Group `urls` by the shape of their paths with the folders as they are."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for url in urls:
        groups[path_shape(url)].append(url)
    return [PathShape(key, tuple(members)) for key, members in groups.items()]


def shape_key(url: str) -> str:
    """Return the key shared by all URLs of one shape."""
    parts = urlsplit(url)
    segments = _segments(url)
    keys = "&".join(sorted(key for key, _ in parse_qsl(parts.query, keep_blank_values=True)))
    if not segments or keys:  # identified by its query: all have the same path
        return f"{parts.path}?{keys}"
    tail = _tail(segments)
    kinds = [_generalize(segment) for segment in tail]
    depth = len(segments) - len(tail)
    # A path without numbers is identified by its folders too, so their number counts.
    return "/".join(kinds) if any("#" in kind for kind in kinds) else "/".join([*(["*"] * depth), *kinds])


def path_shape(url: str) -> str:
    """Return the path of `url` with its numbers as ``#`` and its words as ``~`` (``~~`` if there are several).

    Unlike in `shape_key`, folders other than dates stay as they are. In a query, words stay, since they often choose
    between a list and an article.
    """
    parts = urlsplit(url)
    segments = _segments(url)
    query = sorted(
        key if not value else f"{key}=#" if any(map(str.isdecimal, value)) else f"{key}={value}"
        for key, value in parse_qsl(parts.query, keep_blank_values=True)
    )
    if query:
        return f"{parts.path}?{'&'.join(query)}"[:_MAX_SHAPE]
    tail = _tail(segments) if segments else ()
    kinds = [_generalize(segment).replace("~", "~~" if _has_several_words(segment) else "~") for segment in tail]
    return ("/" + "/".join([*segments[: len(segments) - len(tail)], *kinds]))[:_MAX_SHAPE]


def is_distinctive_shape(shape: str) -> bool:
    """True if a shape as `path_shape` returns it has a number or several words, unlike the path of most lists."""
    return "#" in shape or "~~" in shape


def article_pattern(shapes: Sequence[PathShape], others: Iterable[str]) -> str | None:
    """Return a regular expression that matches the paths of `shapes` and none of `others`; ``None`` if none does."""
    paths = [urlsplit(url).path for url in others]
    patterns = []
    for shape in shapes:
        parts = split_by_folder(shape.urls)
        found = _find_pattern(shape, paths) or (
            [one for part in parts for one in _find_pattern(part, paths)] if len(parts) <= _MAX_FOLDERS else []
        )
        if not found:
            return None
        patterns += found
    return "|".join(sorted(set(patterns), key=patterns.index)) or None


def _find_pattern(shape: PathShape, other_paths: Sequence[str]) -> list[str]:
    """Return the best pattern of a shape that matches none of `other_paths`, as a list of at most one."""
    return [one for one in _candidate_patterns(shape) if not _matches_any(one, other_paths)][:1]


def _candidate_patterns(shape: PathShape) -> Iterator[str]:
    """Yield patterns for a shape, best first: of the path's end, of the whole path, then stricter ones."""
    whole = _whole_pattern(shape.urls)
    if whole and (shape.is_just_a_number or not shape.is_distinctive):
        yield whole
    if shape.is_distinctive:
        yield _end_pattern(shape.urls)
    if whole:
        yield whole
    if strict := _whole_pattern(shape.urls, _strict_name_pattern):
        yield strict


def _matches_any(pattern: str, paths: Iterable[str]) -> bool:
    compiled = re.compile(pattern)
    return any(compiled.search(path) for path in paths)


def _has_several_words(segment: str) -> bool:
    return not segment.isascii() or any(segment.count(mark) >= _MIN_HYPHENS for mark in "-_%")


def _segments(url: str) -> list[str]:
    return [segment for segment in urlsplit(url).path.split("/") if segment]


def _tail(segments: Sequence[str]) -> Sequence[str]:
    """Return the last segment and the folders directly before it that are dates or numbers."""
    start = len(segments) - 1
    while start > 0 and _DATE_FOLDER.fullmatch(segments[start - 1]):
        start -= 1
    return segments[max(start, 0) :]


def _generalize(segment: str) -> str:
    """Generalize a segment: numbers become ``#``, words that differ ``~``; the extension is kept."""
    match = _EXTENSION.fullmatch(segment)
    assert match is not None
    stem, end = match["stem"], (match["end"] or "").lower()
    runs = _RUNS.findall(stem)
    words = [run for run in runs if run.isalpha()]
    changes = sum(one.isdecimal() != other.isdecimal() for one, other in itertools.pairwise(runs))
    separators = stem.count("-") + stem.count("%")
    if not stem.isascii() or not any(run.isdecimal() for run in runs) or (separators >= 2 and len(words) >= 2):
        return f"~{end}"
    if (changes >= _MIN_RANDOM_CHANGES and not re.search(r"[-_.]", stem)) or any(
        len(word) > _MAX_CONSTANT_WORD for word in words
    ):
        return f"#~{end}"
    return "".join("#" if run.isdecimal() else run for run in runs) + end


NamePattern = Callable[[Sequence[str]], str | None]


def _name_pattern(names: Sequence[str]) -> str:
    """Return a pattern of the characters in article names."""
    return "[a-z0-9-]+" if all(re.fullmatch(r"[a-z0-9-]+", name) for name in names) else "[^/]+"


def _strict_name_pattern(names: Sequence[str]) -> str | None:
    """Return a pattern that article names match and section names do not, or ``None``.

    It demands a number, several words, or the length of a random id. A few names that do not match are accepted: they
    are probably not articles, though their paths look alike.
    """
    chars = _name_pattern(names)
    word = chars.replace("0-9-", "0-9").replace("^/", "^/-")
    length = len(names[0])
    rules = [(rf"{chars}-\d+", r".*-\d{3,}"), (rf"\d+-{chars}", r"\d{3,}-.*")]
    if length >= _MIN_RANDOM_LENGTH:
        rules.append((rf"[0-9A-Za-z]{{{length}}}", rf"(?=.*\d)[0-9A-Za-z]{{{length}}}"))
    rules.append((words := rf"(?:{word}-){{{_MIN_HYPHENS},}}{word}", words))
    for pattern, required in rules:
        if sum(bool(re.fullmatch(required, name)) for name in names) >= _MIN_COVERAGE * len(names):
            return pattern
    return None


def _end_pattern(urls: Sequence[str]) -> str:
    """Return a pattern of the paths' ends, such as ``/t\\d{8}_\\d+\\.html$``."""
    columns = list(zip(*(_tail(_segments(url)) for url in urls), strict=False))
    folders = [_segment_pattern(column) for column in columns[:-1]]
    return "".join(f"/{one}" for one in [*folders, _file_pattern(columns[-1])]) + _end_anchor(urls)


def _whole_pattern(urls: Sequence[str], name: NamePattern = _name_pattern) -> str | None:
    """Return a pattern of whole paths, with their common folders; ``None`` if they differ in depth."""
    rows = [_segments(url) for url in urls]
    if len({len(row) for row in rows}) != 1 or not rows[0]:
        return None
    tail = min(len(_tail(row)) for row in rows)
    columns = list(zip(*rows, strict=True))
    folders = [_folder_pattern(column) for column in columns[:-tail]]
    segments = [_segment_pattern(column, name) for column in columns[-tail:-1]] + [_file_pattern(columns[-1], name)]
    if None in segments:
        return None
    return "^" + "".join(f"/{one}" for one in [*folders, *segments]) + _end_anchor(urls)


def _end_anchor(urls: Sequence[str]) -> str:
    has_slash = {urlsplit(url).path.endswith("/") for url in urls}
    return {True: "/$", False: "$"}[has_slash.pop()] if len(has_slash) == 1 else "/?$"


def _folder_pattern(column: Sequence[str]) -> str:
    distinct = sorted(set(column))
    if len(distinct) == 1:
        return _literal(distinct[0])
    if all(map(str.isdecimal, distinct)):
        return _digits(distinct)
    kinds = {_generalize(folder) for folder in distinct}
    if len(kinds) == 1 and "#" in (kind := kinds.pop()) and "~" not in kind:
        return _segment_pattern(distinct) or "[^/]+"
    return "[^/]+"


def _segment_pattern(column: Sequence[str], name: NamePattern = _name_pattern) -> str | None:
    """Return a pattern of the segments at one depth of a shape's paths; `name` makes the pattern of differing words."""
    if len(column) > 1 and len(set(column)) == 1 and not column[0].isdecimal():
        return _literal(column[0])
    kinds = {_generalize(segment) for segment in column}
    if len(kinds) > 1 or any("~" in kind for kind in kinds):
        ends = {_extension_of(segment) for segment in column}
        end = _literal(ends.pop()) if len(ends) == 1 else r"[^/]*"
        stems = [segment[: len(segment) - len(_extension_of(segment))] for segment in column]
        pattern = name(stems)
        return pattern + end if pattern else None
    rows = [_RUNS.findall(segment) for segment in column]
    return "".join(_digits(runs) if runs[0].isdecimal() else _literal(runs[0]) for runs in zip(*rows, strict=False))


def _file_pattern(column: Sequence[str], name: NamePattern = _name_pattern) -> str | None:
    """Return a pattern of the last segments: as of others, but a short number counts the articles and may grow."""
    stems = [segment[: len(segment) - len(_extension_of(segment))] for segment in column]
    counts = [_COUNT_OF_ARTICLES.fullmatch(stem) for stem in stems]
    prefixes = {found["prefix"] for found in counts if found}
    if all(counts) and len(prefixes) == 1:
        ends = {_extension_of(segment) for segment in column}
        return _literal(prefixes.pop()) + r"\d+" + (_literal(ends.pop()) if len(ends) == 1 else r"[^/]*")
    return _segment_pattern(column, name)


def _extension_of(segment: str) -> str:
    found = _EXTENSION.fullmatch(segment)
    return (found["end"] or "") if found else ""


def _digits(numbers: Iterable[str]) -> str:
    distinct = set(numbers)
    lengths = {len(number) for number in distinct}
    is_date = len(lengths) == 1 and all(map(_DATE_NUMBER.fullmatch, distinct))
    return rf"\d{{{lengths.pop()}}}" if is_date else r"\d+"


def _count_digits(segments: Iterable[str]) -> int:
    return sum(map(str.isdecimal, "".join(segments)))


def _literal(text: str) -> str:
    """Escape `text` for a regular expression, but leave hyphens readable."""
    return re.escape(text).replace(r"\-", "-")
