"""The rule for what is a page, over the media types and bodies that servers send."""

import pytest

from archive.media import is_html, is_success, is_textual, may_be_html, normalize_media_type

PAGE = b"<!DOCTYPE html><title>A</title>"
STATED = (
    "text/html",
    "TEXT/HTML",
    "Text/Html; Charset=UTF-8",
    "text/html,text/html",
    "text/html, text/html; charset=utf-8",
    "text/html charset=utf-8",
    "text/html;charset=utf-8;charset=gbk",
    '"text/html"',
    " text/html\xa0; charset=utf-8",
    "charset=utf-8; text/html",
    "application/xhtml+xml",
)
MEANINGLESS = (None, "", "html", "text/htm", "*/*", "unknown/unknown", "application/octet-stream", ";", "text")
OTHER = ("image/png", "application/json", "text/css", "text/csv", "application/rss+xml", "application/pdf")


@pytest.mark.parametrize("kind", STATED)
def test_html_type_in_any_spelling_is_a_page(kind):
    assert is_html(kind, b"") is True
    assert is_html(kind.encode("latin-1"), b"\x89PNG") is True
    assert normalize_media_type(kind) in ("text/html", "application/xhtml+xml")


@pytest.mark.parametrize("kind", MEANINGLESS)
def test_first_bytes_decide_if_the_type_says_nothing(kind):
    assert may_be_html(kind)
    for start in (
        PAGE,
        b"\xef\xbb\xbf \r\n<html>",
        b"<!-- saved --><HEAD>",
        b"<?xml version='1.0'?><!DOCTYPE html PUBLIC 'x'>",
        b"<h1>A",
        PAGE.decode().encode("utf-16"),
    ):
        assert is_html(kind, start), start
    for start in (
        b"",
        b"words",
        b"{}",
        b"<rss>",
        b"<?xml version='1.0'?><feed>",
        b"%PDF-1.7 <html>",
        b"\x1f\x8b<html>",
    ):
        assert not is_html(kind, start), start


@pytest.mark.parametrize("kind", OTHER)
def test_other_type_is_no_page_whatever_the_body(kind):
    assert not is_html(kind, PAGE)
    assert not may_be_html(kind)


@pytest.mark.parametrize("kind", ["application/xml", "text/xml; charset=utf-8", "text/plain"])
def test_xml_or_plain_text_is_a_page_only_if_its_root_is_html(kind):
    assert is_html(kind, b"<?xml version='1.0'?>\n<html xmlns='http://www.w3.org/1999/xhtml'>")
    assert not is_html(kind, b"<?xml-stylesheet href='x'?><a/>")
    assert not is_html(kind, b"<rss>")
    assert not is_html(kind, b"<h1>A</h1>")


def test_statuses_of_pages():
    assert [status for status in (None, 0, 100, 200, 203, 206, 299, 300, 304, 404, 999) if is_success(status)] == [
        200,
        203,
        206,
        299,
    ]


def test_textual_types():
    assert [
        kind for kind in (*STATED, "text/css", "application/ld+json", "image/svg+xml", None) if is_textual(kind)
    ] == [
        *STATED,
        "text/css",
        "application/ld+json",
    ]
