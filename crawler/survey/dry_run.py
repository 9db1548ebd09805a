"""Dry run of a new site file over the pages that the survey has captured: it must find the articles seen there."""

from collections.abc import Iterator

from crawler.discovery.archives import find_archives
from crawler.discovery.article_paths import path_shape
from crawler.discovery.entry_points import find_frames
from crawler.discovery.learned_paths import ArticlePaths
from crawler.discovery.page_links import find_page_links, names_unread_pages
from crawler.extraction import Document
from crawler.sites import Site
from crawler.survey.checkup import Checkup
from crawler.survey.links import find_links
from crawler.survey.model import LeadKind, LeadResponse
from crawler.survey.survey import Survey
from crawler.urls import clean_url

#: Minimum share of the articles seen in its lists that a site file must find.
_MIN_FOUND = 0.9


def find_shortcomings(survey: Survey, site: Site) -> list[str]:
    """Return what a crawl by the file of `site` would miss of what `survey` saw; empty if it finds the articles."""
    return list(_DryRun(survey, site).find_shortcomings())


def find_single_pages(survey: Survey, site: Site) -> list[str]:
    """Return the URLs of the lists in the file of `site` that seem to have one page only."""
    named = {section.url for section in site.sections if section.json is None and section.next is None}
    return [
        one.url
        for one in survey.pages_without_next
        if one.url in named and one.document is not None and not _leads_further(one.document)
    ]


def _leads_further(document: Document) -> bool:
    return bool(find_archives(document, find_page_links(document)) or find_frames(document))


class _DryRun:
    """The articles seen in the captured lists that a site file names, and those that it finds there."""

    def __init__(self, survey: Survey, site: Site) -> None:
        self._survey = survey
        self._site = site
        #: The entries of the JSON lists in the file.
        self._loaded: set[str] = set()
        self._paths = ArticlePaths(site)
        self._checkup = Checkup(site)
        sections = {section.url for section in site.sections}
        named = {*site.feeds, *site.sitemaps, *(sections or ([] if site.feeds or site.sitemaps else [site.home]))}
        children = {
            entry.url for one in survey.responses if named & {one.url, one.lead.url} for entry in one.entries
            if entry.is_list
        }  # fmt: skip
        self._lists = [one for one in survey.responses if {one.url, one.lead.url} & (named | children)]
        self._shapes = {path_shape(sample.response.lead.url) for sample in survey.samples}

    def find_shortcomings(self) -> Iterator[str]:
        if self._survey.paper:
            yield from self._find_unlisted()
            return
        yield from self._find_script_lists()
        seen: set[str] = set()
        found = {url for url in self._loaded if self._paths.may_be_article(url, is_selected=True)}
        scripted = {section.url for section in self._site.sections if section.json}
        for one in self._lists:
            if one.lead.kind is LeadKind.ARTICLE:
                continue
            articles = {url for url in self._links_of(one) if path_shape(url) in self._shapes}
            here = set(self._checkup.find_articles(one))
            if articles and not here and one.url not in scripted:
                yield f"{one.url}: none of its {len(articles)} articles is found, first {min(articles)}"
            seen |= articles
            found |= here
        missing = sorted(seen - found)
        if len(missing) > (1 - _MIN_FOUND) * len(seen):
            yield f"{len(missing)} of {len(seen)} articles seen in its lists are not found, first {missing[0]}"
        if not found:
            yield "no list of the file leads to an article"
        for one in self._survey.pages_without_next:
            is_read = one.url in {section.url for section in self._site.sections} and one.url not in scripted
            if is_read and one.document is not None and names_unread_pages(one.document):
                yield f"{one.url}: only a script leads to its further pages — name a feed or sitemap, or `json`"
        for sample in self._survey.samples:
            url = sample.response.lead.url
            if url not in found and not self._paths.may_be_article(url):
                yield f"{url}: an article, but neither in a list of the file nor by [articles] path"

    def _find_unlisted(self) -> Iterator[str]:
        """Yield a line for each article of a digital paper that no page of its issue leads to."""
        found = set(self._survey.issue_articles)
        for sample in self._survey.samples:
            if sample.response.lead.url not in found:
                yield f"{sample.response.lead.url}: an article, but on no page of the issue"

    def _find_script_lists(self) -> Iterator[str]:
        """Yield a line for each page whose list a script loads, if the file does not describe it."""
        described = {section.json for section in self._site.sections}
        for one in self._survey.pages_without_next:
            loaded = self._survey.find_script_list(one)
            if loaded is None:
                if request := self._survey.find_script_request(one):
                    yield f"{one.url}: a script loads its articles from {request} — describe the list with `json`"
            elif loaded.described not in described:
                yield f"{one.url}: a script loads its articles from {loaded.described.url}, which is not in the file"
            elif loaded.repeats:
                yield f"{one.url}: page 2 of {loaded.described.url} repeats page 1 — correct `json`"
            else:
                self._loaded |= set(loaded.urls)

    @staticmethod
    def _links_of(one: LeadResponse) -> set[str]:
        if one.document is not None:
            return {link.url for link in find_links(one.document)}
        return {clean_url(entry.url) for entry in one.entries if not entry.is_list}
