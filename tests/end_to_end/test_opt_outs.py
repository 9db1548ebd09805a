"""Pages that opt out of being kept, followed or shown, in crawls, re-extraction and commands."""

import json

import pytest

from archive import Collection
from crawler.demo.messages import Reply, Request, page, text
from crawler.demo.portal import Portal, SectionList
from crawler.demo.server import DemoServer
from crawler.demo.site_files import write_site_files
from crawler.politeness.ledger import read_ledger
from crawler.store import Store

HOST = "www.optouts.localhost"


class OptOutPortal(Portal):
    """A portal of which some pages opt out; `later` does so from the second edition on."""

    name, host, title = "optouts", HOST, "optouts"
    delay = 0.05
    article_pattern = r"^/a/"
    sections = (SectionList("/", "li a"), SectionList("/more/", "li a"))

    @property
    def articles(self):
        return ()

    def find(self, request: Request) -> Reply | None:
        match request.path:
            case "/robots.txt":
                return text("User-agent: *\nContent-Signal: ai-train=no\nDisallow:\n")
            case "/.well-known/tdmrep.json":
                return text('[{"location": "/a/mined", "tdm-reservation": 1}]', "application/json")
            case "/":
                names = ("plain", "header", "meta", "mined", "later", "leaf")
                links = "".join(f'<li><a href="/a/{name}">Story about {name}</a></li>' for name in names)
                return page(f'<ul>{links}<li><a rel="nofollow" href="/a/unfollowed">Not this one</a></li></ul>')
            case "/more/":
                links = "".join(f'<li><a href="/a/more{n}">Story {n}</a></li>' for n in range(3))
                return page(f'<html><head><meta name="robots" content="NoFollow"></head><ul>{links}</ul>')
            case "/a/header":
                return self.article(request, ("X-Robots-Tag", "noarchive"))
            case "/a/meta":
                return self.article(request, head='<meta name="robots" content="noarchive">')
            case "/a/later" if self.edition > 1:
                return self.article(request, head='<meta name="robots" content="noarchive">')
        return self.article(request) if request.path.startswith("/a/") else None

    def article(self, request: Request, *headers: tuple[str, str], head: str = "") -> Reply:
        body = f"<p>{'Something has happened in our town today. ' * 8}</p>"
        return page(f"<html><head>{head}</head><body><h1>Story {request.path}</h1>{body}", *headers)


@pytest.fixture(scope="module")
def crawled(run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("optouts")
    with DemoServer([OptOutPortal()]) as server:
        write_site_files(server, folder / "sites")
        place = ("--sites", folder / "sites", "--data", folder)
        done = run("crawl", "optouts", *place, "--json")
        assert done.returncode == 1, "a list of the site file asks that its links are not followed"
        assert "1 list refused: the page asks that its links are not followed" in done.stderr
        assert "2 not kept: noarchive" in done.stderr
        first = len(server.log)
        again = run("crawl", "optouts", *place, "--json")
        assert again.returncode == 1, again.stderr
        yield folder, place, [one.path for one in server.log[:first]], [one.path for one in server.log[first:]], server


def test_pages_that_opt_out_of_archiving_are_not_kept(crawled):
    folder, _, requested, _, _ = crawled
    assert {"/a/header", "/a/meta"} <= set(requested)
    with Collection(folder) as collection:
        kept = {entry.url.rpartition("/a/")[2] for entry in collection.index.search() if "/a/" in entry.url}
    assert kept == {"plain", "mined", "later", "leaf"}
    for file in folder.rglob("*.warc.gz"):
        assert b"/a/header" not in file.read_bytes()
    with Store.open(folder / "broadsheet.sqlite3") as store:
        assert {url.rpartition("/")[2] for url in store.articles.urls()} == kept


def test_nofollow_links_are_not_followed_and_the_ledger_has_one_entry_per_page(crawled):
    folder, _, requested, _, _ = crawled
    assert "/a/unfollowed" not in requested
    ledger = [one for file in sorted(folder.rglob("ledger.jsonl")) for one in read_ledger(file)]
    evidence = [
        (one.url.rpartition("localhost")[2].partition("/")[2], one.rule, one.evidence)
        for one in ledger
        if "rel=" in one.evidence
    ]
    assert evidence == [("", "optout.nofollow", "rel=nofollow; 1 link of the page not followed")] * 2  # in each visit


def test_no_link_of_a_nofollow_page_is_followed_and_the_ledger_has_an_entry(crawled):
    folder, _, requested, _, _ = crawled
    assert "/more/" in requested
    assert not [path for path in requested if path.startswith("/a/more")]
    ledger = [one for file in sorted(folder.rglob("ledger.jsonl")) for one in read_ledger(file)]
    decision = next(one for one in ledger if one.rule == "optout.nofollow" and "meta" in one.evidence)
    assert (str(decision.verdict), decision.evidence) == (
        "refused",
        "meta robots: NoFollow; 3 links of the page not followed",
    )
    assert decision.url.endswith("/more/")


def test_pages_that_were_not_kept_are_not_requested_by_the_next_visit(crawled):
    assert not [path for path in crawled[3] if path.startswith("/a/")]


def test_every_opt_out_is_recorded(crawled):
    with Store.open(crawled[0] / "broadsheet.sqlite3") as store:
        stated = {one.url.rpartition("/")[2]: one for one in store.opt_outs.all("optouts")}
    optouts = {name: [one["signal"] for one in json.loads(stated[name].found)] for name in stated}
    assert optouts["plain"] == ["noai"]  # the robots.txt's Content-Signal
    assert optouts["mined"] == ["tdm", "noai"]
    assert (optouts["header"], stated["header"].record_id, stated["header"].withheld) == (["noarchive"], None, True)
    assert stated["plain"].record_id is not None
    assert not stated["plain"].withheld
    ledger = [one for file in crawled[0].rglob("ledger.jsonl") for one in read_ledger(file)]
    evidence = {one.url.rpartition("/")[2]: one.evidence for one in ledger if one.rule == "optout.noarchive"}
    assert evidence == {"header": "X-Robots-Tag: noarchive; not kept", "meta": "meta robots: noarchive; not kept"}


def test_tdmrep_is_requested_once(crawled):
    assert (crawled[2] + crawled[3]).count("/.well-known/tdmrep.json") == 1


def test_re_extraction_gives_the_same_items(run, crawled):
    done = run("reextract", *crawled[1], "--compare", "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    assert json.loads(done.stdout)["same"] == 4


def test_report_agrees_with_the_server(run, crawled):
    _, place, first, second, server = crawled
    done = run("politeness", "optouts", *place, "--json")
    assert done.returncode == 0, done.stderr
    (report,) = json.loads(done.stdout)
    assert report["host"] == "optouts.localhost"
    assert report["requests"] == len(first) + len(second)
    assert report["bytes"] == sum(one.bytes_sent for one in server.log[: report["requests"]])
    assert (report["largest_parallel"], report["failures"]) == (1, 0)
    assert 0.05 <= report["smallest_gap"] <= report["median_gap"]
    (robots,) = report["robots"]
    assert (robots["status"], robots["failing_for"]) == (200, None)
    assert robots["age"] > 0
    assert report["holds"] == {"refused optout.noarchive": 2, "refused optout.nofollow": 4}  # two lists in each visit
    assert report["opt_outs"] == {"noai": 6, "noarchive": 2, "nofollow": 1, "tdm": 1}
    shown = run("politeness", *place)
    assert "optouts.localhost" in shown.stdout
    assert "X-Robots-Tag: noarchive; not kept" in shown.stdout or "meta robots: noarchive; not kept" in shown.stdout
    later = run("politeness", "--since", "2999-01-01", *place)
    assert "no requests since 2999-01-01" in later.stdout


def test_later_opt_out_withholds_kept_captures(run, crawled):
    folder, place, _, _, server = crawled
    exported = run("items", "export", "--data", folder).stdout
    assert "/a/later" in exported
    server.set_edition(2)
    done = run("crawl", "optouts", *place, "--revisit")
    assert "3 not kept: noarchive" in done.stderr
    assert "/a/later" not in run("items", "export", "--data", folder).stdout
    shown = run("items", "show", server.url(HOST, "/a/later"), "--data", folder)
    assert shown.returncode == 1
    assert "is withheld because of an opt-out of its portal" in shown.stderr
    rebuilt = folder / "rebuilt.jsonl"
    assert run("reextract", *place, "--out", rebuilt).returncode == 0
    assert "/a/plain" in rebuilt.read_text()
    assert "/a/later" not in rebuilt.read_text()
    package = folder / "optouts.wacz"
    done = run("archive", "export-wacz", "optouts", "--out", package, *place)
    assert done.returncode == 0, done.stderr
    with Collection.of_files([package]) as packed:
        urls = {entry.url for entry in packed.index.search()}
    assert server.url(HOST, "/a/plain") in urls
    assert server.url(HOST, "/a/later") not in urls
