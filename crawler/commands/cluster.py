"""``broadsheet cluster``: start the scheduler and the workers of a Dask cluster for bulk work."""

import os
import sys
from typing import Annotated, NoReturn
from urllib.parse import urlsplit

import typer

from crawler.bulk.executors import check_address, load_distributed

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Start the scheduler and the workers of a Dask cluster for commands with --cluster.",
)

#: The address of the scheduler.
Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="tls://host:8786, or tcp://127.0.0.1:8786 for tests.")]


@app.command()
def scheduler(address: Address) -> NoReturn:
    """Run the scheduler at ADDRESS until a signal ends it.

    A scheduler runs what it is sent. With tls://, only programs with a certificate of your own authority reach it:
    name the files in DASK_DISTRIBUTED__COMM__TLS__CA_FILE, ..._TLS__SCHEDULER__CERT and ..._TLS__SCHEDULER__KEY.
    """
    check_address(address)
    place = urlsplit(address)
    _become("dask_scheduler", "--protocol", place.scheme, "--host", f"{place.hostname}", "--port", f"{place.port}")


@app.command()
def worker(
    address: Address,
    jobs: Annotated[int, typer.Option(min=1, metavar="N", help="Run N chunks at a time.")] = 1,
) -> NoReturn:
    """Run chunks for the scheduler at ADDRESS until a signal ends it, with the environment of this command.

    Files of a chunk that are not in a bucket, and folders of site files, need the same path here as where the command
    with --cluster runs. Certificates: DASK_DISTRIBUTED__COMM__TLS__CA_FILE, ..._TLS__WORKER__CERT and
    ..._TLS__WORKER__KEY.
    """
    check_address(address)
    local = ("--host", f"{urlsplit(address).hostname}") if address.startswith("tcp:") else ("--protocol", "tls")
    # The memory that counts is in the processes of the chunks, which Dask does not see.
    _become("dask_worker", address, *local, "--nworkers", f"{jobs}", "--nthreads", "1", "--memory-limit", "0")


def _become(program: str, *arguments: str) -> NoReturn:
    """Replace this process by a program of Dask, without its web page."""
    load_distributed()
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", f"distributed.cli.{program}", *arguments, "--no-dashboard"])
