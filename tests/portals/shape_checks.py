"""Tests of a group of generated portals: by a site file of three lines, and by the file that `site add` writes.

A test file names its group in a subclass of `ShapeChecks`, so that each group may run in a process of its own. The
fixtures are in ``conftest.py``.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from portal_shapes import ShapedPortal
from shape_crawls import run_command

from crawler.demo import DemoServer
from crawler.report_states import VisitOutcome

#: Articles per portal: three pages of every list.
ARTICLES = 30


class AddedSiteFiles:
    """Site files written by `site add`, and the exit code and messages of the command by portal."""

    def __init__(self) -> None:
        self.results: dict[str, tuple[int | None, str]] = {}

    def make(self, server: DemoServer, portal: ShapedPortal, folder: Path) -> None:
        """Survey a portal, with the data in a folder of its own, and shorten the delay of its file."""
        url = server.url(portal, portal.entry_path)
        data = folder.parent / "surveys" / portal.name
        done = run_command(folder.parent, "site", "add", url, "--name", portal.name, "--yes", data=data)
        self.results[portal.name] = (done.returncode, done.stderr)
        file = folder / f"{portal.name}.toml"
        if file.exists():
            text = file.read_text(encoding="utf-8").replace("\ndelay = 0.1 ", "\ndelay = 0.01 ")
            text = text.replace("\nmax_pages = 500 ", f"\nmax_pages = {portal.max_pages} ")
            file.write_text(text, encoding="utf-8")


class ShapeChecks:
    """Base of the tests of a group of shapes. `shape` is each of them in turn."""

    shapes: ClassVar[Sequence[type[ShapedPortal]]]

    def test_three_lines_find_every_article_with_few_useless_requests(self, short, shape):
        if shape.unreadable:
            report = short.reports[shape.name]
            assert report["outcome"] != VisitOutcome.DONE
            assert report["causes"], "no reason"
        elif shape.incomplete:
            assert shape.incomplete in short.reports[shape.name]["causes"][0]["text"]
        else:
            short.result(shape.name).check()

    def test_site_add_finds_every_article_or_says_what_is_missing(self, added, shape):
        crawl, results = added
        code, messages = results[shape.name]
        reason = shape.unreadable or shape.not_added
        assert code == (1 if reason else 0), messages
        if reason:
            assert reason in messages
        else:
            crawl.result(shape.name).check()
