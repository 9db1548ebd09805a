"""The throttle of one host."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.politeness.delays import LONGEST_CRAWL_DELAY, HostThrottle, ThrottlePolicy, page_budget
from crawler.politeness.errors import PolitenessError

POLICY = ThrottlePolicy(delay=2.0)
NOW = 1_800_000_000.0


def after(*statuses: int, policy: ThrottlePolicy = POLICY, retry_after: str | None = None) -> HostThrottle:
    throttle = HostThrottle()
    for status in statuses:
        throttle = throttle.after_fetch(policy, started=NOW, ended=NOW, status=status, retry_after=retry_after)
    return throttle


def test_first_request_does_not_wait() -> None:
    assert HostThrottle().ready_at(POLICY, 0.5) == 0.0


def test_delay_is_the_largest_of_three() -> None:
    fetched = HostThrottle().after_fetch(POLICY, started=NOW - 0.1, ended=NOW)
    assert fetched.delay(POLICY) == 2.0
    assert fetched.with_crawl_delay("http://a:80", 7.0).delay(POLICY) == 7.0
    assert fetched.with_crawl_delay("http://a:80", 1.0).delay(POLICY) == 2.0
    assert HostThrottle().after_fetch(POLICY, started=NOW - 3.0, ended=NOW, status=200).delay(POLICY) == 15.0


def test_shorter_crawl_delay_replaces_a_longer_one_of_the_same_origin_only() -> None:
    throttle = HostThrottle().with_crawl_delay("http://a:80", 9.0).with_crawl_delay("http://b:80", 5.0)
    assert throttle.with_crawl_delay("http://a:80", 3.0).delay(POLICY) == 5.0
    assert throttle.with_crawl_delay("http://a:80", None).delay(POLICY) == 5.0
    assert throttle.with_crawl_delay("http://b:80", None).delay(POLICY) == 9.0


def test_crawl_delay_above_two_minutes_is_kept_and_shortens_the_visit() -> None:
    assert HostThrottle().with_crawl_delay("http://a:80", 600.0).delay(POLICY) == 600.0
    assert HostThrottle().with_crawl_delay("http://a:80", 1e12).delay(POLICY) == LONGEST_CRAWL_DELAY
    assert [page_budget(500, delay) for delay in (None, 120.0, 600.0, 86_400.0)] == [500, 500, 100, 1]


def test_jitter_only_adds() -> None:
    throttle = HostThrottle().after_fetch(POLICY, started=NOW, ended=NOW)
    assert throttle.ready_at(POLICY, 0.0) == NOW + 2.0
    assert throttle.ready_at(POLICY, 0.999) == pytest.approx(NOW + 2.2, abs=0.001)


@pytest.mark.parametrize(("errors", "pause"), [(1, 60), (2, 120), (3, 240), (9, 15_360), (10, 21_600), (30, 21_600)])
@pytest.mark.parametrize("status", [429, 503])
def test_pauses_without_retry_after_double_up_to_six_hours(status: int, errors: int, pause: float) -> None:
    assert after(*[status] * errors).paused_until == NOW + pause


def test_retry_after_sets_the_pause_and_the_delay_doubles() -> None:
    throttle = after(429, retry_after="4")
    assert throttle.paused_until == NOW + 4.0
    assert throttle.delay(POLICY) == 4.0
    assert throttle.cause == "status 429, Retry-After: 4"
    assert after(429, retry_after="Fri, 15 Jan 2027 09:00:00 GMT").paused_until == NOW + 3600.0


def test_retry_after_counts_on_redirects_and_errors_but_not_on_pages() -> None:
    assert after(301, retry_after="9").paused_until == NOW + 9.0
    assert after(500, retry_after="9").paused_until == NOW + 9.0
    assert after(200, retry_after="9").paused_until == 0.0


def test_later_response_never_shortens_a_pause() -> None:
    throttle = after(503, retry_after="1000").after_fetch(
        POLICY, started=NOW, ended=NOW + 1, status=503, retry_after="1"
    )
    assert throttle.paused_until == NOW + 1000.0


def test_redirect_never_shortens_a_pause() -> None:
    throttle = after(503, retry_after="1000").after_fetch(
        POLICY, started=NOW, ended=NOW + 1, status=301, retry_after="1"
    )
    assert throttle.paused_until == NOW + 1000.0


def test_five_errors_in_a_row_end_the_visit() -> None:
    assert not after(429, 503, 429, 503).has_too_many_strikes(POLICY)
    assert after(429, 503, 429, 503, 429).has_too_many_strikes(POLICY)
    assert not after(429, 503, 429, 503, 200, 429).has_too_many_strikes(POLICY)
    spent = HostThrottle()
    for _ in range(5):
        spent = spent.after_failure(POLICY, at=NOW, cause="connection refused")
    assert spent.has_too_many_strikes(POLICY)
    assert spent.cause == "connection refused"


def test_doubled_delay_falls_by_a_tenth_per_fifty_good_responses() -> None:
    slow = after(429)
    assert after(429, *[200] * 49).slowdown == 2.0
    assert after(429, *[200] * 50).slowdown == pytest.approx(1.8)
    assert after(429, *[200] * 400).slowdown == 1.0
    assert slow.slowdown == 2.0


@pytest.mark.parametrize("delay", [0.0, -1.0, float("nan")])
def test_delay_must_be_above_zero(delay: float) -> None:
    with pytest.raises(PolitenessError, match="above zero"):
        ThrottlePolicy(delay=delay)


def test_jitter_must_not_shorten() -> None:
    with pytest.raises(PolitenessError, match="shorten"):
        ThrottlePolicy(delay=1.0, jitter=-0.1)


def test_stored_throttle_is_restored_and_a_damaged_one_is_an_error() -> None:
    throttle = after(429, 200).with_crawl_delay("http://a:80", 3.0)
    assert HostThrottle.from_dict(json.loads(json.dumps(throttle.as_dict()))) == throttle
    with pytest.raises(PolitenessError, match="unreadable"):
        HostThrottle.from_dict({"speed": 1})


EVENTS = st.lists(
    st.tuples(
        st.floats(0.0, 100.0),  # duration of the fetch
        st.sampled_from([200, 200, 304, 404, 429, 500, 503, None]),
        st.none() | st.integers(0, 200_000).map(str),
        st.floats(0.0, 1.0, exclude_max=True),  # random share of the jitter
    ),
    max_size=30,
)


@settings(max_examples=200, deadline=None)
@given(st.floats(0.01, 100.0), EVENTS)
def test_no_history_makes_a_delay_too_short(delay: float, events: list[tuple[float, int | None, str, float]]):
    policy, throttle, now = ThrottlePolicy(delay=delay), HostThrottle(), NOW
    for took, status, retry_after, chance in events:
        started = max(now, throttle.ready_at(policy, chance))
        if throttle.last_end is not None:
            assert started - throttle.last_end >= delay - 1e-6
        now = started + took
        throttle = throttle.after_fetch(policy, started=started, ended=now, status=status, retry_after=retry_after)
        if status is None:
            throttle = throttle.after_failure(policy, at=now, cause="reset")
        if status in (429, 503) and retry_after is not None:
            assert throttle.ready_at(policy, chance) >= now + min(float(retry_after), 86_400.0) - 1e-6
        assert 1.0 <= throttle.slowdown <= policy.slowest


def test_timeout_causes_a_pause_and_leaves_the_delay() -> None:
    silent = HostThrottle().after_fetch(POLICY, started=0.0, ended=60.0)
    assert silent.delay(POLICY) == 2.0
    assert silent.after_failure(POLICY, at=60.0, cause="timeout").ready_at(POLICY, 0.0) == 120.0
