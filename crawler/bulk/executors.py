"""Executors of tasks: processes on this machine, or a Dask cluster. Both yield results in the order of the tasks."""

import logging
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from ipaddress import ip_address
from pathlib import Path
from socket import gethostname
from threading import Event
from typing import Any, Protocol
from urllib.parse import urlsplit

from crawler.bulk.errors import BulkError
from crawler.bulk.tasks import ChunkResult, Task, read_result, run_task, save_result

#: Tasks given to a worker ahead of the one that it runs. More would only fill memory.
_AHEAD = 2

#: Seconds to wait for the scheduler of a cluster.
_CONNECT_TIMEOUT = 10

_GONE = (
    "the Dask scheduler at {address} does not answer ({reason}) — start it and run the command again: "
    "finished chunks are kept"
)


class Executor(Protocol):
    """Runs tasks whose outputs are kept in one folder."""

    def run(self, tasks: Iterable[Task], folder: Path) -> Iterator[tuple[Task, ChunkResult]]:
        """Yield each task with its result, in the order of `tasks`; the output is ``folder / task.name``.

        Tasks are taken from the iterator as workers become idle, so that it may be endless. Those whose output is in
        `folder` are not run again. Raises BulkError if the workers are gone.
        """
        ...


class LocalExecutor:
    """Runs `jobs` tasks at a time on this machine, each in a process of its own."""

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs

    def run(self, tasks: Iterable[Task], folder: Path) -> Iterator[tuple[Task, ChunkResult]]:
        stop = Event()

        def start(task: Task) -> Future[ChunkResult]:
            return pool.submit(run_task, task, folder, stop)

        # Threads only wait: the work is done in the child processes that they start.
        pool = ThreadPoolExecutor(self._jobs, "bulk")
        try:
            yield from _run_ahead(start, lambda _, future: future.result(), tasks, self._jobs * _AHEAD)
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


class ClusterExecutor:
    """Runs tasks on the workers of the Dask scheduler at `address`.

    A worker sends back its output, so that no folder is shared; local inputs must have the same path on each machine.
    A scheduler runs what it is sent: `address` must be ``tls://`` or on this machine. Raises BulkError otherwise, and
    if the extra ``cluster`` is not installed.
    """

    def __init__(self, address: str) -> None:
        check_address(address)
        self._address = address

    def run(self, tasks: Iterable[Task], folder: Path) -> Iterator[tuple[Task, ChunkResult]]:
        with self._connect() as client:
            workers = sum(client.nthreads().values())
            if not workers:
                raise BulkError(f"{self._address} has no workers — `broadsheet cluster worker {self._address}`")

            def start(task: Task) -> Any:
                done = read_result(folder / task.name)
                return done or client.submit(run_and_send, task, task.name, pure=False)

            def finish(task: Task, future: Any) -> ChunkResult:
                return future if isinstance(future, ChunkResult) else self._receive(task, future, folder)

            yield from _run_ahead(start, finish, tasks, workers * _AHEAD)

    def _connect(self) -> Any:
        distributed = load_distributed()
        for name in ("distributed", "distributed.client", "distributed.core", "distributed.utils", "tornado"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # it logs a traceback for what we report as a line
        try:
            return distributed.Client(self._address, timeout=_CONNECT_TIMEOUT, set_as_default=False)
        except (OSError, TimeoutError) as error:
            raise self._gone(error) from error

    def _receive(self, task: Task, future: Any, folder: Path) -> ChunkResult:
        """Wait for a worker's output and save it. The files of a task that killed several workers are lost."""
        from distributed import KilledWorker
        from distributed.comm.core import CommClosedError

        try:
            result: ChunkResult
            result, data = future.result()
        except (CommClosedError, CancelledError) as error:
            raise self._gone(error) from error
        except KilledWorker:
            lost = tuple(f"lost: {file.place}: each worker that read its chunk died" for file in task.files)
            result, data = ChunkResult({}, lost, 1), b""
        output = folder / task.name
        output.with_suffix(".partial").write_bytes(data)
        save_result(output, result)
        return result

    def _gone(self, error: BaseException) -> BulkError:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        return BulkError(_GONE.format(address=self._address, reason=reason))


def run_and_send(task: Task, name: str) -> tuple[ChunkResult, bytes]:
    """Run `task` in a temporary folder. Return its result and its output. This is what a worker of a cluster runs.

    Raises BulkError if this worker has other code than the sender, for whom the task has another `name`.
    """
    if task.name != name:
        raise BulkError(
            f"the worker on {gethostname()} has another version of Broadsheet — install the same everywhere"
        )
    with tempfile.TemporaryDirectory(prefix="broadsheet-") as folder:
        result = run_task(task, Path(folder))
        return result, (Path(folder) / name).read_bytes()


def check_address(address: str) -> None:
    """Raise BulkError unless `address` is ``tls://host:port``, or ``tcp://`` and an address of this machine."""
    try:
        parts = urlsplit(address)
        is_complete = parts.scheme in ("tcp", "tls") and bool(parts.hostname) and parts.port is not None
    except ValueError:
        is_complete = False
    if not is_complete:
        raise BulkError(f"{address!r} is not the address of a Dask scheduler — write tls://host:8786")
    if parts.scheme == "tcp" and not _is_loopback(parts.hostname or ""):
        raise BulkError(
            f"{address} is not encrypted, and a scheduler runs what anyone sends it — use tls://, "
            "with the keys that DASK_DISTRIBUTED__COMM__TLS__... name"
        )


def load_distributed() -> Any:
    """Return the package ``distributed``. Raises BulkError if it is not installed."""
    try:
        import distributed
    except ImportError as error:
        raise BulkError("a cluster needs the package distributed — pip install 'broadsheet[cluster]'") from error
    return distributed


def _run_ahead(
    start: Callable[[Task], Any], finish: Callable[[Task, Any], ChunkResult], tasks: Iterable[Task], most: int
) -> Iterator[tuple[Task, ChunkResult]]:
    """Yield tasks and results in order, with at most `most` tasks started and not yet finished."""
    started: deque[tuple[Task, Any]] = deque()
    for task in tasks:
        started.append((task, start(task)))
        if len(started) >= most:
            first, future = started.popleft()
            yield first, finish(first, future)
    for task, future in started:
        yield task, finish(task, future)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
