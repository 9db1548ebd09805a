"""One task of bulk work: a `broadsheet` command over a chunk of files, with one output file."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import Any

import archive
import crawler
from crawler.bulk.errors import BulkError
from crawler.bulk.sources import SourceFile

#: Most bytes and files of a chunk. A process starts in about two seconds, so a chunk should take several.
CHUNK_BYTES, CHUNK_FILES = 64 << 20, 64

#: Exit codes of a command that has done all its work, or all but what it names.
_FINISHED = (0, 1)

#: Seconds between two looks at a child process.
_POLL = 0.05

_START = (
    "from crawler.bulk.child import exit_with_parent; exit_with_parent(); from crawler.commands import main; main()"
)


@dataclass(frozen=True, slots=True)
class Task:
    """A `broadsheet` command for one chunk of files.

    The command is called with `arguments`, ``--warc PLACE`` for each of `files`, and ``--out FILE --json``. `number`
    is the chunk's place in the order of all chunks. `inputs` are further files that the result depends on.
    """

    number: int
    arguments: tuple[str, ...]
    files: tuple[SourceFile, ...]
    inputs: tuple[SourceFile, ...] = ()

    @property
    def name(self) -> str:
        """The name of the task's output: the same for the same command, files and code, and different for others."""
        content = [_code_digest(), self.arguments, [[one.place, one.size, one.version] for one in self._all_files]]
        return sha256(json.dumps(content).encode()).hexdigest()[:32]

    @property
    def _all_files(self) -> Iterator[SourceFile]:
        yield from self.files
        yield from self.inputs


@dataclass(frozen=True, slots=True)
class ChunkResult:
    """The end of a task: the account that the command printed, its problems as lines, and its exit code.

    `was_done` is true if an earlier run had done the task.
    """

    account: Mapping[str, Any]
    problems: tuple[str, ...]
    code: int
    was_done: bool = False


def make_chunks(
    files: Iterable[SourceFile], *, most_bytes: int = CHUNK_BYTES, most_files: int = CHUNK_FILES
) -> Iterator[tuple[SourceFile, ...]]:
    """Yield the files in chunks of at most `most_files` and, unless one file is longer, `most_bytes`, in order."""
    chunk: list[SourceFile] = []
    size = 0
    for file in files:
        if chunk and (len(chunk) >= most_files or size + file.size > most_bytes):
            yield tuple(chunk)
            chunk, size = [], 0
        chunk.append(file)
        size += file.size
    if chunk:
        yield tuple(chunk)


def run_task(task: Task, folder: Path, stop: Event | None = None) -> ChunkResult:
    """Run the command of `task` unless `folder` has its output, which is complete or absent at any time.

    If the process dies, each file of the chunk is tried in a process of its own, so that only the faulty one is lost.
    Raises BulkError when `stop` is set.
    """
    stop = stop or Event()
    output = folder / task.name
    if (done := read_result(output)) is not None:
        return done
    result = _run_command(task, output.with_suffix(".partial"), stop)
    if result is None:
        result = _run_files_alone(task, folder, output.with_suffix(".partial"), stop)
    save_result(output, result)
    return result


def read_result(output: Path) -> ChunkResult | None:
    """Return the result of a task that was done before, ``None`` if it was not."""
    if not output.exists():
        return None
    values = json.loads(output.with_suffix(".json").read_text(encoding="utf-8"))
    return ChunkResult(values["account"], tuple(values["problems"]), values["code"], was_done=True)


def save_result(output: Path, result: ChunkResult) -> None:
    """Write the account beside the output, and give the output, so far ``.partial``, its name."""
    values = {"account": result.account, "problems": result.problems, "code": result.code}
    partial = output.with_suffix(".partial")
    output.with_suffix(".json").write_text(json.dumps(values, ensure_ascii=False), encoding="utf-8")
    with partial.open("rb") as written:
        os.fsync(written.fileno())
    partial.rename(output)


def _run_files_alone(task: Task, folder: Path, output: Path, stop: Event) -> ChunkResult:
    """Run the command for each file on its own and join the outputs. A file whose process dies is a problem."""
    accounts: list[Mapping[str, Any]] = []
    problems: list[str] = []
    code = 0
    with output.open("wb") as joined:
        for file in task.files:
            part = folder / f"{task.name}.file"
            result = _run_command(Task(task.number, task.arguments, (file,)), part, stop)
            if result is None:
                problems.append(f"lost: {file.place}: the process that read it died; run it on its own to see why")
                code = 1
            else:
                accounts.append(result.account)
                problems += result.problems
                code = max(code, result.code)
                joined.write(part.read_bytes())
            part.unlink(missing_ok=True)
    return ChunkResult(join_accounts(accounts), tuple(problems), code)


def _run_command(task: Task, output: Path, stop: Event) -> ChunkResult | None:
    """Run the command in a child process. Return ``None`` if it died or did not finish for another reason.

    Raises BulkError when `stop` is set. The child ends if this process dies, see `exit_with_parent`.
    """
    command = [sys.executable, "-c", _START, *task.arguments, "--out", str(output), "--json"]
    for file in task.files:
        command += ["--warc", file.place]
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=stdout, stderr=stderr, start_new_session=True)
        with child:
            _wait(child, stop)
        stdout.seek(0)
        stderr.seek(0)
        printed, lines = stdout.read(), stderr.read().decode("utf-8", "replace").splitlines()
    if child.returncode not in _FINISHED or not printed or not output.exists():
        return None
    problems = tuple(line.removeprefix("broadsheet: ") for line in lines)
    return ChunkResult(json.loads(printed), problems, child.returncode)


def _wait(child: subprocess.Popen[bytes], stop: Event) -> None:
    """Wait until the child has ended. When `stop` is set, kill it and raise BulkError."""
    while child.poll() is None:
        if stop.wait(_POLL):
            child.kill()
            raise BulkError("stopped — run the command again: finished chunks are kept")


def join_accounts(accounts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the sum of accounts: numbers are added, lists joined, and objects joined key by key."""
    total: dict[str, Any] = {}
    for account in accounts:
        for key, value in account.items():
            if isinstance(value, Mapping):
                total[key] = join_accounts([total.get(key, {}), value])
            else:
                total[key] = total[key] + value if key in total else value
    return total


@cache
def _code_digest() -> str:
    """Return the digest of the project's code and tables: another version may give another output."""
    digest = sha256()
    for package in (archive, crawler):
        folder = Path(package.__path__[0])
        for path in sorted(path for path in folder.rglob("*") if path.suffix in (".py", ".toml")):
            digest.update(f"{path.relative_to(folder.parent)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()
