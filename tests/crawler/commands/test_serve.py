"""``broadsheet serve``: who is let in, and what stops it from starting. That it serves is shown in tests/end_to_end."""

import socket

import pytest

from crawler.web import Password


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "desk.example", ""])
def test_other_machines_need_a_password(run, stored, host):
    refused = run("serve", "--data", stored, "--host", host)
    assert refused.code == 2
    assert "BROADSHEET_PASSWORD" in refused.err
    assert refused.err.count("\n") == 1


def test_a_port_in_use_is_named(run, stored):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = run("serve", "--data", stored, "--port", taken.getsockname()[1])
    assert refused.code == 1
    assert "--port" in refused.err


def test_a_folder_that_is_not_there_and_a_broken_hash_are_named(run, tmp_path, stored):
    assert "no data folder" in run("serve", "--data", tmp_path / "none").err
    broken = run("serve", "--data", stored, "--password", "scrypt$x$y")
    assert (broken.code, "--hash-password" in broken.err) == (2, True)
    assert run("serve", "--data", stored, "--password", "").code == 2


def test_a_hash_holds_the_password_and_not_its_text(run, monkeypatch):
    monkeypatch.setattr("typer.prompt", lambda *_, **__: "three words more")
    printed = run("serve", "--hash-password").text.strip()
    assert "three" not in printed
    assert Password.parse(printed).matches("three words more")
    assert not Password.parse(printed).matches("three words")
    assert Password.parse("three words more").matches("three words more")
