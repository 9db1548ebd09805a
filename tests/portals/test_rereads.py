"""Silent edits, removals and returns are found within the interval of the plan, at the requests that it states."""

import sqlite3

import pytest
from portal_shapes import COSMETIC, NumberedPortal
from shape_crawls import run_command

from crawler.demo import DemoServer
from crawler.store import Store

COUNT = COSMETIC.stop + 8


def age(folder, hours):
    """Make all stored articles older, as if the clock had moved on."""
    with sqlite3.connect(folder / "broadsheet.sqlite3") as database:
        for table, columns in (
            ("articles", ("first_seen", "last_seen", "checked")),
            ("observations", ("captured_at",)),
        ):
            for column in columns:
                moved = f"strftime('%Y-%m-%d %H:%M:%f', {column}, '-{hours} hours') || '000'"
                database.execute(f"UPDATE {table} SET {column} = {moved} WHERE {column} IS NOT NULL")
    database.close()


def count_events(folder, name):
    with Store.open(folder / "broadsheet.sqlite3") as store:
        kinds = [event.kind for url in list(store.articles.urls(name)) for event in store.articles.history(url)]
    return {kind: kinds.count(kind) for kind in ("first", "edited", "removed", "restored")}


class SilentPortal(NumberedPortal):
    """A portal whose lists do not say that an article was edited or removed."""

    name = "silent"

    def serve(self, request):
        edition, self.edition = self.edition, 1
        try:
            return super().serve(request)
        finally:
            self.edition = edition


@pytest.mark.slow
def test_plan_finds_every_silent_edit_removal_and_return(tmp_path):
    portal = SilentPortal(COUNT)
    with DemoServer([portal]) as server:
        home = server.url(portal).rstrip("/")
        (tmp_path / "sites").mkdir()
        (tmp_path / "sites" / "silent.toml").write_text(
            f'name = "silent"\nhome = "{home}/"\n'
            f'sections = [{{ url = "{home}/yaowen/" }}, {{ url = "{home}/shehui/" }}]\n'
            "timezone = 'Asia/Shanghai'\ncrawl = { delay = 0.001, max_pages = 500, "
            "reread = ['1 h', '6 h', '1 d', '3 d', '10 d', '29 d'] }\n",
            encoding="utf-8",
        )

        def visit(hours):
            if hours:
                age(tmp_path, hours)
            before = len(server.log)
            done = run_command(tmp_path, "crawl", "silent")
            assert done.returncode == 0, done.stdout + done.stderr
            return sum(one.path.endswith(".html") and "/t" in one.path for one in server.log[before:])

        assert visit(0) == COUNT
        assert visit(0) == 0  # nothing is due
        assert visit(2) == COUNT  # the step of 1 h
        assert count_events(tmp_path, "silent") == {"first": COUNT, "edited": 0, "removed": 0, "restored": 0}
        portal.edition = 2
        assert visit(1) == 0  # before the step of 6 h
        assert visit(4) == COUNT
        assert count_events(tmp_path, "silent") == {"first": COUNT, "edited": 10, "removed": 2, "restored": 0}
        portal.edition = 1
        assert visit(24) == COUNT
        assert count_events(tmp_path, "silent") == {"first": COUNT, "edited": 20, "removed": 2, "restored": 2}
        for hours in (3 * 24, 10 * 24, 30 * 24):
            assert visit(hours) == COUNT
        assert visit(24) == 0  # the plan is over
        assert count_events(tmp_path, "silent") == {"first": COUNT, "edited": 20, "removed": 2, "restored": 2}
