"""Detection of hidden and barely visible text by tag, attributes and inline style."""

import re
from functools import lru_cache

_NONE = re.compile(r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)", re.I)
_OFFSCREEN = re.compile(
    r"(?<![\w-])(?:left|top|right|text-indent|margin-(?:left|top))\s*:\s*-\s*\d{3,}(?:\.\d+)?(?:px|em|rem|pt|%)?"
    r"|clip\s*:\s*rect\(\s*[01](?:px)?[\s,]+[01](?:px)?[\s,]+[01](?:px)?[\s,]+[01](?:px)?\s*\)"
    r"|translate[xy3d]*\(\s*-\s*\d{4,}|scale\(\s*0\s*\)",
    re.I,
)
_TINY = re.compile(r"(?<![\w-])(?:max-)?(?:height|width)\s*:\s*[01](?:\.\d+)?(?:px|em|pt|%)?\s*(?:;|!|$)", re.I)
_CLIPPED = re.compile(r"overflow(?:-[xy])?\s*:\s*(?:hidden|clip|scroll|auto)", re.I)
_RATIO_BOX = re.compile(r"padding(?:-(?:bottom|top))?\s*:[^;]*\d%", re.I)
_FAINT = re.compile(
    r"opacity\s*:\s*0?\.?0*\d?\s*(?:;|!|$)|opacity\s*=\s*0\b|font-size\s*:\s*(?:[012]|0?\.\d+)(?:px|pt|em|rem|%)?\s*(?:;|!|$)"
    r"|line-height\s*:\s*[01](?:px)?\s*(?:;|!|$)|z-index\s*:\s*-\d|(?<![\w-])color\s*:\s*transparent"
    r"|max-height\s*:\s*[01](?:px)?\s*(?:;|!|$)",
    re.I,
)
_COLOUR = re.compile(r"(?<![\w-])(color|background(?:-color)?)\s*:\s*(#[0-9a-f]{3,8}|rgba?\([^)]*\)|[a-z]+)", re.I)


def find_hiding_reason(tag: str, attributes: dict[str, str | None], style: str) -> str | None:
    """Return the reason why an element hides its text, ``None`` if its own tag, attributes and style do not."""
    if tag == "noscript":
        return "noscript"
    if "hidden" in attributes and attributes["hidden"] != "until-found":
        return "attribute"
    if attributes.get("aria-hidden") == "true":
        return "aria"
    if tag == "dialog" and "open" not in attributes:
        return "attribute"
    return _find_hiding_style(style) if style else None


@lru_cache(maxsize=4096)
def _find_hiding_style(style: str) -> str | None:
    """Return the reason why an inline style hides text, ``None`` if it does not."""
    if _NONE.search(style):
        return "display"
    if _OFFSCREEN.search(style):
        return "offscreen"
    if _TINY.search(style) and _CLIPPED.search(style) and not _RATIO_BOX.search(style):
        return "size"
    return None


@lru_cache(maxsize=4096)
def find_faint_reason(style: str) -> str | None:
    """Return the reason why text in this style may be barely visible, ``None`` if it is visible."""
    if _FAINT.search(style):
        return "faint"
    colours = {kind[:5].lower(): value.lower().replace(" ", "") for kind, value in _COLOUR.findall(style)}
    if "color" in colours and colours["color"] == colours.get("backg"):
        return "colour"
    return None
