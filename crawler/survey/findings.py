"""What a survey tells of a portal: each value of its site file, and where it was found."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from lxml import etree

from crawler.extraction import Document
from crawler.survey.article_paths import PathShape, article_pattern, shape_key
from crawler.survey.clock import Zone, offsets_in, zone_told
from crawler.survey.errors import SurveyError
from crawler.survey.links import PageLink, links_of, menu_of
from crawler.survey.numbering import has_next_link, numbering_of
from crawler.survey.seen import Kind, Seen
from crawler.survey.selectors import ListPage, links_selector
from crawler.survey.survey import Sample, Survey
from crawler.urls import clean_url

#: Article links from which a page is a list of them.
_FEWEST = 3
#: Headlines of one shape from which it is taken for articles' though none was looked at.
_MANY = 5
#: The part of a menu's sections that were looked at and had articles, from which the others are taken over.
_MOST = 2 / 3

_TITLE_PARTS = re.compile(r"\s*[|_–—·»:：]\s*|\s+-\s+")


@dataclass(frozen=True, slots=True)
class Told:
    """A value and where it was found."""

    value: str
    found: str


@dataclass(frozen=True, slots=True)
class ListFound:
    """A section: its address, and the CSS and the numbering that a site file has of it, as far as they are needed."""

    url: Told
    links: Told | None
    next: Told | None


class Findings:
    """What `survey` tells. Raises SurveyError when that is no portal of articles."""

    def __init__(self, survey: Survey) -> None:
        self._survey = survey
        if survey.home is None or survey.home.document is None:
            raise SurveyError(_no_home(survey))
        self._home_document = survey.home.document
        if not survey.stories:
            raise SurveyError(_no_articles(survey))

    @property
    def samples(self) -> Sequence[Sample]:
        """The articles that were looked at."""
        return self._survey.stories

    @property
    def home(self) -> Told:
        """The front page, after redirects."""
        assert self._survey.home is not None
        url, asked = self._survey.home.url, self._survey.site.home
        return Told(url, "as given" if url == asked else f"{asked} redirects here")

    # -- who and where -----------------------------------------------------------------------------------------------

    @property
    def title(self) -> Told | None:
        """What the portal calls itself."""
        for name in self._home_document.meta.get("og:site_name", ()):
            return Told(name, "og:site_name of the front page")
        for feed in self._survey.of(Kind.FEED):
            if called := _channel_title(feed.body):
                return Told(called, f"the title of {feed.url}")
        node = self._home_document.tree.css_first("title")
        parts = [part for part in _TITLE_PARTS.split(" ".join(node.text().split())) if part] if node else []
        return Told(parts[0], "<title> of the front page") if parts else None

    @property
    def language(self) -> Told | None:
        """The language of the articles."""
        told = [sample.article.language for sample in self.samples if sample.article.language]
        if not told:
            return None
        language = max(set(told), key=told.count)
        return Told(language, f"{told.count(language)} of {len(self.samples)} articles")

    @cached_property
    def timezone(self) -> Zone | None:
        """The zone of its times."""
        feeds = [seen.body.decode("utf-8", "replace") for seen in self._survey.seen if seen.entries]
        pages = [sample.document.text for sample in self.samples]
        moments = [moment for text in (*feeds, *pages) for moment in offsets_in(text)]
        return zone_told(moments, (*(sample.document for sample in self.samples), self._home_document))

    @property
    def crawl_delay(self) -> float | None:
        """Seconds that robots.txt wants between requests."""
        return self._survey.robots.crawl_delay

    # -- what is an article --------------------------------------------------------------------------------------------

    @cached_property
    def _shapes(self) -> list[PathShape]:
        """The shapes of addresses that are articles': a sample was one, or many headlines lead to such."""
        votes = self._survey.candidates
        tried = {shape_key(one.lead.url) for one in self._survey.of(Kind.ARTICLE)}
        good = {shape_key(sample.seen.url) for sample in self.samples}
        found = []
        for shape in self._survey.shapes:
            many = shape.key not in tried and shape.is_strong and len(shape.urls) >= _MANY
            if shape.key in good or (many and sum(votes[url] for url in shape.urls) >= 2 * _MANY):
                found.append(shape)
        found.extend(PathShape(key, tuple(one.seen.url for one in self.samples if shape_key(one.seen.url) == key))
                     for key in good - {shape.key for shape in found})  # fmt: skip
        return found

    @cached_property
    def article_path(self) -> Told | None:
        """The expression of article paths; ``None`` where paths do not tell them from others."""
        survey = self._survey
        others = [link.url for link in survey.section_links]
        others += [seen.url for seen in survey.seen if seen.lead.kind is not Kind.ARTICLE]
        pattern = article_pattern(self._shapes, others)
        known = sum(len(shape.urls) for shape in self._shapes)
        return Told(pattern, f"{known} addresses in lists and feeds, none of {len(others)} others") if pattern else None

    def _is_article(self, url: str) -> bool:
        if self.article_path:
            return bool(re.search(self.article_path.value, urlsplit(url).path))
        return shape_key(url) in {shape.key for shape in self._shapes}

    # -- where articles are found ------------------------------------------------------------------------------------

    @property
    def feeds(self) -> list[Told]:
        """The feeds with articles of the portal in them."""
        return [self._told(seen) for seen in self._survey.of(Kind.FEED) if self._own(seen)]

    @property
    def sitemaps(self) -> list[Told]:
        """The sitemaps with articles in them, or in one of those they list."""
        full = {seen.lead.url for seen in self._survey.of(Kind.SITEMAP) if any(map(self._is_article, self._own(seen)))}
        found = []
        for seen in self._survey.of(Kind.SITEMAP):
            children = {entry.url for entry in seen.entries if entry.is_list}
            is_child = seen.lead.found.startswith("in the index")
            if not is_child and (seen.lead.url in full or children & full):
                found.append(self._told(seen))
        return found

    def _own(self, seen: Seen) -> list[str]:
        return [
            clean_url(entry.url) for entry in seen.entries if not entry.is_list and self._survey.site.owns(entry.url)
        ]

    def _told(self, seen: Seen) -> Told:
        own, lists = len(self._own(seen)), sum(entry.is_list for entry in seen.entries)
        what = f"{lists} sitemaps" if lists else f"{own} addresses"
        return Told(seen.url, f"{seen.lead.found}; {what}")

    @cached_property
    def sections(self) -> list[ListFound]:
        """The lists of articles: sections that were looked at, others of the same menus, or the front page itself."""
        looked = {seen.lead.url: seen for seen in self._survey.of(Kind.SECTION)}
        lists = {url: page for url, seen in looked.items() if (page := self._list_page(seen.document))}
        shared = links_selector(list(lists.values()))
        found = [self._looked_at(looked[url], page, shared) for url, page in lists.items()]
        if found:
            found += self._taken_over(set(looked), set(lists), found)
        home = self._list_page(self._home_document)
        if home and (not found or has_next_link(self._home_document)):
            assert self._survey.home is not None
            found.append(self._looked_at(self._survey.home, home, links_selector([home])))
        return found

    def _list_page(self, document: Document | None) -> ListPage | None:
        if document is None:
            return None
        articles = frozenset(link.url for link in links_of(document) if self._is_article(link.url))
        return ListPage(document, articles) if len(articles) >= _FEWEST else None

    def _looked_at(self, seen: Seen, page: ListPage, shared: str | None) -> ListFound:
        where = "the front page" if seen.lead.kind is Kind.HOME else seen.lead.found
        links = shared or links_selector([page])
        css = Told(links, f"finds its {len(page.articles)} article links, and no others") if links else None
        return ListFound(
            Told(seen.url, f"{where}; {len(page.articles)} articles"), css, self._numbering(seen, page.document)
        )

    def _numbering(self, seen: Seen, document: Document) -> Told | None:
        """The numbering a crawl needs: none where a link leads to the next page."""
        if has_next_link(document) or (numbering := numbering_of(document)) is None:
            return None
        return Told(numbering.template, numbering.found)

    def _taken_over(self, looked: set[str], good: set[str], found: Sequence[ListFound]) -> list[ListFound]:
        """Sections that were not looked at, of menus whose others have articles."""
        menus: defaultdict[str, list[PageLink]] = defaultdict(list)
        for link in self._survey.section_links:
            menus[menu_of(link)].append(link)
        like = found[0]
        taken = []
        for links in menus.values():
            seen = [link for link in links if link.url in looked]
            if not seen or sum(link.url in good for link in seen) < _MOST * len(seen):
                continue
            for link in links:
                if link.url not in looked:
                    told = Told(link.url, f"{link.text!r} in the same menu; not looked at, taken to be like the first")
                    taken.append(ListFound(told, like.links, like.next))
        return taken


def _channel_title(feed: bytes) -> str | None:
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(feed.lstrip(), parser)
    except etree.XMLSyntaxError:  # a packed one
        return None
    for element in root.iter(etree.Element) if root is not None else ():
        if etree.QName(element).localname == "title" and element.text:
            return " ".join(str(element.text).split()) or None
    return None


def _no_home(survey: Survey) -> str:
    home = survey.site.home
    if survey.home is not None:
        return f"{home}: answered with status {survey.home.status} and no HTML page — name the portal's front page"
    return f"{home}: {survey.lost.get(home, 'no answer')} — nothing is written"


def _no_articles(survey: Survey) -> str:
    seen = [f"{len(survey.of(kind))} {kind}s" for kind in (Kind.FEED, Kind.SITEMAP, Kind.SECTION) if survey.of(kind)]
    looked = len(survey.of(Kind.ARTICLE))
    what = f"{looked} pages that could be articles, none of which reads as one" if looked else "no links to articles"
    return (
        f"{survey.site.home}: no articles found: saw {', '.join(['the front page', *seen])} and {what}; nothing is"
        " written — name the address of a section with articles, or write the site file by hand (README, A site)"
    )
