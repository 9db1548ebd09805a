"""The regular expression of a site file for article paths, with a time limit.

Every pattern that a user writes is matched here. The standard library's engine cannot be limited, so that one bad
pattern and one URL could stop a crawl for ever; `regex` reads the same patterns and takes a time limit.
"""

from collections.abc import Iterable, Iterator

import regex

#: Seconds that one match may take; ordinary ones take a few microseconds.
MATCH_SECONDS = 0.1
#: Matches that may use the whole time; the limit of later ones is lower, so that a long list of slow URLs ends soon.
_FULL_LIMIT_MATCHES, _LATER_SECONDS = 20, 0.01
#: Slow paths that are remembered, since each URL is matched several times.
_MAX_SLOW_PATHS = 10_000
#: Minimum length of a stretched part of a path: enough to make repeats of repeats slow, and no others.
_STRETCHED = 64
#: The end of a stretched path, which no pattern expects.
_MISFIT = "\n!"


class PatternError(Exception):
    """A pattern is not a regular expression."""


class PatternTimeout(Exception):
    """A pattern takes too long for a path, so that it is not known whether the path is an article's."""


class PathPattern:
    """The pattern `text` for article paths; `file` is the site file it was read from.

    Raises PatternError if `text` is not a regular expression.
    """

    def __init__(self, text: str, file: str = "") -> None:
        self.text = text
        self.file = file
        try:
            self._compiled = regex.compile(text)
        except regex.error as error:
            raise PatternError(str(error)) from error
        self._slow_paths: set[str] = set()
        self._slow_matches = 0

    def __repr__(self) -> str:
        return f"PathPattern({self.text!r})"

    def matches(self, path: str) -> bool:
        """True if the pattern is found in `path`. Raises PatternTimeout if that takes too long."""
        if path not in self._slow_paths:
            limit = MATCH_SECONDS if self._slow_matches < _FULL_LIMIT_MATCHES else _LATER_SECONDS
            try:
                return self._compiled.search(path, timeout=limit) is not None
            except TimeoutError:
                self._slow_matches += 1
                if len(self._slow_paths) < _MAX_SLOW_PATHS:
                    self._slow_paths.add(path)
        raise PatternTimeout(f"[articles] path = {self.text!r}" + (f" in {self.file}" if self.file else ""))

    def find_slow_path(self, paths: Iterable[str]) -> str | None:
        """Return a path for which the pattern takes too long: one met so far, or one of `paths` made longer."""
        if self._slow_paths:
            return min(self._slow_paths)
        for path in paths:
            for variant in _stretch(path):
                try:
                    self.matches(variant)
                except PatternTimeout:
                    return variant.removesuffix(_MISFIT)
        return None


def _stretch(path: str) -> Iterator[str]:
    """Yield `path` up to each of its segments, which is repeated whole or by its first letter, with an odd end."""
    segments = path.split("/")
    for number, segment in enumerate(segments):
        before = "/".join((*segments[:number], ""))
        for unit in dict.fromkeys((segment, segment[:1])):
            if unit:
                yield f"{before}{unit * (_STRETCHED // len(unit) + 1)}{_MISFIT}"
