"""Check of the reports that crawls leave in a data folder: the sums balance, and each list has a known state."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crawler.report_states import ArticleState, ListState, VisitOutcome
from crawler.store import Store


def check_balance(report: Mapping[str, Any]) -> None:
    """Fail unless each article has one state, each list has one, and the causes add up to the articles' states."""
    articles = report["articles"]
    assert set(articles) == {"found", *ArticleState}, articles
    assert articles["found"] == sum(articles[state] for state in ArticleState), articles
    assert report["outcome"] in set(VisitOutcome)
    for one in report["lists"]:
        assert set(one) == {"url", "state", "articles", "new", "why"}, one
        assert one["state"] in set(ListState), one
        assert one["new"] <= one["articles"], one
    for state in (ArticleState.LOST, ArticleState.REFUSED, ArticleState.NOT_ARTICLE, ArticleState.LEFT):
        counts = [cause["count"] for cause in report["causes"] if cause["state"] == state]
        assert sum(counts) == articles[state], (state, report["causes"])
    if report["outcome"] != VisitOutcome.DONE:
        assert report["causes"], "an outcome without a cause"
        assert report["causes"][0]["text"], "a cause without words"


def check_stored_reports(folder: Path) -> None:
    """Check the report of every run in the database of a data folder, if there is one."""
    database = folder / "broadsheet.sqlite3"
    if database.is_file():
        with Store.open(database) as store:
            for run in store.runs.list(limit=1_000):
                if run.report is not None:
                    check_balance(run.report)
