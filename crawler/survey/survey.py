"""The survey of one portal: what to look at next, and what was seen so far."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from crawler.discovery.url_patterns import looks_like_article
from crawler.extraction import Document, extract_from
from crawler.items import Article
from crawler.politeness import robots
from crawler.sites import Section, Site, host_of
from crawler.survey.article_paths import PathShape, shape_key, shapes_of
from crawler.survey.leads import child_leads, feed_leads, sitemap_leads
from crawler.survey.links import PageLink, links_of, section_links
from crawler.survey.numbering import has_next_link, numbering_of
from crawler.survey.seen import Kind, Lead, Seen
from crawler.urls import clean_url

#: Addresses looked at of each kind; what is not spent on feeds and sitemaps goes to sections.
_FEEDS, _SITEMAPS, _CHILDREN, _SECTIONS, _NUMBERED = 2, 2, 2, 6, 2
#: Requests kept back for articles, and for numbered pages.
_FOR_ARTICLES, _FOR_NUMBERED = 4, 1
#: Articles that are wanted, as samples for the user and as test cases.
SAMPLES = 3

#: Requests that the first one to a host brings along: its robots.txt and tdmrep.json.
_OF_A_NEW_HOST = 2

#: What an address counts as an article's by the place it was found in.
_IN_FEED, _IN_SITEMAP, _HEADLINE = 3.0, 0.5, 1.0
#: The part of all these votes from which a second shape of address is looked at too.
_NOTABLE = 0.15


@dataclass(frozen=True, slots=True)
class Sample:
    """An article that was looked at: the answer, its page, and how it reads."""

    seen: Seen
    document: Document
    article: Article


class Survey:
    """What is known of the portal of `site` (its name, home and hosts) so far.

    `robots_txt` is the file's octets, ``None`` where there is none. `seen` are the answers, `stories` those that turned
    out to be articles, `lost` what could not be had, with the reason.
    """

    def __init__(self, site: Site, product_token: str) -> None:
        self.site = site
        self.product_token = product_token
        self.robots_txt: bytes | None = None
        self.seen: list[Seen] = []
        self.lost: dict[str, str] = {}
        self.stories: list[Sample] = []
        self._asked: set[str] = set()
        self._hosts: set[str] = set()

    # -- what to look at -------------------------------------------------------------------------------------------

    def batches(self, left: Callable[[], int]) -> Iterator[list[Lead]]:
        """What to look at, in batches, each after the answers to the one before were handed to `saw` and `missed`.

        `left` says how many requests may still be made.
        """
        yield self._new([Lead(self.site.home, Kind.HOME, "as given")], 1, left())
        if self.home is None or self.home.document is None:
            return
        spared = _FOR_ARTICLES + _FOR_NUMBERED
        yield self._new(feed_leads(self.home.document), _FEEDS, left() - spared)
        yield self._new(sitemap_leads(self.home.url, self.robots.sitemaps), _SITEMAPS, left() - spared)
        yield self._new(self._children(), _CHILDREN, left() - spared)
        yield self._new(self._sections(), _SECTIONS, left() - spared)
        while len(self.stories) < SAMPLES:
            wanted = SAMPLES - len(self.stories)
            batch = self._new(self._articles(wanted), wanted, left())
            if not batch:
                break
            yield batch
        yield self._new(self._numbered(), _NUMBERED, left())

    def _new(self, leads: Iterable[Lead], most: int, requests: int) -> list[Lead]:
        """The first `most` of `leads` that are the portal's, were not asked for yet, and take `requests` at most."""
        chosen: list[Lead] = []
        for lead in leads:
            if len(chosen) >= most:
                break
            new_host = host_of(lead.url) not in self._hosts
            cost = 1 + (_OF_A_NEW_HOST if new_host else 0)
            is_new = lead.url not in self._asked and self.site.owns(lead.url) and self.robots.allowed(lead.url)
            if is_new and cost <= requests:
                self._asked.add(lead.url)
                self._hosts.add(host_of(lead.url))
                chosen.append(lead)
                requests -= cost
        return chosen

    def _children(self) -> Iterator[Lead]:
        for one in self.of(Kind.SITEMAP):
            yield from child_leads(one.url, one.entries)

    def _sections(self) -> Iterator[Lead]:
        for link in self.section_links:
            yield Lead(link.url, Kind.SECTION, f"{link.text!r} on the front page")

    def _articles(self, wanted: int) -> Iterator[Lead]:
        """Addresses that may be articles': of each notable shape one at least, most of the likeliest."""
        votes = self.candidates
        shapes = [shape for shape in self.shapes if self._may_be_stories(shape)]
        total = sum(votes[url] for shape in shapes for url in shape.urls)
        notable = [shape for shape in shapes[:3] if sum(votes[url] for url in shape.urls) >= _NOTABLE * total]
        untried = [shape for shape in notable[1:] if not self._tried(shape)]
        for shape in untried:
            yield self._article_lead(shape.urls[0])
        for shape in notable[:1] or shapes[:1]:
            fresh = [url for url in shape.urls if url not in self._asked]
            for url in fresh[:: max(1, min(len(fresh), 10) // max(1, wanted))]:
                yield self._article_lead(url)

    def _article_lead(self, url: str) -> Lead:
        return Lead(url, Kind.ARTICLE, f"one of {len(self.candidates)} that may be articles")

    def _tried(self, shape: PathShape) -> bool:
        return any(shape_key(one.lead.url) == shape.key for one in self.of(Kind.ARTICLE))

    def _may_be_stories(self, shape: PathShape) -> bool:
        """Whether no sample of the shape was looked at, or one of them was a story."""
        tried = [one for one in self.of(Kind.ARTICLE) if shape_key(one.lead.url) == shape.key]
        return not tried or any(sample.seen in tried for sample in self.stories)

    def _numbered(self) -> Iterator[Lead]:
        for one in (*self.of(Kind.SECTION), *self.of(Kind.HOME)):
            if one.document is None or has_next_link(one.document):
                continue
            if numbering := numbering_of(one.document):
                url = Section(one.url, next=numbering.template).page_url(1) or one.url
                yield Lead(url, Kind.NUMBERED, f"page 2 of {one.url} by {numbering.found}")

    # -- what was seen ---------------------------------------------------------------------------------------------

    def saw(self, seen: Seen) -> None:
        """Note an answer."""
        self.seen.append(seen)
        self._asked.add(seen.url)
        self._hosts.add(host_of(seen.url))
        if seen.lead.kind is Kind.ARTICLE and seen.document is not None:
            article = extract_from(seen.document)
            if is_story(article):
                self.stories.append(Sample(seen, seen.document, article))

    def missed(self, lead: Lead, reason: str) -> None:
        """Note that an address could not be had, or was of no use."""
        self.lost[lead.url] = reason

    def of(self, kind: Kind) -> list[Seen]:
        """The answers to what was asked for as `kind`."""
        return [one for one in self.seen if one.lead.kind is kind]

    @property
    def home(self) -> Seen | None:
        """The front page."""
        return next(iter(self.of(Kind.HOME)), None)

    @property
    def robots(self) -> robots.RobotsRules:
        """What robots.txt says to us."""
        return robots.parse(self.robots_txt or b"", self.product_token)

    @cached_property
    def section_links(self) -> list[PageLink]:
        """The links of the front page that may lead to sections, the likeliest first."""
        return section_links(self.home.document) if self.home and self.home.document else []

    @property
    def candidates(self) -> dict[str, float]:
        """The votes for each address that it is an article's, in the order they were found."""
        votes: defaultdict[str, float] = defaultdict(float)
        for one in self.seen:
            for entry in one.entries:
                if not entry.is_list and self.site.owns(entry.url):
                    votes[clean_url(entry.url)] += _IN_FEED if one.lead.kind is Kind.FEED else _IN_SITEMAP
        for one in (*self.of(Kind.SECTION), *self.of(Kind.HOME)):
            for link in links_of(one.document) if one.document else ():
                if link.is_headline:
                    votes[link.url] += _HEADLINE * (2 if looks_like_article(link.url) else 1)
        for url in self._no_articles:
            votes.pop(url, None)
        return votes

    @property
    def _no_articles(self) -> set[str]:
        return {link.url for link in self.section_links} | {one.url for one in self.seen if one.lead.kind is Kind.HOME}

    @property
    def shapes(self) -> list[PathShape]:
        """The shapes of the candidates' addresses, the likeliest articles' first."""
        votes = self.candidates
        return sorted(shapes_of(votes), key=lambda shape: sum(votes[url] for url in shape.urls), reverse=True)


def is_story(article: Article) -> bool:
    """Whether a page reads as an article: a title, and a body that is long or dated."""
    length = len(article.body or "")
    return bool(article.title) and (length >= 200 or (length >= 40 and article.date is not None))
