"""A small archive with articles, the desk over it, and a browser."""

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import playwright
import pytest

from archive import Block, Capture, Collection
from crawler.extraction import extract
from crawler.items import Provenance
from crawler.sites import Site
from crawler.store import Store
from crawler.store.opt_outs import StoredOptOut
from crawler.web import Password, desk, desk_server
from crawler.web.password import ScryptCost

HOME = "http://paper.localhost"
ARTICLE, OTHER, HIDDEN = f"{HOME}/2026/05/22/1.html", f"{HOME}/2026/05/22/2.html", f"{HOME}/2026/05/22/3.html"

PARAGRAPHS = "".join(
    f"<p>高原小镇的图书馆今天开放,第{n}批读者走进了明亮的阅览室,翻开了新到的书。</p>" for n in range(4)
)


def page(title: str, body: str) -> str:
    return (
        f'<!DOCTYPE html><html lang="zh"><head><meta charset="utf-8"><title>{title}</title>'
        f'<link rel="stylesheet" href="/main.css"></head><body><h1>{title}</h1>'
        f'<p>2026-05-22 08:00 来源:小镇日报</p><img src="/library.png" alt="">'
        f'<div class="text">{body}</div><p>(责任编辑:李明)</p><a href="2.html">下一篇</a></body></html>'
    )


@pytest.fixture(scope="session")
def filled(tmp_path_factory) -> Path:
    """Article 1, edited on the second day; article 2; article 3, withheld because its portal opted out."""
    tmp_path = tmp_path_factory.mktemp("filled")
    with Collection(tmp_path) as collection, Store.open(tmp_path / "broadsheet.sqlite3") as store:
        with collection.writer("paper", {}) as writer:

            def keep(day: int, url: str, body: bytes, kind: str = "text/html") -> Any:
                head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
                at = datetime(2026, 5, day, 12, tzinfo=UTC)
                return writer.write(
                    Capture(
                        url=url, started_at=at, request=b"GET / HTTP/1.1\r\n\r\n", response=Block(head.encode() + body)
                    )
                )

            for day, url, markup in (
                (22, ARTICLE, page("图书馆开放", PARAGRAPHS)),
                (22, OTHER, page("Second &lt;story&gt;", PARAGRAPHS.replace("图书馆", "学校"))),
                (22, HIDDEN, page("Hidden", PARAGRAPHS.replace("图书馆", "秘密"))),
                (23, ARTICLE, page("图书馆开放", PARAGRAPHS.replace("今天", "明天"))),
            ):
                where = keep(day, url, markup.encode())
                at = where.date.isoformat().replace("+00:00", "Z")
                provenance = Provenance(where.record_id, where.file, where.offset, where.payload_digest, at)
                item = extract(markup.encode(), url, captured_at=where.date)
                store.articles.save(replace(item, site="paper", provenance=provenance))
            keep(22, f"{HOME}/main.css", b"h1 { color: rgb(1, 2, 3) }", "text/css")
            keep(22, f"{HOME}/library.png", PIXEL, "image/png")
        run = store.runs.start("paper", started=datetime(2026, 5, 22, 12, tzinfo=UTC))
        store.runs.finish(run, ended=datetime(2026, 5, 22, 12, 1, tzinfo=UTC), outcome="failed", error="disk <full>")
        seen = datetime(2026, 5, 22, tzinfo=UTC)
        store.opt_outs.save(
            StoredOptOut(url=HIDDEN, site="paper", seen_at=seen, record_id="x", found="[]", withheld=True)
        )
    return tmp_path


@pytest.fixture
def data(filled, tmp_path: Path) -> Path:
    """A copy of the archive for one test."""
    return shutil.copytree(filled, tmp_path / "data")


PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63f8cfc0f01f0005000"
    "1ff56c72f0d0000000049454e44ae426082"
)


#: Cheap to compare: a hash of the default cost takes a quarter of a second.
PASSWORD = Password.of("three words more", ScryptCost(1 << 10, 8, 1))


@contextmanager
def opened(data: Path, password: Password | None = None) -> Iterator[Any]:
    """The desk over `data`."""
    with Store.open(data / "broadsheet.sqlite3") as store, Collection(data) as collection:
        sites = {"paper": Site(name="paper", home=f"{HOME}/", title="小镇日报", language="zh")}
        yield desk(store, collection, sites, password=password)


@pytest.fixture
def ask(data, exchange) -> Iterator[Callable[..., Any]]:
    """Requests pages from the desk without a password."""
    with opened(data) as application:
        yield lambda path, **given: exchange(application, path, **given)


@pytest.fixture
def locked(data, exchange) -> Iterator[Callable[..., Any]]:
    """Requests pages from the desk whose password is ``three words more``."""
    with opened(data, PASSWORD) as application:
        yield lambda path, **given: exchange(application, path, **given)


@contextmanager
def served(application: Any) -> Iterator[str]:
    """Serves an ASGI application on loopback and yields its URL."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = desk_server(application)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


@pytest.fixture(name="served")
def _served() -> Callable[..., Any]:
    return served


@pytest.fixture
def address(data) -> Iterator[str]:
    """The URL of the served desk."""
    with opened(data) as application, served(application) as where:
        yield where


@pytest.fixture
def locked_address(data) -> Iterator[str]:
    with opened(data, PASSWORD) as application, served(application) as where:
        yield where


FONTS = "http://fonts.localhost"

FONT_PAGE = (
    "<!DOCTYPE html><title>fonts</title><style>"
    "@font-face{font-family:labelled;src:url(labelled.ttf)}@font-face{font-family:unlabelled;src:url(unlabelled.bin)}"
    "@font-face{font-family:later;src:url(later.ttf)}</style>"
    '<p style="font-family:labelled">one</p><p style="font-family:unlabelled">two</p>'
    '<p style="font-family:later">three</p><img src="picture.png" alt="">'
    '<iframe src="frame.html"></iframe>'
)


@pytest.fixture
def kept(data) -> Path:
    """The archive with a page that has fonts, an image, and a frame."""
    font = next(Path(playwright.__file__).parent.rglob("*.ttf")).read_bytes()
    with Collection(data) as collection, collection.writer("fonts", {}) as writer:
        for second, name, kind, body in (
            (0, "page.html", "text/html", FONT_PAGE.encode()),
            (0, "labelled.ttf", "font/ttf", font),
            (0, "unlabelled.bin", "application/octet-stream", font),
            (7, "later.ttf", "font/ttf", font),
            (0, "picture.png", "image/png", PIXEL),
            (0, "frame.html", "text/html", b"<!DOCTYPE html><p>inner</p>"),
            (0, "sheet.css", "text/css", b"p { color: rgb(1, 2, 3) }"),
        ):
            head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            at = datetime(2026, 5, 22, 12, 0, second, tzinfo=UTC)
            request = b"GET / HTTP/1.1\r\n\r\n"
            writer.write(Capture(url=f"{FONTS}/{name}", started_at=at, request=request, response=Block(head + body)))
    return data
