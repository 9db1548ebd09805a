"""``broadsheet items``: the stored articles, one by one or all of them."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from crawler.commands import options
from crawler.commands.data import DataFolder
from crawler.commands.item_changes import print_changes
from crawler.commands.item_files import write_csv, write_jsonl, write_parquet
from crawler.commands.outcome import CommandError, SettingsError
from crawler.commands.tables import print_fields, print_table, progress
from crawler.commands.times import moment, readable
from crawler.items import Article
from crawler.store import Event, EventKind, FieldChange, Store, article_to_json
from crawler.store.content import changed_fields

app = typer.Typer(no_args_is_help=True, help="Show, trace and export the stored articles.")

Url = Annotated[str, typer.Argument(metavar="URL", help="The article's URL, or one it was fetched from.")]


class Format(StrEnum):
    """The forms items are exported in."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


_WRITERS: dict[Format, Callable[[Iterable[Article], IO[Any]], int]] = {
    Format.JSONL: write_jsonl,
    Format.CSV: write_csv,
    Format.PARQUET: write_parquet,
}


@app.command()
def show(
    url: Url,
    at: Annotated[str | None, typer.Option(metavar="TIME", help="As it stood then.")] = None,
    why: Annotated[bool, typer.Option("--why", help="Show the rule and the place behind each field.")] = False,
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Show an article as it last stood, or stood at a time."""
    when = moment("--at", at) if at else None
    with DataFolder(data, database).read_store() as store:
        article = store.articles.find_version_at(url, when) if when else store.articles.find_current(url)
        if article is None:
            raise _unknown(store, url, at)
        if article.url in store.opt_outs.withheld_urls(article.site):
            raise CommandError(f"{url} is withheld, as its portal asks — see `broadsheet politeness`")
    if as_json:
        print(article_to_json(article))
    else:
        print_fields(_evidence(article) if why else _fields(article))


@app.command()
def history(
    url: Url,
    diff: Annotated[
        tuple[int, int] | None,
        typer.Option(metavar="A B", help="What differs between the wordings of two events, by their numbers."),
    ] = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """List what happened to an article: first seen, edited, removed, restored."""
    with DataFolder(data, database).read_store() as store:
        events = store.articles.history(url)
        if not events:
            raise _unknown(store, url)
        changes = changed_fields(*(_wording(store, events, number) for number in diff)) if diff else None
    if changes is not None:
        if as_json:
            print(json.dumps(_as_json(changes), ensure_ascii=False))
        elif changes:
            print_changes(changes)
        else:
            print("the two wordings are the same")
    elif as_json:
        print(json.dumps([_event(event) for event in events], ensure_ascii=False))
    else:
        rows = [
            (str(number), readable(event.at), str(event.kind), ", ".join(event.changes), event.record_id)
            for number, event in enumerate(events, 1)
        ]
        print_table(url, ["", "at (UTC)", "event", "changed", "record"], rows)


@app.command()
def search(
    text: Annotated[
        str, typer.Argument(metavar="TEXT", help="Words, or any two characters of Chinese; all must occur.")
    ],
    site: Annotated[str | None, typer.Option(metavar="SITE", help="Of this site only.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Articles at most, the newest first.")] = 20,
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Find articles by what they say now: title, body, source and editor."""
    with DataFolder(data, database).read_store() as store:
        if site is not None:
            _demand_site(store, site)
        hits = store.search(text, site, limit)
    if as_json:
        found = [{"url": hit.article.url, "site": hit.article.site, "title": hit.article.title,
                  "date": hit.article.date, "excerpt": hit.excerpt} for hit in hits]  # fmt: skip
        print(json.dumps(found, ensure_ascii=False))
    elif not hits:
        print(f"no article says {text}")
    else:
        print_fields((hit.article.date or "", f"{hit.article.title}\n{hit.article.url}\n{hit.excerpt}") for hit in hits)


@app.command()
def export(
    form: Annotated[Format, typer.Option("--format", help="One JSON object a line, or a table.")] = Format.JSONL,
    site: Annotated[str | None, typer.Option(metavar="SITE", help="Of this site only.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Into this file; else to standard output.")] = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
) -> None:
    """Write out every article as it last stood, by URL."""
    with DataFolder(data, database).read_store() as store:
        if site is not None:
            _demand_site(store, site)
        with _output(out, is_text=form is not Format.PARQUET) as file:
            total = store.articles.counts(site).articles
            withheld = store.opt_outs.withheld_urls()
            shown = (item for item in store.articles.items(site) if item.url not in withheld)
            number = _WRITERS[form](progress(shown, "items", total, shown=out is not None), file)
    if out is not None:
        print(f"{number} items in {out}")


@app.command()
def repeated(
    site: Annotated[str, typer.Argument(metavar="SITE", help="The site's name.")],
    data: options.Data = options.DATA,
    database: options.Database = None,
) -> None:
    """List what a site prints in story after story, as lines for its site file, so that it is left out of bodies.

    Crawl and rebuild read the site file alike; `broadsheet reextract` brings the stored articles up to it.
    """
    from crawler.extraction.clean.repeated import (
        find_repeated_paragraphs,  # takes half a second that no other verb here needs
    )

    with DataFolder(data, database).read_store() as store:
        _demand_site(store, site)
        found = find_repeated_paragraphs(store.articles.items(site))
    if not found:
        print(f"nothing is repeated in the articles of {site}")
        return
    # TOML's basic strings are JSON's.
    quoted = "".join(f"    {json.dumps(paragraph, ensure_ascii=False)},\n" for paragraph in found)
    print(f"# with what the site file has already\n[articles]\nboilerplate = [\n{quoted}]")


def _demand_site(store: Store, site: str) -> None:
    if site not in (stored := store.articles.sites()):
        raise CommandError(f"no article of {site!r} is stored (stored: {', '.join(stored) or 'none'})")


@contextmanager
def _output(path: Path | None, *, is_text: bool) -> Iterator[IO[Any]]:
    """A file that has its name only once it is whole; standard output for none."""
    if path is None:
        # Not the console's encoding, whatever the locale; csv writes its own line ends.
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


def _unknown(store: Store, url: str, at: str | None = None) -> CommandError:
    if at and store.articles.is_known(url):
        return CommandError(f"{url} was not yet seen at {at} — `broadsheet items history` lists when it was")
    return CommandError(f"no article is stored under {url} in {store.where} — is the URL whole, with http:// and path?")


def _fields(article: Article) -> list[tuple[str, str]]:
    fields = []
    for name, value in article.as_dict().items():
        if name in ("evidence", "provenance"):
            continue
        text = ", ".join(value) if isinstance(value, tuple) else value
        if text or name in ("title", "date", "source", "editor", "body"):
            fields.append((name, text or "—"))
    if record := article.provenance:
        fields.append(("record", f"{record.record_id}, {record.file} at byte {record.offset}, {record.captured_at}"))
    return fields


def _evidence(article: Article) -> list[tuple[str, str]]:
    """Each field with its rule, its place, the text it was read from and what it might have been instead."""
    lines = []
    for name, found in article.evidence.items():
        where = f"by {found.rule} at {found.place or 'no place'}: {found.text!r}"
        if name == "injected_links":
            others = "".join(f"\n  also {where}: {text!r}" for where, text in found.others)
            lines.append((name, f"taken out {where}{others}"))
            continue
        value = getattr(article, name, None)
        shown = ", ".join(value) if isinstance(value, tuple) else str(value).split("\n")[0]
        others = "".join(f"\n  not {rule}: {value}" for rule, value in found.others)
        lines.append((name, f"{shown}\n  {where}{others}"))
    if absent := [name for name in ("title", "date", "source", "editor", "body") if name not in article.evidence]:
        lines.append(("not found", ", ".join(absent)))
    if article.flags:
        lines.append(("flags", ", ".join(article.flags)))
    return lines


def _wording(store: Store, events: Sequence[Event], number: int) -> Article:
    """The article as it was worded at the event of that number, from 1."""
    article = store.articles.find_by_record(events[number - 1].record_id) if 1 <= number <= len(events) else None
    if article is None:
        numbers = ", ".join(str(n) for n, event in enumerate(events, 1) if event.kind is not EventKind.REMOVED)
        raise SettingsError(f"--diff {number}: there is no wording of that number; there are {numbers}")
    return article


def _as_json(changes: Mapping[str, FieldChange]) -> dict[str, object]:
    return {name: change._asdict() for name, change in changes.items()}


def _event(event: Event) -> dict[str, object]:
    changes = _as_json(event.changes)
    return {"at": event.at.isoformat(), "event": str(event.kind), "changes": changes, "record": event.record_id}
