"""Surveys of portals that answer in this process: the same batches as over the network, without it."""

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from archive import Location
from crawler.demo import Portal, Reply, Request
from crawler.discovery.feeds import FeedError, read_entries
from crawler.extraction import Document
from crawler.sites import Site, host_of
from crawler.spiders.survey import Look
from crawler.survey.checkup import Checkup
from crawler.survey.seen import Kind, Lead, Seen
from crawler.survey.survey import Survey

WHEN = datetime(2026, 3, 1, tzinfo=UTC)

#: Requests of a look; the first to a host brings two more along, for its robots.txt and tdmrep.json.
BUDGET = 20


def answer(portal: Portal, url: str) -> Reply:
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    return portal.answer(
        Request(
            raw=b"", method="GET", target=target, version="HTTP/1.1", host=parts.hostname or "", port=80, headers=()
        )
    )


def seen(lead: Lead, reply: Reply) -> Seen:
    document, entries, body = None, (), reply.body
    if reply.status == 200 and lead.kind in (Kind.FEED, Kind.SITEMAP):
        with contextlib.suppress(FeedError):
            entries = tuple(read_entries(body))
    elif reply.status == 200 and any("html" in value for name, value in reply.headers if name == "Content-Type"):
        kind = next(value for name, value in reply.headers if name == "Content-Type")
        document = Document(body, lead.url, content_type=kind, captured_at=WHEN)
    location = Location("a.warc.gz", 0, 1, "id", WHEN, "sha1:A")
    return Seen(lead, lead.url, reply.status, location, document, entries, body)


def look(portal: Portal, look: Look) -> list[Lead]:
    """Let `look` look at a portal to its end; the leads it asked for, in order."""
    robots = answer(portal, f"http://{portal.host}/robots.txt")
    look.robots_txt = robots.body if robots.status == 200 else None
    asked: list[Lead] = []
    for batch in look.batches(lambda: BUDGET - len(asked) - 2 * len({host_of(lead.url) for lead in asked})):
        for lead in batch:
            asked.append(lead)
            look.saw(seen(lead, answer(portal, lead.url)))
    assert len(asked) + 2 * len({host_of(lead.url) for lead in asked}) <= BUDGET
    assert len({lead.url for lead in asked}) == len(asked)
    return asked


@pytest.fixture
def survey_of() -> Callable[[Portal], Survey]:
    """Surveys a portal."""

    def run(portal: Portal) -> Survey:
        site = Site(name=portal.name, home=f"http://{portal.host}/", hosts=(portal.host.removeprefix("www."),))
        survey = Survey(site, "Broadsheet")
        look(portal, survey)
        return survey

    return run


@pytest.fixture
def checkup_of() -> Callable[[Portal, Site], Checkup]:
    """Checks a portal by what a site file says of it."""

    def run(portal: Portal, site: Site) -> Checkup:
        checkup = Checkup(site)
        look(portal, checkup)
        return checkup

    return run
