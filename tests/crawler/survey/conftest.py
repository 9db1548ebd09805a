"""Surveys of portals that answer in this process: the same batches as over the network, without it."""

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from archive import Location
from crawler.demo import Portal, Reply, Request
from crawler.extraction import Document
from crawler.sites import Site
from crawler.spiders.feeds import FeedError, read_entries
from crawler.survey.seen import Kind, Lead, Seen
from crawler.survey.survey import Survey

WHEN = datetime(2026, 3, 1, tzinfo=UTC)

#: Requests a survey has left once robots.txt, tdmrep.json and the front page are asked for.
BUDGET = 18


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


@pytest.fixture
def survey_of() -> Callable[[Portal], Survey]:
    """Runs a survey of a portal to its end; its `asked` are the leads in order."""

    def run(portal: Portal) -> Survey:
        site = Site(name=portal.name, home=f"http://{portal.host}/", hosts=(portal.host.removeprefix("www."),))
        survey = Survey(site, "Broadsheet")
        robots = answer(portal, f"http://{portal.host}/robots.txt")
        survey.robots_txt = robots.body if robots.status == 200 else None
        asked: list[Lead] = []
        for batch in survey.batches(lambda: BUDGET - len(asked)):
            for lead in batch:
                asked.append(lead)
                survey.saw(seen(lead, answer(portal, lead.url)))
        assert len(asked) <= BUDGET
        assert len({lead.url for lead in asked}) == len(asked)
        return survey

    return run
