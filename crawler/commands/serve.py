"""``broadsheet serve``: the web desk, for a browser on this machine or, behind a password, on others."""

import socket
from contextlib import suppress
from typing import Annotated

import typer
import uvicorn

from archive import Collection
from archive.storage import storage_of
from crawler.commands import archive_storage, options
from crawler.commands.data import DataFolder
from crawler.commands.outcome import CommandError, SettingsError
from crawler.sites import is_loopback_host
from crawler.web import Password, desk

app = typer.Typer()

#: The port where none is named.
PORT = 8010


@app.command()
def serve(
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 for a free one.")] = PORT,
    password: Annotated[
        str | None,
        typer.Option(
            envvar="BROADSHEET_PASSWORD",
            show_envvar=True,
            help="The password, or better its hash. Needed to listen on any address but this machine's own.",
        ),
    ] = None,
    hash_password: Annotated[
        bool, typer.Option("--hash-password", help="Ask for a password, print its hash, and end.")
    ] = False,
    sites: options.Sites = None,
    bucket: archive_storage.Bucket = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
) -> None:
    """Show what is stored in a browser: sites, search, articles beside their captures, versions, replay."""
    if hash_password:
        print(Password.of(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)))
        return
    lock = Password.parse(password) if password is not None else None
    if lock is None and not is_loopback_host(host):
        raise SettingsError(
            f"--host {host}: others could read everything that is stored — set BROADSHEET_PASSWORD to a password's "
            "hash (`broadsheet serve --hash-password` makes it), or listen on 127.0.0.1"
        )
    folder = DataFolder(data, database)
    folder.require()
    listening = _listen(host, port)
    with (
        listening,
        folder.open_store() as store,
        Collection(folder.root, storage=storage_of(folder.warc, bucket)) as collection,
    ):
        name = f"[{host}]" if ":" in host else host
        print(f"http://{name}:{listening.getsockname()[1]}/  (Ctrl-C ends it)", flush=True)
        application = desk(store, collection, options.known_sites(sites), password=lock)
        config = uvicorn.Config(application, log_level="warning", access_log=False, server_header=False, lifespan="off")
        with suppress(KeyboardInterrupt):  # the way it is meant to end
            uvicorn.Server(config).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=128)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CommandError(
            f"cannot listen on {host} port {port}: {reason} — name another with --host or --port"
        ) from error
