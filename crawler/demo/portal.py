"""The base class of sample portals."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from crawler.demo.article import SampleArticle
from crawler.demo.messages import Reply, Request, text


@dataclass(frozen=True, slots=True)
class SectionList:
    """A section for the site file: its path, CSS selector of article links, and file name pattern of numbered pages."""

    path: str
    links: str | None = None
    next: str | None = None


class Portal(ABC):
    """A news portal on its own host.

    `name` is the name of its site, `host` its host name without port. `edition` 1 is as first published; later editions
    have edits. `feeds` and `sitemaps` are paths, `forbidden` path prefixes that a crawler must not request. `max_pages`
    is a budget large enough for all pages. With `requisites`, images and style sheets are crawled too.
    """

    name: ClassVar[str]
    host: ClassVar[str]
    title: ClassVar[str]
    language: ClassVar[str | None] = "zh"
    timezone: ClassVar[str | None] = "Asia/Shanghai"
    sections: Sequence[SectionList] = ()
    feeds: Sequence[str] = ()
    sitemaps: Sequence[str] = ()
    article_pattern: ClassVar[str | None] = None
    delay: ClassVar[float] = 0.1
    max_pages: int = 500
    requisites: ClassVar[bool] = False
    forbidden: Sequence[str] = ()

    def __init__(self) -> None:
        self.edition = 1

    @property
    @abstractmethod
    def articles(self) -> tuple[SampleArticle, ...]:
        """The articles of the current edition, newest first."""

    @abstractmethod
    def find(self, request: Request) -> Reply | None:
        """Return the reply to a GET of ``request.path``, or None if there is nothing."""

    def answer(self, request: Request) -> Reply:
        """Return the reply to any request."""
        if request.method not in ("GET", "HEAD"):
            return text("only GET and HEAD\n", status=405)
        return self.find(request) or self.missing(request)

    def missing(self, request: Request) -> Reply:
        """Return the reply if there is nothing at the path."""
        return text(f"{self.title}: 404\n", status=404)

    def is_forbidden(self, target: str) -> bool:
        """True if a crawler must not request `target`."""
        return target.startswith(tuple(self.forbidden))

    def articles_by_url(self, port: int) -> Mapping[str, SampleArticle]:
        """Return the articles of the current edition by URL, for a server on `port`."""
        return {f"http://{self.host}:{port}{article.path}": article for article in self.articles}
