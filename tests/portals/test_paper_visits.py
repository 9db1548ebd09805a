"""A digital paper is read over many visits: today's issue in each, older ones as the budget allows, nothing twice."""

from collections import Counter
from datetime import datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import pytest
from shape_crawls import run_command
from shapes_papers import NAMES, ON_PAGE, PAGES, PaperPortal

from crawler.demo import DemoServer
from crawler.discovery.issue_days import RECHECKED
from crawler.store import Store

DAYS, BUDGET = 30, 40
#: Zones that are a day or two apart.
EARLY, LATE = ZoneInfo("Etc/GMT+12"), ZoneInfo("Etc/GMT-14")


class GrowingPaper(PaperPortal):
    """A paper with 30 issues, two of them missing; the newest one is out on the last day of the test."""

    name = "growing_paper"

    def __init__(self) -> None:
        super().__init__(DAYS * ON_PAGE * PAGES // 3)
        self.today, self.last_day = datetime.now(EARLY).date(), datetime.now(LATE).date()

    @property
    def days(self):
        earlier = [self.today_at_first - timedelta(days=days) for days in range(DAYS + 1) if days not in (8, 9)]
        return [self.last_day, *earlier]

    @cached_property
    def today_at_first(self):
        return self.today

    def serve(self, request):
        is_out = self.today == self.last_day or f"{self.last_day:%Y-%m/%d}" not in request.path
        return super().serve(request) if is_out else None


@pytest.mark.slow
def test_issues_are_read_newest_first_within_the_budget_and_once(tmp_path):
    paper = GrowingPaper()
    expected = set(paper._by_path)
    with DemoServer([paper]) as server:
        (tmp_path / "sites").mkdir()

        def visit(zone):
            lines = [f'name = "{paper.name}"', f'home = "{server.url(paper)}"', *paper.third_line(server.url(paper))]
            settings = [f'timezone = "{zone.key}"', f"crawl = {{ delay = 0.001, max_pages = {BUDGET}, reread = [] }}"]
            (tmp_path / "sites" / "paper.toml").write_text("\n".join([*lines[:2], *settings, *lines[2:]]), "utf-8")
            before = len(server.log)
            done = run_command(tmp_path, "crawl", paper.name)
            assert done.returncode == 0, done.stdout + done.stderr
            assert len(server.log) - before <= BUDGET + 2
            with Store.open(tmp_path / "broadsheet.sqlite3") as store:
                return {f"/{item.url.split('/', 3)[3]}": item for item in store.articles.items(paper.name)}

        def has_issue(items, day):
            return {one.path for articles in paper.issues[day] for one in articles} <= items.keys()

        items = visit(EARLY)
        assert has_issue(items, paper.days[1])
        for _ in range(2):
            before, items = items, visit(EARLY)
            assert len(items) > len(before)
        visit(LATE)  # the paper of the day is not out yet
        paper.today = paper.last_day
        items = visit(LATE)
        assert has_issue(items, paper.last_day)
        visits = 0
        while items.keys() < expected and visits < 20:
            items, visits = visit(LATE), visits + 1
        assert items.keys() == expected
        assert visits <= DAYS * (ON_PAGE + 1) * PAGES / BUDGET
        number = len(server.log)
        visit(LATE)
        assert len(server.log) - number <= RECHECKED + 2
        requests = Counter(one.path for one in server.log if one.path.startswith("/html/"))
        recent = {paper.page_path(paper.last_day - timedelta(days=days), 1) for days in range(RECHECKED + 3)}
        assert [path for path, count in requests.items() if count > 1 and path not in recent] == []
    for day, pages in paper.issues.items():
        for number, articles in enumerate(pages, 1):
            for one in articles:
                assert (items[one.path].page, items[one.path].section) == (paper.code(number), NAMES[number - 1]), day
