"""Bulk work over many WARC files: chunks of files, each run by a process of its own, here or on a Dask cluster.

A task is a `broadsheet` command over one chunk and gives one output file. Outputs are joined in the order of the files,
so that the result does not depend on how many processes work.
"""

from crawler.bulk.errors import BulkError
from crawler.bulk.executors import ClusterExecutor, Executor, LocalExecutor
from crawler.bulk.sources import SourceFile, find_sources
from crawler.bulk.tasks import ChunkResult, Task, make_chunks, run_task

__all__ = [
    "BulkError",
    "ChunkResult",
    "ClusterExecutor",
    "Executor",
    "LocalExecutor",
    "SourceFile",
    "Task",
    "find_sources",
    "make_chunks",
    "run_task",
]
