"""``broadsheet archive timestamp`` with an authority on loopback, and the check of its timestamps."""

import json
from datetime import UTC, datetime

import pytest
from time_authority import serve_authority

from archive import Block, Capture, Collection

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    with serve_authority(tmp_path_factory.mktemp("authority") / "tsa") as authority:
        yield authority


@pytest.fixture
def archived(tmp_path):
    """A data folder with four closed files, and their names."""
    names = []
    with Collection(tmp_path / "data") as collection:
        for number in range(4):
            when = datetime(2026, 3, number + 1, tzinfo=UTC)
            response = Block(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d" % number)
            with collection.writer("paper", {}) as writer:
                capture = Capture(url="http://paper.test/", started_at=when, request=b"", response=response)
                names.append(writer.write(capture).file)
    return tmp_path / "data", names


def stamp(run, authority, data, *more):
    return run("archive", "timestamp", "--tsa", authority.url, "--pause", 0, "--data", data, "--json", *more)


def test_each_closed_file_is_stamped_once_and_openssl_accepts_it(run, authority, archived):
    data, names = archived
    (data / "warc" / "paper.warc.gz.open").write_bytes(b"being written")
    before = authority.requests
    outcome = stamp(run, authority, data, "--ca", authority.root)
    assert (outcome.code, [row["file"] for row in json.loads(outcome.out)]) == (0, names)
    for name in names:
        authority.verify(data / "warc" / name, data / "manifest" / (name + ".tsr"))
    again = stamp(run, authority, data)
    assert (again.code, json.loads(again.out), authority.requests - before) == (0, [], 4)


def test_verify_checks_the_timestamps(run, authority, archived):
    data, names = archived
    (data / "warc").joinpath("old.warc.gz").write_bytes((data / "warc" / names[0]).read_bytes())
    stamp(run, authority, data)
    (data / "warc" / "old.warc.gz").write_bytes((data / "warc" / names[1]).read_bytes())
    moved = data / "manifest" / (names[3] + ".tsr")
    moved.write_bytes((data / "manifest" / (names[2] + ".tsr")).read_bytes())
    run("archive", "index", "--data", data)
    outcome = run("archive", "verify", "--trust", "--ca", authority.root, "--json", "--data", data)
    report = json.loads(outcome.out)
    assert outcome.code == 1
    assert {row["file"] for row in report["findings"]} == {"old.warc.gz", names[3]}
    assert all("for another SHA-256" in row["what"] for row in report["findings"])
    assert set(report["timestamps"]) == set(names[:3])
    assert report["signers_checked"]


def test_timestamp_of_another_authority_is_named(run, authority, archived, tmp_path):
    data, names = archived
    stamp(run, authority, data)
    with serve_authority(tmp_path / "other") as other:
        text = run("archive", "verify", "--trust", "--data", data).text
        assert "4 have a timestamp; who signed them is not known without --ca FILE" in text
        outcome = run("archive", "verify", "--trust", "--ca", other.root, "--json", "--data", data)
    assert outcome.code == 1
    assert {row["file"] for row in json.loads(outcome.out)["findings"]} == set(names)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda answer: b"<html>Sign in</html>", "the answer is not a timestamp"),
        (lambda answer: b"", "answered 503"),
        (lambda answer: answer[:-30], "the answer is not a timestamp"),
        (lambda answer: answer[:-5] + bytes([answer[-5] ^ 1]) + answer[-4:], "cannot be verified"),
    ],
    ids=["page", "status", "cut", "signature"],
)
def test_one_wrong_answer_is_named_and_the_others_are_kept(run, authority, archived, monkeypatch, change, reason):
    data, names = archived
    count = iter(range(9))
    monkeypatch.setattr(authority, "change", lambda answer: change(answer) if next(count) == 1 else answer)
    outcome = stamp(run, authority, data, "--ca", authority.root)
    assert outcome.code == 1
    assert f"{names[1]}: " in outcome.err
    assert reason in outcome.err
    kept = {path.name for path in (data / "manifest").glob("*.tsr")}
    assert kept == {f"{name}.tsr" for name in names if name != names[1]}


def test_answer_to_another_request_is_refused(run, authority, archived, monkeypatch):
    data, names = archived
    first: list[bytes] = []
    monkeypatch.setattr(authority, "change", lambda answer: first.append(answer) or first[0])
    outcome = stamp(run, authority, data)
    assert outcome.code == 1
    assert outcome.err.count("for another SHA-256") == 3
    (data / "manifest" / (names[0] + ".tsr")).unlink()
    outcome = stamp(run, authority, data)
    assert "another nonce" in outcome.err
    assert "1 files were not tried after these errors" in outcome.err
