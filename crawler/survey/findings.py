"""Findings of a survey: each value of the portal's site file, and where it was found."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from lxml import etree

from crawler.discovery.article_paths import PathShape, article_pattern, group_by_shape
from crawler.discovery.page_kinds import needs_browser
from crawler.discovery.page_numbers import find_numbering, has_next_link
from crawler.extraction import Document
from crawler.sites import JsonList
from crawler.survey.errors import SurveyError
from crawler.survey.leads import IN_INDEX
from crawler.survey.links import PageLink, find_links, menu_key
from crawler.survey.model import LeadKind, LeadResponse
from crawler.survey.script_lists import ScriptList
from crawler.survey.selectors import ListPage, find_links_selector
from crawler.survey.survey import Sample, Survey
from crawler.survey.timezone import InferredZone, find_offset_times, infer_portal_zone
from crawler.urls import clean_url

#: A page with at least so many article links is a list.
_MIN_LINKS = 3
#: URLs of one shape with at least so many headlines are articles even if none was looked at.
_MIN_HEADLINES = 5
#: If at least this share of a menu's visited sections has articles, its other sections are added unvisited.
_MIN_MENU_SHARE = 2 / 3

_TITLE_PARTS = re.compile(r"\s*[|_–—·»:：]\s*|\s+-\s+")


@dataclass(frozen=True, slots=True)
class SurveyValue:
    """A value for the site file, and where it was found."""

    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class SectionValues:
    """The values of a section in the site file: URL, selector of article links, next pages; ``None`` if not needed."""

    url: SurveyValue
    links: SurveyValue | None
    next: SurveyValue | None
    #: The JSON list that its scripts load.
    json: ScriptList | None = None


class Findings:
    """The findings of `survey`. Raises SurveyError if it found no articles."""

    def __init__(self, survey: Survey) -> None:
        self._survey = survey
        if survey.home is None or survey.home.document is None:
            raise SurveyError(_explain_missing_home(survey))
        self._home_document = survey.home.document
        if not survey.samples:
            raise SurveyError(_explain_missing_articles(survey))

    @property
    def samples(self) -> Sequence[Sample]:
        """The articles that were read."""
        return self._survey.samples

    @property
    def home(self) -> SurveyValue:
        """The front page, after redirects."""
        assert self._survey.home is not None
        url, asked = self._survey.home.url, self._survey.site.home
        if self._survey.paper:  # it leads to an issue, to another one each day
            url = asked
        return SurveyValue(url, "as given" if url == asked else f"{asked} redirects here")

    # -- identity ----------------------------------------------------------------------------------------------------

    @property
    def title(self) -> SurveyValue | None:
        """The portal's own name."""
        for name in self._home_document.meta.get("og:site_name", ()):
            return SurveyValue(name, "og:site_name of the front page")
        for feed in self._survey.responses_of(LeadKind.FEED):
            if channel_title := _find_channel_title(feed.body):
                return SurveyValue(channel_title, f"the title of {feed.url}")
        node = self._home_document.tree.css_first("title")
        parts = [part for part in _TITLE_PARTS.split(" ".join(node.text().split())) if part] if node else []
        return SurveyValue(parts[0], "<title> of the front page") if parts else None

    @property
    def language(self) -> SurveyValue | None:
        """The language of the articles."""
        languages = [sample.article.language for sample in self.samples if sample.article.language]
        if not languages:
            return None
        language = max(set(languages), key=languages.count)
        return SurveyValue(language, f"{languages.count(language)} of {len(self.samples)} articles")

    @cached_property
    def timezone(self) -> InferredZone | None:
        """The time zone of its printed times."""
        feeds = [response.body.decode("utf-8", "replace") for response in self._survey.responses if response.entries]
        pages = [sample.document.text for sample in self.samples]
        moments = [moment for text in (*feeds, *pages) for moment in find_offset_times(text)]
        return infer_portal_zone(moments, (*(sample.document for sample in self.samples), self._home_document))

    @property
    def crawl_delay(self) -> float | None:
        """The crawl delay of robots.txt in seconds."""
        return self._survey.robots.crawl_delay

    # -- article URLs --------------------------------------------------------------------------------------------------

    @cached_property
    def _shapes(self) -> list[PathShape]:
        """The URL shapes of articles: a sample has that shape (redirected or not), or many headlines lead there."""
        votes = self._survey.candidates
        tried = [response.lead.url for response in self._survey.responses_of(LeadKind.ARTICLE)]
        sampled = [url for one in self.samples for url in dict.fromkeys((one.response.lead.url, one.response.url))]
        shapes = []
        for shape in self._survey.shapes:
            is_frequent = (
                len(shape.urls) >= _MIN_HEADLINES and sum(votes[url] for url in shape.urls) >= 2 * _MIN_HEADLINES
            )
            is_plain = shape.is_distinctive and not any(map(shape.has, tried))
            if any(map(shape.has, sampled)) or (is_frequent and is_plain):
                shapes.append(shape)
        return shapes + group_by_shape(url for url in sampled if not any(shape.has(url) for shape in shapes))

    @cached_property
    def article_path(self) -> SurveyValue | None:
        """The pattern of article paths; ``None`` if paths do not distinguish articles from other pages."""
        survey = self._survey
        if survey.paper:
            return None
        others = [link.url for link in survey.section_links]
        articles = {sample.response.url for sample in self.samples}
        others += [response.url for response in survey.responses if response.url not in articles]
        pattern = article_pattern(self._shapes, others)
        known = sum(len(shape.urls) for shape in self._shapes)
        origin = f"matches {known} URLs in lists and feeds, and none of {len(others)} others"
        return SurveyValue(pattern, origin) if pattern else None

    def _is_article(self, url: str) -> bool:
        if self.article_path:
            return bool(re.search(self.article_path.value, urlsplit(url).path))
        return any(shape.has(url) for shape in self._shapes)

    # -- lists -------------------------------------------------------------------------------------------------------

    @property
    def feeds(self) -> list[SurveyValue]:
        """The feeds that contain articles of the portal."""
        return [self._feed_value(feed) for feed in self._survey.responses_of(LeadKind.FEED) if self._own_urls(feed)]

    @property
    def sitemaps(self) -> list[SurveyValue]:
        """The sitemaps that contain articles, or that list such a sitemap."""
        sitemaps = self._survey.responses_of(LeadKind.SITEMAP)
        with_articles = {one.lead.url for one in sitemaps if any(map(self._is_article, self._own_urls(one)))}
        values = []
        for sitemap in sitemaps:
            children = {entry.url for entry in sitemap.entries if entry.is_list}
            is_child = sitemap.lead.origin.startswith(IN_INDEX)
            if not is_child and (sitemap.lead.url in with_articles or children & with_articles):
                values.append(self._feed_value(sitemap))
        return values

    def _own_urls(self, feed: LeadResponse) -> list[str]:
        return [
            clean_url(entry.url) for entry in feed.entries if not entry.is_list and self._survey.site.owns(entry.url)
        ]

    def _feed_value(self, feed: LeadResponse) -> SurveyValue:
        sitemaps = sum(entry.is_list for entry in feed.entries)
        content = f"{sitemaps} sitemaps" if sitemaps else f"{len(self._own_urls(feed))} URLs"
        return SurveyValue(feed.url, f"{feed.lead.origin}; {content}")

    @cached_property
    def sections(self) -> list[SectionValues]:
        """The lists of articles: visited sections, others in the same menus, or the front page itself."""
        if paper := self._survey.paper:
            return [SectionValues(SurveyValue(paper.issues.template, paper.origin), None, None)]
        visited = {response.lead.url: response for response in self._survey.responses_of(LeadKind.SECTION)}
        lists = {url: page for url, response in visited.items() if (page := self._list_page(response.document))}
        shared_selector = find_links_selector(list(lists.values()))
        sections = [self._make_visited_section(visited[url], page, shared_selector) for url, page in lists.items()]
        scripted = {one.url.value: one for one in self._script_sections}
        sections = [one for one in sections if one.url.value not in scripted]
        if sections:
            sections += self._make_unvisited_sections(set(visited), set(lists), sections[0])
        sections += scripted.values()
        home = self._list_page(self._home_document)
        if home and (not sections or has_next_link(self._home_document)):
            assert self._survey.home is not None
            sections.append(self._make_visited_section(self._survey.home, home, find_links_selector([home])))
        return sections

    @cached_property
    def _script_sections(self) -> list[SectionValues]:
        """The pages whose lists their scripts load; several pages that load the same list count once."""
        found: dict[JsonList, SectionValues] = {}
        for page in self._survey.pages_without_next:
            loaded = self._survey.find_script_list(page)
            if loaded and loaded.described not in found:
                origin = "the front page" if page.lead.kind is LeadKind.HOME else page.lead.origin
                url = SurveyValue(page.url, f"{origin}; its script loads {len(loaded.pages[0])} articles at a time")
                found[loaded.described] = SectionValues(url, None, None, loaded)
        return list(found.values())

    def _list_page(self, document: Document | None) -> ListPage | None:
        if document is None:
            return None
        articles = frozenset(link.url for link in find_links(document) if self._is_article(link.url))
        return ListPage(document, articles) if len(articles) >= _MIN_LINKS else None

    def _make_visited_section(
        self, response: LeadResponse, page: ListPage, shared_selector: str | None
    ) -> SectionValues:
        origin = "the front page" if response.lead.kind is LeadKind.HOME else response.lead.origin
        links = shared_selector or find_links_selector([page])
        css = SurveyValue(links, f"finds its {len(page.articles)} article links, and no others") if links else None
        url = SurveyValue(response.url, f"{origin}; {len(page.articles)} articles")
        return SectionValues(url, css, self._find_numbering(page.document))

    def _find_numbering(self, document: Document) -> SurveyValue | None:
        """Return the page numbering; ``None`` if pages are not numbered or a link leads to the next one."""
        if has_next_link(document) or (numbering := find_numbering(document)) is None:
            return None
        return SurveyValue(numbering.template, numbering.origin)

    def _make_unvisited_sections(self, visited: set[str], lists: set[str], like: SectionValues) -> list[SectionValues]:
        """Return the unvisited sections of menus whose visited ones are mostly `lists`, with the values of `like`."""
        menus: defaultdict[str, list[PageLink]] = defaultdict(list)
        for link in self._survey.section_links:
            menus[menu_key(link)].append(link)
        sections = []
        for links in menus.values():
            tried = [link for link in links if link.url in visited]
            if not tried or sum(link.url in lists for link in tried) < _MIN_MENU_SHARE * len(tried):
                continue
            for link in links:
                if link.url not in visited:
                    url = SurveyValue(
                        link.url, f"{link.text!r} in the same menu; not looked at, assumed to be like the first"
                    )
                    sections.append(SectionValues(url, like.links, like.next))
        return sections


def _find_channel_title(feed: bytes) -> str | None:
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(feed.lstrip(), parser)
    except etree.XMLSyntaxError:  # such as a gzip file
        return None
    for element in root.iter(etree.Element) if root is not None else ():
        if etree.QName(element).localname == "title" and element.text:
            return " ".join(str(element.text).split()) or None
    return None


def _explain_missing_home(survey: Survey) -> str:
    home = survey.site.home
    if survey.home is not None:
        status = survey.home.status
        return f"{home}: answered with status {status} and no HTML page — give the URL of the portal's front page"
    return f"{home}: {survey.failures.get(home, 'no answer')} — nothing was written"


def _explain_missing_articles(survey: Survey) -> str:
    counts = {kind: len(survey.responses_of(kind)) for kind in (LeadKind.FEED, LeadKind.SITEMAP, LeadKind.SECTION)}
    seen = ["the front page", *(f"{count} {kind}s" for kind, count in counts.items() if count)]
    candidates = len(survey.responses_of(LeadKind.ARTICLE))
    result = f"{candidates} candidates for articles that turned out not to be" if candidates else "no links to articles"
    if not candidates and survey.home and survey.home.document and needs_browser(survey.home.document):
        result = f"{result}: a script draws the page, which needs a browser"
    if survey.failures:
        url, reason = next(iter(survey.failures.items()))
        result = f"{result}; {len(survey.failures)} pages could not be read, first {url}: {reason}"
    return (
        f"{survey.site.home}: no articles found: saw {', '.join(seen)} and {result}; nothing was"
        " written — give the URL of a section with articles, or write the site file by hand (docs/site-files.md)"
    )
