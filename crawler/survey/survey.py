"""The survey of one portal: the responses so far and the next leads to follow."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from crawler.discovery.article_paths import PathShape, group_by_shape
from crawler.discovery.entry_points import find_entry_targets
from crawler.discovery.list_pagination import find_next_page
from crawler.discovery.page_kinds import is_list_page, looks_complete
from crawler.discovery.page_numbers import find_numbering, has_next_link
from crawler.discovery.url_patterns import looks_like_article
from crawler.extraction import Document, extract_from
from crawler.items import Article
from crawler.politeness import robots
from crawler.sites import Section, Site, host_of
from crawler.survey.leads import child_leads, feed_leads, sitemap_leads
from crawler.survey.links import PageLink, find_links, find_section_links
from crawler.survey.model import Lead, LeadKind, LeadResponse
from crawler.survey.papers import FoundPaper, find_paper
from crawler.survey.script_lists import ScriptList, ScriptLists
from crawler.urls import clean_url

#: Maximum number of leads of each kind.
_MAX_SCRIPTS, _MAX_SCRIPT_LISTS = 2, 2
_MAX_FEEDS, _MAX_SITEMAPS, _MAX_CHILDREN, _MAX_SECTIONS, _MAX_NUMBERED = 2, 2, 2, 6, 2
#: Requests reserved for articles and for numbered pages.
_RESERVED_ARTICLES, _RESERVED_NUMBERED = 4, 1
#: Number of sample articles to collect, to show to the user and to save as test cases.
WANTED_SAMPLES = 3

#: Pages of an issue of a digital paper that are read.
_MAX_ISSUE_PAGES = 2
#: Rounds of requests for JSON lists: a list needs two, and one more for each request before it that is no list.
_MAX_JSON_ROUNDS = 3
#: Most pages in a row that only lead to the front page.
_MAX_HOPS = 3
#: Extra requests caused by the first request to a host: robots.txt and tdmrep.json.
_NEW_HOST_COST = 2

#: Votes for a URL being an article, by the place where it was found.
_FEED_VOTE, _SITEMAP_VOTE, _HEADLINE_VOTE = 3.0, 0.5, 1.0
#: A second URL shape with at least this share of all votes is sampled too.
_NOTABLE_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class Sample:
    """An article that was read: the response, its parsed page and the extracted article."""

    response: LeadResponse
    document: Document
    article: Article


class Survey:
    """The state of a survey of `site`, of which only name, home and hosts are known.

    `robots_txt` is the bytes of that file, ``None`` without one. `responses` are all responses so far, `samples`
    those that turned out to be articles, `failures` the URLs that could not be read, with the reason.
    """

    def __init__(self, site: Site, product_token: str) -> None:
        self.site = site
        self.product_token = product_token
        self.robots_txt: bytes | None = None
        self.responses: list[LeadResponse] = []
        self.failures: dict[str, str] = {}
        self.samples: list[Sample] = []
        self._requested: set[str] = set()
        self._hosts: set[str] = set()
        self._lists_by_page: dict[str, ScriptList | None] = {}

    # -- leads -----------------------------------------------------------------------------------------------------

    def batches(self, left: Callable[[], int]) -> Iterator[list[Lead]]:
        """Yield batches of leads. Pass the results of each to `add_response` or `add_failure` before taking the next.

        `left` returns the number of requests that may still be made.
        """
        yield self._choose_new([Lead(self.site.home, LeadKind.HOME, "as given")], 1, left())
        for _ in range(_MAX_HOPS):
            yield self._choose_new(self._entry_leads(), 1, left())
        if self.home is None or self.home.document is None:
            return
        if self.paper:
            yield self._choose_new(self._issue_leads(), _MAX_ISSUE_PAGES, left() - _RESERVED_ARTICLES)
            while len(self.samples) < WANTED_SAMPLES:
                wanted = WANTED_SAMPLES - len(self.samples)
                batch = self._choose_new(map(self._article_lead, self.issue_articles), wanted, left())
                if not batch:
                    break
                yield batch
            return
        reserved = _RESERVED_ARTICLES + _RESERVED_NUMBERED
        yield self._choose_new(feed_leads(self.home.document), _MAX_FEEDS, left() - reserved)
        yield self._choose_new(sitemap_leads(self.home.url, self.robots.sitemaps), _MAX_SITEMAPS, left() - reserved)
        yield self._choose_new(self._child_sitemaps(), _MAX_CHILDREN, left() - reserved)
        yield self._choose_new(self._section_leads(), _MAX_SECTIONS, left() - reserved)
        yield self._choose_new(
            self._script_lists.script_leads(self.pages_without_next), _MAX_SCRIPTS, left() - reserved
        )
        for _ in range(_MAX_JSON_ROUNDS):
            leads = self._script_lists.json_leads(self.pages_without_next)
            yield self._choose_new(leads, _MAX_SCRIPT_LISTS, left() - reserved)
        while len(self.samples) < WANTED_SAMPLES:
            wanted = WANTED_SAMPLES - len(self.samples)
            batch = self._choose_new(self._article_leads(wanted), wanted, left())
            if not batch:
                break
            yield batch
        yield self._choose_new(self._numbered_leads(), _MAX_NUMBERED, left())

    def _choose_new(self, leads: Iterable[Lead], most: int, requests: int) -> list[Lead]:
        """Return up to `most` of `leads` that are new, allowed, on the portal, and cost at most `requests` in total."""
        chosen: list[Lead] = []
        for lead in leads:
            if len(chosen) >= most:
                break
            is_new_host = host_of(lead.url) not in self._hosts
            cost = 1 + (_NEW_HOST_COST if is_new_host else 0)
            is_eligible = lead.key not in self._requested and self.site.owns(lead.url) and self.robots.allowed(lead.url)
            if is_eligible and cost <= requests:
                self._requested.add(lead.key)
                self._hosts.add(host_of(lead.url))
                chosen.append(lead)
                requests -= cost
        return chosen

    def _entry_leads(self) -> Iterator[Lead]:
        """Yield what the front page leads to if it has no headlines: the target of a refresh, script or frame."""
        document = self.home.document if self.home else None
        if document is not None and not any(link.is_headline for link in find_links(document)):
            pages = [one.document for one in self.responses_of(LeadKind.HOME) if one.document is not None]
            for page in pages:  # all frames of the first page come before what one of them leads to
                for url in find_entry_targets(page):
                    yield Lead(url, LeadKind.HOME, f"{page.url} leads here")

    @cached_property
    def paper(self) -> FoundPaper | None:
        """The digital paper that the front page is of, once it was read."""
        return find_paper(self.home.document) if self.home and self.home.document else None

    @property
    def issue_pages(self) -> list[Document]:
        """The pages of the issue that were read."""
        read = (*self.responses_of(LeadKind.HOME), *self.responses_of(LeadKind.SECTION))
        return [one.document for one in read if one.document is not None and self.paper]

    @property
    def issue_articles(self) -> list[str]:
        """The articles on the pages of the issue."""
        found = (url for page in self.issue_pages if self.paper for url in self.paper.read(page).articles)
        return list(dict.fromkeys(found))

    def _issue_leads(self) -> Iterator[Lead]:
        assert self.paper is not None
        yield Lead(self.paper.first, LeadKind.SECTION, self.paper.origin)
        for document in self.issue_pages:
            for url in self.paper.read(document).pages:
                yield Lead(url, LeadKind.SECTION, "a page of the issue")

    def _child_sitemaps(self) -> Iterator[Lead]:
        for one in self.responses_of(LeadKind.SITEMAP):
            yield from child_leads(one.url, one.entries)

    def _section_leads(self) -> Iterator[Lead]:
        for link in self.section_links:
            yield Lead(link.url, LeadKind.SECTION, f"{link.text!r} on the front page")

    def _article_leads(self, wanted: int) -> Iterator[Lead]:
        """Yield URLs that may be articles: at least one of each notable shape, most of them of the likeliest."""
        votes = self.candidates
        shapes = [shape for shape in self.shapes if self._may_be_articles(shape)]
        total = sum(votes[url] for shape in shapes for url in shape.urls)
        notable = [shape for shape in shapes[:3] if sum(votes[url] for url in shape.urls) >= _NOTABLE_SHARE * total]
        untried = [shape for shape in notable[1:] if not self._is_tried(shape)]
        for shape in untried:
            yield self._article_lead(shape.urls[0])
        for shape in notable[:1] or shapes[:1]:
            fresh = [url for url in shape.urls if url not in self._requested]
            for url in fresh[:: max(1, min(len(fresh), 10) // max(1, wanted))]:
                yield self._article_lead(url)

    def _article_lead(self, url: str) -> Lead:
        return Lead(url, LeadKind.ARTICLE, f"one of {len(self.candidates)} possible articles")

    def _is_tried(self, shape: PathShape) -> bool:
        return any(shape.has(one.lead.url) for one in self.responses_of(LeadKind.ARTICLE))

    def _may_be_articles(self, shape: PathShape) -> bool:
        """True if no URL of the shape was tried yet, or one of them was an article."""
        tried = [one for one in self.responses_of(LeadKind.ARTICLE) if shape.has(one.lead.url)]
        return not tried or any(sample.response in tried for sample in self.samples)

    def _numbered_leads(self) -> Iterator[Lead]:
        for one in (*self.responses_of(LeadKind.SECTION), *self.responses_of(LeadKind.HOME)):
            if one.document is None or has_next_link(one.document):
                continue
            if numbering := find_numbering(one.document):
                url = Section(one.url, next=numbering.template).page_url(1) or one.url
                yield Lead(url, LeadKind.NUMBERED, f"page 2 of {one.url} by {numbering.origin}")

    # -- responses -------------------------------------------------------------------------------------------------

    def add_response(self, response: LeadResponse) -> None:
        """Take the response to a lead."""
        self.responses.append(response)
        self._lists_by_page.clear()
        self._requested.add(response.url)
        self._hosts.add(host_of(response.url))
        if response.lead.kind is LeadKind.ARTICLE and response.document is not None:
            article = extract_from(response.document)
            if looks_complete(article) and not is_list_page(response.document, article):
                self.samples.append(Sample(response, response.document, article))

    def add_failure(self, lead: Lead, reason: str) -> None:
        """Note that a URL could not be read or was useless."""
        self.failures[lead.url] = reason

    def responses_of(self, kind: LeadKind) -> list[LeadResponse]:
        """Return the responses to leads of `kind`."""
        return [one for one in self.responses if one.lead.kind is kind]

    @property
    def home(self) -> LeadResponse | None:
        """The front page: the last one read, if the one given only leads to it."""
        pages = self.responses_of(LeadKind.HOME)
        return next((one for one in reversed(pages) if one.document is not None), next(iter(pages), None))

    @property
    def robots(self) -> robots.RobotsRules:
        """The rules of robots.txt for this crawler."""
        return robots.parse(self.robots_txt or b"", self.product_token)

    @property
    def pages_without_next(self) -> list[LeadResponse]:
        """The front page and sections that name no further page: a script may load it."""
        pages = (*self.responses_of(LeadKind.SECTION), *([self.home] if self.home else ()))
        return [one for one in pages if one.document and find_next_page(one.document, Section(one.url), 0) is None]

    def find_script_list(self, page: LeadResponse) -> ScriptList | None:
        """Return the JSON list that the scripts of a page load, as far as it was read."""
        if page.url not in self._lists_by_page:
            self._lists_by_page[page.url] = self._script_lists.find(page)
        return self._lists_by_page[page.url]

    def find_script_request(self, page: LeadResponse) -> str | None:
        """Return the URL of the first request for a numbered page that the scripts of a page make."""
        requests = self._script_lists.find_requests(page)
        return requests[0].url if requests else self._script_lists.find_unread_url(page)

    @property
    def _script_lists(self) -> ScriptLists:
        pages = (*self.responses_of(LeadKind.SECTION), *self.responses_of(LeadKind.HOME))
        links = (link for one in pages if one.document for link in find_links(one.document))
        return ScriptLists(self.responses, list(dict.fromkeys(link.url for link in links if link.is_headline)))

    @cached_property
    def section_links(self) -> list[PageLink]:
        """Links of the front page that may lead to sections, the likeliest first."""
        return find_section_links(self.home.document) if self.home and self.home.document else []

    @property
    def candidates(self) -> dict[str, float]:
        """Votes for each URL being an article, in the order of discovery."""
        votes: defaultdict[str, float] = defaultdict(float)
        for one in self.responses:
            for entry in one.entries:
                if not entry.is_list and self.site.owns(entry.url):
                    votes[clean_url(entry.url)] += _FEED_VOTE if one.lead.kind is LeadKind.FEED else _SITEMAP_VOTE
        for page in self.pages_without_next:
            found = self.find_script_list(page)
            for url in filter(self.site.owns, found.urls if found else ()):
                votes[url] += _FEED_VOTE
        for one in (*self.responses_of(LeadKind.SECTION), *self.responses_of(LeadKind.HOME)):
            for link in find_links(one.document) if one.document else ():
                if link.is_headline:
                    votes[link.url] += _HEADLINE_VOTE * (2 if looks_like_article(link.url) else 1)
        for url in self._known_non_articles:
            votes.pop(url, None)
        return votes

    @property
    def _known_non_articles(self) -> set[str]:
        return {link.url for link in self.section_links} | {one.url for one in self.responses_of(LeadKind.HOME)}

    @property
    def shapes(self) -> list[PathShape]:
        """The URL shapes of the candidates, those most likely to be articles first."""
        votes = self.candidates
        return sorted(group_by_shape(votes), key=lambda shape: sum(votes[url] for url in shape.urls), reverse=True)
