"""The checks of `broadsheet doctor`, one function each."""

import os
import re
import shlex
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from packaging.requirements import Requirement
from rich.filesize import decimal
from scrapy.utils.misc import load_object

from archive import ArchiveError, Collection
from archive.repair import find_left_open
from crawler.commands.crawl_session import project_settings
from crawler.commands.data_folder import DataFolder
from crawler.commands.options import load_known_sites
from crawler.extraction.registry import find_broken_modules
from crawler.politeness.errors import PolitenessError
from crawler.politeness.keys import shared_servers
from crawler.sites import SiteError
from crawler.store import StoreError

#: Free bytes below which a crawl should not start, and below which a warning is given.
MIN_FREE_BYTES, LOW_FREE_BYTES = 500_000_000, 5_000_000_000

#: A clock that shows a time before the first release is wrong.
_FIRST_RELEASE = datetime(2026, 1, 1, tzinfo=UTC)

_MAX_CLOCK_DIFFERENCE = timedelta(seconds=5)

#: A worker that has sent no heartbeat for this long counts as dead, and a visit queued for this long as waiting.
_MAX_SILENCE = timedelta(minutes=1)

_CONTACT = re.compile(r"https?://\S+|[^@\s]+@[^@\s]+\.[^@\s]+")


class Level(StrEnum):
    """The result of a check in one word."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of one check: what was found and, unless all is well, the fix."""

    check: str
    level: Level
    found: str
    fix: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return the result for ``--json``, whose keys are stable."""
        return {"check": self.check, "level": str(self.level), "what": self.found, "mend": self.fix}


@dataclass(frozen=True, slots=True)
class Setup:
    """The set-up to check: data folder, folders of site files, and contact."""

    folder: DataFolder
    sites: str | None
    contact: str | None


def check_python(_: Setup) -> CheckResult:
    """Check the version of SQLite. An older Python cannot install this package."""
    number = ".".join(map(str, sys.version_info[:3]))
    found = f"Python {number}, SQLite {sqlite3.sqlite_version}"
    if sqlite3.sqlite_version_info < (3, 35):
        return CheckResult("python", Level.FAILED, found, "use a Python with SQLite 3.35 or newer")
    return CheckResult("python", Level.OK, found)


def check_packages(_: Setup) -> CheckResult:
    """Check that the required libraries are installed in the required versions."""
    wrong, number = [], 0
    for requirement in map(Requirement, requires("broadsheet") or []):
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        number += 1
        try:
            installed = version(requirement.name)
        except PackageNotFoundError:
            wrong.append(f"{requirement.name} is missing")
            continue
        if not requirement.specifier.contains(installed, prereleases=True):
            wrong.append(f"{requirement.name} is {installed}, not {requirement.specifier}")
    if wrong:
        return CheckResult("packages", Level.FAILED, "; ".join(wrong), "pip install --upgrade broadsheet")
    return CheckResult("packages", Level.OK, f"broadsheet {version('broadsheet')} and {number} libraries")


def check_settings(setup: Setup) -> CheckResult:
    """Check that the classes named in the settings exist and that SHARED_SERVERS is valid."""
    try:
        live = project_settings("live", setup.folder)
        names = ("DOWNLOAD_HANDLERS", "EXTENSIONS", "DOWNLOADER_MIDDLEWARES", "SPIDER_MIDDLEWARES", "ITEM_PIPELINES")
        paths = [path for name in names for pair in live.getdict(name).items() if (path := _class_path(*pair))]
        for path in paths:
            load_object(path)
        shared_servers(live.getdict("SHARED_SERVERS"))
    except (ImportError, NameError, ValueError, PolitenessError) as error:
        message = " ".join(str(error).split())
        return CheckResult("settings", Level.FAILED, message, "correct settings/base.py or settings/live.py")
    return CheckResult("settings", Level.OK, f"settings.live and its {len(paths)} components")


def _class_path(key: str, value: object) -> str | None:
    """Return the class path in an entry of a component setting, or None if the component is switched off.

    For download handlers it is the value, for all other components the key.
    """
    return None if value is None else value if isinstance(value, str) else key


def check_sites(setup: Setup) -> CheckResult:
    """Check that all site files are valid."""
    try:
        known = load_known_sites(setup.sites)
    except SiteError as error:
        return CheckResult("sites", Level.FAILED, str(error), "correct the file")
    return CheckResult("sites", Level.OK, f"{len(known)} sites: {', '.join(sorted(known)) or 'none'}")


def check_page_classes(_: Setup) -> CheckResult:
    """Check that all files of page classes load."""
    if broken := find_broken_modules():
        found = "; ".join(f"{one.file}: {one.reason}" for one in broken)
        return CheckResult("page classes", Level.FAILED, found, "correct the file")
    return CheckResult("page classes", Level.OK, "all load")


def check_contact(setup: Setup) -> CheckResult:
    """Check that portal owners get a contact: a mail address or URL."""
    fix = "set BROADSHEET_CONTACT to a mail address or URL that you read"
    if not setup.contact:
        return CheckResult("contact", Level.WARNING, "not set: only portals on this machine can be crawled", fix)
    if not _CONTACT.fullmatch(setup.contact):
        return CheckResult("contact", Level.WARNING, f"{setup.contact!r} is neither a mail address nor a URL", fix)
    return CheckResult("contact", Level.OK, setup.contact)


def check_disk(setup: Setup) -> CheckResult:
    """Check that the data folder can be written and has free space. A missing folder is not created."""
    fix = "choose another folder with --data"
    root = setup.folder.root.absolute()
    existing = next(folder for folder in (root, *root.parents) if folder.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        return CheckResult("disk", Level.FAILED, f"{root} cannot be written, because {existing} cannot", fix)
    free = shutil.disk_usage(existing).free
    level = Level.FAILED if free < MIN_FREE_BYTES else Level.WARNING if free < LOW_FREE_BYTES else Level.OK
    return CheckResult("disk", level, f"{root}, {decimal(free)} free", fix if level is not Level.OK else "")


def check_privacy(setup: Setup) -> CheckResult:
    """Check that other users of this machine cannot read the data folder or the database."""
    root, database = setup.folder.root, Path(setup.folder.database)
    readable = [root] if root.is_dir() and not _is_private(root) else []
    if "://" not in setup.folder.database and database.is_file() and not _is_private(database):
        is_protected = root.is_dir() and not readable and database.absolute().is_relative_to(root.absolute())
        readable += [] if is_protected else [database]
    if readable:
        names = " and ".join(map(str, readable))
        fix = f"chmod go-rwx {' '.join(shlex.quote(str(path)) for path in readable)}"
        return CheckResult("privacy", Level.WARNING, f"other users of this machine can read {names}", fix)
    return CheckResult("privacy", Level.OK, "other users of this machine cannot read the data")


def _is_private(path: Path) -> bool:
    return path.stat().st_mode & 0o077 == 0


def check_database(setup: Setup) -> CheckResult:
    """Check that the database opens, and count its articles."""
    if not setup.folder.has_database:
        return CheckResult("database", Level.OK, f"{setup.folder.database} will be created by the first crawl")
    try:
        with setup.folder.open_store() as store:
            counts = store.articles.counts()
            return CheckResult("database", Level.OK, f"{store.where}, {counts.articles} articles")
    except StoreError as error:
        return CheckResult("database", Level.FAILED, str(error), "correct this, or choose another with --database")


def check_archive(setup: Setup) -> CheckResult:
    """Check that every WARC file is closed and indexed."""
    if not setup.folder.index.is_dir() and not setup.folder.warc.is_dir():
        return CheckResult("archive", Level.OK, "no captures yet")
    try:
        with Collection(setup.folder.root) as collection:
            files = list(collection.warc_folder.glob("*.warc.gz"))
            unclosed = find_left_open(collection.warc_folder)
            indexed = set(collection.index.files())
            found = f"{len(files)} WARC files, {len(collection.index)} captures in the index"
    except ArchiveError as error:
        return CheckResult("archive", Level.FAILED, str(error), "run `broadsheet archive index`")
    if unclosed:
        found += f"; {len(unclosed)} files left open by a crawl that died"
        return CheckResult("archive", Level.WARNING, found, "run `broadsheet archive repair`")
    if missing := [file.name for file in files if file.name not in indexed]:
        found += f"; {len(missing)} files are not indexed"
        return CheckResult("archive", Level.WARNING, found, "run `broadsheet archive index`")
    return CheckResult("archive", Level.OK, found)


def check_clock(setup: Setup) -> CheckResult:
    """Compare the clock with the last capture and the database's clock, and check that time zones are installed."""
    now = datetime.now(UTC)
    fix = "set the clock, preferably by NTP, because it dates the captures"
    if now < _FIRST_RELEASE:
        return CheckResult("clock", Level.FAILED, f"{now:%Y-%m-%d %H:%M} UTC is before the first release", fix)
    try:
        ZoneInfo("Asia/Shanghai")
    except ZoneInfoNotFoundError:
        return CheckResult("clock", Level.FAILED, "time zone data is missing", "pip install tzdata")
    latest, difference = _compare_with_database(setup.folder, now)
    if latest and latest > now + timedelta(minutes=1):
        found = f"{now:%Y-%m-%d %H:%M} UTC is before the last capture, {latest:%Y-%m-%d %H:%M}"
        return CheckResult("clock", Level.FAILED, found, fix)
    if difference > _MAX_CLOCK_DIFFERENCE:
        found = f"differs by {difference.total_seconds():.0f} s from the database's clock, which times the schedules"
        return CheckResult("clock", Level.WARNING, found, fix)
    return CheckResult("clock", Level.OK, f"{now:%Y-%m-%d %H:%M:%S} UTC, local time {time.strftime('%H:%M %Z')}")


def _compare_with_database(folder: DataFolder, now: datetime) -> tuple[datetime | None, timedelta]:
    """Return the time of the last capture, and the difference between `now` and the database's clock."""
    if folder.has_database:
        try:
            with folder.open_store() as store:
                return store.articles.newest_capture_time(), abs(store.visits.now() - now)
        except StoreError:
            pass  # reported by check_database
    return None, timedelta(0)


def check_schedule(setup: Setup) -> CheckResult:
    """Check that a worker runs the planned visits, and that no dead process holds a visit."""
    if not setup.folder.has_database:
        return CheckResult("schedule", Level.OK, "nothing is scheduled yet")
    try:
        with setup.folder.open_store() as store:
            plans, nodes, now = store.schedules.all(), store.visits.nodes(), store.visits.now()
            active = [visit for visit in store.visits.latest().values() if visit.state != "ended"]
    except StoreError:
        return CheckResult("schedule", Level.WARNING, "cannot be read", "see the check of the database")
    living = {node.id: node for node in nodes if node.age < _MAX_SILENCE}
    workers = [node for node in living.values() if node.is_worker]
    abandoned = [visit for visit in active if visit.state == "running" and visit.node not in living]
    waiting = [visit for visit in active if visit.state == "queued" and now - visit.not_before > _MAX_SILENCE]
    paused = sum(plan.paused for plan in plans)
    found = f"{len(plans)} sites, {paused} paused; {len(workers)} workers, {len(active)} visits planned or running"
    if abandoned:
        found += f"; the process that runs {', '.join(visit.site for visit in abandoned)} does not respond"
        return CheckResult("schedule", Level.WARNING, found, "start `broadsheet worker`, which takes over its visits")
    if waiting and not workers:
        found += "; no worker runs them"
        return CheckResult("schedule", Level.WARNING, found, "start `broadsheet schedule run`")
    return CheckResult("schedule", Level.OK, found)


CHECKS: tuple[Callable[[Setup], CheckResult], ...] = (
    check_python,
    check_packages,
    check_settings,
    check_sites,
    check_page_classes,
    check_contact,
    check_disk,
    check_privacy,
    check_database,
    check_archive,
    check_clock,
    check_schedule,
)


def run_checks(setup: Setup) -> Iterator[CheckResult]:
    """Yield the result of every check, in order."""
    for check in CHECKS:
        yield check(setup)
