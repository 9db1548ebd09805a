"""The walk through the days of a digital paper: newest first, resumable, each complete issue once."""

from datetime import date, timedelta

from crawler.discovery.issue_days import AHEAD, MAX_GAP_WITHOUT_SINCE, RECHECKED, IssueState, IssueWalk

TODAY = date(2026, 11, 3)


def back(days: int) -> date:
    return TODAY - timedelta(days=days)


def walk(known=None, oldest=None) -> IssueWalk:
    states = {back(days): state for days, state in (known or {}).items()}
    return IssueWalk(TODAY, oldest, lambda days: {day: states[day] for day in days if day in states})


def read_all(paper: IssueWalk, missing=()) -> list[date]:
    """Return all days requested, in order, if the days `missing` have no issue."""
    requested, queue = [], [one.day for one in paper.begin()]
    while queue:
        day = queue.pop(0)
        requested.append(day)
        queue += [one.day for one in paper.note(day, is_found=day not in missing)]
    return requested


def test_days_are_requested_newest_first_down_to_the_first_day():
    assert read_all(walk(oldest=back(30))) == [back(days) for days in range(31)]


def test_few_issues_wait_at_a_time():
    assert len(walk(oldest=back(300)).begin()) <= RECHECKED + 1 + AHEAD


def test_complete_issues_are_never_requested_again():
    known = dict.fromkeys(range(1, 20), IssueState.READ)
    assert read_all(walk(known, back(22))) == [back(0), back(20), back(21), back(22)]


def test_recent_issues_that_were_missing_or_read_on_their_own_day_are_requested_again():
    known = {0: IssueState.FRESH, 1: IssueState.MISSING, 2: IssueState.READ, 9: IssueState.MISSING, 8: IssueState.FRESH}
    known |= dict.fromkeys((3, 4, 5, 6, 7), IssueState.READ)
    assert read_all(walk(known, back(9))) == [back(0), back(1)]


def test_issues_that_still_wait_are_left_to_the_queue():
    assert back(5) not in read_all(walk({5: IssueState.QUEUED}, back(8)))


def test_walk_ends_after_a_long_gap_if_the_first_day_is_unknown():
    issues = {back(days) for days in range(5)}
    requested = read_all(walk(), missing={back(days) for days in range(5, 400)})
    assert set(requested) > issues
    assert len(requested) <= len(issues) + MAX_GAP_WITHOUT_SINCE + AHEAD
    known = dict.fromkeys(range(5), IssueState.READ) | dict.fromkeys(range(5, 400), IssueState.MISSING)
    assert read_all(walk(known)) == []


def test_run_of_missing_recent_days_is_counted():
    paper = walk(dict.fromkeys(range(1, 12), IssueState.MISSING) | {12: IssueState.READ}, back(12))
    read_all(paper, missing={back(days) for days in range(12)})
    assert paper.missing_run == 12
    assert paper.has_issues
