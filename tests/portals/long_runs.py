"""Runs over many simulated days, which the suite contains with fewer articles.

Each run returns figures and fails if a promise is broken::

    PYTHONPATH=tests/portals:tests/support python tests/portals/long_runs.py backlog --articles 10000 --days 14
    ... long_runs.py rereads --articles 500
    ... long_runs.py counted
"""

import argparse
import hashlib
import random
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from portal_shapes import NumberedPortal, Served, ShapedPortal
from protego import Protego
from shape_crawls import run_command, write_short_site_file
from shapes_entry import ENTRY_SHAPES
from shapes_json import JSON_SHAPES
from shapes_learned import MixedSitemapPortal
from shapes_parts import LinkedPartsPortal, NumberedPartsPortal, QueryPartsPortal

from crawler.demo import DemoServer, Reply, Request
from crawler.demo.exchanges import gaps
from crawler.demo.messages import is_unchanged, text
from crawler.store import Store

#: Seconds by which the server may note the end of a response earlier than the crawler.
SLACK = 0.005

_LAST_MODIFIED = "Thu, 01 Jan 2026 00:00:00 GMT"
#: The steps of the default plan in hours, written out: in a site file they apply to articles of any age.
_STEPS = (1, 6, 24, 72, 240, 719)


def age(folder: Path, hours: float) -> None:
    """Make all stored articles older, as if the clock had moved on."""
    with sqlite3.connect(folder / "broadsheet.sqlite3") as database:
        for table, columns in (
            ("articles", ("first_seen", "last_seen", "checked")),
            ("observations", ("captured_at",)),
        ):
            for column in columns:
                moved = f"strftime('%Y-%m-%d %H:%M:%f', {column}, '-{hours * 3600} seconds') || '000'"
                database.execute(f"UPDATE {table} SET {column} = {moved} WHERE {column} IS NOT NULL")
    database.close()


def _forget_robots(folder: Path) -> None:
    """Make the next crawl request robots.txt again, as it does a day later."""
    with sqlite3.connect(folder / "broadsheet.sqlite3") as database:
        database.execute("DELETE FROM robots")
    database.close()


class GrowingPortal(MixedSitemapPortal):
    """A sitemap without dates, to whose end each day adds `new` articles."""

    name = "growing"
    day = 0

    def __init__(self, backlog: int, new: int, days: int) -> None:
        super().__init__(backlog + new * days)
        self.backlog, self.new = backlog, new

    @property
    def articles(self):
        return self.written[len(self.written) - self.backlog - self.new * self.day :]

    def serve(self, request: Request) -> Served | None:
        if request.path != "/sitemap.xml":
            return None
        rows = "".join(f"<url><loc>{request.origin}{one.path}</loc></url>" for one in reversed(self.articles))
        return Served(text(f"<urlset>{rows}</urlset>", "application/xml"))


def run_backlog(folder: Path, articles: int, budget: int, days: int) -> dict[str, Any]:
    """Crawl a portal with a backlog daily: today's articles are stored today, and the backlog shrinks each day."""
    new = max(1, budget // 10)
    portal = GrowingPortal(articles, new, days)
    waiting, late, spent = [], 0, []
    with DemoServer([portal]) as server:
        home = server.url(portal).rstrip("/")
        _write_file(folder, portal.name, home, f'sitemaps = ["{home}/sitemap.xml"]', delay=0.001, max_pages=budget)
        for day in range(days + 1):
            portal.day = day
            before = len(server.log)
            done = run_command(folder, "crawl", portal.name)
            assert done.returncode == 0, done.stderr
            spent.append(len(server.log) - before)
            with Store.open(folder / "broadsheet.sqlite3") as store:
                stored = set(store.articles.urls(portal.name))
            today = {f"{home}{one.path}" for one in portal.articles[: new if day else 0]}
            late += len(today - stored)
            waiting.append(len(portal.articles) - len(stored))
            age(folder, 24)
    assert late == 0, f"{late} articles were not stored on their day"
    assert waiting == sorted(set(waiting), reverse=True), waiting
    assert max(spent) <= budget + 3, spent  # and robots.txt, tdmrep.json, the front page
    return {"waiting": waiting, "late": late, "requests a day": spent}


class EditedPortal(NumberedPortal):
    """Articles with validators that change silently: `edits` has the number of edits by path, `gone` what is removed.

    Pages in `cosmetic` are printed with another advertisement each time. `answers` counts the answers by status.
    """

    name = "edited"

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.edits: Counter[str] = Counter()
        self.gone: set[str] = set()
        self.cosmetic: set[str] = set()
        self.answers: Counter[int] = Counter()
        self.visit = 0

    def serve_article(self, request: Request) -> Reply:
        """Return an article as it is now, or 304."""
        article = self._by_path[request.path]
        edited = replace(article, body=article.body + f"\n更正:本文第{self.edits[request.path]}次修改。")
        shown = edited if self.edits[request.path] else article
        markup = self.article_html(shown, request)
        if request.path in self.cosmetic:
            markup = markup.replace("</body>", f'<div class="ad">Advertisement {self.visit}</div></body>')
        reply = self.html(markup)
        tag = f'"{hashlib.md5(reply.body).hexdigest()}"'
        headers = (("ETag", tag), ("Last-Modified", _LAST_MODIFIED))
        if is_unchanged(request, tag, "Fri, 02 Jan 2099 00:00:00 GMT"):
            return Reply(status=304, headers=headers)
        return replace(reply, headers=(*reply.headers, *headers))

    def find(self, request: Request) -> Reply | None:
        if request.path not in self._by_path:
            return super().find(request)
        reply = None if request.path in self.gone else self.serve_article(request)
        self.answers[reply.status if reply else 404] += 1
        return reply


def run_rereads(folder: Path, articles: int, *, edits: int = 10, delay: float = 0.002) -> dict[str, Any]:
    """Crawl a portal over a month: each silent change is found at its step of the plan, and nothing else."""
    pick = random.Random(5)
    portal = EditedPortal(articles)
    paths = [one.path for one in portal.written]
    changing = pick.sample(paths, edits + 2)
    edited, removed = changing[:edits], changing[edits:]
    portal.cosmetic = set(pick.sample([path for path in paths if path not in changing], articles // 10))
    plan = ", ".join(f'"{hours} h"' for hours in _STEPS)
    steps: list[dict[str, Any]] = []
    expected: Counter[str] = Counter(first=articles)
    with DemoServer([portal]) as server:
        home = server.url(portal).rstrip("/")
        lists = ", ".join(f'{{ url = "{home}/{channel}/" }}' for channel in portal.channels)
        more = f"reread = [{plan}]"
        _write_file(
            folder, portal.name, home, f"sections = [{lists}]", delay=delay, max_pages=4 * articles + 100, more=more
        )

        def visit(hours: float) -> int:
            if hours:
                age(folder, hours)
            portal.visit += 1
            portal.answers.clear()
            done = run_command(folder, "crawl", portal.name)
            assert done.returncode == 0, done.stdout + done.stderr
            events = _count_events(folder, portal.name)
            assert events == expected, f"visit {portal.visit}: {events}, expected {expected}; {portal.answers}"
            return sum(portal.answers.values())

        assert visit(0) == articles
        assert visit(0) == 0
        past = 0.0
        for number, step in enumerate(_STEPS):
            for path in edited[number * edits // len(_STEPS) : (number + 1) * edits // len(_STEPS)]:
                portal.edits[path] += 1
                expected["edited"] += 1
            if number in (1, 2):
                portal.gone.add(removed[number - 1])
                expected["removed"] += 1
            if number == 4:
                portal.gone.discard(removed[0])
                expected["restored"] += 1
            between = visit_before(folder, portal, (step - past) * 0.9)
            requested = visit((step - past) * 0.1 + 0.05)
            past = step + 0.05
            steps.append({"step": step, "before": between, "requests": requested, "answers": dict(portal.answers)})
            assert (between, requested) == (0, articles), steps[-1]
            assert portal.answers[304] >= articles - len(portal.cosmetic) - edits - 2, steps[-1]
        assert visit(24) == 0  # the plan is over
    assert not set(edited) - {path for path, number in portal.edits.items() if number}
    return {"events": dict(expected), "steps": steps}


def visit_before(folder: Path, portal: EditedPortal, hours: float) -> int:
    """Visit before the next step, when nothing is due yet, and return the number of articles requested."""
    age(folder, hours)
    portal.answers.clear()
    done = run_command(folder, "crawl", portal.name)
    assert done.returncode == 0, done.stdout + done.stderr
    return sum(portal.answers.values())


def _count_events(folder: Path, site: str) -> Counter[str]:
    with Store.open(folder / "broadsheet.sqlite3") as store:
        return Counter(
            str(event.kind) for url in list(store.articles.urls(site)) for event in store.articles.history(url)
        )


#: Shapes whose requests are of a new kind: lists in JSON by GET and POST, entry points, parts of articles.
COUNTED: Sequence[type[ShapedPortal]] = (
    *JSON_SHAPES, *ENTRY_SHAPES, LinkedPartsPortal, NumberedPartsPortal, QueryPartsPortal,
)  # fmt: skip


def run_counted(folder: Path, articles: int = 30, delay: float = 0.1) -> dict[str, Any]:
    """Crawl portals with every kind of request twice, the second time for rereads, and count broken rules.

    Each portal forbids every fifth article with its parts, and the second part of every seventh. On the second visit
    it forbids every third article too, so that rereads of what was allowed before are forbidden.
    """
    portals = [shape(articles) for shape in COUNTED]
    (folder / "sites").mkdir(parents=True)
    hosts = {portal.host: portal for portal in portals}
    kinds: Counter[str] = Counter()
    with DemoServer([host for portal in portals for host in (portal, portal.twin) if host]) as server:
        for portal in portals:
            write_short_site_file(server, portal, folder / "sites")
            file = folder / "sites" / f"{portal.name}.toml"
            file.write_text(file.read_text(encoding="utf-8").replace("delay = 0.01", f"delay = {delay}"), "utf-8")
        forbidden: list[tuple[int, str, str]] = []
        start = 0
        for number in range(2):
            for portal in portals:
                portal.robots = _forbid(portal, number)
            done = run_command(folder, "crawl", *(portal.name for portal in portals))
            assert done.returncode in (0, 1), done.stderr
            new = server.log[start:]
            start += len(new)
            forbidden += [(number, one.host, one.path) for one in new if not _is_allowed(one.host, one.path, hosts)]
            kinds.update(_name_kind(one, number, hosts) for one in new if one.host in hosts)
            age(folder, 2)
            _forget_robots(folder)
        log = server.log
    short = [gap for host in {one.host for one in log} for gap in gaps(one for one in log if one.host == host)]
    short = [gap for gap in short if gap < delay - SLACK]
    assert not short, f"{len(short)} gaps are too short: {sorted(short)[:5]}"
    assert not forbidden, f"{len(forbidden)} forbidden requests: {forbidden[:5]}"
    return {"requests": len(log), "kinds": dict(kinds), "short gaps": len(short), "forbidden": len(forbidden)}


def _forbid(portal: ShapedPortal, visit: int) -> str:
    stems = [one.path.removesuffix(".html") for one in portal.written]
    rules = [*stems[::5], *(stems[::3] if visit else ()), *(f"{stem}_2" for stem in stems[::7])]
    rules += [f"{stem}.html?page=2" for stem in stems[::7]]
    return "User-agent: *\n" + "".join(f"Disallow: {rule}\n" for rule in rules)


def _is_allowed(host: str, path: str, portals: Mapping[str, ShapedPortal]) -> bool:
    portal = portals.get(host)
    if portal is None or path == "/robots.txt":
        return True
    return bool(Protego.parse(portal.robots).can_fetch(f"http://{host}{path}", "broadsheet"))


def _name_kind(one: Any, visit: int, portals: Mapping[str, ShapedPortal]) -> str:
    portal = portals[one.host]
    if portal.find_article(one.path):
        return "reread" if visit else "article"
    if one.path.startswith("/api/"):
        return f"json {one.method}"
    if isinstance(portal, LinkedPartsPortal | NumberedPartsPortal | QueryPartsPortal) and any(
        one.path.startswith(each.path.removesuffix(".html")) for each in portal.written
    ):
        return "part"
    return "policy" if one.path in ("/robots.txt", "/.well-known/tdmrep.json") else "list or entry"


def _write_file(folder: Path, name: str, home: str, line: str, *, delay: float, max_pages: int, more: str = "") -> None:
    (folder / "sites").mkdir(parents=True, exist_ok=True)
    settings = ", ".join(part for part in (f"delay = {delay}", f"max_pages = {max_pages}", more) if part)
    (folder / "sites" / f"{name}.toml").write_text(
        f'name = "{name}"\nhome = "{home}/"\n{line}\ntimezone = "Asia/Shanghai"\ncrawl = {{ {settings} }}\n',
        encoding="utf-8",
    )


class _Arguments(argparse.Namespace):
    run: str
    articles: int
    budget: int
    days: int

    RUNS: ClassVar = ("backlog", "rereads", "counted")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", choices=_Arguments.RUNS)
    parser.add_argument("--articles", type=int)
    parser.add_argument("--budget", type=int, default=100)
    parser.add_argument("--days", type=int, default=14)
    given = parser.parse_args(namespace=_Arguments())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given.run == "backlog":
            figures = run_backlog(folder, given.articles or 10_000, given.budget, given.days)
        elif given.run == "rereads":
            figures = run_rereads(folder, given.articles or 500)
        else:
            figures = run_counted(folder, given.articles or 30)
    for key, value in figures.items():
        print(f"{key}: {value}")


if __name__ == "__main__":
    main()
