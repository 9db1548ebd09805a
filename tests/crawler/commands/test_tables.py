"""Names, URLs and digests in tables are never broken, at any width, so that they can be copied."""

import re

import pytest
from rich.cells import cell_len

from crawler.commands.tables import print_fields, print_table

FILE = "chengshi-20260522001234037-00000-host-11e08de3.warc.gz"
URL = "http://www.chengshi.localhost/jiaoyu/2025-05/10/content_100499.html?a=1&b=2"
TITLE = "入冬以后，新桥村的零碳公园正式开放"


@pytest.fixture(params=[80, 60, 30, None], ids=lambda width: f"{width} cells" if width else "pipe")
def width(request, monkeypatch):
    """Set the width of the terminal; None is a pipe."""
    if request.param:
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("NO_COLOR", "1")
        monkeypatch.setenv("COLUMNS", str(request.param))
    else:
        monkeypatch.delenv("FORCE_COLOR", raising=False)
        monkeypatch.setenv("COLUMNS", "30")  # must have no effect on a pipe
    return request.param


def test_names_and_urls_are_not_broken(width, capsys):
    print_table("Files", ["file", "title", "bytes", "url"], [(FILE, TITLE, "12", URL), ("b", "two words", "3", "u")])
    print_fields([("url", URL), ("seen in", f"{FILE} and in {URL}")])
    printed = capsys.readouterr().out
    assert printed.count(FILE) == 2
    assert printed.count(URL) == 3
    if width is None:
        assert TITLE in printed
        assert len(printed.splitlines()) == 6
    assert not any(line.endswith(" ") for line in printed.splitlines())


def test_prose_is_wrapped_between_words(width, capsys):
    prose = "every word of this sentence is printed in its column and not one of them is lost"
    print_table("Checks", ["check", "found", "n"], [("disk", prose, "1"), ("clock", TITLE, "20")], numbers=2)
    lines = capsys.readouterr().out.splitlines()
    words = {word for line in lines for word in line.split()}
    assert words >= set(prose.split())
    if width:
        assert max(cell_len(re.sub(r"\x1b\[\d+m", "", line)) for line in lines) <= width
    else:
        assert len(lines) == 4


def test_control_characters_are_removed(capsys):
    print_table("\x1b[31mTitle", ["a"], [("x\x1b]0;owned\x07\ny",)])
    assert capsys.readouterr().out == " [31mTitle\na\nx ]0;owned  y\n"
