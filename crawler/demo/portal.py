"""A sample portal: a host, its articles, and an answer to every request."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from crawler.demo.article import SampleArticle
from crawler.demo.messages import Reply, Request, text


@dataclass(frozen=True, slots=True)
class SectionList:
    """A list page as a site file names it: `path`, the CSS of its article links, the name of its numbered pages."""

    path: str
    links: str | None = None
    next: str | None = None


class Portal(ABC):
    """One news portal on its own host.

    `name` is its site's name, `host` the host without port, `title` what it calls itself. `edition` counts the visits
    it has seen edits between: 1 is as first published. `feeds` and `sitemaps` are paths; `forbidden` are path prefixes
    that a crawler must never ask for; `max_pages` is a budget that leaves nothing out;
    `requisites` says that its images and style sheets are to be kept too.
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
        """The articles of the present edition, newest first."""

    @abstractmethod
    def find(self, request: Request) -> Reply | None:
        """The answer to a GET of ``request.path``, ``None`` where the portal has nothing."""

    def answer(self, request: Request) -> Reply:
        """The answer to any request."""
        if request.method not in ("GET", "HEAD"):
            return text("only GET and HEAD\n", status=405)
        return self.find(request) or self.missing(request)

    def missing(self, request: Request) -> Reply:
        """The answer where there is nothing."""
        return text(f"{self.title}: 404\n", status=404)

    def forbids(self, target: str) -> bool:
        """Whether `target` is one that a crawler must never ask for."""
        return target.startswith(tuple(self.forbidden))

    def urls(self, port: int) -> Mapping[str, SampleArticle]:
        """The articles of the present edition by their URL on a server's `port`."""
        return {f"http://{self.host}:{port}{article.path}": article for article in self.articles}
