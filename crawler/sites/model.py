"""The model of a site: its pages, budgets and schedule."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urljoin, urlsplit

from crawler.sites.hosts import host_of, is_loopback_host
from crawler.sites.issue_url import ISSUE_DATE, IssueUrl
from crawler.sites.path_pattern import PathPattern

#: Default delay in seconds from the end of a response to the next request.
DEFAULT_DELAY = 5.0

DEFAULT_MAX_PAGES = 500

#: Times after an article was first seen at which it is requested again, to detect edits and removals.
DEFAULT_REREAD = (
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
    timedelta(days=3),
    timedelta(days=10),
    timedelta(days=30),
)

#: A page number in a URL template: ``{n}``, ``{n+1}``, ``{n*20}``, ``{n*20+1}``.
PAGE_NUMBER = re.compile(r"\{n(?:\*(?P<factor>[1-9]\d{0,3}))?(?:\+(?P<offset>[1-9]\d{0,3}))?\}")


#: A page number in the URL of a JSON list: ``{n}`` counts from 1, ``{n-1}`` from 0, ``{n*20-20}`` counts entries.
JSON_PAGE_NUMBER = re.compile(r"\{n(?:\*(?P<factor>[1-9]\d{0,3}))?(?:(?P<sign>[+-])(?P<offset>[1-9]\d{0,3}))?\}")
#: The value that the page before gave for the next one.
JSON_NEXT = "{next}"


@dataclass(frozen=True, slots=True)
class JsonList:
    """A list of articles in JSON.

    `url` is the template of its pages, `post` the template of a request's body, ``None`` for a GET. `items`, `link`,
    `title`, `date` and `next` are paths or templates (`crawler.discovery.json_lists`); ``None`` leaves them to the
    crawler.
    """

    url: str
    post: str | None = None
    items: str | None = None
    link: str | None = None
    title: str | None = None
    date: str | None = None
    next: str | None = None

    def request_parts(self, number: int, value: str = "") -> tuple[str, str | None]:
        """Return URL and body of the request for page `number`, the first is 0; `value` is that of ``{next}``."""

        def fill_in(found: re.Match[str]) -> str:
            offset = int(found["offset"] or 0) * (-1 if found["sign"] == "-" else 1)
            return str((number + 1) * int(found["factor"] or 1) + offset)

        def fill(template: str) -> str:
            return JSON_PAGE_NUMBER.sub(fill_in, template).replace(JSON_NEXT, value)

        return fill(self.url), fill(self.post) if self.post is not None else None

    @property
    def is_numbered(self) -> bool:
        """True if the requests of its pages differ by a number or value."""
        text = f"{self.url}{self.post or ''}"
        return JSON_NEXT in text or bool(JSON_PAGE_NUMBER.search(text))


@dataclass(frozen=True, slots=True)
class Section:
    """A list page of articles.

    `links` is the CSS selector of its article links; ``None`` means every link that may be followed. `next` is either
    a URL template of the following pages, relative to `url`, or the CSS selector of the link to the next page; ``None``
    means a link whose text says so. In a template, ``{n}`` counts the pages after the first from 1, ``{n+1}`` counts
    them from 2, and ``{n*20}`` is the number of entries before the page.
    """

    url: str
    links: str | None = None
    next: str | None = None
    #: The list is requested as JSON instead of the page at `url`.
    json: JsonList | None = None

    @property
    def issues(self) -> IssueUrl | None:
        """The template of the issues if the section is a digital paper: its URL holds a day."""
        return IssueUrl(self.url) if ISSUE_DATE.search(self.url) else None

    @property
    def is_numbered(self) -> bool:
        """True if the URLs of further pages contain a page number."""
        return bool(self.next and PAGE_NUMBER.search(self.next))

    def page_url(self, number: int) -> str | None:
        """Return the URL of the `number`-th page after the first; ``None`` if pages are not numbered."""
        if self.next is None or not self.is_numbered:
            return None

        def fill_in(found: re.Match[str]) -> str:
            return str(number * int(found["factor"] or 1) + int(found["offset"] or 0))

        return urljoin(self.url, PAGE_NUMBER.sub(fill_in, self.next))


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A news portal.

    `name` is also the name of its spider. Budgets of ``None`` are unlimited.
    """

    name: str
    home: str
    title: str | None = None
    #: The site's own hosts; their subdomains belong to it too.
    hosts: tuple[str, ...] = ()
    language: str | None = None
    #: IANA name.
    timezone: str | None = None
    #: The first day of publication.
    since: date | None = None
    feeds: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    #: Matches the paths of articles; ``None`` leaves the decision to the crawler.
    article_path: PathPattern | None = None
    #: Paragraphs printed in every article.
    boilerplate: tuple[str, ...] = ()
    #: Seconds from the end of a response to the next request.
    delay: float = DEFAULT_DELAY
    #: ``adaptive``, ``manual`` or a cron line.
    cadence: str = "adaptive"
    # The budget of a visit; a megabyte is 10^6 bytes on the wire.
    max_pages: int = DEFAULT_MAX_PAGES
    max_megabytes: int | None = None
    max_minutes: int | None = None
    #: The budget of a day in `timezone`.
    max_pages_a_day: int | None = None
    #: The time of day in `timezone` when requests are allowed, such as ``22:00-06:00``.
    hours: str | None = None
    #: Times after an article was first seen at which it is requested again.
    reread: tuple[timedelta, ...] = DEFAULT_REREAD
    #: Also capture images, style sheets and fonts of articles.
    requisites: bool = False

    def owns(self, url: str) -> bool:
        """True if `url` is on one of the site's hosts or their subdomains."""
        host = host_of(url)
        return any(host == own or host.endswith(f".{own}") for own in self.hosts)

    def is_article(self, url: str) -> bool | None:
        """True if the path of `url` is an article's; ``None`` if the site file has no pattern for article paths.

        Raises PatternTimeout if the pattern takes too long.
        """
        if not self.owns(url):
            return False
        return self.article_path.matches(urlsplit(url).path) if self.article_path else None

    @property
    def is_loopback(self) -> bool:
        """True if the site runs on this machine, as demo and test sites do."""
        return is_loopback_host(host_of(self.home))


def site_name(text: str) -> str:
    """Turn `text`, such as a host name, into a valid site name: lower-case letters, digits and ``_``, letter first."""
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return name if name[:1].isalpha() else f"site_{name}"
