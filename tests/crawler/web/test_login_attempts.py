"""Limits on login attempts."""

import pytest

from crawler.web.login_attempts import (
    FORGET_AFTER,
    FREE_ATTEMPTS,
    LONGEST_WAIT,
    MAX_ATTEMPTS,
    DeviceMarks,
    LoginAttempts,
    client_of,
)


def fail(attempts: LoginAttempts, client: str, times: int, now: float = 0.0) -> None:
    for _ in range(times):
        attempts.add(client, now)


def test_wait_doubles_with_each_failure():
    attempts, waits = LoginAttempts(), []
    for _ in range(FREE_ATTEMPTS + 4):
        fail(attempts, "a", 1)
        waits.append(attempts.wait("a", 0))
    assert waits == [0, 0, 0, 0, 10, 20, 40, 80, 160]
    assert attempts.wait("a", 100) == 60
    fail(attempts, "a", 100)
    assert attempts.wait("a", 0) == LONGEST_WAIT
    assert attempts.wait("a", FORGET_AFTER) == 0


def test_clients_do_not_make_each_other_wait():
    attempts = LoginAttempts()
    for number in range(100):
        fail(attempts, f"client {number}", 10)
    assert attempts.wait("another", 0) == 0


def test_many_attempts_slow_unknown_clients():
    attempts = LoginAttempts()
    fail(attempts, "a", MAX_ATTEMPTS - 1)
    assert attempts.slowdown(1) == 0
    fail(attempts, "b", 1)
    assert attempts.slowdown(1) > 0
    assert attempts.slowdown(301) == 0


def test_success_clears_the_attempts_and_makes_a_client_known():
    attempts = LoginAttempts()
    fail(attempts, "a", 8)
    attempts.succeed("a", 0)
    assert attempts.wait("a", 0) == 0
    assert attempts.is_known("a", 1)
    assert not attempts.is_known("a", 10**9)
    assert not attempts.is_known("b", 1)


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_client_of_an_address(address, client):
    assert client_of(address) == client


def test_device_marks_cannot_be_made_up():
    marks = DeviceMarks(b"secret")
    mark = marks.create()
    assert marks.read(mark) == mark.partition(".")[0]
    assert DeviceMarks(b"secret").read(mark) is not None
    for wrong in ("", ".", mark[:-1], "x" + mark, "é.é", "\udcff.\udcff"):
        assert marks.read(wrong) is None
    assert DeviceMarks(b"another password").read(mark) is None
