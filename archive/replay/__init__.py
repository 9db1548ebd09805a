"""Replay of captures in a browser: found, rewritten and served, without scripts and without the live web."""

from archive.replay.address import AddressKind, ReplayAddress, parse_address, timestamp_of
from archive.replay.app import Decode, Replay
from archive.replay.cdx_server import CdxServer
from archive.replay.css import rewrite_css
from archive.replay.finder import CaptureFinder, Neighbours
from archive.replay.html import rewrite_html
from archive.replay.links import Links
from archive.replay.notice import Notice
from archive.replay.requisites import Requisite, RequisiteKind, page_requisites, stylesheet_requisites

__all__ = [
    "AddressKind",
    "CaptureFinder",
    "CdxServer",
    "Decode",
    "Links",
    "Neighbours",
    "Notice",
    "Replay",
    "ReplayAddress",
    "Requisite",
    "RequisiteKind",
    "page_requisites",
    "parse_address",
    "rewrite_css",
    "rewrite_html",
    "stylesheet_requisites",
    "timestamp_of",
]
