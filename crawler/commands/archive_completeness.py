"""``broadsheet archive completeness``: what captured pages lack to look as they did."""

import json
from collections import Counter
from collections.abc import Collection as Container
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from archive import ArchiveError, Collection, IndexEntry
from archive.replay.completeness import CheckedRequisite, CompletenessChecker, PageCompleteness, RequisiteState
from archive.storage import storage_of
from crawler.commands import archive_offload, options
from crawler.commands.data_folder import DataFolder
from crawler.commands.exit_codes import DONE, FAILED, CommandError
from crawler.commands.output import print_json, print_problem, print_text
from crawler.commands.tables import format_share, print_table, show_progress
from crawler.commands.times import format_time, parse_time
from crawler.politeness.decision import Verdict

app = typer.Typer(add_completion=False)

#: Missing requisites printed per command; `--json` has all.
MAX_PRINTED = 40


@dataclass(frozen=True, slots=True)
class _Answer:
    """The last answer of crawls about a URL without a capture."""

    reason: str
    at: float


@app.command("completeness")
def completeness(
    target: Annotated[str, typer.Argument(metavar="URL|SITE", help="A captured page, or a site for its articles.")],
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="Check the capture of URL closest to this time; default: latest.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Articles of SITE to check, the newest first.")] = 100,
    bucket: archive_offload.Bucket = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> int:
    """List the images, style sheets, fonts, frames and media of pages that the archive lacks, and why.

    Exit 0 if it has all of them, 1 if something is missing or a page cannot be read.
    """
    from crawler.web.captures import decode_page  # slow to import

    folder = DataFolder(data, database)
    folder.require()
    problems: list[str] = []
    with Collection(folder.root, storage=storage_of(folder.warc, bucket)) as collection:
        checker = CompletenessChecker(collection, decode_page)
        entries = list(_find_pages(folder, collection, target, at, limit, problems))
        pages: list[PageCompleteness] = []
        for entry in show_progress(entries, "pages", len(entries), shown=not as_json):
            try:
                pages.append(checker.check(entry))
            except ArchiveError as error:
                problems.append(str(error))
    lacking = {one.requisite.url for page in pages for one in page.lacking}
    answers = find_answers(folder.crawls, lacking) if lacking else {}
    if as_json:
        print_json([_page_as_dict(page, answers) for page in pages])
    else:
        _print_pages(pages, answers)
    for problem in problems:
        print_problem(problem)
    return FAILED if lacking or problems or any(page.is_cut for page in pages) else DONE


def _find_pages(
    folder: DataFolder, collection: Collection, target: str, at: str | None, limit: int, problems: list[str]
) -> Iterator[IndexEntry]:
    """Yield the captures to check. Add a line to `problems` for each article without one."""
    if "://" in target:
        when = parse_time("--at", at) if at else datetime.max.replace(tzinfo=UTC)
        found = collection.index.closest(target, when, status=200) or collection.index.closest(target, when)
        if found is None:
            raise CommandError(f"no capture of {target} — `broadsheet archive stats` shows the hosts that have some")
        yield found
        return
    with folder.read_store() as store:
        articles = store.articles.newest(target, limit)
    if not articles:
        raise CommandError(f"no articles of a site {target!r} — `broadsheet sites` lists the sites")
    for article in articles:
        entry = None
        if article.provenance:
            entry = collection.index.closest(article.url, datetime.fromisoformat(article.provenance.captured_at))
        if entry is None:
            problems.append(f"{article.url}: has no capture in the archive")
        else:
            yield entry


def find_answers(crawls: Path, urls: Container[str]) -> dict[str, str]:
    """Return the reason for which each of `urls` was not kept, from the logs of the crawls in the folder `crawls`.

    URLs that no crawl requested or refused are left out.
    """
    answers: dict[str, _Answer] = {}
    for file in sorted(crawls.glob("*/ledger.jsonl")):
        for line in _read_lines(file, urls):
            if line.get("verdict") == Verdict.REFUSED:
                _keep_latest(
                    answers, str(line["url"]), _Answer(f"refused: {line.get('rule')}", _number(line.get("at")))
                )
    for file in sorted(crawls.glob("*/fetches.jsonl")):
        for line in _read_lines(file, urls):
            status = line.get("status")
            reason = f"lost: answered {status}, not kept" if status else "lost: no answer"
            _keep_latest(answers, str(line["url"]), _Answer(reason, _number(line.get("ended"))))
    return {url: answer.reason for url, answer in answers.items()}


def _keep_latest(answers: dict[str, _Answer], url: str, answer: _Answer) -> None:
    if url not in answers or answers[url].at <= answer.at:
        answers[url] = answer


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _read_lines(file: Path, urls: Container[str]) -> Iterator[dict[str, Any]]:
    """Yield the objects in a log whose URL is one of `urls`. Damaged lines are skipped."""
    with file.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                values = json.loads(line)
                if values["url"] in urls:
                    yield values
            except (ValueError, KeyError, TypeError):
                continue


def _reason(one: CheckedRequisite, answers: dict[str, str]) -> str:
    if one.state is RequisiteState.MISSING:
        reason = answers.get(one.requisite.url, "not requested")
        return f"{reason}; {one.detail}" if one.detail else reason
    if one.state is RequisiteState.ERROR:
        return one.detail or f"answered {one.status}"
    return f"{one.state}: {one.detail}" if one.detail else str(one.state)


def _print_pages(pages: list[PageCompleteness], answers: dict[str, str]) -> None:
    rows = [
        (
            page.url,
            format_time(page.captured_at),
            f"more than {len(page.requisites)}" if page.is_cut else str(len(page.requisites)),
            str(page.captured),
            format_share(page.share),
        )
        for page in pages
    ]
    print_table("Completeness", ["page", "captured (UTC)", "named", "there", "share"], rows, numbers=2)
    lacking = {one.requisite.url: one for page in pages for one in page.lacking}
    if not lacking:
        return
    print_text("")
    shown = [(_reason(one, answers), str(one.requisite.kind), url) for url, one in lacking.items()]
    print_table("Missing", ["reason", "kind", "URL"], sorted(shown)[:MAX_PRINTED])
    if len(shown) > MAX_PRINTED:
        print_text(f"… {len(shown) - MAX_PRINTED} more; --json has all")
        print_table("Reasons", ["reason", "number"], _count(row[0] for row in shown), numbers=1)


def _count(values: Iterable[str]) -> list[tuple[str, str]]:
    return [(value, str(number)) for value, number in Counter(values).most_common()]


def _page_as_dict(page: PageCompleteness, answers: dict[str, str]) -> dict[str, Any]:
    return {
        "url": page.url,
        "captured_at": format_time(page.captured_at),
        "named": len(page.requisites),
        "captured": page.captured,
        "share": page.share,
        "cut": page.is_cut,
        "missing": [
            {
                "url": one.requisite.url,
                "kind": one.requisite.kind,
                "parent": one.parent,
                "state": one.state,
                "status": one.status,
                "reason": _reason(one, answers),
            }
            for one in page.lacking
        ],
    }
