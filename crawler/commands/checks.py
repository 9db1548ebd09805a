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

from archive import ArchiveError, Collection
from archive.repair import left_open
from crawler.commands.data import DataFolder
from crawler.commands.options import known_sites
from crawler.sites import SiteError
from crawler.store import StoreError

#: Free bytes under which a crawl should not be begun, and under which one should think of more.
LITTLE_SPACE, SOME_SPACE = 500_000_000, 5_000_000_000

#: No clock can be right that is before the first release.
_FIRST_RELEASE = datetime(2026, 1, 1, tzinfo=UTC)

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
            counts = store.counts()
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
    latest = _latest_capture(setup.folder)
    if latest and latest > now + timedelta(minutes=1):
        return Finding(
            "clock", Level.FAILED, f"{now:%Y-%m-%d %H:%M} UTC is before the last capture, {latest:%Y-%m-%d %H:%M}", mend
        )
    return Finding("clock", Level.OK, f"{now:%Y-%m-%d %H:%M:%S} UTC, here {time.strftime('%H:%M %Z')}")


def _latest_capture(folder: DataFolder) -> datetime | None:
    if not folder.has_database:
        return None
    try:
        with folder.open_store() as store:
            return store.latest_capture()
    except StoreError:
        return None  # the check of the database says it


CHECKS: tuple[Callable[[Setup], Finding], ...] = (python, packages, sites, contact, disk, database, archive, clock)


def run_checks(setup: Setup) -> Iterator[Finding]:
    """Every check's finding, in order."""
    for check in CHECKS:
        yield check(setup)
