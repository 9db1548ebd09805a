"""A portal that serves a folder of saved pages."""

import gzip
import zlib
from collections.abc import Mapping
from functools import cached_property
from html import escape
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

from crawler.demo.article import SampleArticle
from crawler.demo.errors import DemoError
from crawler.demo.messages import Reply, Request, page
from crawler.demo.portal import Portal


class PagesPortal(Portal):
    """Serves the ``.html`` and ``.html.gz`` files of a folder at ``/<stem>.html``, unchanged, and a page of links.

    `articles` is empty, because the expected fields are unknown. No charset is declared in the header. The files are
    read once, so that no path can reach other files. Raises DemoError if there are no pages, a file cannot be read, or
    two files have the same stem.
    """

    name, host, title = "pages", "pages.localhost", "Saved pages"
    language = None
    timezone = None
    article_pattern = r"\.html$"

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._pages = dict(_read_pages(folder))
        # The front page, robots.txt, and each page once.
        self.max_pages = len(self._pages) + 10

    @property
    def articles(self) -> tuple[SampleArticle, ...]:
        return ()

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of the pages, percent-encoded, sorted by file name."""
        return tuple(f"/{_quote_stem(stem)}.html" for stem in self._pages)

    def find(self, request: Request) -> Reply | None:
        if request.path == "/":
            return page(self._front)
        name = unquote_to_bytes(request.path.removeprefix("/")).decode("utf-8", "surrogateescape")
        body = self._pages.get(name.removesuffix(".html")) if name.endswith(".html") else None
        return None if body is None else Reply(headers=(("Content-Type", "text/html"),), body=body)

    @cached_property
    def _front(self) -> str:
        stems = [(stem, stem.encode("utf-8", "replace").decode()) for stem in self._pages]
        items = "\n".join(f'<li><a href="/{_quote_stem(stem)}.html">{escape(shown)}</a></li>' for stem, shown in stems)
        return (
            f'<!DOCTYPE html>\n<html>\n<head><meta charset="utf-8"><title>{self.title}</title></head>\n'
            f"<body>\n<h1>{self.title}</h1>\n<ul>\n{items}\n</ul>\n</body>\n</html>\n"
        )


def _quote_stem(stem: str) -> str:
    return quote(stem.encode("utf-8", "surrogateescape"), safe="")


def _read_pages(folder: Path) -> Mapping[str, bytes]:
    """Return the pages of `folder` by stem, decompressed, sorted by file name."""
    try:
        files = sorted(
            file for file in folder.iterdir() if file.name.endswith((".html", ".html.gz")) and file.is_file()
        )
    except OSError as error:
        raise DemoError(
            f"{folder}: cannot be read as a folder of saved pages: {error.strerror}; choose another with --pages"
        ) from error
    pages: dict[str, bytes] = {}
    for file in files:
        stem = file.name.removesuffix(".gz").removesuffix(".html")
        if stem in pages:
            raise DemoError(f"{file}: another file has the same name {stem}; rename one of them")
        pages[stem] = _read_page(file)
    if not pages:
        raise DemoError(f"{folder}: no saved pages; put .html or .html.gz files there")
    return pages


def _read_page(file: Path) -> bytes:
    try:
        saved = file.read_bytes()
        return gzip.decompress(saved) if file.name.endswith(".gz") else saved
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DemoError(f"{file}: not a complete gzip file: {error}; save it again or remove it") from error
    except OSError as error:
        raise DemoError(f"{file}: cannot be read: {error.strerror}") from error
