"""The parts a page needs to look as it did: what replay will ask for when it shows the page."""

from dataclasses import dataclass
from urllib.parse import urldefrag

from archive.replay.address import DRAWN, IMAGE, STYLE
from archive.replay.css import rewrite_css
from archive.replay.html import rewrite_html
from archive.replay.links import Links

#: What counts as a part: sound, film and framed pages are not what a page looks like.
_LOOKS = (IMAGE, STYLE, DRAWN)


@dataclass(frozen=True, slots=True)
class Part:
    """An image, a style sheet or a font by its http(s) URL; a sheet has parts of its own."""

    url: str
    is_sheet: bool


class _Noted(Links):
    """Notes the parts it is asked for."""

    def __init__(self, base: str, encoding: str) -> None:
        super().__init__(base, "", "", encoding=encoding)
        self.parts: dict[Part, None] = {}

    def part(self, address: str, modifier: str) -> str | None:
        found = super().part(address, modifier)
        url = self.absolute(address)
        if modifier in _LOOKS and url and found and found.endswith(f"/{url}"):
            self.parts[Part(urldefrag(url).url, modifier == STYLE)] = None
        return found


def page_parts(markup: str, url: str, encoding: str = "utf-8") -> list[Part]:
    """The parts of the page at `url`, in its order, each once; `encoding` is the codec it was written in."""
    links = _Noted(url, encoding)
    rewrite_html(markup, links)
    return list(links.parts)


def sheet_parts(css: str, url: str, encoding: str = "utf-8") -> list[Part]:
    """The parts of the style sheet at `url`: what it imports and draws with."""
    links = _Noted(url, encoding)
    rewrite_css(css, links.part)
    return list(links.parts)
