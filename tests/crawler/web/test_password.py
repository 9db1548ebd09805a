"""The password's text form."""

import pytest

from crawler.web import Password, WebError
from crawler.web.password import COST, ScryptCost

CHEAP = ScryptCost(1 << 4, 8, 1)


def test_text_form_keeps_the_cost():
    text = str(Password.of("three words more"))
    assert text.startswith("scrypt$131072:8:1$")
    read = Password.parse(text)
    assert read.cost == COST
    assert not read.is_weak
    assert read.matches("three words more")
    assert not read.matches("three words less")


def test_older_hashes_without_cost_are_still_read():
    _, _, salt, digest = str(Password.of("old", ScryptCost(1 << 14, 8, 1))).split("$")
    old = Password.parse(f"scrypt${salt}${digest}")
    assert old.matches("old")
    assert old.is_weak


@pytest.mark.parametrize("cost", ["", "8", "0:8:1", "3:8:1", "131072:8", "131072:0:1", "1073741824:8:1", "a:b:c"])
def test_malformed_cost_is_refused(cost):
    _, _, salt, digest = str(Password.of("x", CHEAP)).split("$")
    with pytest.raises(WebError, match="--hash-password"):
        Password.parse(f"scrypt${cost}${salt}${digest}")
