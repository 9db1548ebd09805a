"""Fixtures that run commands in this process, on small data folders."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer

from archive import Block, Capture, Collection
from crawler.commands.cli import app
from crawler.commands.exit_codes import run_command
from crawler.items import Article, Evidence, Provenance
from crawler.store import Store


@dataclass(frozen=True)
class CommandResult:
    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()


@pytest.fixture
def run(capsysbinary, monkeypatch, tmp_path) -> Callable[..., CommandResult]:
    """Return a function that runs ``broadsheet ARGS...``, without the settings and folders of this machine."""
    for name in ("DATA", "DATABASE", "SITES", "CONTACT", "STORAGE"):
        monkeypatch.delenv(f"BROADSHEET_{name}", raising=False)
    monkeypatch.delenv("COLUMNS", raising=False)
    for name in [name for name in sys.modules if name.partition(".")[0] == "settings"]:
        monkeypatch.delitem(sys.modules, name)  # settings read the environment when they are imported
    monkeypatch.chdir(tmp_path)

    def run_broadsheet(*args: object) -> CommandResult:
        code = run_command(typer.main.get_command(app), [str(arg) for arg in args])
        captured = capsysbinary.readouterr()
        return CommandResult(code, captured.out, captured.err.decode())

    return run_broadsheet


def article(number: int, record: str, at: str, **values: object) -> Article:
    filled = {
        "site": "paper",
        "title": f"标题 {number}",
        "date": "2026-03-01",
        "source": "County Paper",
        "body": "One.\nTwo.",
        "authors": ("B. Fern", "C. Ash"),
        "evidence": {"title": Evidence("head.title", "h1", "标题", (("meta.og", "other"),))},
        "provenance": Provenance(record, "paper.warc.gz", 512, "sha1:ABC", at),
    }
    return Article(**{"url": f"http://paper.localhost/{number}", **filled, **values})


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """A data folder: article 1 was edited, removed and restored, article 2 unchanged, article 3 is of another site."""
    data = tmp_path / "stored"
    with Store.open(data / "broadsheet.sqlite3") as store:
        store.articles.save(article(1, "r1", "2026-03-01T08:00:00Z"))
        store.articles.save(article(1, "r2", "2026-03-02T08:00:00Z", title="Changed [bold]\x1b[31m"))
        store.articles.save_absence(
            "http://paper.localhost/1", 410, Provenance("r3", "paper.warc.gz", 9, "", "2026-03-03T08:00:00Z")
        )
        store.articles.save(article(1, "r4", "2026-03-04T08:00:00Z", title="Changed [bold]\x1b[31m"))
        store.articles.save(article(2, "r5", "2026-03-01T08:00:00Z", editor="A. Moss"))
        store.articles.save(article(3, "r6", "2026-03-01T08:00:00Z", site="other", body='said "so", he\nsaid'))
    return data


RESPONSE = (
    b"HTTP/1.1 200 Fine\r\nContent-Type: text/html\r\ntransfer-encoding: chunked\r\nX-Odd : \xff\r\n\r\n"
    b"4\r\nbody\r\n3\r\n \xe6\x96\r\n1\r\n\x87\r\n0\r\n\r\n"
)


@pytest.fixture
def captured(tmp_path: Path) -> Path:
    """A data folder with three captures, two of them of the same URL."""
    data = tmp_path / "captured"
    with Collection(data) as collection, collection.writer("paper", {"software": "test"}) as writer:
        for path, day, response in (
            ("a", 1, RESPONSE),
            ("a", 5, RESPONSE.replace(b"Fine", b"Other")),
            ("b", 3, b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"),
        ):
            writer.write(
                Capture(
                    url=f"http://paper.localhost/{path}",
                    started_at=datetime(2026, 3, day, 8, tzinfo=UTC),
                    request=f"GET /{path} HTTP/1.1\r\nHost: paper.localhost\r\n\r\n".encode(),
                    response=Block(response),
                )
            )
    return data
