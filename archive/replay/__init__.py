"""Replay of an archive in a browser: captures found, rewritten and served, with nothing that runs or leaves."""

from archive.replay.address import ReplayAddress, Wanted, parse_address, timestamp_of
from archive.replay.app import Decode, Replay
from archive.replay.css import rewrite_css
from archive.replay.html import rewrite_html
from archive.replay.links import Links
from archive.replay.notice import Notice
from archive.replay.parts import Part, page_parts, sheet_parts

__all__ = [
    "Decode",
    "Links",
    "Notice",
    "Part",
    "Replay",
    "ReplayAddress",
    "Wanted",
    "page_parts",
    "parse_address",
    "rewrite_css",
    "rewrite_html",
    "sheet_parts",
    "timestamp_of",
]
