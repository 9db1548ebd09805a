"""Lazily loaded resources: addresses that a page's scripts would copy to the attribute that loads them.

The attributes are listed in ``lazy_resources.toml``.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

#: The table of attributes, which the extraction of images reads too.
TABLE = Path(__file__).with_name("lazy_resources.toml")

_ATTRIBUTES = tomllib.loads(TABLE.read_text(encoding="utf-8"))
_IMAGE, _FRAME, _MEDIA = _ATTRIBUTES["image"], _ATTRIBUTES["frame"], _ATTRIBUTES["media"]
_BACKGROUNDS = _ATTRIBUTES["background"]["address"]
_MAY_HAVE_BACKGROUND = frozenset((*_BACKGROUNDS, *_IMAGE["certain"]))

#: Elements of AMP pages, which only a script turns into the elements of HTML they stand for.
AMP_ELEMENTS = {"amp-img": "img", "amp-anim": "img", "amp-video": "video", "amp-audio": "audio", "amp-iframe": "iframe"}

# Not JSON, a number, a word such as "true", or an element.
_ADDRESS = re.compile(r"(?![{\[<#]|(?i:javascript|about|blob|data):)(?=.*[/.]).*[^\d.].*", re.DOTALL)
_IMAGE_FILE = re.compile(
    r"[^?#]*\.(?:jpe?g|jfif|png|gif|webp|avif|bmp|svg)(?:[!@_:?#/].*)?|.*[?&](?:wx_)?fmt=\w+.*", re.I | re.S
)
_CSS_URL = re.compile(r"\s*url\(\s*[\"']?(.*?)[\"']?\s*\)\s*", re.IGNORECASE | re.DOTALL)
_MEDIA_SET = re.compile(r"\bmedia\s*=\s*[\"']([\w\s,():-]+)[\"']")


def fill_in_lazy(name: str, given: dict[str, str]) -> None:
    """Change the attributes `given` of an element of that `name` to those that its page's scripts would set."""
    if name == "img":
        _fill_in_image(given)
    elif name in ("iframe", "frame"):
        _fill_in_address(given, "src", _FRAME["address"])
    elif name in ("video", "audio", "source", "track"):
        _fill_in_address(given, "src", _MEDIA["address"])
        _fill_in_address(given, "poster", _MEDIA["poster"])
        _fill_in_candidates(given)
    elif name == "link":
        _fill_in_link(given)
    elif not _MAY_HAVE_BACKGROUND.isdisjoint(given):
        _fill_in_background(given)


def real_image(given: Mapping[str, str | None]) -> str | None:
    """Return the address of the image that an element with the attributes `given` shows in the end."""
    source = (given.get("src") or "").strip()
    if address := _first_address(given, _IMAGE["certain"]):
        return address
    likely = [address for key in _IMAGE["likely"] if (address := _first_address(given, (key,)))]
    if named := next(filter(_IMAGE_FILE.fullmatch, likely), None):
        return named
    is_placeholder = not source or source.lower().startswith(("data:", "about:"))
    return next(iter(likely), source or None) if is_placeholder else source


def _fill_in_image(given: dict[str, str]) -> None:
    had_candidates = _fill_in_candidates(given)
    source = given.get("src", "")
    address = real_image(given)
    if had_candidates and address in (None, source.strip()):  # the placeholder is for browsers without `srcset`
        address = given["srcset"].strip().split()[0].rstrip(",")
    if address and address != source.strip():
        given["src"] = address


def _fill_in_candidates(given: dict[str, str]) -> bool:
    """Copy lazy candidates to `srcset`, and return True if there are any."""
    for key in _IMAGE["candidates"]:
        value = given.get(key, "").strip()
        if value and not value.lower().startswith("data:"):
            given["srcset"] = value
            return True
    return False


def _fill_in_address(given: dict[str, str], target: str, keys: Iterable[str]) -> None:
    """Copy a lazy address to the attribute `target`, unless that has one already."""
    if not _first_address(given, (target,)) and (address := _first_address(given, keys)):
        given[target] = address


def _fill_in_background(given: dict[str, str]) -> None:
    keys = [*_BACKGROUNDS, *(_IMAGE["certain"] if "lazy" in given.get("class", "").lower() else ())]
    for key in keys:
        value = given.get(key, "")
        url = _CSS_URL.fullmatch(value)
        address = url[1] if url else value.strip()
        if _ADDRESS.fullmatch(address):
            escaped = re.sub(r"[\\\"\n\r\f]", lambda found: f"\\{ord(found[0]):x} ", address)
            given["style"] = f'{given.get("style", "").rstrip("; ")};background-image:url("{escaped}")'.lstrip(";")
            return


def _fill_in_link(given: dict[str, str]) -> None:
    """Apply style sheets that a script of the page would apply once they are loaded."""
    words, action = given.get("rel", "").lower().split(), given.get("onload", "")
    if "preload" in words and given.get("as", "").lower() == "style" and "stylesheet" in action.lower():
        given["rel"] = "stylesheet"
    if media := _MEDIA_SET.search(action):
        given["media"] = media[1]


def _first_address(given: Mapping[str, str | None], keys: Iterable[str]) -> str | None:
    """Return the first value of the attributes `keys` that is an address."""
    for key in keys:
        value = (given.get(key) or "").strip()
        if value and _ADDRESS.fullmatch(value):
            return value
    return None
