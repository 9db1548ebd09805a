"""Rebuilds items from files of any crawler: a few in this process, many in chunks by other processes."""

import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TextIO

from scrapy import Spider

from archive import ArchiveError, Collection
from crawler.bulk import SourceFile, Task, find_sources, make_chunks
from crawler.bulk.sources import S3
from crawler.commands import options
from crawler.commands.bulk_options import BulkOptions
from crawler.commands.crawl_session import CrawlSession, get_crawl_stats, project_settings
from crawler.commands.data_folder import DataFolder
from crawler.commands.exit_codes import DONE, FAILED, CommandError
from crawler.commands.output import print_json, print_problem, print_text
from crawler.commands.rebuild import (
    account_as_dict,
    account_from_dict,
    make_collection_spiders,
    print_account,
    rebuild_items,
)
from crawler.commands.tables import show_progress
from crawler.plain_text import escape_json
from crawler.sites import Site, site_folders
from crawler.spiders.reextract import RebuildAccount
from crawler.store import article_to_json
from crawler.visit_report import find_failure


def rebuild_files(
    places: Sequence[str],
    names: Sequence[str] | None,
    known: dict[str, Site],
    folders: str | None,
    out: Path | None,
    *,
    as_json: bool,
    bulk: BulkOptions,
    is_chunk: bool,
) -> int:
    """Rebuild the items of the files at `places` and write them to `out` or stdout. Return the exit code.

    Files that fit into one chunk are read in this process. `is_chunk` is true in a process that reads one of many.
    """
    missing: list[str] = []
    files = find_sources(places, missing.append)
    if is_chunk:
        chunks = iter([tuple(files)])
        bulk = BulkOptions()
    else:
        chunks = make_chunks(files, most_files=bulk.chunk_files)
    first = list(islice(chunks, 2))
    if len(first) > 1 or bulk != BulkOptions():
        arguments = ("reextract", *(names or ()), "--chunk", *(("--sites", folders) if folders else ()))
        inputs = _site_files(folders)
        tasks = (Task(number, arguments, chunk, inputs) for number, chunk in enumerate(chain(first, chunks), start=1))
        code = _rebuild_chunks(tasks, out, bulk, as_json=as_json)
    else:
        code = _rebuild_here(first[0] if first else (), names, known, folders, out, as_json=as_json, is_chunk=is_chunk)
    for problem in missing:
        print_problem(f"lost: {problem}")
    return FAILED if missing else code


def _rebuild_chunks(tasks: Iterable[Task], out: Path | None, bulk: BulkOptions, *, as_json: bool) -> int:
    """Run the tasks and join their outputs in order. Their folder is deleted in the end unless the user named it."""
    executor = bulk.executor()
    account, code = RebuildAccount(), DONE
    with _parts_folder(out, bulk.parts) as parts, _open_joined(out) as joined:
        for task, result in show_progress(executor.run(tasks, parts), "chunks", None):
            with (parts / task.name).open(encoding="utf-8") as part:
                shutil.copyfileobj(part, joined)
            account.add(account_from_dict(result.account))
            code = max(code, result.code)
            for problem in result.problems:
                print_problem(problem)
    if out and as_json:
        print_json(account_as_dict(account))
    elif out:
        print_text(f"{account.items} items written to {out}")
    return max(code, print_account(account, as_json=as_json, file=sys.stdout if out else sys.stderr))


@contextmanager
def _parts_folder(out: Path | None, named: Path | None) -> Iterator[Path]:
    """Yield the folder of the chunks' outputs; delete it if all went well and `named` is not given."""
    if named is None and out is None:
        with TemporaryDirectory(prefix="broadsheet-") as scratch:
            yield Path(scratch)
        return
    folder = named or Path(f"{out}.parts")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"{folder} cannot be created ({error.strerror}) — choose another with --parts") from error
    yield folder
    if named is None:
        shutil.rmtree(folder)


@contextmanager
def _open_joined(out: Path | None) -> Iterator[TextIO]:
    """Open the joined output, which has the name `out` only when it is complete."""
    with open_output(out and out.with_name(f"{out.name}.partial")) as joined:
        yield joined
    if out:
        out.with_name(f"{out.name}.partial").rename(out)


def _site_files(folders: str | None) -> tuple[SourceFile, ...]:
    """Return the site files, on which the items depend."""
    files = [path for folder in site_folders(folders) if folder.is_dir() for path in sorted(folder.glob("*.toml"))]
    return tuple(
        SourceFile(path.name, status.st_size, str(status.st_mtime_ns)) for path in files for status in (path.stat(),)
    )


def _rebuild_here(
    files: Sequence[SourceFile],
    names: Sequence[str] | None,
    known: dict[str, Site],
    folders: str | None,
    out: Path | None,
    *,
    as_json: bool,
    is_chunk: bool,
) -> int:
    """Rebuild the items of `files` in this process. Damage in one does not stop the others."""
    problems: list[ArchiveError] = []
    with TemporaryDirectory(prefix="broadsheet-") as scratch:
        paths = _fetch(files, Path(scratch), problems)
        with Collection.of_files(paths, on_damage=problems.append, on_error=problems.append) as collection:
            for problem in problems:
                print_problem(f"lost: {problem}")
            spiders = make_collection_spiders(collection, known, is_chunk=is_chunk)
            if names:
                by_name = {spider.name: spider for spider in spiders}
                unknown = [name for name in names if name not in by_name and name not in known]
                if unknown and not is_chunk:
                    raise options.unknown_site(unknown[0], known)
                spiders = [by_name[name] for name in names if name in by_name]
            code = write_items(
                DataFolder(collection.root), folders, spiders, out, as_json=as_json, naming_lost=not is_chunk
            )
    return FAILED if problems else code


def _fetch(files: Iterable[SourceFile], scratch: Path, problems: list[ArchiveError]) -> Iterator[Path]:
    """Yield the paths of `files`; those in buckets are copied to folders in `scratch`, since names may repeat."""
    for number, file in enumerate(files):
        if not file.place.startswith(S3):
            yield Path(file.place)
            continue
        from archive.storage.s3 import fetch_object  # boto3 is optional

        folder = scratch / str(number)
        folder.mkdir()
        try:
            yield fetch_object(file.place, folder)
        except ArchiveError as error:
            problems.append(error)


def write_items(
    folder: DataFolder,
    folders: str | None,
    spiders: Iterable[type[Spider]],
    out: Path | None,
    *,
    as_json: bool,
    naming_lost: bool = True,
) -> int:
    """Rebuild the items of `spiders` and write them to `out` or stdout. Return the exit code.

    With `naming_lost`, each lost page is printed; all are in the account of ``--json`` too.
    """
    settings = project_settings("offline", folder, BROADSHEET_SITES=folders)
    session = CrawlSession(folder)
    account = RebuildAccount()
    with open_output(out) as file:

        async def work() -> int:
            account.add(
                await rebuild_items(
                    session, settings, spiders, lambda item: file.write(escape_json(article_to_json(item)) + "\n")
                )
            )
            return DONE

        session.run(work)
    if out and as_json:
        print_json(account_as_dict(account))
    elif out:
        print_text(f"{account.items} items written to {out}")
    code = FAILED if account.lost else DONE
    if naming_lost:
        code = print_account(account, as_json=as_json, file=sys.stdout if out else sys.stderr)
    return max(code, print_failures(session))


def find_failures(session: CrawlSession) -> dict[str, str]:
    """Return the reasons for which the items of sites could not be rebuilt, by site."""
    failures = {crawler.spidercls.name: find_failure(get_crawl_stats(crawler)) for crawler in session.crawlers}
    return {name: failure for name, failure in failures.items() if failure}


def print_failures(session: CrawlSession) -> int:
    """Print the reason for each site whose items could not be rebuilt, and return the exit code."""
    failures = find_failures(session)
    for name, failure in failures.items():
        print_problem(f"{name}: {failure}")
    return FAILED if failures else DONE


@contextmanager
def open_output(file: Path | None) -> Iterator[TextIO]:
    """Open `file` for writing; stdout without one. Raises CommandError if it cannot be written."""
    if file is None:
        yield sys.stdout
        return
    try:
        opened = file.open("w", encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{file} cannot be written ({error.strerror}) — choose another file with --out") from error
    with opened:
        yield opened
