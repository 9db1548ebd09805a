"""What the paths of a portal's articles have in common, learnt from examples and written as a regular expression."""

import itertools
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

_RUNS = re.compile(r"\d+|[^\W\d_]+|[\W_]")
_DATE_FOLDER = re.compile(r"\d{1,8}(?:[-_]\d{1,2}){0,2}")
_EXTENSION = re.compile(r"(?P<stem>.+?)(?P<end>\.(?:s?html?|php|aspx?|jsp|cfm|do|story))?", re.I)

#: Letters of the longest word in a file's name that is taken to be the same in all: ``content_123.htm``.
_LONGEST_WORD = 12
#: Changes between letters and digits from which a name is a random one.
_RANDOM = 3
#: Numbers that are years, months or days, alone or together, are written with their length: others may grow.
_DATES = re.compile(
    r"(?:19|20)\d\d(?:0[1-9]|1[0-2])?|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])|[0-3]\d(?:[0-3]\d)?"
)
#: Hyphens in the name of a story that tell it from a section's, and characters of a random name.
_FEWEST_HYPHENS, _RANDOM_LENGTH = 3, 8
#: The part of a shape's addresses that an expression must find.
_ENOUGH_OF_SHAPE = 0.9
#: Digits in all that tell an article from other pages.
_ENOUGH_DIGITS = 3


@dataclass(frozen=True, slots=True)
class PathShape:
    """Addresses whose paths are alike but for their numbers and words."""

    key: str
    urls: tuple[str, ...]

    @property
    def is_strong(self) -> bool:
        """Whether the end of the path alone tells these addresses from others: it has numbers."""
        numbered = any("#" in kind and not kind.startswith("#~") for kind in self.key.split("/"))
        return numbered and all(_number_of_digits(_tail(_segments(url))) >= _ENOUGH_DIGITS for url in self.urls)

    @property
    def is_bare(self) -> bool:
        """Whether the end of the path is a number and nothing else, as a list's next page may have."""
        return self.key.partition(".")[0] == "#"


def shapes_of(urls: Iterable[str]) -> list[PathShape]:
    """`urls` grouped by the shape of their paths, each once."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for url in dict.fromkeys(urls):
        groups[shape_key(url)].append(url)
    return [PathShape(key, tuple(found)) for key, found in groups.items()]


def shape_key(url: str) -> str:
    """What addresses of one shape have in common."""
    parts = urlsplit(url)
    segments = _segments(url)
    keys = "&".join(sorted(key for key, _ in parse_qsl(parts.query, keep_blank_values=True)))
    if not segments or keys:  # told by its query: the path is the same for all
        return f"{parts.path}?{keys}"
    tail = _tail(segments)
    kinds = [_kind(segment) for segment in tail]
    depth = len(segments) - len(tail)
    # A path without numbers is told by its folders too, so their number counts.
    return "/".join(kinds) if any("#" in kind for kind in kinds) else "/".join([*(["*"] * depth), *kinds])


def article_pattern(shapes: Sequence[PathShape], others: Iterable[str]) -> str | None:
    """A regular expression that finds the paths of `shapes` and none of `others`; ``None`` where there is no such."""
    paths = [urlsplit(url).path for url in others]
    patterns = []
    for shape in shapes:
        pattern = next((one for one in _patterns(shape) if not _finds_any(one, paths)), None)
        if pattern is None:
            return None
        patterns.append(pattern)
    return "|".join(sorted(set(patterns), key=patterns.index)) or None


def _patterns(shape: PathShape) -> Iterator[str]:
    """Expressions of a shape's paths, the likeliest to be right first: short ones, whole ones, ones that want more."""
    whole = _whole_pattern(shape.urls)
    if whole and (shape.is_bare or not shape.is_strong):
        yield whole
    if shape.is_strong:
        yield _end_pattern(shape.urls)
    if whole:
        yield whole
    if telling := _whole_pattern(shape.urls, _telling_name):
        yield telling


def _finds_any(pattern: str, paths: Iterable[str]) -> bool:
    compiled = re.compile(pattern)
    return any(compiled.search(path) for path in paths)


def _segments(url: str) -> list[str]:
    return [segment for segment in urlsplit(url).path.split("/") if segment]


def _tail(segments: Sequence[str]) -> Sequence[str]:
    """The last segment with the folders before it that are dates or numbers."""
    start = len(segments) - 1
    while start > 0 and _DATE_FOLDER.fullmatch(segments[start - 1]):
        start -= 1
    return segments[max(start, 0) :]


def _kind(segment: str) -> str:
    """A segment with ``#`` for numbers, ``~`` for words that differ, its extension kept."""
    found = _EXTENSION.fullmatch(segment)
    assert found is not None
    stem, end = found["stem"], (found["end"] or "").lower()
    runs = _RUNS.findall(stem)
    words = [run for run in runs if run.isalpha()]
    changes = sum(one.isdecimal() != other.isdecimal() for one, other in itertools.pairwise(runs))
    joined = stem.count("-") + stem.count("%")
    if not any(run.isdecimal() for run in runs) or (joined >= 2 and len(words) >= 2):
        return f"~{end}"
    if (changes >= _RANDOM and not re.search(r"[-_.]", stem)) or any(len(word) > _LONGEST_WORD for word in words):
        return f"#~{end}"
    return "".join("#" if run.isdecimal() else run for run in runs) + end


NamePattern = Callable[[Sequence[str]], str | None]


def _any_name(names: Sequence[str]) -> str:
    """What names of stories are made of."""
    return "[a-z0-9-]+" if all(re.fullmatch(r"[a-z0-9-]+", name) for name in names) else "[^/]+"


def _telling_name(names: Sequence[str]) -> str | None:
    """What names of stories have and names of sections lack: a number, words enough, the length of a random name.

    A few that lack it too are no stories, though their paths look like those of stories.
    """
    some = _any_name(names)
    one = some.replace("0-9-", "0-9").replace("^/", "^/-")
    length = len(names[0])
    rules = [(rf"{some}-\d+", r".*-\d{3,}"), (rf"\d+-{some}", r"\d{3,}-.*")]
    if length >= _RANDOM_LENGTH:
        rules.append((rf"[0-9A-Za-z]{{{length}}}", rf"(?=.*\d)[0-9A-Za-z]{{{length}}}"))
    rules.append((words := rf"(?:{one}-){{{_FEWEST_HYPHENS},}}{one}", words))
    for pattern, wanted in rules:
        if sum(bool(re.fullmatch(wanted, name)) for name in names) >= _ENOUGH_OF_SHAPE * len(names):
            return pattern
    return None


def _end_pattern(urls: Sequence[str]) -> str:
    """The expression of the paths' ends: ``/t\\d{8}_\\d+\\.html$``."""
    columns = list(zip(*(_tail(_segments(url)) for url in urls), strict=False))
    return "".join(f"/{_segment_pattern(column)}" for column in columns) + _closing(urls)


def _whole_pattern(urls: Sequence[str], name: NamePattern = _any_name) -> str | None:
    """The expression of whole paths, with folders that all have in common; ``None`` where they differ in depth."""
    rows = [_segments(url) for url in urls]
    if len({len(row) for row in rows}) != 1 or not rows[0]:
        return None
    tail = min(len(_tail(row)) for row in rows)
    columns = list(zip(*rows, strict=True))
    folders = [_folder_pattern(column) for column in columns[:-tail]]
    segments = [_segment_pattern(column, name) for column in columns[-tail:]]
    if None in segments:
        return None
    return "^" + "".join(f"/{one}" for one in [*folders, *segments]) + _closing(urls)


def _closing(urls: Sequence[str]) -> str:
    ends = {urlsplit(url).path.endswith("/") for url in urls}
    return {True: "/$", False: "$"}[ends.pop()] if len(ends) == 1 else "/?$"


def _folder_pattern(column: Sequence[str]) -> str:
    different = sorted(set(column))
    if len(different) == 1:
        return _literal(different[0])
    if all(map(str.isdecimal, different)):
        return _digits(different)
    kinds = {_kind(folder) for folder in different}
    if len(kinds) == 1 and "#" in (kind := kinds.pop()) and "~" not in kind:
        return _segment_pattern(different) or "[^/]+"
    return "[^/]+"


def _segment_pattern(column: Sequence[str], name: NamePattern = _any_name) -> str | None:
    """The expression of segments that stand at one place of paths of one shape, names in it as `name` has them."""
    if len(column) > 1 and len(set(column)) == 1 and not column[0].isdecimal():
        return _literal(column[0])
    kinds = {_kind(segment) for segment in column}
    if len(kinds) > 1 or any("~" in kind for kind in kinds):
        ends = {_end_of(segment) for segment in column}
        end = _literal(ends.pop()) if len(ends) == 1 else r"[^/]*"
        stems = [segment[: len(segment) - len(_end_of(segment))] for segment in column]
        named = name(stems)
        return named + end if named else None
    rows = [_RUNS.findall(segment) for segment in column]
    return "".join(_digits(runs) if runs[0].isdecimal() else _literal(runs[0]) for runs in zip(*rows, strict=False))


def _end_of(segment: str) -> str:
    found = _EXTENSION.fullmatch(segment)
    return (found["end"] or "") if found else ""


def _digits(numbers: Iterable[str]) -> str:
    different = set(numbers)
    lengths = {len(number) for number in different}
    dated = len(lengths) == 1 and all(map(_DATES.fullmatch, different))
    return rf"\d{{{lengths.pop()}}}" if dated else r"\d+"


def _number_of_digits(segments: Iterable[str]) -> int:
    return sum(map(str.isdecimal, "".join(segments)))


def _literal(text: str) -> str:
    """`text` as an expression, with hyphens as people write them."""
    return re.escape(text).replace(r"\-", "-")
