"""``broadsheet worker``: runs planned visits on this machine."""

import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial

import typer

from crawler.commands import options, startup_signals
from crawler.commands.crawl_session import project_settings
from crawler.commands.data_folder import DataFolder
from crawler.handlers.recorder import require_contact
from crawler.logs import OneLineFormatter
from crawler.politeness.keys import shared_servers
from crawler.schedule.child import Child
from crawler.schedule.planner import Planner
from crawler.schedule.worker import Worker
from crawler.schedule.worker_config import DEFAULT_CONFIG
from crawler.sites import Site
from crawler.store.visits import Visit

app = typer.Typer(add_completion=False)

logger = logging.getLogger("crawler.schedule")


@app.command()
def worker(
    names: options.Only = None,
    slots: options.Slots = 2,
    folders: options.Sites = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
) -> int:
    """Run the visits that `broadsheet schedule run` plans, here or on another machine that reaches the database.

    Ctrl-C or SIGTERM ends the running visits gracefully, and another worker resumes them; a second one kills them.
    """
    return run_worker(DataFolder(data, database), folders, names or (), slots=slots, plans=False)


def run_worker(folder: DataFolder, folders: str | None, names: Collection[str], *, slots: int, plans: bool) -> int:
    """Run visits until SIGINT or SIGTERM, and return the exit code. With `plans`, also plan due visits.

    If `names` is not empty, only these sites are visited.
    """
    _log_to_stderr()
    folder.create()
    for name in names:
        options.find_site(name, options.load_known_sites(folders))
    read_sites = partial(_select_sites, folders, names)
    settings = project_settings("live", folder, BROADSHEET_SITES=folders)
    planned = [site for site in read_sites().values() if site.cadence != "manual"]
    for site in planned:
        require_contact(site, settings["BROADSHEET_CONTACT"])
    if plans:
        logger.info("planning %s", ", ".join(site.name for site in planned) or "no visits: no site has a cadence")
    servers = shared_servers(settings.getdict("SHARED_SERVERS"))
    with folder.open_store() as store:
        worker = Worker(
            store,
            read_sites,
            make_launcher(folder, folders),
            slots=slots,
            config=replace(DEFAULT_CONFIG, retention=timedelta(days=settings.getint("VISITS_KEPT_DAYS"))),
            planner=(lambda sites: Planner(store, sites, servers=servers)) if plans else None,
        )
        asyncio.run(run_until_signalled(worker))
    return 0


def _select_sites(folders: str | None, names: Collection[str]) -> dict[str, Site]:
    return {name: site for name, site in options.load_known_sites(folders).items() if not names or name in names}


def _log_to_stderr() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(OneLineFormatter("%(asctime)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)


async def run_until_signalled(worker: Worker) -> None:
    """Run `worker` until SIGINT or SIGTERM, including a signal that arrived during start-up."""
    loop = asyncio.get_running_loop()
    for number in startup_signals.STOP_SIGNALS:
        loop.add_signal_handler(number, worker.stop)
    if startup_signals.is_stop_requested():
        worker.stop()
    await worker.run()


def make_launcher(folder: DataFolder, folders: str | None) -> Callable[[Visit, float], Awaitable[Child]]:
    """Return a function that starts the crawl of a visit, with the data in `folder`."""
    # Passed in the environment, because every user can list command lines, and the URL may contain a password.
    variables: Mapping[str, str | None] = {
        "BROADSHEET_DATA": str(folder.root),
        "BROADSHEET_DATABASE": folder.database_name,
        "BROADSHEET_SITES": folders,
    }
    environment = {name: value for name, value in variables.items() if value}

    def launch(visit: Visit, until: float) -> Awaitable[Child]:
        # -P: do not import modules from the current folder.
        command = [sys.executable, "-P", "-m", "crawler.commands.visit", str(os.getpid()), repr(until)]
        command += ["crawl", visit.site]
        return Child.start(command, {**environment, "BROADSHEET_VISIT": f"{visit.id}:{visit.attempt}"})

    return launch
