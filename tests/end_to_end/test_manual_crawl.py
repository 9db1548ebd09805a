"""A manual crawl is refused while its site is being visited, and runs once the lease is released."""

from crawler.demo import Chengshi, DemoServer, write_site_files
from crawler.politeness.keys import politeness_key
from crawler.schedule.manual_lease import ManualLease
from crawler.schedule.worker_config import DEFAULT_CONFIG
from crawler.store import Store
from crawler.store.visits import Outcome


def test_manual_crawl_is_refused_while_site_is_visited(run, tmp_path):
    with DemoServer([Chengshi()]) as server, Store.open(tmp_path / "broadsheet.sqlite3") as store:
        write_site_files(server, tmp_path / "sites")
        arguments = ("crawl", "chengshi", "--limit", 2, "--sites", tmp_path / "sites", "--data", tmp_path)
        lease = ManualLease.acquire(store.visits, "chengshi", politeness_key(server.url(Chengshi())), DEFAULT_CONFIG)
        refused = run(*arguments)
        assert refused.returncode == 1
        assert refused.stderr.count("broadsheet: chengshi is already being visited: process ") == 1
        assert "Traceback" not in refused.stderr
        assert "starting" not in refused.stdout + refused.stderr
        assert list(server.log) == [], "no request was sent"
        lease.end(Outcome.DONE, None)
        allowed = run(*arguments)
        assert allowed.returncode == 0, allowed.stderr
        assert len(list(store.articles.items())) == 2
        last = store.visits.history()[0]
        assert (last.reason, last.outcome) == ("hand", Outcome.DONE)
        assert store.visits.nodes() == []
