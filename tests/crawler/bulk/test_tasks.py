"""Chunks of files, names of tasks, the sum of their accounts, and addresses of clusters."""

from dataclasses import replace
from itertools import count, islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.bulk import BulkError, LocalExecutor, SourceFile, Task, find_sources, make_chunks
from crawler.bulk.executors import check_address
from crawler.bulk.tasks import ChunkResult, join_accounts, save_result

SIZES = st.lists(st.integers(0, 50), max_size=40)


def file(number: int, size: int = 1) -> SourceFile:
    return SourceFile(f"/warc/{number}.warc.gz", size, "1")


@given(SIZES, st.integers(1, 60), st.integers(1, 5))
def test_chunks_keep_all_files_in_order_and_within_the_limits(sizes, most_bytes, most_files):
    files = [file(number, size) for number, size in enumerate(sizes)]
    chunks = list(make_chunks(files, most_bytes=most_bytes, most_files=most_files))
    assert [one for chunk in chunks for one in chunk] == files
    for chunk in chunks:
        assert 1 <= len(chunk) <= most_files
        assert len(chunk) == 1 or sum(one.size for one in chunk) <= most_bytes


def test_chunks_of_an_endless_list_are_made_one_by_one():
    chunks = make_chunks(map(file, count()), most_files=3)
    assert [len(chunk) for chunk in islice(chunks, 4)] == [3, 3, 3, 3]


def test_name_of_a_task_changes_with_each_thing_that_changes_its_output():
    task = Task(1, ("reextract",), (file(1), file(2)))
    changed = [
        replace(task, arguments=("reextract", "example")),
        replace(task, files=(file(2), file(1))),
        replace(task, files=(file(1), replace(file(2), version="2"))),
        replace(task, inputs=(file(3),)),
    ]
    assert len({task.name, *(one.name for one in changed)}) == 5
    assert replace(task, number=7).name == task.name


def test_accounts_are_added_key_by_key():
    first = {"pages": 2, "lost": [{"url": "a"}], "skipped": {"login": 1}}
    second = {"pages": 3, "lost": [], "skipped": {"login": 2, "empty": 1}}
    total = {"pages": 5, "lost": [{"url": "a"}], "skipped": {"login": 3, "empty": 1}}
    assert join_accounts([first, second]) == total


def test_tasks_are_taken_as_workers_become_idle(tmp_path):
    taken = []

    def tasks():
        for number in count():
            task = Task(number, ("reextract",), (file(number),))
            (tmp_path / task.name).with_suffix(".partial").write_bytes(b"")
            save_result(tmp_path / task.name, ChunkResult({"items": number}, (), 0))
            taken.append(number)
            yield task

    results = LocalExecutor(2).run(tasks(), tmp_path)
    assert [result.account["items"] for _, result in islice(results, 5)] == [0, 1, 2, 3, 4]
    results.close()
    assert len(taken) < 12


def test_sources_are_files_folders_and_patterns(tmp_path):
    for name in ("b.warc.gz", "a.arc", "sub/c.wacz", "sub/notes.txt", "d.other"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"12345")
    missing: list[str] = []
    places = [tmp_path, tmp_path / "*.gz", tmp_path / "d.other", tmp_path / "none", tmp_path / "*.zst"]
    found = list(find_sources(map(str, places), missing.append))
    assert [Path(one.place).name for one in found] == ["a.arc", "b.warc.gz", "c.wacz", "b.warc.gz", "d.other"]
    assert {one.size for one in found} == {5}
    assert missing == [f"{tmp_path}/none: no such file", f"{tmp_path}/*.zst: no WARC, ARC or WACZ files"]


@pytest.mark.parametrize(
    "address", ["tcp://192.0.2.1:8786", "http://127.0.0.1:80", "tcp://127.0.0.1", "tcp://[::1", ""]
)
def test_unsafe_and_invalid_addresses_are_refused(address):
    with pytest.raises(BulkError, match="tls://"):
        check_address(address)


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:8786", "tcp://localhost:1", "tcp://[::1]:8786", "tls://dask:8786"]
)
def test_encrypted_and_local_addresses_are_accepted(address):
    check_address(address)
