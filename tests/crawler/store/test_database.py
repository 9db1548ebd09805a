"""Opening, sharing and losing a database, with real files, processes and kills."""

import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from crawler.store import Store, StoreError
from crawler.store.migrate import REVISIONS
from crawler.store.schema import metadata

_WRITER = """
import sys
from crawler.items import Article, Provenance
from crawler.store import Store
path, name, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
store = Store.open(path)
for i in range(number):
    article = Article(url=f"http://{name}.localhost/{i}", site=name, title="t", body="b" * 500,
                      provenance=Provenance(f"{name}-{i}", "f.warc.gz", i, "", "2026-03-01T08:00:00Z"))
    store.articles.save(article)
    print(i, flush=True)
"""


def write(path: Path, name: str, number: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _WRITER, str(path), name, str(number)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_migrations_create_the_tables_of_the_schema(path):
    Store.open(path).close()
    with create_engine(f"sqlite:///{path}").connect() as connection:
        # The full-text index belongs to FTS5, and has its own tests.
        known = {"compare_type": True, "include_name": lambda name, *_: not str(name).startswith("version_words")}
        context = MigrationContext.configure(connection, opts=known)
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == REVISIONS[-1]


def test_every_migration_is_listed():
    folder = Path(__file__).parents[3] / "crawler/store/migrations/versions"
    found = sorted(file.name.split("_")[0] for file in folder.glob("[0-9]*.py"))
    assert found == sorted(REVISIONS)


@pytest.mark.slow
def test_concurrent_writers_lose_nothing(path):
    writers = [write(path, f"site{number}", 40) for number in range(3)]
    for writer in writers:
        _, errors = writer.communicate(timeout=60)
        assert (writer.returncode, errors) == (0, "")
    with Store.open(path) as store:
        assert store.articles.counts().articles == 120
        assert store.articles.counts().observations == 120


OPEN_TOGETHER = """
import multiprocessing, sys
from crawler.store import Store

def open_all(barrier, folder):
    for number in range(12):
        barrier.wait(30)
        Store.open(f"{folder}/{number}/broadsheet.sqlite3").close()

context = multiprocessing.get_context("fork")
barrier = context.Barrier(4)
children = [context.Process(target=open_all, args=(barrier, sys.argv[1])) for _ in range(4)]
for child in children:
    child.start()
for child in children:
    child.join(60)
sys.exit(any(child.exitcode for child in children))
"""


@pytest.mark.slow
def test_processes_that_create_a_database_at_the_same_time_all_succeed(tmp_path):
    done = subprocess.run([sys.executable, "-c", OPEN_TOGETHER, str(tmp_path)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_two_processes_store_each_article_once(path):
    writers = [write(path, "same", 30) for _ in range(2)]
    for writer in writers:
        _, errors = writer.communicate(timeout=60)
        assert (writer.returncode, errors) == (0, "")
    with Store.open(path) as store:
        counts = store.articles.counts()
    assert (counts.articles, counts.versions, counts.observations) == (30, 30, 30)


@pytest.mark.slow
@pytest.mark.parametrize("after", [1, 7, 23])
def test_saved_articles_survive_a_kill(path, after):
    writer = write(path, "killed", 100_000)
    for _ in range(after):
        writer.stdout.readline()
    writer.send_signal(signal.SIGKILL)
    saved = after + len(writer.stdout.read().splitlines())
    writer.wait()
    writer.stderr.close()
    with Store.open(path) as store:
        items = list(store.articles.items())
        assert saved <= len(items) <= saved + 1
        assert {f"http://killed.localhost/{number}" for number in range(saved)} <= {item.url for item in items}
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_error_if_folder_cannot_be_created(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot create the folder .* — choose another with --data"):
        Store.open(tmp_path / "file" / "data" / "b.sqlite3")


def test_error_if_path_is_a_folder(tmp_path):
    (tmp_path / "b.sqlite3").mkdir()
    with pytest.raises(StoreError, match=rf"{re.escape(str(tmp_path))}.*unable to open.* — choose a writable folder"):
        Store.open(tmp_path / "b.sqlite3")


def test_file_that_is_not_a_database_is_refused(path):
    path.write_bytes(b"not a database, whatever its name says" * 100)
    with pytest.raises(StoreError, match="this file is not a SQLite database"):
        Store.open(path)
    assert path.read_bytes().startswith(b"not a database")


def test_database_of_another_program_is_refused(path):
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE moz_places (id)")
    with pytest.raises(StoreError, match=rf"{re.escape(str(path))}.* \(moz_places\) — choose another database"):
        Store.open(path)


def test_newer_schema_is_refused(path):
    Store.open(path).close()
    with sqlite3.connect(path) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match=r"newer Broadsheet \(schema 9999\) — upgrade"):
        Store.open(path)


def test_locked_database_can_be_read_but_not_written(path, make_article):
    Store.open(path).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with Store.open(path, busy_timeout=0.2) as store:
        assert store.articles.counts().articles == 0  # readers do not wait
        with pytest.raises(StoreError, match="another process has locked it"):
            store.articles.save(make_article())
        other.execute("ROLLBACK")
        assert store.articles.save(make_article()).kind == "first"
    other.close()


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("mysql://root@localhost/x", "mysql is not supported"),
        ("nonsense://", "nonsense"),
        ("sqlite://", "does not name a file"),
        ("://", "is not a database URL"),
    ],
)
def test_unusable_location_is_refused(location, message):
    with pytest.raises(StoreError, match=message):
        Store.open(location)


def test_sqlite_url_opens_the_same_file_as_its_path(path, make_article):
    with Store.open(f"sqlite:///{path}") as store:
        store.articles.save(make_article())
    with Store.open(str(path)) as store:
        assert store.articles.counts().articles == 1


def test_password_of_an_invalid_database_url_is_not_shown():
    with pytest.raises(StoreError, match=r"postgresql://desk:\*\*\*@db:port/x") as caught:
        Store.open("postgresql://desk:secret@db:port/x")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_sqlite_files_are_private(tmp_path, umask):
    old = os.umask(umask)
    try:
        with Store.open(tmp_path / "data" / "x.sqlite3") as store:
            store.opt_outs.all()
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "data").iterdir()}
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    assert set(modes.values()) == {0o600}, modes
