"""Templates of the desk's pages, and the filters that format values in them."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from archive.replay import timestamp_of
from archive.replay.address import quote_url
from crawler.sites import Site
from crawler.store import CORE_FIELDS

#: Flags explained to readers.
FLAGS = {
    "injected_links": "injected links were removed",
    "pinyin_gloss": "pinyin glosses were removed from the text",
    "mojibake": "the portal read some letters in a wrong encoding; they are left as they are",
    "future_date": "dated after its capture",
    "early_date": "dated before its site existed",
    "multi_page": "joined from several pages",
    "incomplete": "a further page could not be read",
    "noarchive": "the page asks not to be archived",
    "low_confidence": "the text may be cut, or contain more than the story",
    "other_language": "not in its site's language",
    "oversized": "only the beginning of a huge page was read",
}


class Templates:
    """Renders the pages. `sites` provides titles; `locked` is true if the desk has a password."""

    def __init__(self, sites: Mapping[str, Site], *, locked: bool) -> None:
        self._sites = sites
        environment = Environment(
            loader=PackageLoader("crawler.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters.update(
            when=when, day=day, ago=ago, share=share, marked=marked, host=host, address=address, span=span
        )
        environment.globals.update(
            FIELDS=CORE_FIELDS, FLAGS=FLAGS, locked=locked, site_title=self.site_title, query=query
        )
        self._environment = environment

    def site_title(self, name: str | None) -> str:
        """Return the title in a site's file, or else its name."""
        site = self._sites.get(name or "")
        return (site.title if site else None) or name or "—"

    def site(self, name: str) -> Site | None:
        """Return the site of that name, or None if it has no site file."""
        return self._sites.get(name)

    def text(self, template: str, **values: Any) -> str:
        """Render a template to markup."""
        return self._environment.get_template(template).render(**{"asked": "", **values})

    def page(self, request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
        """Render a template to a response."""
        return HTMLResponse(self.text(template, request=request, **values), status)

    def login(self, request: Request, error: str, status: int) -> Response:
        """Render the login page."""
        following = request.query_params.get("next", "/")
        return self.page(request, "login.html", status=status, error=error, following=following)


def when(moment: datetime | str | None) -> Markup:
    """Format a time in UTC, to the minute."""
    if moment is None:
        return Markup("—")
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    at = at.astimezone(UTC)
    return Markup('<time datetime="{}">{} UTC</time>').format(at.isoformat(timespec="seconds"), f"{at:%Y-%m-%d %H:%M}")


def day(date: str | None) -> Markup:
    """Format an article's date as printed, without seconds and offset."""
    if not date:
        return Markup("—")
    return Markup('<time datetime="{}">{}</time>').format(date, date[:16].replace("T", " "))


def ago(moment: datetime | None) -> str:
    """Format the time since `moment` in the largest unit that fits."""
    if moment is None:
        return "never"
    seconds = (datetime.now(UTC) - moment).total_seconds()
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if (number := int(seconds // length)) > 0:
            return f"{number} {unit}{'s' if number > 1 else ''} ago"
    return "just now"


def span(seconds: float) -> str:
    """Format a duration."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


def share(value: float) -> str:
    """Format a share in per cent; 100 only if it is complete."""
    return "100 %" if value >= 1 else f"{min(value * 100, 99):.0f} %"


def marked(text: str, phrases: Iterable[str]) -> Markup:
    """Return `text` with the phrases of a search highlighted."""
    parts = sorted(map(re.escape, set(phrases)), key=len, reverse=True)
    if not parts:
        return escape(text)
    pieces = re.split(f"({'|'.join(parts)})", text, flags=re.IGNORECASE)
    return Markup("").join(
        Markup("<mark>{}</mark>").format(piece) if at % 2 else escape(piece) for at, piece in enumerate(pieces)
    )


def host(url: str) -> str:
    """Return the host of a URL, as a label."""
    return urlsplit(url).netloc.rpartition("@")[2]


def address(url: str, moment: datetime | str, modifier: str = "") -> str:
    """Return the path, below ``/view`` or replay, of the capture of `url` at `moment`."""
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return f"{timestamp_of(at)}{modifier}/{quote_url(url)}"


def query(**values: Any) -> str:
    """Return a query string of the `values` that are neither None nor empty."""
    return urlencode({name: value for name, value in values.items() if value not in (None, "")})
