"""The desk's pages, requested without a browser."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from urllib.parse import quote, urlencode

import pytest

from archive import Collection
from archive.retention import Retention, RetentionRule
from archive.selection import Selection
from crawler.drift.alarms import Alarm, AlarmDetail
from crawler.drift.profile import FieldSample
from crawler.store import Store

NOW = datetime(2026, 5, 23, 8, tzinfo=UTC)
ARTICLE, OTHER, HIDDEN = (f"http://paper.localhost/2026/05/22/{n}.html" for n in (1, 2, 3))


def path(page: str, **values: object) -> str:
    return f"{page}?{urlencode(values)}"


class _Checked(HTMLParser):
    """Collects what makes a page hard to use or unsafe."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.labelled: set[str] = set()
        self.inputs: list[dict] = []
        self.feed(markup)
        for one in self.inputs:
            if one.get("type") != "hidden" and "aria-label" not in one and one.get("id") not in self.labelled:
                self.wrong.append(f"no label: {one}")

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "script" or "style" in given or any(name.startswith("on") for name in given):
            self.wrong.append(f"<{tag}> with {given}")
        if tag == "label":
            self.labelled.add(given.get("for", ""))
        if tag == "input":
            self.inputs.append(given)
        if tag == "iframe" and not (
            given.get("title") and "allow-scripts" not in given.get("sandbox", "allow-scripts")
        ):
            self.wrong.append(f"a frame without title or sandbox: {given}")


PAGES = [
    "/", "/site/paper", path("/search", q="图书"), path("/search"), path("/article", url=ARTICLE),
    path("/diff", url=ARTICLE), path("/completeness", url=ARTICLE, at="20260522120000"),
    f"/view/20260522120000/{ARTICLE}", f"/replay/*/{ARTICLE}", "/nothing",
]  # fmt: skip


@pytest.mark.parametrize("address", PAGES)
def test_pages_are_accessible_without_scripts(ask, address):
    shown = ask(address)
    assert _Checked(shown.text).wrong == []
    assert shown.text.count("<h1") == 1
    assert '<html lang="en">' in shown.text
    assert "<main" in shown.text
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert "Traceback" not in shown.text


def test_completeness_names_what_a_page_lacks(ask):
    shown = ask(path("/completeness", url=ARTICLE, at="20260522120000"))
    assert shown.status == 200
    assert re.search(r"names \d+ images", shown.text)
    assert (
        f"/completeness?{urlencode({'url': ARTICLE})}".replace("&", "&amp;")
        in ask(f"/view/20260522120000/{ARTICLE}").text
    )
    for values in ({"url": ARTICLE}, {"url": ARTICLE, "at": "x"}, {"at": "2026"}, {"url": HIDDEN, "at": "2026"}):
        assert ask(path("/completeness", **values)).status == 404, values


def test_front_page_shows_sites_runs_and_latest_articles(ask):
    front = ask("/").text
    assert "小镇日报" in front
    assert ">3</b> articles, 4 versions" in front
    assert "disk &lt;full&gt;" in front
    assert front.index("图书馆开放") < front.index("Second &lt;story&gt;"), "what was edited last comes first"
    assert "Hidden" not in front


def test_alarms_are_shown_with_examples_until_they_end(ask, data):
    detail = AlarmDetail(["9 of 9 are <the> same"], [], [FieldSample(ARTICLE, "<b>Paper")])
    with Store.open(data / "broadsheet.sqlite3") as store:
        store.drift.add_alarms("paper", [Alarm(subject="title", since=NOW, raised=NOW, detail=detail)])
    for address in ("/", "/site/paper"):
        shown = ask(address)
        assert "<b>title</b>: 9 of 9 are &lt;the&gt; same" in shown.text
        assert "<td>&lt;b&gt;Paper</td>" in shown.text
        assert _Checked(shown.text).wrong == []
    with Store.open(data / "broadsheet.sqlite3") as store:
        store.drift.end_alarms(store.drift.alarms("paper"), NOW)
    assert "9 of 9" not in ask("/").text
    assert "returned" in ask("/site/paper").text


def test_search_finds_and_highlights_two_characters(ask):
    found = ask(path("/search", q="明亮")).text
    assert found.count('<li class="story"') == 2
    assert "<mark>明亮</mark>" in found
    assert "No matches for this word" in ask(path("/search", q="秘密")).text, "withheld articles are not found"
    assert ask(path("/search", q='"><script>')).text.count("<script") == 0


def test_article_shows_evidence_and_provenance(ask):
    shown = ask(path("/article", url=ARTICLE)).text
    for said in (
        "2026-05-22 08:00",
        "小镇日报",
        "李明",
        "明天开放",
        "urn:uuid:",
        ".warc.gz",
        "sha1:",
        "edited",
        "All 2 captures",
    ):
        assert said in shown, said
    assert f'src="/replay/20260523120000mp_/{ARTICLE}"' in shown
    assert 'lang="zh"' in shown
    first = ask(path("/article", url=ARTICLE, version=1)).text
    assert "今天开放" in first
    assert f"/replay/20260522120000mp_/{ARTICLE}" in first


def test_diff_is_shown_by_character(ask):
    shown = ask(path("/diff", url=ARTICLE)).text
    assert shown.count("<del>今</del><ins>明</ins>") == 4
    assert "These two versions are the same." in ask(path("/diff", url=ARTICLE, before=2, after=2)).text
    assert ask(path("/diff", url=OTHER)).status == 404
    assert ask(path("/diff", url=ARTICLE, before="x", after=9)).status == 404


@pytest.mark.parametrize(
    "address",
    ["/article", path("/article", url="http://no.test/"), path("/article", url=HIDDEN), path("/article", url=ARTICLE,
     version=7), "/site/none", "/view/x", "/view/", "/open", f"/replay/20260522120000/{HIDDEN}", "/static/../desk.py"],
)  # fmt: skip
def test_missing_pages_explain_what_is_missing(ask, address):
    shown = ask(address)
    assert shown.status == 404
    assert "<h1>" in shown.text
    assert "秘密" not in shown.text


def test_capture_view_shows_time_and_links_to_other_captures(ask):
    shown = ask(f"/view/20260522120000/{ARTICLE}").text
    assert f'src="/replay/20260522120000mp_/{ARTICLE}"' in shown
    assert f'rel="next" href="/view/20260523120000/{ARTICLE}"' in shown
    assert "1 of 2" in shown
    assert "not in the archive" in ask("/view/2026/http://paper.localhost/none").text
    assert ask(path("/open", url="paper.localhost/")).headers["location"] == "/replay/*/http://paper.localhost/"


def test_removed_capture_is_shown_as_such(ask, data):
    with Collection(data) as collection:
        retention = Retention((RetentionRule(Selection(urls=(OTHER,)), "its portal asked"),))
        pruner = collection.pruner()
        assert [result.captures for result in pruner.apply(pruner.plan(retention), retention)] == [1]
    view = ask(f"/view/20260522120000/{OTHER}").text
    assert "It was removed from the archive on" in view
    replayed = ask(f"/replay/20260522120000mp_/{OTHER}")
    assert (replayed.status, "its portal asked" in replayed.text) == (410, True)
    assert ask(f"/view/20260522120000/{ARTICLE}").status == 200


def test_links_of_a_capture_lead_to_the_desk_and_resources_to_replay(ask):
    shown = ask(f"/replay/20260522120000mp_/{ARTICLE}")
    assert f'<a href="/view/20260522120000/{OTHER}" target="_top">' in shown.text
    part = re.search(r'href="(/opened/[\w-]+/replay/20260522120000cs_/http://paper.localhost/main.css)"', shown.text)[1]
    assert ask(part).status == 200
    assert ask(part, sec_fetch_site="cross-site", sec_fetch_dest="style").status == 200
    assert "sandbox allow-top-navigation-by-user-activation" in shown.headers["content-security-policy"]


def test_desk_rejects_foreign_host_names(ask):
    for host in ("localhost", "127.0.0.1:8010", "[::1]:8010", "desk.localhost"):
        assert ask("/", host=host).status == 200
    for host in ("evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8010", "10.0.0.1", ""):
        assert ask("/", host=host).status == 421


def test_internal_error_is_a_page_without_traceback(ask, monkeypatch):
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a secret of ours")

    monkeypatch.setattr("crawler.store.Store.search", fail)
    shown = ask(path("/search", q="x"))
    assert shown.status == 500
    assert "secret" not in shown.text


# -- behind a password -------------------------------------------------------------------------------------------------


def login(locked, password: str = "three words more", following: str = "/site/paper"):
    return locked("/login", method="POST", body=urlencode({"password": password, "next": following}).encode())


def test_nothing_is_shown_without_the_password(locked):
    for address in (*PAGES, f"/replay/20260522120000/{ARTICLE}", "/opened/guess/replay/20260522120000/" + ARTICLE):
        shown = locked(address, host="desk.example")
        assert shown.status == 303, address
        assert shown.headers["location"].startswith("/login?next=")
    assert locked("/login").status == locked("/static/desk.css").status == 200
    assert login(locked, "a guess").status == 403


def test_login_and_logout(locked):
    entered = login(locked)
    assert (entered.status, entered.headers["location"]) == (303, "/site/paper")
    cookie = entered.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    token = cookie.partition(";")[0]
    shown = locked(path("/article", url=ARTICLE), cookie=token).text
    framed = re.search(r'src="(/opened/[\w-]+/replay/[^"]+)"', shown)[1]
    capture = locked(framed)
    assert capture.status == 200, "a frame of nobody's origin sends no cookie: its address opens replay"
    part = re.search(r'href="(/opened/[^"]+main.css)"', capture.text)[1]
    assert locked(part).status == 302
    assert locked(locked(part).headers["location"]).status == 200
    assert locked(framed.replace("/replay/", "/site/")).status == 303, "and nothing but replay"
    locked("/logout", method="POST", cookie=token)
    assert locked("/", cookie=token).status == locked(framed).status == 303


@pytest.mark.parametrize("following", ["//evil.example/", "/\\evil.example", "https://evil.example/", "/a\r\nb: c"])
def test_login_redirects_only_within_the_desk(locked, following):
    assert login(locked, following=following).headers["location"] == "/"


def test_failed_logins_must_wait(locked):
    assert [login(locked, "guess").status for _ in range(6)] == [403] * 5 + [429]
    assert login(locked).status == 429, "the right one too, until then"


def test_links_with_special_characters_reach_their_article(ask):
    assert ask(f"/search?q={quote('图')}%20{quote('书')}").status == 200


def test_article_page_links_its_copies(data, ask):
    assert 'id="copies"' not in ask(path("/article", url=OTHER)).text
    with Store.open(data / "broadsheet.sqlite3") as store:
        second = store.articles.find_current(OTHER)
        third = f"{OTHER}?print=1"
        provenance = replace(second.provenance, record_id="third")
        store.articles.save(replace(second, url=third, canonical_url=None, title="Printed", provenance=provenance))
        store.copies.update()
    shown = ask(path("/article", url=OTHER)).text
    assert _Checked(shown).wrong == []
    assert path("/article", url=third) in shown
    assert "100 %" in shown
    assert "(this one)" in shown
