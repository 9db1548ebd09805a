"""``broadsheet serve``: passwords and start-up errors. The pages are tested in tests/end_to_end."""

import socket

import pytest

from crawler.web import Password


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "desk.example", ""])
def test_listening_to_other_machines_needs_a_password(run, stored, host):
    refused = run("serve", "--data", stored, "--host", host)
    assert refused.code == 2
    assert "BROADSHEET_PASSWORD" in refused.err
    assert refused.err.count("\n") == 1


def test_port_in_use_is_reported(run, stored):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = run("serve", "--data", stored, "--port", taken.getsockname()[1])
    assert refused.code == 1
    assert "--port" in refused.err


def test_missing_folder_and_invalid_hash_are_reported(run, tmp_path, stored):
    assert "does not exist" in run("serve", "--data", tmp_path / "none").err
    broken = run("serve", "--data", stored, "--password", "scrypt$x$y")
    assert (broken.code, "--hash-password" in broken.err) == (2, True)
    assert run("serve", "--data", stored, "--password", "").code == 2


def test_hash_matches_password_and_does_not_contain_it(run, monkeypatch):
    monkeypatch.setattr("typer.prompt", lambda *_, **__: "three words more")
    printed = run("serve", "--hash-password").text.strip()
    assert "three" not in printed
    assert Password.parse(printed).matches("three words more")
    assert Password.parse("three words more").matches("three words more")
