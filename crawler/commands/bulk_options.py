"""Options of commands that work on many files: processes on this machine or a cluster, and where chunks are kept."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from crawler.bulk import ClusterExecutor, Executor, LocalExecutor
from crawler.bulk.tasks import CHUNK_FILES

#: The processes on this machine.
Jobs = Annotated[int, typer.Option(min=1, metavar="N", help="Read chunks of the files in N processes at a time.")]

#: The address of a Dask scheduler.
Cluster = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS", help="Read chunks on the workers of this Dask scheduler, tls://host:8786; see `cluster`."
    ),
]

#: The size of a chunk.
ChunkFiles = Annotated[
    int, typer.Option(min=1, metavar="N", help="Put at most N files, and unless one is longer 64 MiB, into a chunk.")
]

#: The folder of the outputs of chunks.
Parts = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Keep the output of each chunk in DIR; later runs read only new and changed files. "
        "Default: OUT.parts, until all are done.",
    ),
]


@dataclass(frozen=True, slots=True)
class BulkOptions:
    """The options of one command."""

    jobs: int = 1
    cluster: str | None = None
    parts: Path | None = None
    chunk_files: int = CHUNK_FILES

    def executor(self) -> Executor:
        """Return the executor. Raises BulkError if the cluster's address is unsafe or its package missing."""
        return LocalExecutor(self.jobs) if self.cluster is None else ClusterExecutor(self.cluster)
