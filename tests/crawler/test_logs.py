"""The form of the logs."""

import logging
from types import SimpleNamespace

import pytest

from crawler import logs
from crawler.items import Article
from crawler.logs import ItemLogFormatter, OneLineFormatter, open_log

ARTICLE = Article(url="http://paper.localhost/1", site="paper", title="Title", body="The whole body. " * 100)
SPIDER = SimpleNamespace(crawler=SimpleNamespace(settings={"DEFAULT_DROPITEM_LOG_LEVEL": "WARNING"}))


def text(result) -> str:
    return result["msg"] % result["args"]


def test_items_are_named_not_logged():
    formatter, error = ItemLogFormatter(), ValueError("no title")
    assert text(formatter.scraped(ARTICLE, None, SPIDER)) == "Scraped http://paper.localhost/1"
    dropped = formatter.dropped(ARTICLE, error, None, SPIDER)
    assert text(dropped) == "Dropped http://paper.localhost/1: no title"
    assert dropped["level"] == logging.WARNING
    assert text(formatter.item_error(ARTICLE, error, None, SPIDER)) == "Error processing http://paper.localhost/1"
    assert text(formatter.scraped({"body": "long"}, None, SPIDER)) == "Scraped dict"


@pytest.fixture
def log(tmp_path):
    """A logger and its file."""
    handler = open_log(tmp_path / "a.log", "%(levelname)s %(message)s")
    logger = logging.getLogger("test_logs")
    logger.addHandler(handler)
    logger.propagate = False
    yield logger, tmp_path / "a.log"
    logger.removeHandler(handler)
    handler.close()


def test_each_event_is_one_line(log):
    logger, file = log
    logger.warning("stats:\n{'a': 1,\n 'b': 2}")
    logger.warning("URL \x1b[31m \u202e")
    try:
        raise ValueError("two\nlines")
    except ValueError:
        logger.exception("failed")
    lines = file.read_text().splitlines()
    assert lines[0] == "WARNING stats: {'a': 1, 'b': 2}"
    assert lines[1] == r"WARNING URL \x1b[31m \u202e"
    assert lines[2].startswith("ERROR failed Traceback")
    assert lines[2].endswith("ValueError: two | lines")
    assert len(lines) == 3


def test_long_lines_are_cut():
    line = OneLineFormatter("%(message)s").format(logging.makeLogRecord({"msg": "x" * 10_000}))
    assert line == "x" * 8_000 + "… (2000 more characters)"


def test_size_is_limited(log, monkeypatch):
    logger, file = log
    logger.handlers[0].maxBytes = 1_000
    for number in range(1_000):
        logger.warning("event %d", number)
    files = sorted(file.parent.iterdir())
    assert len(files) == 1 + logs._KEPT_FILES
    assert sum(one.stat().st_size for one in files) <= 4_000
    assert file.read_text().splitlines()[-1] == "WARNING event 999"
