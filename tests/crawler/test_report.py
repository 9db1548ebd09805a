"""The report of a visit: the sums balance, and the outcome follows from the end states."""

import pytest
from visit_reports import check_balance

from crawler.report import BROKEN_LINK, DEAD_LINK, SLOW_PATTERN, Report
from crawler.report_states import ArticleState, Fate, ListState, VisitOutcome
from crawler.report_words import words_for

FEED = "http://paper.example/feed.xml"
READ = Fate(ListState.READ)


def finished(
    *fates: Fate, lists: Fate | None = READ, had: dict[str, bool] | None = None, left: int = 0, reason: str = "finished"
) -> Report:
    """Return the complete report of a visit with one feed and an article for each of `fates`."""
    report = Report("paper", [FEED], had)
    for number, fate in enumerate(fates):
        report.find()
        report.settle(f"http://paper.example/{number}", fate)
    report.find(left)
    if lists is not None:
        report.settle_list(FEED, lists, articles=len(fates), new=len(fates))
    report.complete(left, reason)
    check_balance(report.as_dict())
    return report


NEW = Fate(ArticleState.NEW)
LOST = Fate(ArticleState.LOST, "status.403")


@pytest.mark.parametrize(
    ("fates", "outcome"),
    [
        ([NEW] * 5, VisitOutcome.DONE),
        ([NEW] * 5 + [LOST], VisitOutcome.INCOMPLETE),
        ([NEW] * 4 + [LOST], VisitOutcome.FAILED),
        ([NEW, *[Fate(ArticleState.REFUSED, "robots.disallow")] * 9], VisitOutcome.DONE),
        ([LOST, *[Fate(ArticleState.REFUSED, "robots.disallow")] * 9], VisitOutcome.FAILED),
        ([NEW, *[Fate(ArticleState.GONE, DEAD_LINK)] * 2], VisitOutcome.DONE),
        ([NEW, *[Fate(ArticleState.GONE, DEAD_LINK)] * 4], VisitOutcome.FAILED),
        ([NEW] * 5 + [Fate(ArticleState.NOT_ARTICLE, "media_type")], VisitOutcome.DONE),
    ],
)
def test_outcome_follows_from_the_share_of_lost_articles(fates, outcome):
    assert finished(*fates).outcome is outcome


def test_article_stored_without_a_part_is_named_and_makes_the_visit_incomplete():
    report = Report("paper", [FEED])
    report.find()
    report.settle("http://paper.example/1", NEW)
    report.add_missing_part("http://paper.example/1", "network.cut", None)
    report.settle_list(FEED, READ, articles=1, new=1)
    report.complete(0, "finished")
    check_balance(report.as_dict())
    assert report.outcome is VisitOutcome.INCOMPLETE
    assert "1 article stored without a part of it: the connection broke off" in report.failure
    assert "http://paper.example/1" in report.failure


def test_articles_left_by_the_budget_do_not_hide_lost_ones():
    assert finished(*[LOST] * 5, left=1_000, reason="page_budget").outcome is VisitOutcome.FAILED


@pytest.mark.parametrize(
    ("fate", "outcome"),
    [
        (READ, VisitOutcome.DONE),
        (Fate(ListState.UNCHANGED), VisitOutcome.DONE),
        (Fate(ListState.UNREADABLE, "feed"), VisitOutcome.FAILED),
        (Fate(ListState.REFUSED, "robots.disallow"), VisitOutcome.FAILED),
        (Fate(ListState.LEFT, "budget.pages"), VisitOutcome.INCOMPLETE),
    ],
)
def test_outcome_follows_from_the_lists_of_the_site_file(fate, outcome):
    assert finished(NEW, lists=fate).outcome is outcome


@pytest.mark.parametrize(
    ("had", "outcome"),
    [({}, VisitOutcome.FAILED), ({FEED: True}, VisitOutcome.FAILED), ({FEED: False}, VisitOutcome.FAILED)],
)
def test_list_without_articles_fails_the_first_visit_and_each_visit_after_it_had_some(had, outcome):
    report = finished(lists=Fate(ListState.EMPTY, "list.empty"), had=had)
    assert report.outcome is outcome
    assert "set [articles] path" in report.failure


def test_list_that_never_had_articles_is_no_failure_if_others_have_some():
    other = "http://paper.example/news"
    report = Report("paper", [FEED, other], {FEED: False, other: True})
    report.settle_list(FEED, Fate(ListState.EMPTY, "list.empty"))
    report.settle_list(other, READ, articles=3)
    report.complete(0, "finished")
    assert report.outcome is VisitOutcome.DONE
    assert report.lists_with_articles() == {FEED: False, other: True}


def test_page_of_a_list_that_cannot_be_read_fails_the_visit_but_a_removed_one_does_not():
    page = f"{FEED}?page=2"
    for fate, outcome in (
        (Fate(ListState.UNREADABLE, "status.500"), VisitOutcome.FAILED),
        (Fate(ListState.REFUSED, "robots.disallow"), VisitOutcome.INCOMPLETE),
        (Fate(ListState.EMPTY, "list.gone"), VisitOutcome.DONE),
    ):
        report = Report("paper", [FEED])
        report.settle_list(FEED, READ, articles=3, new=3)
        report.settle_list(FEED, fate, page=page)
        report.complete(0, "finished")
        assert report.outcome is outcome
        assert page in report.as_dict()["lists"][0]["why"]


def test_exception_fails_the_visit_and_comes_first():
    report = Report("paper", [FEED])
    report.find(2)
    report.settle("http://paper.example/1", LOST)
    report.settle("http://paper.example/2", NEW)
    report.add_error("http://paper.example/1", "KeyError: 'a' in page.py, line 3")
    report.settle_list(FEED, READ, articles=2)
    report.complete(0, "finished")
    assert report.outcome is VisitOutcome.FAILED
    assert report.failure.startswith(
        "an error in the program: KeyError: 'a' in page.py, line 3, http://paper.example/1"
    )


def test_url_without_an_end_state_is_an_error_and_the_sums_balance():
    report = Report("paper", [FEED])
    report.find(3)
    report.settle("http://paper.example/1", NEW)
    report.settle_list(FEED, READ, articles=3)
    report.complete(0, "finished")
    assert report.outcome is VisitOutcome.FAILED
    assert report.count_articles() | {"found": 3, "new": 1, "lost": 2} == report.count_articles()


def test_broken_link_is_named_once_with_its_list():
    report = Report("paper", [FEED])
    for _ in range(3):
        report.skip_link(FEED, "http://paper.example:80:80/x", BROKEN_LINK, "Port could not be cast")
    report.find()
    report.settle("http://paper.example/1", NEW)
    report.settle_list(FEED, READ, articles=1, new=1)
    report.complete(0, "finished")
    check_balance(report.as_dict())
    assert report.outcome is VisitOutcome.INCOMPLETE
    assert report.count_articles()["refused"] == 1
    assert "http://paper.example:80:80/x" in report.failure
    assert "http://paper.example:80:80/x" in report.as_dict()["lists"][0]["why"]


def test_pages_that_opt_out_are_counted_by_signal():
    report = finished(NEW, *[Fate(ArticleState.REFUSED, "optout.noarchive")] * 68)
    assert report.not_kept == {"noarchive": 68}
    assert report.outcome is VisitOutcome.DONE


def test_cause_names_some_urls_and_counts_all():
    cause = finished(*[LOST] * 1_000).causes[0]
    assert (cause.count, len(cause.urls)) == (1_000, 200)
    assert "1000 of 1000 articles lost: the server refuses the crawler (status 403), first http://" in cause.text


def test_reason_has_its_own_words_or_those_of_its_group():
    assert "412" in words_for("status.412").text
    assert words_for("status.418").text == "the server answered with status 418"
    assert "captcha" in words_for("wall.captcha").text
    assert words_for("unheard_of").text == "unheard_of"


def test_link_for_which_the_pattern_takes_too_long_is_lost_and_named_once():
    report = Report("paper", [FEED])
    for _ in range(2):
        report.skip_link(FEED, "http://paper.example/aaaa!", SLOW_PATTERN, "[articles] path = 'x' in paper.toml")
    report.settle_list(FEED, READ)
    report.complete(0, "finished")
    assert (report.found, report.states[ArticleState.LOST], report.outcome) == (1, 1, VisitOutcome.FAILED)
    assert all(text in report.failure for text in ("takes too long", "http://paper.example/aaaa!", "paper.toml"))


def test_first_visit_that_finds_only_other_pages_has_failed():
    other = Fate(ArticleState.NOT_ARTICLE, "list_page")
    assert finished(other, other).outcome is VisitOutcome.FAILED
    assert "no article was found" in finished(other, other).failure
    assert finished(other, other, had={FEED: True}).outcome is VisitOutcome.DONE
    assert finished(other, NEW).outcome is VisitOutcome.DONE
