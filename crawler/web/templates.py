"""The desk's pages as templates, and how values are written in them."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from archive.replay import timestamp_of
from archive.replay.address import quoted
from crawler.sites import Site
from crawler.store import CORE_FIELDS

#: What flags say, for readers.
FLAGS = {
    "injected_links": "links injected by others were found and taken out",
    "pinyin_gloss": "pinyin glosses were taken out of the text",
    "mojibake": "letters were read in a wrong encoding by the portal and left as they are",
    "future_date": "dated after its capture",
    "early_date": "dated before its site's life",
    "multi_page": "put together from several pages",
    "incomplete": "a further page could not be had",
    "noarchive": "the page asks not to be kept in caches",
    "low_confidence": "the text may be cut, or have more than the story in it",
    "other_language": "not in its site's language",
    "oversized": "only the beginning of the page was read",
}


class Templates:
    """Renders the pages; `sites` lends its titles, `locked` says whether one can log out."""

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
        """What a site calls itself, as far as its file says."""
        site = self._sites.get(name or "")
        return (site.title if site else None) or name or "—"

    def site(self, name: str) -> Site | None:
        """The site of that name, ``None`` where its file is not among those given."""
        return self._sites.get(name)

    def text(self, template: str, **values: Any) -> str:
        """A page's markup."""
        return self._environment.get_template(template).render(**{"asked": "", **values})

    def page(self, request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
        """A page as an answer."""
        return HTMLResponse(self.text(template, request=request, **values), status)

    def login(self, request: Request, trouble: str, status: int) -> Response:
        """The page one logs in on."""
        following = request.query_params.get("next", "/")
        return self.page(request, "login.html", status=status, trouble=trouble, following=following)


def when(moment: datetime | str | None) -> Markup:
    """A time of ours, UTC, to the minute."""
    if moment is None:
        return Markup("—")
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    at = at.astimezone(UTC)
    return Markup('<time datetime="{}">{} UTC</time>').format(at.isoformat(timespec="seconds"), f"{at:%Y-%m-%d %H:%M}")


def day(date: str | None) -> Markup:
    """An article's date as it printed it, without seconds and offset."""
    if not date:
        return Markup("—")
    return Markup('<time datetime="{}">{}</time>').format(date, date[:16].replace("T", " "))


def ago(moment: datetime | None) -> str:
    """How long ago, in the largest unit that fits."""
    if moment is None:
        return "never"
    seconds = (datetime.now(UTC) - moment).total_seconds()
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if (number := int(seconds // length)) > 0:
            return f"{number} {unit}{'s' if number > 1 else ''} ago"
    return "just now"


def span(seconds: float) -> str:
    """A length of time."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


def share(value: float) -> str:
    """A share in per cent; 100 only where nothing lacks."""
    return "100 %" if value >= 1 else f"{min(value * 100, 99):.0f} %"


def marked(text: str, words: str) -> Markup:
    """`text` with the parts of a search set off."""
    parts = sorted({re.escape(part) for part in words.split()}, key=len, reverse=True)
    if not parts:
        return escape(text)
    pieces = re.split(f"({'|'.join(parts)})", text, flags=re.IGNORECASE)
    return Markup("").join(
        Markup("<mark>{}</mark>").format(piece) if at % 2 else escape(piece) for at, piece in enumerate(pieces)
    )


def host(url: str) -> str:
    """The host of a URL, as a label."""
    return urlsplit(url).netloc.rpartition("@")[2]


def address(url: str, moment: datetime | str, modifier: str = "") -> str:
    """The path below ``/view`` or replay at which the capture of `url` at `moment` is shown."""
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return f"{timestamp_of(at)}{modifier}/{quoted(url)}"


def query(**values: Any) -> str:
    """A query string of those `values` that are not ``None`` or empty."""
    return urlencode({name: value for name, value in values.items() if value not in (None, "")})
