"""Lists that a page's scripts load as JSON: their requests, tried for two pages, and their description."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawler.discovery.feeds import FeedEntry, FeedError
from crawler.discovery.json_description import describe_json_list
from crawler.discovery.json_lists import read_json_list
from crawler.discovery.script_requests import find_json_requests, find_numbered_url, is_library
from crawler.extraction import Document
from crawler.extraction.document import resolve
from crawler.sites import JsonList
from crawler.survey.model import Lead, LeadKind, LeadResponse
from crawler.urls import clean_url

#: Requests tried for one page.
_MAX_REQUESTS = 3


@dataclass(frozen=True, slots=True)
class ScriptList:
    """A JSON list: its description, and the entries of its first two pages."""

    described: JsonList
    pages: tuple[tuple[FeedEntry, ...], ...]

    @property
    def urls(self) -> list[str]:
        """The URLs of its entries."""
        return [clean_url(entry.url) for page in self.pages for entry in page]

    @property
    def repeats(self) -> bool:
        """True if the second page has entries, but no new ones."""
        first, second = ({entry.url for entry in page} for page in (*self.pages, ())[:2])
        return bool(second) and second <= first


class ScriptLists:
    """The JSON lists of the pages in a survey, by its `responses` and the URLs of known `articles`."""

    def __init__(self, responses: Sequence[LeadResponse], articles: Sequence[str]) -> None:
        self._responses = responses
        self._articles = articles

    def script_leads(self, pages: Sequence[LeadResponse]) -> Iterator[Lead]:
        """Yield the linked scripts of `pages` that may load their lists."""
        for page in pages:
            if page.document is not None and not self.find_requests(page):
                for url in find_scripts(page.document):
                    yield Lead(url, LeadKind.SCRIPT, f"a script of {page.url}")

    def json_leads(self, pages: Sequence[LeadResponse]) -> Iterator[Lead]:
        """Yield the next request for the list of each page: the first page of each possible one, then the second."""
        for page in pages:
            for request in self.find_requests(page):
                first = self._response_to(request, 0)
                if first is not None and self._describe(first, page):
                    if self._response_to(request, 1) is None:
                        yield _make_lead(page, request, 1)
                    break
                if first is None:
                    yield _make_lead(page, request, 0)
                    break

    def find(self, page: LeadResponse) -> ScriptList | None:
        """Return the JSON list of a page, if its first page was read."""
        for request in self.find_requests(page):
            first = self._response_to(request, 0)
            if first is not None and (described := self._describe(first, page)):
                responses = (first, self._response_to(request, 1))
                return ScriptList(described, tuple(_read(one, described, page.url) for one in responses if one))
        return None

    def find_requests(self, page: LeadResponse) -> list[JsonList]:
        """Return the requests for numbered pages that the scripts of a page make."""
        found = find_json_requests(self._scripts_of(page), page.url) if page.document is not None else []
        return found[:_MAX_REQUESTS]

    def find_unread_url(self, page: LeadResponse) -> str | None:
        """Return the URL of a numbered request that the scripts of a page make, if it cannot be read as a whole."""
        url = find_numbered_url(self._scripts_of(page)) if page.document is not None else None
        return resolve(page.url, url) if url else None

    def _scripts_of(self, page: LeadResponse) -> str:
        """Return the text of a page's own scripts, and of the linked ones that were read."""
        assert page.document is not None
        inline = [node.text(deep=True) for node in page.document.tree.css("script:not([src])")]
        linked = set(find_scripts(page.document))
        scripts = [one for one in self._responses if one.lead.kind is LeadKind.SCRIPT and one.lead.url in linked]
        return "\n".join([*inline, *(one.body.decode("utf-8", "replace") for one in scripts)])

    def _response_to(self, request: JsonList, number: int) -> LeadResponse | None:
        key = Lead(request.request_parts(number)[0], LeadKind.JSON, "", request, number).key
        return next((one for one in self._responses if one.lead.kind is LeadKind.JSON and one.lead.key == key), None)

    def _describe(self, response: LeadResponse, page: LeadResponse) -> JsonList | None:
        if response.lead.json is None or response.status != 200:
            return None
        try:
            return describe_json_list(response.body, response.lead.json, self._articles, self._scripts_of(page))
        except FeedError:
            return None


def find_scripts(document: Document) -> list[str]:
    """Return the linked scripts of a page on its own host, without those of libraries, the last ones first."""
    found = (document.resolve(node.attributes.get("src") or "") for node in document.tree.css("script[src]"))
    host = urlsplit(document.url).netloc
    own = [url for url in found if url and urlsplit(url).netloc == host]
    return [url for url in reversed(own) if not is_library(urlsplit(url).path.rpartition("/")[2])]


def _make_lead(page: LeadResponse, request: JsonList, number: int) -> Lead:
    url, body = request.request_parts(number)
    origin = f"page {number + 1} of the list that a script of {page.url} loads{f' by POST {body}' if body else ''}"
    return Lead(url, LeadKind.JSON, origin, request, number)


def _read(response: LeadResponse, described: JsonList, base: str) -> tuple[FeedEntry, ...]:
    try:
        return read_json_list(response.body, described, base).entries
    except FeedError:
        return ()
