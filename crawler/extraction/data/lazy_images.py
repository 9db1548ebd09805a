"""Attributes with the address of an image, of lazily loaded ones too.

The table is that of replay, so that items name the images that replay shows and that crawls request. It is read as a
file, because extraction never imports `archive`.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache

from crawler.extraction.data.table_file import DATA

_TABLE = DATA.parents[2] / "archive" / "replay" / "lazy_resources.toml"
_IMAGE_FILE = re.compile(r"[^?#]*\.(?:jpe?g|jfif|png|gif|webp|avif|bmp|svg)(?:[!@_:?#/].*)?", re.IGNORECASE | re.DOTALL)


def image_addresses(attributes: Mapping[str, str | None]) -> Iterator[str]:
    """Yield the addresses in the `attributes` of an image, the most reliable first and a placeholder's last."""
    certain, likely = _attribute_names()
    possible = [value for name in likely if name in attributes and (value := _value(attributes, name))]
    yield from [value for name in certain if name in attributes and (value := _value(attributes, name))]
    yield from filter(_IMAGE_FILE.fullmatch, possible)
    if source := _value(attributes, "src"):
        yield source
    yield from possible


@cache
def _attribute_names() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names that are certain and likely, as the table has them."""
    table = tomllib.loads(_TABLE.read_text(encoding="utf-8"))["image"]
    return tuple(table["certain"]), tuple(table["likely"])


def _value(attributes: Mapping[str, str | None], name: str) -> str:
    """Return the value of an attribute if it may be an address; empty otherwise."""
    value = (attributes.get(name) or "").strip()
    return value if name == "src" or (("/" in value or "." in value) and not value.startswith(("{", "[", "<"))) else ""
