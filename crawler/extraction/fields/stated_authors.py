"""Authors in a page's metadata: JSON-LD and meta tags."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from crawler.extraction.document import Document
from crawler.extraction.fields.author_names import split_names, unique_names
from crawler.extraction.fields.title_statements import host_labels, site_name_keys, title_key

#: "Doe, Jane", as catalogues write it.
_INVERTED = re.compile(r"[^\s,]+(?: [^\s,]+)?, [^\s,]+(?: [^\s,]+)?")
_META = (
    "author", "article:author", "og:article:author", "parsely-author", "sailthru.author", "dc.creator",
    "dcterms.creator", "dc.contributor", "byl", "cxenseparse:author", "article.author", "authors", "article_author",
)  # fmt: skip
#: The name of a user of the content management system.
_LOGIN_NAME = re.compile(r"[a-z0-9_.-]+")
_NOT_LETTERS = re.compile(r"\W")


class AuthorCandidate(Struct, frozen=True):
    """Names that may be the authors', with the rule, place and raw text they were read from."""

    names: tuple[str, ...]
    rule: str
    place: str
    text: str
    line: int | None = None
    is_weak: bool = False  # the only name is the site's own, or a login name


def read_metadata(document: Document) -> Iterator[AuthorCandidate]:
    """Yield the authors in the page's metadata, the most trusted first."""
    node: Mapping[str, Any] = document.article_ld or {}
    stated = [(f"jsonld.{name}", list(_names_in_jsonld(node.get(name), document))) for name in ("author", "creator")]
    stated += [(f"meta.{name}", list(document.meta.get(name, ()))) for name in _META]
    yield from _from_stated(document, stated)


def read_misspelt_metadata(document: Document) -> Iterator[AuthorCandidate]:
    """Yield the authors in meta tags that have them in ``value`` instead of ``content``."""
    yield from _from_stated(document, [(f"meta.{x}.value", list(document.misspelt_meta.get(x, ()))) for x in _META])


def _from_stated(document: Document, stated: Iterable[tuple[str, list[str]]]) -> Iterator[AuthorCandidate]:
    site = site_name_keys(document) | host_labels(document)
    for rule, texts in stated:
        if not texts:
            continue
        if len(texts) > 1 and all(_INVERTED.fullmatch(text) for text in texts):
            texts = [" ".join(reversed(text.split(", "))) for text in texts]
        names = unique_names(name for text in texts for name in split_names(text))
        persons = tuple(name for name in names if not {title_key(name), _NOT_LETTERS.sub("", title_key(name))} & site)
        if names:
            is_weak = not persons or all(map(_LOGIN_NAME.fullmatch, persons))
            yield AuthorCandidate(persons or names, rule, rule, ", ".join(texts), is_weak=is_weak)


def _names_in_jsonld(value: object, document: Document, depth: int = 0) -> Iterator[str]:
    """Yield the names in a JSON-LD author: a text, a node, a reference to a node by its id, or a list of these."""
    if isinstance(value, str):
        yield value
    elif depth > 4:  # no sane page nests names deeper
        return
    elif isinstance(value, list):
        for item in value[:20]:
            yield from _names_in_jsonld(item, document, depth + 1)
    elif isinstance(value, dict):
        if value.get("name"):
            yield from _names_in_jsonld(value["name"], document, depth + 1)
        elif isinstance(value.get("familyName"), str):
            yield f"{value.get('givenName') or ''} {value['familyName']}".strip()
        elif "@id" in value:
            for node in document.jsonld:
                if node.get("@id") == value["@id"] and isinstance(node.get("name"), str):
                    yield node["name"]
                    break
