"""Surveys of portals that answer in this process, without a network."""

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
from crawler.spiders.survey import LeadSource
from crawler.survey.checkup import Checkup
from crawler.survey.model import Lead, LeadKind, LeadResponse
from crawler.survey.survey import Survey

WHEN = datetime(2026, 3, 1, tzinfo=UTC)

#: Maximum number of requests; the first one to a host causes two more, for its robots.txt and tdmrep.json.
BUDGET = 20


def answer(portal: Portal, url: str) -> Reply:
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    return portal.answer(
        Request(
            raw=b"", method="GET", target=target, version="HTTP/1.1", host=parts.hostname or "", port=80, headers=()
        )
    )


def parse_reply(lead: Lead, reply: Reply) -> LeadResponse:
    document, entries, body = None, (), reply.body
    if reply.status == 200 and lead.kind in (LeadKind.FEED, LeadKind.SITEMAP):
        with contextlib.suppress(FeedError):
            entries = tuple(read_entries(body))
    elif reply.status == 200 and any("html" in value for name, value in reply.headers if name == "Content-Type"):
        kind = next(value for name, value in reply.headers if name == "Content-Type")
        document = Document(body, lead.url, content_type=kind, captured_at=WHEN)
    location = Location("a.warc.gz", 0, 1, "id", WHEN, "sha1:A")
    return LeadResponse(lead, lead.url, reply.status, location, document, entries, body)


def follow_leads(portal: Portal, source: LeadSource) -> list[Lead]:
    """Pass the portal's responses to `source` until it has no more leads; return these in order."""
    robots = answer(portal, f"http://{portal.host}/robots.txt")
    source.robots_txt = robots.body if robots.status == 200 else None
    followed: list[Lead] = []
    for batch in source.batches(lambda: BUDGET - len(followed) - 2 * len({host_of(lead.url) for lead in followed})):
        for lead in batch:
            followed.append(lead)
            source.add_response(parse_reply(lead, answer(portal, lead.url)))
    assert len(followed) + 2 * len({host_of(lead.url) for lead in followed}) <= BUDGET
    assert len({lead.url for lead in followed}) == len(followed)
    return followed


@pytest.fixture
def survey_of() -> Callable[[Portal], Survey]:
    """Return a function that surveys a portal."""

    def run(portal: Portal) -> Survey:
        site = Site(name=portal.name, home=f"http://{portal.host}/", hosts=(portal.host.removeprefix("www."),))
        survey = Survey(site, "Broadsheet")
        follow_leads(portal, survey)
        return survey

    return run


@pytest.fixture
def checkup_of() -> Callable[[Portal, Site], Checkup]:
    """Return a function that checks a portal against its site file."""

    def run(portal: Portal, site: Site) -> Checkup:
        checkup = Checkup(site)
        follow_leads(portal, checkup)
        return checkup

    return run
