"""Fixtures that create articles and stores."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from crawler.items import Article, Evidence, Provenance
from crawler.store import Store

MakeArticle = Callable[..., Article]


def make_article(
    path: str = "/news/1.html", *, record: str = "r1", at: str = "2026-03-01T08:00:00Z", **values
) -> Article:
    """Return an article of ``paper.localhost``, extracted from `record` that was captured at `at`."""
    url = values.pop("url", f"http://paper.localhost{path}")
    filled = {
        "site": "paper",
        "title": "Bridge reopens",
        "date": "2026-03-01T07:30:00+00:00",
        "source": "County Paper",
        "editor": "A. Moss",
        "body": "The bridge is open.\nTraffic is light.",
        "evidence": {"title": Evidence("head.title", "h1", "Bridge reopens", (("meta.og", "Bridge"),))},
        "provenance": Provenance(record, "paper-00001.warc.gz", 512, "sha1:ABC", at),
    }
    return Article(url=url, **{**filled, **values})


@pytest.fixture(name="make_article", scope="session")
def _make_article() -> MakeArticle:
    return make_article


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "broadsheet.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store.open(path) as opened:
        yield opened


@pytest.fixture
def server(postgres):
    return make_url(postgres).set(drivername="postgresql+psycopg")


@pytest.fixture
def database(server):
    """The URL of a PostgreSQL database for one test."""
    name = f"broadsheet_test_{uuid.uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield server.set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def location(request, tmp_path: Path) -> str:
    """The location of a store for one test: a SQLite file, then a PostgreSQL database."""
    return str(tmp_path / "broadsheet.sqlite3") if request.param == "sqlite" else request.getfixturevalue("database")
