"""Requisites of a page: the images, style sheets, fonts, frames and media that replay will request to show it."""

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urldefrag

from archive.replay.address import IMAGE, INNER_FRAME, MEDIA, STYLESHEET, STYLESHEET_RESOURCE
from archive.replay.css import rewrite_css
from archive.replay.html import rewrite_html
from archive.replay.links import Candidate, Links


class RequisiteKind(StrEnum):
    """The part that a requisite has in a page."""

    IMAGE = "image"
    STYLE_SHEET = "style sheet"
    STYLE_RESOURCE = "image or font of a style sheet"
    FRAME = "frame"
    MEDIA = "media"


_KINDS = {
    IMAGE: RequisiteKind.IMAGE,
    STYLESHEET: RequisiteKind.STYLE_SHEET,
    STYLESHEET_RESOURCE: RequisiteKind.STYLE_RESOURCE,
    INNER_FRAME: RequisiteKind.FRAME,
    MEDIA: RequisiteKind.MEDIA,
}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)([wx])")
# Density of images without a descriptor, and the width that counts as such.
_USUAL_WIDTH = 1000


@dataclass(frozen=True, slots=True)
class Requisite:
    """A requisite by its http(s) URL. Frames and style sheets may have requisites of their own."""

    url: str
    kind: RequisiteKind


class _RecordingLinks(Links):
    """Records the requisites whose addresses are rewritten."""

    def __init__(self, base: str, encoding: str) -> None:
        super().__init__(base, "", "", encoding=encoding)
        self.requisites: dict[Requisite, None] = {}

    def resource_address(self, address: str, modifier: str) -> str | None:
        rewritten = super().resource_address(address, modifier)
        url = self.absolute(address)
        if url and rewritten and rewritten.endswith(f"/{url}"):
            self.requisites[Requisite(urldefrag(url).url, _KINDS[modifier])] = None
        return rewritten

    def choose_candidates(self, candidates: list[Candidate]) -> list[Candidate]:
        """Return the largest candidate: replay shows it in place of the others."""
        return [max(candidates, key=_size_of)] if candidates else []


def _size_of(candidate: Candidate) -> float:
    size = _SIZE.search(candidate[1])
    return float(size[1]) * (1 if size[2] == "w" else _USUAL_WIDTH) if size else _USUAL_WIDTH


def page_requisites(markup: str, url: str, encoding: str = "utf-8") -> list[Requisite]:
    """Return the requisites of the page at `url` in page order, without duplicates.

    Of an image with several sizes, that is the largest. `encoding` is the codec of the page as it was sent; browsers
    encode queries in it.
    """
    links = _RecordingLinks(url, encoding)
    rewrite_html(markup, links)
    return list(links.requisites)


def stylesheet_requisites(css: str, url: str, encoding: str = "utf-8") -> list[Requisite]:
    """Return the requisites of the style sheet at `url`: its imports, images and fonts."""
    links = _RecordingLinks(url, encoding)
    rewrite_css(css, links.resource_address)
    return list(links.requisites)
