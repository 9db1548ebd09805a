"""``broadsheet serve``: the web desk, for browsers on this machine or, with a password, on others."""

import socket
from contextlib import suppress
from typing import Annotated

import typer

from archive import Collection
from archive.storage import storage_of
from crawler.commands import archive_offload, options
from crawler.commands.data_folder import DataFolder
from crawler.commands.exit_codes import CommandError, SettingsError
from crawler.commands.output import print_problem, print_text
from crawler.sites import is_loopback_host
from crawler.web import Password, desk, desk_server

app = typer.Typer(add_completion=False)

#: The default port.
PORT = 8010


@app.command()
def serve(
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 for any free port.")] = PORT,
    password: Annotated[
        str | None,
        typer.Option(
            envvar="BROADSHEET_PASSWORD",
            show_envvar=True,
            help="Password or, better, its hash; required to listen on other than loopback addresses.",
        ),
    ] = None,
    trusted_proxies: Annotated[
        list[str] | None,
        typer.Option(
            "--trusted-proxy",
            metavar="ADDRESS",
            envvar="BROADSHEET_TRUSTED_PROXIES",
            show_envvar=True,
            help="Address or network of a reverse proxy whose X-Forwarded-For and X-Forwarded-Proto are trusted; "
            "repeatable, in the environment separated by spaces.",
        ),
    ] = None,
    hash_password: Annotated[
        bool, typer.Option("--hash-password", help="Ask for a password, print its hash and exit.")
    ] = False,
    sites: options.Sites = None,
    bucket: archive_offload.Bucket = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
) -> None:
    """Serve a website that shows sites, articles, their versions and their captures."""
    if hash_password:
        print_text(Password.of(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)))
        return
    lock = Password.parse(password) if password is not None else None
    if lock is None and not is_loopback_host(host):
        raise SettingsError(
            f"--host {host}: other machines could read everything that is stored — set BROADSHEET_PASSWORD to the hash "
            "that `broadsheet serve --hash-password` prints, or listen on 127.0.0.1"
        )
    if lock and lock.is_weak:
        print_problem(
            "the password's hash is weaker than hashes created today — replace it with the output of "
            "`broadsheet serve --hash-password`"
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
        print_text(f"http://{name}:{listening.getsockname()[1]}/  (Ctrl-C to stop)", flush=True)
        application = desk(store, collection, options.load_known_sites(sites), password=lock)
        server = desk_server(application, trusted_proxies=trusted_proxies or ())
        with suppress(KeyboardInterrupt):  # the normal end
            server.run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=128)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CommandError(
            f"cannot listen on {host} port {port}: {reason} — choose another with --host or --port"
        ) from error
