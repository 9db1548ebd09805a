"""Article items as JSON: one line each, keys in item order, with a lossless round trip."""

import json
import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from crawler.items import Article, Evidence, Provenance
from crawler.store.errors import ItemFormatError

_ARTICLE_KEYS = tuple(field.name for field in fields(Article))
_EVIDENCE_KEYS = tuple(field.name for field in fields(Evidence))
_PROVENANCE_KEYS = tuple(field.name for field in fields(Provenance))
_TUPLES = frozenset({"authors", "tags", "images", "flags"})
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def article_to_json(article: Article) -> str:
    """Return the item as one line of JSON, with unescaped Unicode and keys in item order."""
    values: dict[str, Any] = {key: getattr(article, key) for key in _ARTICLE_KEYS}
    values["evidence"] = {name: _to_dict(found, _EVIDENCE_KEYS) for name, found in article.evidence.items()}
    if article.provenance is not None:
        values["provenance"] = _to_dict(article.provenance, _PROVENANCE_KEYS)
    text = _encode(values)
    # A lone surrogate (pages do write "\ud83d" in JSON-LD) cannot be encoded in UTF-8, but is legal JSON as an escape.
    return _LONE_SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def article_from_json(text: str | bytes) -> Article:
    """Return the item written by `article_to_json`. Raises ItemFormatError if `text` is anything else."""
    try:
        values = json.loads(text)
    except ValueError as error:
        raise ItemFormatError(f"not an article item: {error}") from error
    if not isinstance(values, dict):
        raise ItemFormatError(f"not an article item: expected a JSON object, got {type(values).__name__}")
    return article_from_dict(values)


def article_from_dict(values: Mapping[str, Any]) -> Article:
    """Return the item with the plain values from `Article.as_dict`. Raises ItemFormatError that names the wrong key."""
    if unknown := set(values) - set(_ARTICLE_KEYS):
        raise ItemFormatError(
            f"not an article item: unknown key {sorted(unknown)[0]!r}; was it written by a newer version?"
        )
    if not isinstance(values.get("url"), str):
        raise ItemFormatError("not an article item: no 'url'")
    known: dict[str, Any] = dict(values)
    try:
        for key in _TUPLES & known.keys():
            known[key] = tuple(known[key])
        if "evidence" in known:
            known["evidence"] = {name: _evidence_from_dict(found) for name, found in known["evidence"].items()}
        if known.get("provenance") is not None:
            known["provenance"] = Provenance(**known["provenance"])
        return Article(**known)
    except (TypeError, ValueError, AttributeError) as error:
        raise ItemFormatError(f"not an article item: {values['url']}: {error}") from error


def _to_dict(value: object, keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: getattr(value, key) for key in keys}


def _evidence_from_dict(values: Mapping[str, Any]) -> Evidence:
    others = tuple((rule, value) for rule, value in values.get("others", ()))
    return Evidence(**{**values, "others": others})
