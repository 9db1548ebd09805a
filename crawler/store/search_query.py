"""The query language of the search: words, "phrases", prefix*, -excluded, OR and brackets; for both databases."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from crawler.store.errors import SearchQueryError
from crawler.store.words import Phrase, make_phrase

#: A minus excludes only before a word, and only at the beginning of a part: `covid-19` is a word with a hyphen.
_TOKEN = re.compile(
    r'\s+|(?P<minus>(?<![^\s(])-(?=[^\s)-]))|(?P<bracket>[()])|"(?P<plain>[^"]*)"|“(?P<curly>[^”]*)”|(?P<open>["“])'
    r'|(?P<word>[^\s()"“]+)'
)
_MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every one of `parts` must match, and none of `excluded`."""

    parts: tuple["Query", ...]
    excluded: tuple["Query", ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of `parts` must match."""

    parts: tuple["Query", ...]


Query = Phrase | AllOf | AnyOf


class _Token(NamedTuple):
    """A part of a query: `kind` is word, phrase, minus, bracket or OR."""

    kind: str
    text: str


def parse_query(text: str) -> Query | None:
    """Return what `text` asks for, ``None`` if it has no words. Raises SearchQueryError.

    Parts between spaces must all match. A part is a word, any run of Chinese characters, or words in quotes, which must
    be adjacent. ``OR`` and ``AND`` are written in capitals.
    """
    return _Parser(list(_read_tokens(text))).parse()


def list_phrases(query: Query) -> Iterator[Phrase]:
    """Yield the phrases that a match may contain, those excluded left out."""
    if isinstance(query, Phrase):
        yield query
    else:
        for part in query.parts:
            yield from list_phrases(part)


def _read_tokens(text: str) -> Iterator[_Token]:
    for found in _TOKEN.finditer(text):
        if found["open"]:
            raise SearchQueryError(
                f"a quote is not closed: {text[found.start() :]} — add the closing quote, or remove it"
            )
        if found["minus"] or found["bracket"]:
            yield _Token("minus" if found["minus"] else "bracket", found[0])
        elif found["plain"] is not None or found["curly"] is not None:
            yield _Token("phrase", found["plain"] or found["curly"] or "")
        elif found["word"]:
            is_operator = found["word"] in ("OR", "AND", "NOT")
            yield _Token(found["word"] if is_operator else "word", found["word"])


class _Parser:
    """A recursive-descent parser; `AND` may be left out, `NOT` is the same as a minus."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def parse(self) -> Query | None:
        query = self._read_alternatives()
        if self._at < len(self._tokens):
            raise SearchQueryError("a bracket ) has no opening one — remove it, or put the text in quotes")
        return query

    def _peek(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _read_alternatives(self) -> Query | None:
        parts = [self._read_all()]
        while (token := self._peek()) and token.kind == "OR":
            self._at += 1
            parts.append(self._read_all())
        found = [part for part in parts if part is not None]
        if len(parts) > 1 and len(found) < len(parts):
            raise SearchQueryError('OR needs words on both sides — to find the word itself, write "or"')
        return AnyOf(tuple(found)) if len(found) > 1 else next(iter(found), None)

    def _read_all(self) -> Query | None:
        parts: list[Query] = []
        excluded: list[Query] = []
        while (token := self._peek()) and token.kind != "OR" and token.text != ")":
            self._at += 1
            if token.kind == "AND":
                following = self._peek()
                if not parts or following is None or following.kind == "OR" or following.text == ")":
                    raise SearchQueryError('AND needs words on both sides — to find the word itself, write "and"')
                continue
            is_excluded = token.kind in ("minus", "NOT")
            if is_excluded:
                token = self._take_excluded(token)
            if (part := self._read_part(token)) is not None:
                (excluded if is_excluded else parts).append(part)
        if excluded and not parts:
            raise SearchQueryError("words are excluded, but none are searched for — add a word that must occur")
        if len(parts) == 1 and not excluded:
            return parts[0]
        return AllOf(tuple(parts), tuple(excluded)) if parts else None

    def _take_excluded(self, operator: _Token) -> _Token:
        token = self._peek()
        if token is None or token.kind in ("OR", "AND", "NOT", "minus") or token.text == ")":
            raise SearchQueryError(f"{operator.text} needs a word behind it — to find it as text, put it in quotes")
        self._at += 1
        return token

    def _read_part(self, token: _Token) -> Query | None:
        if token.kind != "bracket":
            return make_phrase(token.text, is_prefix=token.kind == "word" and token.text.endswith("*"))
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise SearchQueryError(f"more than {_MAX_DEPTH} brackets in each other — write the query with fewer")
        inner = self._read_alternatives()
        if self._peek() is None:
            raise SearchQueryError("a bracket ( is not closed — add ), or put the text in quotes")
        self._at += 1
        self._depth -= 1
        return inner


def to_sqlite(query: Query) -> str:
    """Return the query in FTS5's language."""
    if isinstance(query, Phrase):
        return f'"{" ".join(query.words)}"{" *" if query.is_open else ""}'
    return _join(query, to_sqlite, " AND ", " OR ", " NOT ")


def to_postgresql(query: Query) -> str:
    """Return the query in the language of tsquery."""
    if isinstance(query, Phrase):
        return "(" + " <-> ".join(f"'{word}'" for word in query.words) + (":*" if query.is_open else "") + ")"
    return _join(query, to_postgresql, " & ", " | ", " & !")


def _join(query: AllOf | AnyOf, write: Callable[[Query], str], all_of: str, any_of: str, without: str) -> str:
    if isinstance(query, AnyOf):
        return f"({any_of.join(map(write, query.parts))})"
    found = f"({all_of.join(map(write, query.parts))})"
    return f"({found}{without}({any_of.join(map(write, query.excluded))}))" if query.excluded else found
