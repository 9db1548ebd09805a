"""Finds the requisites of a page: the images, style sheets and fonts that replay will request to show it."""

from dataclasses import dataclass
from urllib.parse import urldefrag

from archive.replay.address import IMAGE, STYLESHEET, STYLESHEET_RESOURCE
from archive.replay.css import rewrite_css
from archive.replay.html import rewrite_html
from archive.replay.links import Links

#: Modifiers of requisites. Sound, film and framed pages are left out: a page looks the same without them.
_REQUISITES = (IMAGE, STYLESHEET, STYLESHEET_RESOURCE)


@dataclass(frozen=True, slots=True)
class Requisite:
    """An image, style sheet or font by its http(s) URL. A style sheet may have requisites of its own."""

    url: str
    is_stylesheet: bool


class _RecordingLinks(Links):
    """Records the requisites whose addresses are rewritten."""

    def __init__(self, base: str, encoding: str) -> None:
        super().__init__(base, "", "", encoding=encoding)
        self.requisites: dict[Requisite, None] = {}

    def resource_address(self, address: str, modifier: str) -> str | None:
        rewritten = super().resource_address(address, modifier)
        url = self.absolute(address)
        if modifier in _REQUISITES and url and rewritten and rewritten.endswith(f"/{url}"):
            self.requisites[Requisite(urldefrag(url).url, modifier == STYLESHEET)] = None
        return rewritten


def page_requisites(markup: str, url: str, encoding: str = "utf-8") -> list[Requisite]:
    """Return the requisites of the page at `url` in page order, without duplicates.

    `encoding` is the codec of the page as it was sent; browsers encode queries in it.
    """
    links = _RecordingLinks(url, encoding)
    rewrite_html(markup, links)
    return list(links.requisites)


def stylesheet_requisites(css: str, url: str, encoding: str = "utf-8") -> list[Requisite]:
    """Return the requisites of the style sheet at `url`: its imports, images and fonts."""
    links = _RecordingLinks(url, encoding)
    rewrite_css(css, links.resource_address)
    return list(links.requisites)
