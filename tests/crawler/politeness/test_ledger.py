"""The ledger of decisions."""

from pathlib import Path

import pytest

from crawler.politeness.decision import Decision, Verdict
from crawler.politeness.errors import PolitenessError
from crawler.politeness.ledger import JsonlLedger, read_ledger

DECISIONS = [
    Decision(verdict=Verdict.REFUSED, host="http://a:80", rule="robots.disallow", evidence="line 3: 不许", at=1.5),
    Decision(verdict=Verdict.HELD, host="a", rule="pace.paused", evidence="status 503\nx", at=2.0, until=62.0),
]


def test_decisions_are_read_in_order(tmp_path: Path) -> None:
    file = tmp_path / "crawl" / "ledger.jsonl"
    for decision in DECISIONS:
        JsonlLedger(file).record(decision)
    assert list(read_ledger(file)) == DECISIONS


def test_incomplete_last_line_is_skipped(tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    ledger = JsonlLedger(file)
    for decision in DECISIONS:
        ledger.record(decision)
    file.write_bytes(file.read_bytes()[:-5])
    assert list(read_ledger(file)) == DECISIONS[:1]


def test_error_names_a_damaged_line(tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    file.write_text("{}\n{}\n")
    with pytest.raises(PolitenessError, match="line 1"):
        list(read_ledger(file))


def test_error_of_an_unwritable_ledger_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "crawl").write_text("a file in the way")
    with pytest.raises(PolitenessError, match="cannot write the ledger"):
        JsonlLedger(tmp_path / "crawl" / "ledger.jsonl").record(DECISIONS[0])


def test_decision_is_readable_as_text() -> None:
    assert str(DECISIONS[1]).startswith("held by pace.paused on a: status 503")
