"""A portal that changes raises alarms with examples, once; they end when it is as before, or by a command."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from portal_news import article_page, html_page
from portal_shapes import NumberedPortal
from shape_crawls import run_command

from crawler.demo import DemoServer
from crawler.store import Store

FIRST, EACH = 45, 14


class ChangingPortal(NumberedPortal):
    """A list of the latest articles, with `EACH` more in every edition; its pages have one of several designs."""

    name = "changing"
    channels = ("news",)
    day, design = 0, "first"

    @property
    def articles(self):
        return self.written[len(self.written) - FIRST - self.day * EACH :]

    def path_of(self, assignment, slug):
        return f"/news/{1000 + assignment.number}.html"

    def serve(self, request):
        if request.path == "/news/":
            return self.list_page(self.articles[:FIRST])
        return super().serve(request)

    def article_html(self, article, request):
        if self.design == "wall":
            return html_page("会员", f"<p>请先开通会员。您的编号是 {hash(article.path) % 10**9}，谢谢。</p>")
        if self.design == "new":
            return article_page(article).replace(article.date[11:16], "").replace("来源：", "首页 ")
        return article_page(article)


@pytest.fixture(scope="module")
def crawled(tmp_path_factory):
    """Crawl the portal through all its designs; return the folder and the results by visit."""
    folder = tmp_path_factory.mktemp("drift")
    portal = ChangingPortal(FIRST + 12 * EACH)
    results = {}
    with DemoServer([portal]) as server:
        home = server.url(portal).rstrip("/")
        (folder / "sites").mkdir()
        (folder / "sites" / "changing.toml").write_text(
            f'name = "changing"\nhome = "{home}/"\nsections = [{{ url = "{home}/news/" }}]\n'
            "articles = { path = '/news/[0-9]+' }\ncrawl = { delay = 0.001, reread = [] }\n",
            encoding="utf-8",
        )
        command = f"sh -c 'cat >> {folder}/notices.jsonl; echo >> {folder}/notices.jsonl'"

        def visit(name, design, *, grows=True):
            portal.day, portal.design = portal.day + grows, design
            done = run_command(folder, "crawl", "changing", "--json", BROADSHEET_ALARM_COMMAND=command)
            results[name] = json.loads(done.stdout)[0] | {"stderr": done.stderr, "code": done.returncode}

        visit("first", "first", grows=False)
        visit("redesigned", "new")
        results["sites"] = json.loads(run_command(folder, "sites", "--json").stdout)
        results["table"] = run_command(folder, "sites").stdout
        results["check"] = json.loads(run_command(folder, "site", "check", "--offline", "changing", "--json").stdout)
        visit("still", "new")
        visit("back", "first")
        visit("wall", "wall")
        with Store.open(folder / "broadsheet.sqlite3") as store:
            past = store.drift.load("changing")
            today = datetime.now(UTC).date()
            rhythm = {today - timedelta(days=n): 14 for n in range(10, 60)}
            rhythm |= {today - timedelta(days=n): 0 for n in range(1, 10)}
            store.drift.save("changing", past.batches, {f"{home}/news/": rhythm})
        visit("quiet", "first", grows=False)
        visit("news again", "first")
    notices = (folder / "notices.jsonl").read_text(encoding="utf-8").splitlines()
    results["notices"] = [alarm for line in notices if line for alarm in json.loads(line)["alarms"]]
    return folder, home, results


def subjects(result):
    return sorted(alarm["subject"] for alarm in result["alarms"])


@pytest.mark.slow
def test_redesign_raises_alarms_with_examples_and_its_end_resolves_them(crawled):
    _, home, results = crawled
    assert subjects(results["first"]) == []
    assert subjects(results["redesigned"]) == subjects(results["still"]) == ["date", "source"]
    date = next(alarm for alarm in results["redesigned"]["alarms"] if alarm["subject"] == "date")
    assert date["signs"][0].startswith("14 of 14 have the form “day”, before 0 of")
    assert {len(one["value"]) for one in date["now"]} == {10}
    assert 10 not in {len(one["value"]) for one in date["before"]}
    assert all(one["url"].startswith(f"{home}/news/") for one in date["now"] + date["before"])
    assert "alarm: date: 14 of 14" in results["redesigned"]["stderr"]
    assert results["redesigned"]["code"] == 0
    assert subjects(next(site for site in results["sites"] if site["name"] == "changing")) == ["date", "source"]
    assert "date, source" in results["table"]
    assert subjects(results["back"]) == []


@pytest.mark.slow
def test_offline_check_reads_the_examples_of_alarms_again(crawled):
    *_, results = crawled
    assert results["check"]["alarms"] == ["date", "source"]
    read = {article["url"] for article in results["check"]["articles"]}
    for alarm in results["redesigned"]["alarms"]:
        assert {one["url"] for one in alarm["before"] + alarm["now"]} <= read
    assert results["check"]["fields"]["date"]["changed"] == 0


@pytest.mark.slow
def test_wall_that_no_rule_knows_raises_an_alarm(crawled):
    *_, results = crawled
    assert "pages" in subjects(results["wall"])


@pytest.mark.slow
def test_quiet_list_raises_an_alarm_until_it_has_news(crawled):
    _, home, results = crawled
    assert f"{home}/news/" in subjects(results["quiet"])
    assert f"{home}/news/" not in subjects(results["news again"])


@pytest.mark.slow
def test_each_alarm_is_passed_on_once(crawled):
    *_, results = crawled
    assert sorted(alarm["id"] for alarm in results["notices"]) == sorted({one["id"] for one in results["notices"]})
    assert {"date", "source", "pages"} < {alarm["subject"] for alarm in results["notices"]}


@pytest.mark.slow
def test_command_shows_and_accepts_alarms(crawled):
    folder, *_ = crawled
    past = run_command(folder, "site", "alarms", "changing", "--past").stdout
    assert "returned" in past
