"""Responses to robots.txt requests, and the lifetime of a copy (RFC 9309, sections 2.3 and 2.4)."""

import json

import pytest

from crawler.politeness.decision import Verdict
from crawler.politeness.errors import PolitenessError
from crawler.politeness.robots_policy import DAY, RobotsState, parse_lifetime

ORIGIN, NOW = "http://paper.example:80", 1_800_000_000.0
PAGE, PRIVATE = "http://paper.example/news", "http://paper.example/private/x"
RULES = b"User-agent: *\nDisallow: /private/\n"
FORBID = b"User-agent: *\nDisallow: /\n"
NEW = RobotsState(origin=ORIGIN)


def verdict(state: RobotsState, url: str = PAGE, now: float = NOW) -> Verdict:
    return state.decide(url, "Broadsheet", now).verdict


def read(status: int, body: bytes = RULES, now: float = NOW, cache_control: str | None = None) -> RobotsState:
    return NEW.after_response(status=status, body=body, now=now, cache_control=cache_control)


def test_nothing_is_allowed_before_robots_txt_is_read() -> None:
    assert NEW.is_due(NOW)
    assert verdict(NEW) is Verdict.HELD


def test_2_3_1_1_rules_apply_and_the_evidence_names_the_line() -> None:
    assert verdict(read(200)) is Verdict.ALLOWED
    refused = read(200).decide(PRIVATE, "Broadsheet", NOW)
    assert (refused.verdict, refused.rule, refused.evidence) == (
        Verdict.REFUSED,
        "robots.disallow",
        "line 2: Disallow: /private/",
    )
    assert refused.host == ORIGIN


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_2_3_1_3_body_of_a_404_is_ignored(status: int) -> None:
    state = read(status, FORBID)
    assert verdict(state) is Verdict.ALLOWED
    assert f"status {status}" in state.decide(PAGE, "Broadsheet", NOW).evidence


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 599, 301, 304])
def test_2_3_1_4_server_errors_hold_everything(status: int) -> None:
    state = read(status, b"User-agent: *\nAllow: /\n")
    held = state.decide(PAGE, "Broadsheet", NOW)
    assert (held.verdict, held.rule) == (Verdict.HELD, "robots.unreachable")
    assert str(status) in held.evidence
    assert held.until == NOW + 300.0


def test_dropped_connection_holds_everything() -> None:
    held = NEW.after_failure(cause="ConnectionLost: cut", now=NOW).decide(PAGE, "Broadsheet", NOW)
    assert (held.verdict, held.evidence) == (Verdict.HELD, "ConnectionLost: cut")


def test_html_page_with_status_200_allows_everything() -> None:
    assert verdict(read(200, b"<!DOCTYPE html><html><title>404</title>")) is Verdict.ALLOWED


def test_retries_start_after_five_minutes_and_slow_down_to_an_hour() -> None:
    state, waits = NEW, []
    for _ in range(7):
        state = state.after_failure(cause="timeout", now=NOW)
        waits.append(state.due_at - NOW)
    assert waits == [300, 600, 1200, 2400, 3600, 3600, 3600]
    assert not state.is_due(NOW + 3599)
    assert state.is_due(NOW + 3600)


def test_last_good_copy_applies_while_the_file_is_unreachable() -> None:
    state = read(200).after_response(status=503, body=b"", now=NOW + DAY)
    assert verdict(state, PAGE, NOW + DAY) is Verdict.ALLOWED
    assert verdict(state, PRIVATE, NOW + DAY) is Verdict.REFUSED


def test_earlier_404_does_not_count_as_a_copy() -> None:
    assert verdict(read(404).after_failure(cause="timeout", now=NOW + DAY), PAGE, NOW + DAY) is Verdict.HELD


def test_nothing_is_allowed_after_thirty_days_without_a_person() -> None:
    state = read(200).after_failure(cause="timeout", now=NOW).after_failure(cause="status 503", now=NOW + 29 * DAY)
    assert verdict(state, PAGE, NOW + 29 * DAY) is Verdict.ALLOWED
    held = state.decide(PAGE, "Broadsheet", NOW + 30 * DAY)
    assert (held.verdict, held.rule) == (Verdict.HELD, "robots.needs_person")
    assert "30 days" in held.evidence
    assert (
        verdict(state.after_response(status=200, body=RULES, now=NOW + 31 * DAY), PAGE, NOW + 31 * DAY)
        is Verdict.ALLOWED
    )


@pytest.mark.parametrize(
    ("cache_control", "life"),
    [
        (None, DAY),
        ("public", DAY),
        ("max-age=7200", 7200.0),
        ('private, max-age="7200"', 7200.0),
        ("max-age=604800", DAY),
        ("max-age=0", 3600.0),
        ("no-store", 3600.0),
        ("s-maxage=10", DAY),
        ("max-age=soon", DAY),
    ],
)
def test_2_4_copy_is_used_for_a_day_at_most(cache_control: str | None, life: float) -> None:
    assert parse_lifetime(cache_control) == life
    state = read(200, cache_control=cache_control)
    assert not state.is_due(NOW + life - 1)
    assert state.is_due(NOW + life)


def test_2_5_huge_file_is_kept_and_parsed_up_to_the_limit() -> None:
    state = read(200, RULES + b"#" * 6_000_000 + b"\n" + FORBID)
    assert state.body is not None
    assert len(state.body) < 600_000
    assert verdict(state) is Verdict.ALLOWED
    assert verdict(state, PRIVATE) is Verdict.REFUSED


def test_stored_state_is_restored_and_a_damaged_one_is_an_error() -> None:
    for state in (NEW, read(200, RULES + b"\xff\x00\x81"), read(503)):
        assert RobotsState.from_dict(json.loads(json.dumps(state.as_dict()))) == state
    with pytest.raises(PolitenessError, match="unreadable"):
        RobotsState.from_dict({"origin": ORIGIN})


def test_due_time_from_a_clock_that_ran_ahead_is_ignored():
    year = 365 * 86_400.0
    failed = RobotsState(origin="http://a:80").after_failure(cause="status 503", now=1e9 + year)
    assert failed.is_due(1e9)
    assert not failed.is_due(1e9 + year)
    read = RobotsState(origin="http://a:80").after_response(status=200, body=b"", now=1e9 + year)
    assert read.is_due(1e9)
    assert not read.is_due(1e9 + year)
    again = failed.after_failure(cause="status 503", now=1e9)
    assert again.failing_since == 1e9
    assert not again.is_due(1e9)
