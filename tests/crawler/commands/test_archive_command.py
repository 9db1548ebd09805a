"""``broadsheet archive`` on a small archive."""

import errno
import json
import os
from pathlib import Path

import pytest

from archive import Collection

URL = "http://paper.localhost/a"


def warc(data):
    (file,) = (data / "warc").glob("*.warc.gz")
    return file


def test_lookup_lists_captures_of_url(run, captured):
    entries = json.loads(run("archive", "lookup", URL, "--data", captured, "--json").out)
    assert [entry["date"][:10] for entry in entries] == ["2026-03-01", "2026-03-05"]
    assert {entry["file"] for entry in entries} == {warc(captured).name}
    text = run("archive", "lookup", URL, "--data", captured).text
    assert "2026-03-05 08:00:00" in text
    assert "text/html" in text


@pytest.mark.parametrize(
    ("at", "reason"), [("20260302", b"Fine"), ("2026-03-04T08:00:00Z", b"Other"), (None, b"Other")]
)
def test_raw_prints_response_byte_for_byte(run, captured, at, reason):
    from_time = ["--at", at] if at else []
    outcome = run("archive", "lookup", URL, "--data", captured, "--raw", *from_time)
    assert outcome.out == (
        b"HTTP/1.1 200 " + reason + b"\r\nContent-Type: text/html\r\ntransfer-encoding: chunked\r\nX-Odd : \xff\r\n\r\n"
        b"4\r\nbody\r\n3\r\n \xe6\x96\r\n1\r\n\x87\r\n0\r\n\r\n"
    )


def test_headers_and_body_are_printed_separately(run, captured):
    headers = run("archive", "lookup", URL, "--data", captured, "--headers").out
    assert headers.startswith(b"HTTP/1.1 200 Other\r\n")
    assert headers.endswith(b"X-Odd : \xff\r\n\r\n")
    assert run("archive", "lookup", URL, "--data", captured, "--body").out.decode() == "body 文"


def test_two_parts_at_once_are_refused(run, captured):
    outcome = run("archive", "lookup", URL, "--data", captured, "--raw", "--body")
    assert outcome.code == 2
    assert "--raw and --body exclude each other" in outcome.err


@pytest.mark.parametrize("extra", [(), ("--at", "2026"), ("--body",)])
def test_unknown_url_is_reported(run, captured, extra):
    outcome = run("archive", "lookup", "http://paper.localhost/zz", "--data", captured, *extra)
    assert outcome.code == 1
    assert "no capture of http://paper.localhost/zz" in outcome.err


def test_stats_count_files_captures_and_hosts(run, captured):
    stats = json.loads(run("archive", "stats", "--data", captured, "--json").out)
    assert (stats["files"], stats["captures"]) == (1, 3)
    assert stats["bytes"] == warc(captured).stat().st_size
    assert stats["statuses"] == {"200": 2, "404": 1}
    assert stats["hosts"] == {"paper.localhost": 3}
    assert stats["first"] == "2026-03-01T08:00:00+00:00"
    assert "200 2, 404 1" in run("archive", "stats", "--data", captured).text


def test_verify_passes_sound_archive_and_finds_flipped_bit(run, captured):
    assert run("archive", "verify", "--data", captured).text == "1 files checked, no errors\n"
    damaged = bytearray(warc(captured).read_bytes())
    damaged[len(damaged) // 2] ^= 0x10
    warc(captured).write_bytes(damaged)
    outcome = run("archive", "verify", "--data", captured, "--json")
    assert outcome.code == 1
    assert warc(captured).name in {finding["file"] for finding in json.loads(outcome.out)}
    assert run("archive", "verify", "--data", captured).code == 1


def test_index_is_rebuilt_and_exported(run, captured, tmp_path):
    with Collection(captured) as collection:
        collection.index.replace_file(warc(captured).name, [])
    assert run("archive", "lookup", URL, "--data", captured).code == 1
    assert run("archive", "index", "--data", captured).text == "3 captures in 1 files\n"
    assert run("archive", "lookup", URL, "--data", captured).code == 0
    run("archive", "index", "--data", captured, "--out", "out.cdxj")
    lines = (tmp_path / "out.cdxj").read_text().splitlines()
    assert len(lines) == 3
    assert lines == sorted(lines)
    assert lines[0].startswith("localhost,paper)/a 20260301080000 {")


def test_index_continues_after_unreadable_file(run, captured):
    (captured / "warc" / "broken.warc.gz").write_bytes(b"no gzip at all")
    outcome = run("archive", "index", "--data", captured)
    assert outcome.code == 1
    assert "3 captures in 2 files, 1 of them damaged" in outcome.text
    assert "broken.warc.gz" in outcome.err


def test_repair_closes_file_of_dead_crawl(run, captured):
    whole = warc(captured)
    opened = whole.with_name(whole.name + ".open")
    whole.rename(opened)
    with opened.open("ab") as file:
        file.write(b"\x1f\x8b half a member")
    (repaired,) = json.loads(run("archive", "repair", "--data", captured, "--json").out)
    assert repaired["file"] == whole.name
    assert repaired["cut_bytes"] == 16
    assert run("archive", "repair", "--data", captured).text == "nothing to repair\n"
    assert run("archive", "verify", "--data", captured).code == 0


def test_mistyped_folder_is_not_created(run, tmp_path):
    for verb in ("stats", "verify", "index", "repair"):
        assert run("archive", verb, "--data", "typo").code == 1
    assert not (tmp_path / "typo").exists()


def test_advice_on_damage_leads_to_a_sound_archive(run, captured):
    (file,) = (captured / "warc").glob("*.warc.gz")
    os.truncate(file, file.stat().st_size - 600)
    verified = run("archive", "verify", "--data", captured)
    assert verified.code == 1
    assert "broadsheet archive repair" in verified.text
    indexed = run("archive", "index", "--data", captured)
    assert (indexed.code, "captures in 1 files, 1 of them damaged" in indexed.text) == (1, True)
    assert "broadsheet archive repair" in indexed.err

    repaired = run("archive", "repair", "--data", captured)

    assert (repaired.code, repaired.err) == (0, "")
    assert f"{file.name}.cut-at-" in repaired.text
    assert run("archive", "verify", "--data", captured).code == 0
    assert run("archive", "index", "--data", captured).code == 0
    assert "nothing to repair" in run("archive", "repair", "--data", captured).text


def test_missing_file_is_named_by_each_command_until_it_is_forgotten(run, captured):
    (file,) = (captured / "warc").glob("*.warc.gz")
    file.unlink()
    fix = f"broadsheet archive index --forget {file.name}"
    for command in ("verify", "index", "repair"):
        outcome = run("archive", command, "--data", captured)
        assert outcome.code == 1
        assert fix in outcome.text + outcome.err
    assert fix in run("archive", "lookup", "http://paper.localhost/a", "--body", "--data", captured).err

    assert "3 captures removed from the index" in run(*fix.split()[1:], "--data", captured).text

    for command in ("verify", "index", "repair"):
        assert run("archive", command, "--data", captured).code == 0


def test_file_that_is_there_is_not_forgotten(run, captured):
    (file,) = (captured / "warc").glob("*.warc.gz")
    outcome = run("archive", "index", "--forget", file.name, "--data", captured)
    assert (outcome.code, "is not missing" in outcome.err) == (1, True)
    outcome = run("archive", "index", "--forget", "other.warc.gz", "--data", captured)
    assert (outcome.code, "the index has no such file" in outcome.err) == (1, True)


def test_too_many_open_files_get_the_right_advice(run, captured, monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(Path, "open", refuse)
    outcome = run("archive", "index", "--data", captured)
    assert "ulimit -n" in outcome.err
    assert "free space" not in outcome.err


def test_lookup_prints_the_nearest_readable_capture_and_names_a_damaged_one(run, captured):
    entries = json.loads(run("archive", "lookup", URL, "--data", captured, "--json").out)
    last = entries[-1]
    path = captured / "warc" / last["file"]
    data = bytearray(path.read_bytes())
    data[last["offset"] + 20 : last["offset"] + 60] = bytes(40)
    path.write_bytes(data)
    outcome = run("archive", "lookup", URL, "--data", captured, "--body")
    assert f"{last['file']} at byte {last['offset']}" in outcome.err
    assert outcome.code == 1
