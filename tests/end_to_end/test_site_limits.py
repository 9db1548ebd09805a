"""Limits of the site file in whole crawls and their ledger: hours and pages per day."""

from datetime import UTC, datetime

import pytest

from crawler.demo.messages import Reply, Request, page, text
from crawler.demo.portal import Portal, SectionList
from crawler.demo.server import DemoServer
from crawler.demo.site_files import render_site_file
from crawler.politeness.ledger import read_ledger

PAGES = 8


class Paper(Portal):
    """A portal with one list and its articles."""

    title = "paper"
    timezone = "UTC"
    delay = 0.02
    article_pattern = r"^/a/"
    sections = (SectionList("/", "li a"),)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name, self.host = name, f"www.{name}.localhost"  # type: ignore[misc]

    @property
    def articles(self):
        return ()

    def find(self, request: Request) -> Reply | None:
        if request.path == "/robots.txt":
            return text("User-agent: *\nDisallow:\n")
        if request.path == "/":
            return page("<ul>" + "".join(f'<li><a href="/a/{n}">Story {n}</a></li>' for n in range(PAGES)) + "</ul>")
        story = chr(97 + int(request.path[-1])) if request.path.startswith("/a/") else None
        return page(f"<h1>Story {story * 5}</h1><p>{f'Something {story} has happened. ' * 9}</p>") if story else None


@pytest.fixture(scope="module")
def visited(run, tmp_path_factory):
    """Two visits of a site with five pages per day, and of one that is closed at this hour."""
    folder = tmp_path_factory.mktemp("limits")
    hour = datetime.now(UTC).hour
    limits = {"daily": "max_pages_a_day = 5", "asleep": f'hours = "{(hour + 12) % 24:02}:00-{(hour + 13) % 24:02}:00"'}
    with DemoServer([Paper(name) for name in limits]) as server:
        (folder / "sites").mkdir()
        for portal in server.portals.values():
            written = render_site_file(portal, server.url(portal)).replace(
                "max_pages =", f"{limits[portal.name]}\nmax_pages ="
            )
            (folder / "sites" / f"{portal.name}.toml").write_text(written)
        for _ in range(2):
            run("crawl", *limits, "--sites", folder / "sites", "--data", folder)
        ledger = [one for file in sorted(folder.rglob("ledger.jsonl")) for one in read_ledger(file)]
        yield list(server.log), ledger


def test_visits_of_a_day_share_its_page_budget(visited):
    log, ledger = visited
    requested = [one.path for one in log if one.host == "www.daily.localhost"]
    assert (
        sum(path == "/" or path.startswith("/a/") for path in requested) + requested.count("/.well-known/tdmrep.json")
        == 5
    )
    decisions = [one for one in ledger if one.rule == "budget.day"]
    assert [one.evidence for one in decisions] == ["all 5 pages of the day are used"] * 2
    assert {(str(one.verdict), one.host) for one in decisions} == {("shortened", "daily.localhost")}


def test_nothing_is_requested_outside_the_hours(visited):
    log, ledger = visited
    assert [one.path for one in log if one.host == "www.asleep.localhost"] == []
    decisions = [one for one in ledger if one.rule == "hours.closed"]
    assert len(decisions) == 2
    assert all(
        str(one.verdict) == "held" and one.until > one.at and "may be requested" in one.evidence for one in decisions
    )
