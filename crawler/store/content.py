"""Article content: the fields whose change counts as an edit, and how their values are compared."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable
from typing import Any, NamedTuple

from crawler.items import Article

#: A change in one of these fields is an edit. The others (tags, images, evidence, the extractor) are not content.
CONTENT_FIELDS = ("title", "date", "source", "editor", "authors", "body")

#: The five fields by which every portal is measured.
CORE_FIELDS = ("title", "date", "source", "editor", "body")

_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")


class FieldChange(NamedTuple):
    """A field's value before and after an edit."""

    before: Any
    after: Any


def content_digest(article: Article) -> str:
    """Return the SHA-256 (hex) of the content fields, ignoring white space, invisible characters and normalization."""
    comparable = [_normalize(getattr(article, name)) for name in CONTENT_FIELDS]
    return hashlib.sha256(json.dumps(comparable).encode()).hexdigest()


def changed_fields(before: Article, after: Article) -> dict[str, FieldChange]:
    """Return the content fields in which two items of an article differ, in the order of `CONTENT_FIELDS`."""
    return {
        name: FieldChange(old, new)
        for name in CONTENT_FIELDS
        if _normalize(old := getattr(before, name)) != _normalize(new := getattr(after, name))
    }


def _normalize(value: str | Iterable[str] | None) -> Any:
    if value is None:
        return None
    if isinstance(value, str):
        lines = (" ".join(line.split()) for line in _INVISIBLE.sub("", value).splitlines())
        return unicodedata.normalize("NFC", "\n".join(line for line in lines if line))
    return [_normalize(part) for part in value]
