"""What `broadsheet doctor` looks at, a check each."""

import os
import re
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, requires, version
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from packaging.requirements import Requirement
from rich.filesize import decimal
from scrapy.utils.misc import load_object

from archive import ArchiveError, Collection
from archive.repair import left_open
from crawler.commands.data import DataFolder
from crawler.commands.options import known_sites
from crawler.commands.session import project_settings
from crawler.politeness.errors import PolitenessError
from crawler.politeness.keys import shared_servers
from crawler.sites import SiteError
from crawler.store import StoreError

#: Free bytes under which a crawl should not be begun, and under which one should think of more.
LITTLE_SPACE, SOME_SPACE = 500_000_000, 5_000_000_000

#: No clock can be right that is before the first release.
_FIRST_RELEASE = datetime(2026, 1, 1, tzinfo=UTC)

#: How far this clock and the database's may be apart, and how long a worker may be silent.
_CLOCKS_APART, _SILENT = timedelta(seconds=5), timedelta(minutes=1)

_CONTACT = re.compile(r"https?://\S+|[^@\s]+@[^@\s]+\.[^@\s]+")


class Level(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found, and the mend where there is something to mend."""

    check: str
    level: Level
    what: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Setup:
    """What is checked: the data folder, the site folders and the contact in use."""

    folder: DataFolder
    sites: str | None
    contact: str | None


def python(_: Setup) -> Finding:
    """Is this Python, with its SQLite, new enough?"""
    number = ".".join(map(str, sys.version_info[:3]))
    if sqlite3.sqlite_version_info < (3, 35):
        return Finding(
            "python", Level.FAILED, f"SQLite {sqlite3.sqlite_version}", "use a Python with SQLite 3.35 or newer"
        )
    return Finding("python", Level.OK, f"Python {number}, SQLite {sqlite3.sqlite_version}")


def packages(_: Setup) -> Finding:
    """Are the libraries there, in the versions this one was made for?"""
    wrong, number = [], 0
    for requirement in map(Requirement, requires("broadsheet") or []):
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        number += 1
        try:
            found = version(requirement.name)
        except PackageNotFoundError:
            wrong.append(f"{requirement.name} is missing")
            continue
        if not requirement.specifier.contains(found, prereleases=True):
            wrong.append(f"{requirement.name} is {found}, not {requirement.specifier}")
    if wrong:
        return Finding("packages", Level.FAILED, "; ".join(wrong), "pip install --upgrade broadsheet")
    return Finding("packages", Level.OK, f"broadsheet {version('broadsheet')} and its {number} libraries")


def settings(setup: Setup) -> Finding:
    """Is there every class the settings name, and do they agree with each other?"""
    try:
        live = project_settings("live", setup.folder)
        named = ("DOWNLOAD_HANDLERS", "EXTENSIONS", "DOWNLOADER_MIDDLEWARES", "SPIDER_MIDDLEWARES", "ITEM_PIPELINES")
        parts = [part for name in named for pair in live.getdict(name).items() if (part := _class_path(*pair))]
        for part in parts:
            load_object(part)
        shared_servers(live.getdict("SHARED_SERVERS"))
    except (ImportError, NameError, ValueError, PolitenessError) as error:
        return Finding(
            "settings", Level.FAILED, " ".join(str(error).split()), "mend settings/base.py or settings/live.py"
        )
    return Finding("settings", Level.OK, f"settings.live and the {len(parts)} components it names")


def _class_path(key: str, value: object) -> str | None:
    """The class a component setting names: a handler's is its value, any other's its key, unless it is switched off."""
    return None if value is None else value if isinstance(value, str) else key


def sites(setup: Setup) -> Finding:
    """Can every site file be used?"""
    try:
        known = known_sites(setup.sites)
    except SiteError as error:
        return Finding("sites", Level.FAILED, str(error), "mend the file")
    return Finding("sites", Level.OK, f"{len(known)} sites: {', '.join(sorted(known)) or 'none'}")


def contact(setup: Setup) -> Finding:
    """Can a portal's owner write to whoever runs this?"""
    mend = "set BROADSHEET_CONTACT to a mail address or URL that you read"
    if not setup.contact:
        return Finding("contact", Level.WARNING, "none is set: only portals on this machine can be crawled", mend)
    if not _CONTACT.fullmatch(setup.contact):
        return Finding("contact", Level.WARNING, f"{setup.contact!r} is neither a mail address nor a URL", mend)
    return Finding("contact", Level.OK, setup.contact)


def disk(setup: Setup) -> Finding:
    """Can the data folder be written, and is there room? A folder that is not there is not made."""
    mend = "choose another folder with --data"
    root = setup.folder.root.absolute()
    there = next(folder for folder in (root, *root.parents) if folder.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return Finding("disk", Level.FAILED, f"{there} cannot be written, so {root} neither", mend)
    free = shutil.disk_usage(there).free
    level = Level.FAILED if free < LITTLE_SPACE else Level.WARNING if free < SOME_SPACE else Level.OK
    return Finding("disk", level, f"{root}, {decimal(free)} free", mend if level is not Level.OK else "")


def database(setup: Setup) -> Finding:
    """Does the database open, and how much is in it?"""
    if not setup.folder.has_database:
        return Finding("database", Level.OK, f"{setup.folder.database} is made by the first crawl")
    try:
        with setup.folder.open_store() as store:
            counts = store.articles.counts()
            return Finding("database", Level.OK, f"{store.where}, {counts.articles} articles")
    except StoreError as error:
        return Finding("database", Level.FAILED, str(error), "see above, or name another with --database")


def archive(setup: Setup) -> Finding:
    """Is the archive's index there, and every file closed?"""
    if not setup.folder.index.is_dir() and not setup.folder.warc.is_dir():
        return Finding("archive", Level.OK, "nothing is captured yet")
    try:
        with Collection(setup.folder.root) as collection:
            files = list(collection.warc_folder.glob("*.warc.gz"))
            dead = left_open(collection.warc_folder)
            indexed = set(collection.index.files())
            what = f"{len(files)} WARC files, {len(collection.index)} captures in the index"
    except ArchiveError as error:
        return Finding("archive", Level.FAILED, str(error), "run `broadsheet archive index`")
    if dead:
        return Finding(
            "archive",
            Level.WARNING,
            f"{what}; {len(dead)} left open by a crawl that died",
            "run `broadsheet archive repair`",
        )
    if missing := [file.name for file in files if file.name not in indexed]:
        return Finding(
            "archive", Level.WARNING, f"{what}; {len(missing)} files are not in it", "run `broadsheet archive index`"
        )
    return Finding("archive", Level.OK, what)


def clock(setup: Setup) -> Finding:
    """Is the clock believable, not behind what was captured before, and are there time zones?"""
    now = datetime.now(UTC)
    mend = "set the clock, best by NTP: captures are dated by it"
    if now < _FIRST_RELEASE:
        return Finding("clock", Level.FAILED, f"{now:%Y-%m-%d %H:%M} UTC", mend)
    try:
        ZoneInfo("Asia/Shanghai")
    except ZoneInfoNotFoundError:
        return Finding("clock", Level.FAILED, "there are no time zones", "pip install tzdata")
    latest, apart = _database_times(setup.folder, now)
    if latest and latest > now + timedelta(minutes=1):
        return Finding(
            "clock", Level.FAILED, f"{now:%Y-%m-%d %H:%M} UTC is before the last capture, {latest:%Y-%m-%d %H:%M}", mend
        )
    if apart > _CLOCKS_APART:
        what = f"{apart.total_seconds():.0f} s from the database's: schedules are kept by that one"
        return Finding("clock", Level.WARNING, what, mend)
    return Finding("clock", Level.OK, f"{now:%Y-%m-%d %H:%M:%S} UTC, here {time.strftime('%H:%M %Z')}")


def _database_times(folder: DataFolder, now: datetime) -> tuple[datetime | None, timedelta]:
    """The last capture's time, and how far the database's clock is from `now`."""
    if folder.has_database:
        try:
            with folder.open_store() as store:
                return store.articles.newest_capture_time(), abs(store.visits.now() - now)
        except StoreError:
            pass  # the check of the database says it
    return None, timedelta(0)


def schedule(setup: Setup) -> Finding:
    """Is there a worker for the visits that are planned, and do the schedules fit the site files?"""
    if not setup.folder.has_database:
        return Finding("schedule", Level.OK, "nothing is scheduled yet")
    try:
        with setup.folder.open_store() as store:
            plans, nodes, now = store.schedules.all(), store.visits.nodes(), store.visits.now()
            active = [visit for visit in store.visits.latest().values() if visit.state != "ended"]
    except StoreError:
        return Finding("schedule", Level.WARNING, "cannot be looked at", "see the database's check")
    living = {node.id: node for node in nodes if node.age < _SILENT}
    alive = [node for node in living.values() if node.is_worker]
    held = [one for one in active if one.state == "running" and one.node not in living]
    waiting = [one for one in active if one.state == "queued" and now - one.not_before > _SILENT]
    paused = sum(plan.paused for plan in plans)
    what = f"{len(plans)} sites, {paused} paused; {len(alive)} workers, {len(active)} visits planned or running"
    if held:
        what += f"; {', '.join(one.site for one in held)} held by a process that is silent"
        return Finding("schedule", Level.WARNING, what, "start `broadsheet worker`: it takes them over")
    if waiting and not alive:
        return Finding("schedule", Level.WARNING, f"{what}; nobody makes them", "start `broadsheet schedule run`")
    return Finding("schedule", Level.OK, what)


CHECKS: tuple[Callable[[Setup], Finding], ...] = (
    python,
    packages,
    settings,
    sites,
    contact,
    disk,
    database,
    archive,
    clock,
    schedule,
)


def run_checks(setup: Setup) -> Iterator[Finding]:
    """Every check's finding, in order."""
    for check in CHECKS:
        yield check(setup)
