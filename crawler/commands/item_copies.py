"""``broadsheet items copies``: near-duplicates of a story on several portals, and what each portal changed."""

from collections.abc import Iterable, Iterator

from crawler.commands.output import print_json, print_text
from crawler.commands.tables import format_share, print_fields, print_table, show_progress
from crawler.commands.times import format_time
from crawler.copies.report import CopyChanges, CopyReport, StoryCopy, report_copies
from crawler.store import Store

#: Sentences shown per kind of change, and characters of each.
_MAX_SENTENCES, _MAX_LENGTH = 5, 100


def update_copies(store: Store) -> None:
    """Compare the articles that no crawl has compared yet, with a progress bar."""
    queued = store.copies.count_queued()
    if not queued:
        return

    def steps() -> Iterator[int]:
        while number := store.copies.update(limit=200):
            yield from range(number)

    for _ in show_progress(steps(), "articles compared", queued):
        pass


def print_report(report: CopyReport, *, as_json: bool) -> None:
    """Print one group of copies."""
    if as_json:
        print_json(report.as_dict())
        return
    print_fields(_report_fields(report))


def print_groups(groups: Iterable[list[StoryCopy]], *, as_json: bool) -> None:
    """Print all groups of copies: one line per group."""
    reports = [report_copies(group) for group in groups]
    if as_json:
        print_json([report.as_dict() for report in reports])
    elif not reports:
        print_text("no copies")
    else:
        rows = [
            (
                report.earliest.day or "",
                str(1 + len(report.copies)),
                ", ".join(sorted({one.article.site or "" for one, _ in report.rows})),
                next(iter(report.credits), "—"),
                report.earliest.article.title or "—",
                report.earliest.article.url,
            )
            for report in reports
        ]
        print_table("copies", ["date", "articles", "sites", "most credited", "title", "earliest"], rows)


def _report_fields(report: CopyReport) -> Iterator[tuple[str, str]]:
    yield "earliest", _describe(report.earliest)
    for source, urls in report.credits.items():
        yield "credited", f"{source}, by {len(urls)} of {1 + len(report.copies)}"
    for one in report.copies:
        yield "", ""
        yield "copy", _describe(one.copy)
        yield (
            "similarity",
            f"{format_share(one.comparison.similarity)}, contained {format_share(one.comparison.contained)}",
        )
        yield from _change_fields(one)


def _describe(copy: StoryCopy) -> str:
    article = copy.article
    printed = f"printed {article.date or 'no date'}, first seen {format_time(copy.first_seen)}"
    return f"{article.title or '—'}\n{article.url}\n{article.site or '—'}, {printed}, source {article.source or '—'}"


def _change_fields(one: CopyChanges) -> Iterator[tuple[str, str]]:
    for name, (before, after) in one.fields.items():
        yield name, f"{before or '—'} → {after or '—'}"
    body = one.comparison
    altered = [f"{_shorten(old.printed)} → {_shorten(new.printed)}" for old, new in body.altered]
    lists = {
        "removed": [_shorten(each.printed) for each in body.removed],
        "added": [_shorten(each.printed) for each in body.added],
        "altered": altered,
    }
    for name, lines in lists.items():
        if lines:
            more = [f"and {len(lines) - _MAX_SENTENCES} more"] if len(lines) > _MAX_SENTENCES else []
            yield name, "\n".join([*lines[:_MAX_SENTENCES], *more])


def _shorten(text: str) -> str:
    return text if len(text) <= _MAX_LENGTH else text[: _MAX_LENGTH - 1] + "…"
