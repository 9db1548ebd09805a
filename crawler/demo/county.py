"""The Harrow County Courier: an English weekly with feeds, JSON-LD, validators, redirects and edited articles."""

import hashlib
import random
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cached_property
from typing import ClassVar

from crawler.demo import county_assets, county_pages
from crawler.demo.article import SampleArticle
from crawler.demo.messages import Reply, Request, is_unchanged, page, redirect, text
from crawler.demo.newsroom import Assignment, write_stories
from crawler.demo.portal import Portal, SectionList
from crawler.demo.writer import read_texts

_CHANNELS = ("government", "schools", "business", "outdoors")

_ROBOTS = """\
# The Courier welcomes readers of every kind, at a walking pace.
User-agent: *
Disallow: /members/
Crawl-delay: 0.2

Sitemap: {origin}/news-sitemap.xml
"""

_ADDITION = (
    "On Friday evening the county published a corrected table, "
    "in which two of the totals are slightly lower than first reported."
)


class County(Portal):
    """The Courier. In edition 2, three titles and four bodies have changed, and one article is gone (410)."""

    name, host, title = "county", "www.county.localhost", "The Harrow County Courier"
    language: ClassVar[str | None] = "en"
    timezone: ClassVar[str | None] = "America/New_York"
    article_pattern = r"^/news/[a-z]+/\d{4}/\d\d/\d\d/[a-z0-9-]+$"
    sections = tuple(SectionList(f"/news/{channel}/") for channel in _CHANNELS)
    feeds = ("/rss.xml",)
    sitemaps = ("/news-sitemap.xml",)
    forbidden = ("/members/",)
    requisites = True

    @property
    def articles(self) -> tuple[SampleArticle, ...]:
        return self._second if self.edition >= 2 else self._first

    @cached_property
    def _first(self) -> tuple[SampleArticle, ...]:
        texts, rng = read_texts("county"), random.Random("county")
        written = write_stories(
            texts, rng, each=11, since=datetime(2025, 3, 3), zone=self.timezone or "UTC", between=" "  # noqa: DTZ001
        )  # fmt: skip
        return tuple(_article(assignment, rng) for assignment in written)[::-1]

    @cached_property
    def _second(self) -> tuple[SampleArticle, ...]:
        edited = [_edit_article(article, number) for number, article in enumerate(self._first)]
        return tuple(article for article in edited if article.path not in self._removed_paths)

    @property
    def _removed_paths(self) -> tuple[str, ...]:
        """The paths of articles that edition 2 no longer has."""
        return (self._first[9].path,)

    def find(self, request: Request) -> Reply | None:
        if request.path == "/robots.txt":
            return text(_ROBOTS.format(origin=request.origin))
        if request.path in self._moved:
            status, path = self._moved[request.path]
            return redirect(request.origin + path, status)
        if self.edition >= 2 and request.path in self._removed_paths:
            return text("This story has been withdrawn.\n", status=410)
        reply = self._document(request)
        return reply and _with_validators(request, reply, self._last_modified(request.path))

    @cached_property
    def _moved(self) -> dict[str, tuple[int, str]]:
        """Old path -> status and path of the redirect. The feed has the old paths of every seventh article."""
        return {
            f"/story/{2000 + number}": (301 if number % 2 else 302, article.path)
            for number, article in enumerate(self._first)
            if number % 7 == 3
        }

    def _document(self, request: Request) -> Reply | None:
        by_path = {article.path: (number, article) for number, article in enumerate(self.articles)}
        if request.path in by_path:
            number, article = by_path[request.path]
            html = county_pages.article_page(article, self.articles, request.origin)
            return _vary_framing(page(html), number)
        if request.path in county_assets.FILES:
            media_type, content = county_assets.FILES[request.path]
            return text(content, media_type)
        if request.path == "/":
            return page(county_pages.front(self.articles, _CHANNELS))
        channel = request.path.removeprefix("/news/").removesuffix("/")
        if channel in _CHANNELS and request.path == f"/news/{channel}/":
            return page(
                county_pages.section(channel, [article for article in self.articles if article.section == channel])
            )
        if request.path == "/rss.xml":
            old_paths = {path: old for old, (_, path) in self._moved.items()}
            feed = county_pages.rss(self.articles[:25], request.origin, old_paths)
            return _vary_framing(text(feed, "application/rss+xml; charset=utf-8"), 1)
        if request.path == "/news-sitemap.xml":
            return text(county_pages.news_sitemap(self.articles, request.origin), "application/xml")
        return None

    def _last_modified(self, path: str) -> str:
        """Return Last-Modified: the time of the article at `path`, for other pages that of the newest article."""
        times = {article.path: article.date_modified or article.date for article in self.articles}
        newest = max(times.values())
        return format_datetime(datetime.fromisoformat(times.get(path, newest)).astimezone(UTC), usegmt=True)


def _article(assignment: Assignment, rng: random.Random) -> SampleArticle:
    words, story, published = read_texts("county").words, assignment.story, assignment.published
    number = assignment.number
    slug = "-".join(re.findall(r"[a-z0-9]+", story.title.lower())[:9])
    is_wire = number % 6 == 5
    return SampleArticle(
        path=f"/news/{assignment.topic.section}/{published:%Y/%m/%d}/{slug}",
        title=story.title,
        summary=story.summary,
        date=published.isoformat(timespec="minutes"),
        date_precision="minute",
        source=rng.choice(words["source"]) if is_wire else None,
        editor=rng.choice(words["editor"]) if number % 4 == 1 else None,
        authors=() if is_wire else tuple(rng.sample(words["reporter"], 2 if number % 8 == 2 else 1)),
        body="\n".join(story.paragraphs),
        section=assignment.topic.section,
        language="en",
    )


def _edit_article(article: SampleArticle, number: int) -> SampleArticle:
    """Return `article` as in edition 2; most are unchanged."""
    modified = (datetime.fromisoformat(article.date) + timedelta(hours=26)).isoformat(timespec="minutes")
    if number in (2, 14, 23):
        article = replace(article, title=f"Update: {article.title}", date_modified=modified)
    if number in (5, 14, 20, 31):
        paragraphs = article.paragraphs
        body = "\n".join([*paragraphs[:-2], paragraphs[-1], _ADDITION])
        article = replace(article, body=body, date_modified=modified)
    return article


def _vary_framing(reply: Reply, number: int) -> Reply:
    """Send the reply plain, with gzip, in chunks, or with both, depending on `number`."""
    return replace(reply, gzip=number % 4 in (1, 3), chunked=1400 if number % 4 >= 2 else 0)


def _with_validators(request: Request, reply: Reply, modified: str) -> Reply:
    etag = f'"{hashlib.sha256(reply.body).hexdigest()[:16]}"'
    validators = (("ETag", etag), ("Last-Modified", modified), ("Vary", "Accept-Encoding"))
    if is_unchanged(request, etag, modified):
        return Reply(status=304, headers=validators)
    return replace(reply, headers=(*reply.headers, *validators))
