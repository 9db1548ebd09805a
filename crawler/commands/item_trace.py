"""The trace of an article, read again from its record in the archive."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import to_builtins

from archive import ArchiveError, Collection
from crawler.commands.data_folder import DataFolder
from crawler.commands.exit_codes import CommandError
from crawler.extraction import Document, Trace, trace_from
from crawler.items import Article
from crawler.sites import Site

#: Characters of a line and of a removed block that are printed.
_SHOWN = 100


def read_trace(folder: DataFolder, article: Article, site: Site | None) -> Trace:
    """Return the trace of an article by the settings of its site. Raises CommandError if its record cannot be read."""
    record = article.provenance
    if record is None:
        raise CommandError(f"{article.url} has no record in the archive — crawl it again")
    try:
        with Collection(folder.root) as archive:
            capture = archive.closest(article.url, datetime.fromisoformat(record.captured_at))
            if capture is None:
                raise CommandError(f"no capture of {article.url} in {folder.index} — run `broadsheet archive index`")
            html = capture.body()
    except ArchiveError as error:
        raise CommandError(f"the record of {article.url} cannot be read: {error}") from error
    content_type = (capture.head.get(b"content-type") or b"").decode("latin-1") or None
    document = Document(html, capture.url, content_type=content_type, captured_at=capture.started_at)
    if site is None:
        return trace_from(document)
    return trace_from(
        document, timezone=site.timezone, language=site.language, since=site.since, boilerplate=site.boilerplate
    )


def trace_rows(trace: Trace) -> Iterator[tuple[str, str]]:
    """Yield the rows to print: the candidates of each field, the body's score, each line, and the removed blocks."""
    for name, candidates in trace.fields.items():
        for one in candidates:
            score = "" if one.score is None else f"score {one.score:g}, "
            yield name, f"{one.value[:_SHOWN] or '—'}\n  {score}{one.outcome}; {one.rule} at {one.place or 'no place'}"
        if not candidates:
            yield name, "no candidates"
    yield "body", f"right with a probability of {trace.score:.0%}" if trace.score is not None else "none found"
    for line in trace.lines:
        state = "in" if line.is_in else "out"
        yield f"{line.number} {state}", f"{line.text[:_SHOWN]}\n  weight {line.weight:.0f}, {line.reason}; {line.place}"
    for block in trace.removed:
        yield "removed", f"{block.text[:_SHOWN]}\n  {block.reason}, {block.links} links; {block.path}"


def trace_as_dict(trace: Trace) -> dict[str, object]:
    """Return fields, score, lines and removed blocks as JSON values."""
    lines = [{name: getattr(line, name) for name in line.__struct_fields__} for line in trace.lines]
    fields = to_builtins(trace.fields)
    return {
        "fields": fields,
        "score": trace.score,
        "lines": lines,
        "removed": [block._asdict() for block in trace.removed],
    }
