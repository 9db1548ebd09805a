"""``broadsheet items``: show, search, compare and export the stored articles."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from archive import Collection
from archive.index import FILE_NAME as INDEX_FILE
from archive.storage import missing_file
from crawler.commands import options
from crawler.commands.data_folder import DataFolder
from crawler.commands.exit_codes import DONE, FAILED, CommandError, SettingsError
from crawler.commands.item_diff import print_changes
from crawler.commands.item_export import write_csv, write_jsonl, write_parquet
from crawler.commands.output import print_json, print_problem, print_text
from crawler.commands.tables import print_fields, print_table, show_progress
from crawler.commands.times import format_time, parse_time
from crawler.items import Article
from crawler.plain_text import escape_json
from crawler.store import Event, EventKind, FieldChange, SearchQueryError, Store, article_to_json
from crawler.store.content import changed_fields

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Show, search, compare and export the stored articles."
)

Url = Annotated[str, typer.Argument(metavar="URL", help="The article's URL, or a URL it was fetched from.")]


class ExportFormat(StrEnum):
    """The formats of exported items."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


_WRITERS: dict[ExportFormat, Callable[[Iterable[Article], IO[Any]], int]] = {
    ExportFormat.JSONL: write_jsonl,
    ExportFormat.CSV: write_csv,
    ExportFormat.PARQUET: write_parquet,
}


@app.command()
def show(
    url: Url,
    at: Annotated[str | None, typer.Option(metavar="TIME", help="Show the version of this time.")] = None,
    why: Annotated[
        bool, typer.Option("--why", help="Show the evidence of each field: rule, place and runners-up.")
    ] = False,
    trace: Annotated[
        bool,
        typer.Option("--trace", help="Show each candidate of each field, and why each line is in the body or not."),
    ] = False,
    data: options.Data = options.DATA,
    database: options.Database = None,
    sites: options.Sites = None,
    as_json: options.Json = False,
) -> None:
    """Show the current version of an article, or the version at a time.

    With --trace, the page is read again from its record by the rules of today.
    """
    when = parse_time("--at", at) if at else None
    with DataFolder(data, database).read_store() as store:
        article = store.articles.find_version_at(url, when) if when else store.articles.find_current(url)
        if article is None:
            raise _no_article_error(store, url, at)
        if article.url in store.opt_outs.withheld_urls(article.site):
            raise CommandError(f"{url} is withheld because of an opt-out of its portal — see `broadsheet politeness`")
    if trace:
        _print_trace(DataFolder(data, database), article, sites, as_json=as_json)
    elif as_json:
        print_text(escape_json(article_to_json(article)))
    else:
        print_fields(_evidence(article) if why else _fields(article))


def _print_trace(folder: DataFolder, article: Article, sites: str | None, *, as_json: bool) -> None:
    """Print the trace of an article, read from its record by the settings of its site."""
    from crawler.commands.item_trace import read_trace, trace_as_dict, trace_rows  # slow to import

    found = read_trace(folder, article, options.load_known_sites(sites).get(article.site or ""))
    if as_json:
        print_json({**trace_as_dict(found), "evidence": found.article.as_dict()["evidence"]})
    else:
        print_fields(trace_rows(found))


@app.command()
def history(
    url: Url,
    diff: Annotated[
        tuple[int, int] | None,
        typer.Option(metavar="A B", help="Show the differences between the versions of events A and B."),
    ] = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """List the events of an article: first seen, edited, removed, restored."""
    with DataFolder(data, database).read_store() as store:
        events = store.articles.history(url)
        if not events:
            raise _no_article_error(store, url)
        changes = changed_fields(*(_find_version(store, events, number) for number in diff)) if diff else None
    if changes is not None:
        if as_json:
            print_json(_changes_as_dict(changes))
        elif changes:
            print_changes(changes)
        else:
            print_text("no differences")
    elif as_json:
        print_json([_event_as_dict(event) for event in events])
    else:
        rows = [
            (str(number), format_time(event.at), str(event.kind), ", ".join(event.changes), event.record_id)
            for number, event in enumerate(events, 1)
        ]
        print_table(url, ["number", "at (UTC)", "event", "changed", "record"], rows)


@app.command()
def search(
    text: Annotated[
        str,
        typer.Argument(
            metavar="TEXT",
            help='Words or runs of Chinese characters, which must all occur; "a phrase", prefix*, -excluded, OR, ( ).',
        ),
    ],
    site: Annotated[str | None, typer.Option(metavar="SITE", help="Search only this site.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Show at most this many articles, newest first.")] = 20,
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Find articles whose current title, body, source or editor contains TEXT."""
    with DataFolder(data, database).read_store() as store:
        if site is not None:
            _require_articles(store, site)
        try:
            hits = store.search(text, site, limit)
        except SearchQueryError as error:
            raise SettingsError(f"{text}: {error}") from error
    if as_json:
        found = [{"url": hit.article.url, "site": hit.article.site, "title": hit.article.title,
                  "date": hit.article.date, "excerpt": hit.excerpt} for hit in hits]  # fmt: skip
        print_json(found)
    elif not hits:
        print_text(f"no matches for {text}")
    else:
        print_fields((hit.article.date or "", f"{hit.article.title}\n{hit.article.url}\n{hit.excerpt}") for hit in hits)


@app.command()
def export(
    form: Annotated[
        ExportFormat, typer.Option("--format", help="JSON lines (one object per line), CSV or Parquet.")
    ] = ExportFormat.JSONL,
    site: Annotated[str | None, typer.Option(metavar="SITE", help="Export only this site.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write to FILE instead of standard output.")] = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="Keep CSV cells that a spreadsheet would execute as formulas unchanged.")
    ] = False,
    data: options.Data = options.DATA,
    database: options.Database = None,
) -> int:
    """Export the current version of every article, sorted by URL.

    Exit 1 if the archive lost the records of some of them.
    """
    folder = DataFolder(data, database)
    missing = _find_missing_files(folder)
    lost: Counter[str] = Counter()
    with folder.read_store() as store:
        if site is not None:
            _require_articles(store, site)
        with _open_output(out, is_text=form is not ExportFormat.PARQUET) as file:
            total = store.articles.counts(site).articles
            withheld = store.opt_outs.withheld_urls()
            shown = (item for item in store.articles.items(site) if item.url not in withheld)
            items = _count_lost_records(shown, missing, lost)
            writer = partial(write_csv, raw=raw) if form is ExportFormat.CSV else _WRITERS[form]
            number = writer(show_progress(items, "items", total, shown=out is not None), file)
    if out is not None:
        print_text(f"{number} items written to {out}")
    for name, records in sorted(lost.items()):
        what = missing_file(folder.warc / name)
        print_problem(f"{records} exported items have no record: {what}")
    return FAILED if lost else DONE


def _find_missing_files(folder: DataFolder) -> set[str]:
    """Return the WARC files that the index names and the archive has lost. Without an index, none is known."""
    if not (folder.index / INDEX_FILE).is_file():
        return set()
    with Collection(folder.root) as collection:
        return set(collection.find_missing_files())


def _count_lost_records(items: Iterable[Article], missing: set[str], lost: Counter[str]) -> Iterator[Article]:
    """Yield the items, and count those whose record is in a missing file, by file."""
    for item in items:
        if item.provenance and item.provenance.file in missing:
            lost[item.provenance.file] += 1
        yield item


@app.command()
def copies(
    url: Annotated[
        str | None,
        typer.Argument(metavar="[URL]", help="An article's URL; without it, all groups of copies are listed."),
    ] = None,
    site: Annotated[str | None, typer.Option(metavar="SITE", help="List groups with an article of this site.")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="List groups with an article first seen since TIME.")
    ] = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Show the copies of a story on several portals: the earliest, the sources named, and what each portal changed.

    Differences are those from the earliest article, by the printed date, then by the time first seen.
    """
    from crawler.commands.item_copies import print_groups, print_report, update_copies  # slow to import
    from crawler.copies.report import report_copies

    if url is not None and (site or since):
        raise SettingsError("--site and --since list groups — use them without a URL")
    with DataFolder(data, database).read_store() as store:
        update_copies(store)
        if url is None:
            if site is not None:
                _require_articles(store, site)
            print_groups(store.copies.groups(site, parse_time("--since", since) if since else None), as_json=as_json)
            return
        if not (group := store.copies.find(url)):
            raise _no_article_error(store, url)
    if len(group) > 1 or as_json:
        print_report(report_copies(group), as_json=as_json)
    else:
        print_text(f"no copies of {url}")


@app.command()
def repeated(
    site: Annotated[str, typer.Argument(metavar="SITE", help="Name of the site.")],
    data: options.Data = options.DATA,
    database: options.Database = None,
) -> None:
    """List paragraphs that a site repeats in many articles, as lines for its site file, which removes them from bodies.

    Then run `broadsheet reextract` to remove them from the stored articles.
    """
    from crawler.extraction.clean.repeated import (
        find_repeated_paragraphs,  # slow to import, and not needed by the other commands
    )

    with DataFolder(data, database).read_store() as store:
        _require_articles(store, site)
        paragraphs = find_repeated_paragraphs(store.articles.items(site))
    if not paragraphs:
        print_text(f"no repeated paragraphs in the articles of {site}")
        return
    # A JSON string is also a TOML basic string.
    quoted = "".join(f"    {escape_json(json.dumps(paragraph, ensure_ascii=False))},\n" for paragraph in paragraphs)
    print_text(f"# add these to the lines that the site file already has\n[articles]\nboilerplate = [\n{quoted}]")


def _require_articles(store: Store, site: str) -> None:
    if site not in (stored := store.articles.sites()):
        raise CommandError(f"no articles of site {site!r} (stored: {', '.join(stored) or 'none'}) — crawl it first")


@contextmanager
def _open_output(path: Path | None, *, is_text: bool) -> Iterator[IO[Any]]:
    """Open the file, or standard output without `path`. The file gets its name when it is complete."""
    if path is None:
        # UTF-8 in every locale. The csv module writes its own line ends.
        sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
        yield sys.stdout if is_text else sys.stdout.buffer
        return
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") if is_text else part.open("wb") as file:
            yield file
        part.replace(path)
    except OSError as error:
        raise CommandError(f"{path} cannot be written ({error.strerror}) — choose another with --out") from error
    finally:
        part.unlink(missing_ok=True)


def _no_article_error(store: Store, url: str, at: str | None = None) -> CommandError:
    if at and store.articles.is_known(url):
        return CommandError(f"{url} was first seen after {at} — `broadsheet items history` lists its versions")
    return CommandError(f"no article {url} in {store.where} — check that the URL is complete, with http:// and path")


def _fields(article: Article) -> list[tuple[str, str]]:
    fields = []
    for name, value in article.as_dict().items():
        if name in ("evidence", "provenance"):
            continue
        text = ", ".join(value) if isinstance(value, tuple) else value
        if text or name in ("title", "date", "source", "editor", "body"):
            fields.append((name, text or "—"))
    if record := article.provenance:
        fields.append(("record", f"{record.record_id}, {record.file} at offset {record.offset}, {record.captured_at}"))
    return fields


def _evidence(article: Article) -> list[tuple[str, str]]:
    """Return each field with the rule, place and text it was read from, and the runners-up."""
    lines = []
    for name, evidence in article.evidence.items():
        origin = f"by {evidence.rule} at {evidence.place or 'no place'}: {evidence.text!r}"
        if name == "injected_links":
            others = "".join(f"\n  also {place}: {text!r}" for place, text in evidence.others)
            lines.append((name, f"removed {origin}{others}"))
            continue
        value = getattr(article, name, None)
        shown = ", ".join(value) if isinstance(value, tuple) else (value or "").split("\n")[0]
        others = "".join(f"\n  runner-up {rule}: {value}" for rule, value in evidence.others)
        lines.append((name, f"{shown or '—'}\n  {origin}{others}"))
    if absent := [name for name in ("title", "date", "source", "editor", "body") if getattr(article, name) is None]:
        lines.append(("not found", ", ".join(absent)))
    if article.flags:
        lines.append(("flags", ", ".join(article.flags)))
    return lines


def _find_version(store: Store, events: Sequence[Event], number: int) -> Article:
    """Return the version of the article at event `number`, counted from 1. Raises SettingsError if it has none."""
    article = store.articles.find_by_record(events[number - 1].record_id) if 1 <= number <= len(events) else None
    if article is None:
        numbers = ", ".join(str(n) for n, event in enumerate(events, 1) if event.kind is not EventKind.REMOVED)
        raise SettingsError(f"--diff {number}: this event has no version — choose from {numbers}")
    return article


def _changes_as_dict(changes: Mapping[str, FieldChange]) -> dict[str, object]:
    return {name: change._asdict() for name, change in changes.items()}


def _event_as_dict(event: Event) -> dict[str, object]:
    changes = _changes_as_dict(event.changes)
    return {"at": event.at.isoformat(), "event": str(event.kind), "changes": changes, "record": event.record_id}
