"""What the paths of a portal's articles have in common, learnt from examples and written as a regular expression."""

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

_RUNS = re.compile(r"\d+|[^\W\d_]+|[\W_]")
_DATE_FOLDER = re.compile(r"\d{1,8}(?:[-_]\d{1,2}){0,2}")
_EXTENSION = re.compile(r"(?P<stem>.+?)(?P<end>\.(?:s?html?|php|aspx?|jsp|cfm|do|story))?", re.I)

#: Letters of the longest word in a file's name that is taken to be the same in all: ``content_123.htm``.
_LONGEST_WORD = 12
#: Changes between letters and digits from which a name is a random one.
_RANDOM = 4
#: Numbers that are years, months or days, alone or together, are written with their length: others may grow.
_DATES = re.compile(
    r"(?:19|20)\d\d(?:0[1-9]|1[0-2])?|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])|[0-3]\d(?:[0-3]\d)?"
)
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
        tries = [_whole_pattern] if shape.is_bare or not shape.is_strong else []
        tries += [_end_pattern] if shape.is_strong else []
        tries += [_whole_pattern]
        pattern = next((one for made in tries if (one := made(shape.urls)) and not _finds_any(one, paths)), None)
        if pattern is None:
            return None
        patterns.append(pattern)
    return "|".join(sorted(set(patterns), key=patterns.index)) or None


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


def _end_pattern(urls: Sequence[str]) -> str:
    """The expression of the paths' ends: ``/t\\d{8}_\\d+\\.html$``."""
    columns = list(zip(*(_tail(_segments(url)) for url in urls), strict=False))
    return "".join(f"/{_segment_pattern(column)}" for column in columns) + _closing(urls)


def _whole_pattern(urls: Sequence[str]) -> str | None:
    """The expression of whole paths, with folders that all have in common; ``None`` where they differ in depth."""
    rows = [_segments(url) for url in urls]
    if len({len(row) for row in rows}) != 1 or not rows[0]:
        return None
    tail = min(len(_tail(row)) for row in rows)
    columns = list(zip(*rows, strict=True))
    folders = [_folder_pattern(column) for column in columns[:-tail]]
    return "^" + "".join(f"/{one}" for one in [*folders, *map(_segment_pattern, columns[-tail:])]) + _closing(urls)


def _closing(urls: Sequence[str]) -> str:
    ends = {urlsplit(url).path.endswith("/") for url in urls}
    return {True: "/$", False: "$"}[ends.pop()] if len(ends) == 1 else "/?$"


def _folder_pattern(column: Sequence[str]) -> str:
    different = sorted(set(column))
    if len(different) == 1:
        return _literal(different[0])
    if all(map(str.isdecimal, different)):
        return _digits(different)
    return "[^/]+"


def _segment_pattern(column: Sequence[str]) -> str:
    """The expression of segments that stand at one place of paths of one shape."""
    if len(column) > 1 and len(set(column)) == 1 and not column[0].isdecimal():
        return _literal(column[0])
    kinds = {_kind(segment) for segment in column}
    if len(kinds) > 1 or any("~" in kind for kind in kinds):
        ends = {_end_of(segment) for segment in column}
        end = _literal(ends.pop()) if len(ends) == 1 else r"[^/]*"
        stems = [segment[: len(segment) - len(_end_of(segment))] for segment in column]
        return (r"[a-z0-9-]+" if all(re.fullmatch(r"[a-z0-9-]+", stem) for stem in stems) else r"[^/]+") + end
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
