"""A portal that redirects to internal addresses: connections are opened to the public one only."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from crawler.demo.messages import Reply, Request, page, redirect, text
from crawler.demo.portal import Portal
from crawler.demo.server import DemoServer

SCRIPT = Path(__file__).resolve().parents[1] / "crawler" / "middlewares" / "ssrf_crawl.py"
HOST, PUBLIC = "www.lure.example", "203.0.113.9"

#: Targets of redirects, by the article that redirects.
TARGETS = {
    "loopback": "http://127.0.0.1:{port}/inside",
    "metadata": "http://169.254.169.254/latest/meta-data/",
    "v6": "http://[::1]:{port}/inside",
    "mapped": "http://[::ffff:127.0.0.1]:{port}/inside",
    "decimal": "http://2130706433:{port}/inside",
    "octal": "http://0177.0.0.1:{port}/inside",
    "hex": "http://0x7f.1:{port}/inside",
    "short": "http://127.1:{port}/inside",
    "private": "http://192.168.0.1/inside",
    "localhost": "http://localhost:{port}/inside",
    "name": "http://inside.lure.example:{port}/inside",
    "rebound": "http://turns.lure.example:{port}/inside",
    "mixed": "http://mixed.lure.example:{port}/inside",
    "userinfo": "http://www.lure.example@127.0.0.1:{port}/inside",
    "file": "file:///etc/passwd",
    "ftp": "ftp://127.0.0.1/inside",
    "data": "data:text/html,inside",
}

#: Results of each look-up of a name: private from the start, turning private, both at once.
NAMES = {
    HOST: [[PUBLIC]],
    "inside.lure.example": [["10.0.0.1"]],
    "turns.lure.example": [[PUBLIC], ["127.0.0.1"]],
    "mixed.lure.example": [[PUBLIC, "169.254.169.254"]],
}


class Lure(Portal):
    """Every article redirects to a forbidden place."""

    name, host, title = "lure", HOST, "lure"

    @property
    def articles(self):
        return ()

    def find(self, request: Request) -> Reply | None:
        if request.path == "/robots.txt":
            # Closed, so that the next request needs its own look-up.
            return replace(text("User-agent: *\nDisallow:\n"), keep_alive=False)
        if request.path == "/":
            links = "".join(f'<li><a href="/a/{name}">Story about {name}</a></li>' for name in (*TARGETS, "honest"))
            return page(f"<ul>{links}</ul>")
        target = TARGETS.get(request.path.removeprefix("/a/"))
        if target is not None:
            # Closed, so that the next request looks the name up again.
            return Reply(status=302, headers=redirect(target.format(port=request.port)).headers, keep_alive=False)
        return page("<h1>An honest story</h1><p>" + "Something has happened in our town. " * 9)


class RebindingLure(Lure):
    """The host whose name resolves to a private address once its robots.txt is read."""

    name, host = "turns", "turns.lure.example"


@pytest.fixture(scope="module")
def led(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lure")
    with DemoServer([Lure(), RebindingLure()]) as server:
        (folder / "sites").mkdir()
        (folder / "sites" / "lure.toml").write_text(
            f'name = "lure"\nhome = "http://{HOST}:{server.port}/"\nhosts = ["lure.example"]\n'
            f'[[sections]]\nurl = "http://{HOST}:{server.port}/"\nlinks = "li a"\n[crawl]\ndelay = 0.02\n'
        )
        order = {"data": str(folder), "sites": str(folder / "sites"), "name": "lure", "hosts": NAMES}
        command = [sys.executable, str(SCRIPT), json.dumps(order)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr[-3000:]
        yield json.loads(done.stdout), list(server.log), folder


def test_no_connection_goes_to_an_internal_address(led):
    result, _, _ = led
    assert set(result["opened"]) == {PUBLIC}


def test_nothing_internal_was_requested(led):
    _, log, _ = led
    # The name with a public address beside a private one is reached at the public one.
    assert {one.host for one in log if one.path == "/inside"} <= {"mixed.lure.example"}
    assert not [one.path for one in log if one.host == "inside.lure.example"]


def test_every_lure_was_tried_and_the_crawl_continued(led):
    result, log, folder = led
    assert {one.path for one in log} >= {f"/a/{name}" for name in (*TARGETS, "honest")}
    assert result["stats"]["finish_reason"] == "finished"
    assert result["stats"]["item_scraped_count"] == 1
    assert {"inside.lure.example", "turns.lure.example", "mixed.lure.example"} <= set(result["asked"])
    ledger = "".join(file.read_text() for file in folder.rglob("ledger.jsonl"))
    assert "scope.offsite" in ledger
    assert "scope.userinfo" in ledger
