"""Requests for the pages of JSON lists, and what their responses hold."""

from collections.abc import Callable
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

from scrapy import Request
from scrapy.http import Response

from crawler.discovery.json_lists import JsonPage, read_json_list
from crawler.fetch_context import FetchContext
from crawler.sites import JsonList, Site
from crawler.store.frontier_urls import UrlKind


class JsonPages:
    """The JSON lists of `site`, by the URL of their section."""

    def __init__(self, site: Site) -> None:
        self._lists = {section.url: section.json for section in site.sections if section.json}
        self._zone = ZoneInfo(site.timezone) if site.timezone else UTC

    @property
    def sections(self) -> list[str]:
        """The URLs of the sections that have a JSON list."""
        return list(self._lists)

    def make_request(
        self,
        section: str,
        callback: Callable[..., Any],
        errback: Callable[..., Any],
        following: str | bool = True,
        number: int = 0,
    ) -> Request:
        """Return the request for page `number` of a list; `following` is the value or URL that the page before gave."""
        value = following if isinstance(following, str) else ""
        return make_json_request(self._list_of(section), number, value).replace(
            callback=callback,
            errback=errback,
            cb_kwargs={"section": section, "number": number},
            meta=FetchContext(kind=UrlKind.LIST).as_meta(),
        )

    def read(self, response: Response, section: str) -> JsonPage:
        """Read a page of the list. Raises FeedError if it is not JSON, or not as described."""
        return read_json_list(response.body, self._list_of(section), section, self._zone)

    def _list_of(self, section: str) -> JsonList:
        return self._lists[section]


def make_json_request(described: JsonList, number: int, value: str = "") -> Request:
    """Return the request for page `number` of a JSON list; `value` is the value or URL that the page before gave."""
    url, body = described.request_parts(number, value)
    is_json = body is not None and body.lstrip().startswith(("{", "["))
    content_type = "application/json" if is_json else "application/x-www-form-urlencoded"
    return Request(
        value if value.startswith("http") else url,
        method="GET" if body is None else "POST",
        body=body,
        headers={} if body is None else {"Content-Type": content_type},
    )
