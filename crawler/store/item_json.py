"""Article items as JSON: one line each, keys in the item's order, read back exactly as they were written."""

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
    """The item as one line of JSON, characters as they are (``ensure_ascii=False``), keys in item order."""
    values: dict[str, Any] = {key: getattr(article, key) for key in _ARTICLE_KEYS}
    values["evidence"] = {name: _plain(found, _EVIDENCE_KEYS) for name, found in article.evidence.items()}
    if article.provenance is not None:
        values["provenance"] = _plain(article.provenance, _PROVENANCE_KEYS)
    text = _encode(values)
    # Half a surrogate pair (pages do write "\ud83d" in JSON-LD) has no UTF-8 form; as an escape it is legal JSON.
    return _LONE_SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def article_from_json(text: str | bytes) -> Article:
    """The item written by `article_to_json`. Raises ItemFormatError when `text` is something else."""
    try:
        values = json.loads(text)
    except ValueError as error:
        raise ItemFormatError(f"not an article item: {error}") from error
    if not isinstance(values, dict):
        raise ItemFormatError(f"not an article item: a JSON object is wanted, here is a {type(values).__name__}")
    return article_from_dict(values)


def article_from_dict(values: Mapping[str, Any]) -> Article:
    """The item whose plain values `Article.as_dict` gave. Raises ItemFormatError naming the key that is wrong."""
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
            known["evidence"] = {name: _evidence(found) for name, found in known["evidence"].items()}
        if known.get("provenance") is not None:
            known["provenance"] = Provenance(**known["provenance"])
        return Article(**known)
    except (TypeError, ValueError, AttributeError) as error:
        raise ItemFormatError(f"not an article item: {values['url']}: {error}") from error


def _plain(value: object, keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: getattr(value, key) for key in keys}


def _evidence(values: Mapping[str, Any]) -> Evidence:
    others = tuple((rule, value) for rule, value in values.get("others", ()))
    return Evidence(**{**values, "others": others})
