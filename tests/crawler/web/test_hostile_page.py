"""A page that tries every way out, in a real browser: nothing runs, and only replay is requested."""

import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Error

from archive import Block, Capture, Collection
from archive.replay import Replay

from .conftest import PIXEL

pytestmark = pytest.mark.chromium

URL = "http://hostile.test/page.html"


class _Trap(socketserver.StreamRequestHandler):
    """Records the first line of each request that reaches it."""

    def handle(self) -> None:
        line = self.rfile.readline(2000).decode("latin-1").strip()
        if line:
            self.server.caught.append(line)
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


@pytest.fixture
def trap() -> Iterator[socketserver.ThreadingTCPServer]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Trap) as server:
        server.caught = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ways_out(out: str) -> dict[str, str]:
    """Returns each way out of a page, leading to `out`."""
    run = f"fetch('{out}/fetched');new Image().src='{out}/image';document.title='ran';location='{out}/gone'"
    return {
        "script": f'<script>{run}</script><script src="{out}/script.js"></script><script type=module>{run}</script>',
        "handlers": f'<img src="x" onerror="{run}"><body onload="{run}"><details open ontoggle="{run}"></details>',
        "meta refresh": f'<meta http-equiv="refresh" content="0;url={out}/refresh">',
        "CSS import": f"<style>@import '{out}/a.css';@\\69mport url({out}/b.css);"
        f"p{{background:u\\72l({out}/c);b:image-set('{out}/d' 1x)}}@font-face{{font-family:f;src:url({out}/f)}}"
        f'p{{font-family:f}}</style><p style="background:url({out}/e)">text</p>',
        "form": f'<form action="{out}/form" id=f><input name=a>'
        f'<button id=send formaction="{out}/button">go</button></form>',
        "iframe": f'<iframe src="{out}/frame"></iframe><iframe srcdoc="<img src={out}/srcdoc>"></iframe>'
        f'<object data="{out}/object"></object><embed src="{out}/embed">',
        "srcset": f'<img srcset="{out}/s1 1x, {out}/s2 2x"><picture><source srcset="{out}/s3"><img></picture>',
        "base": f'<base href="{out}/base/"><img src="relative.png"><a id=link href="relative.html">link</a>',
        "SVG": f'<svg><image href="{out}/svg"/><use xlink:href="{out}/use#x"/><script>{run}</script>'
        f'<a id=svglink xlink:href="{out}/svga"><animate attributeName=href to="{out}/animated"/>'
        f"<text y=20>link</text></a><style>@import '{out}/svg.css';</style></svg>",
        "service worker": f"<script>navigator.serviceWorker.register('/sw.js').then(()=>fetch('{out}/sw'))</script>",
        "preload": f'<link rel=preload as=image href="{out}/preload"><link rel=prefetch href="{out}/prefetch">'
        f'<link rel=preconnect href="{out}"><link rel=dns-prefetch href="{out}"><link rel=manifest href="{out}/m">'
        f'<link rel=modulepreload href="{out}/mod"><link rel=icon href="{out}/icon">'
        f'<link rel=stylesheet href="{out}/s">',
        "data URL": f'<iframe src="data:text/html,<img src={out}/data>"></iframe>'
        f'<a id=data href="data:text/html,x">d</a>'
        f'<link rel=stylesheet href="data:text/css,@import url({out}/datacss)"><a id=js href="javascript:{run}">j</a>',
        "media": f'<video src="{out}/video" poster="{out}/poster" autoplay></video>'
        f'<audio src="{out}/audio" autoplay></audio>'
        f'<input type=image src="{out}/input"><table background="{out}/table"><tr><td>x</table>',
        "mutation": f"<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src={out}/mutated&gt;'>",
        "template": f'<template shadowrootmode=open><img src="{out}/shadow"></template>'
        f'<noscript><img src="{out}/noscript"></noscript>',
    }


CLICKED = ("form", "base", "SVG", "data URL")


def keep(folder, markup: str | bytes, url: str = URL, media_type: str = "text/html; charset=utf-8") -> None:
    body = markup.encode() if isinstance(markup, str) else markup
    typed = f"Content-Type: {media_type}\r\n".encode() if media_type else b""
    head = b"HTTP/1.1 200 OK\r\n" + typed + b"Link: <http://hostile.test/x>;rel=preload\r\n"
    head += b"Refresh: 0;url=http://hostile.test/\r\nContent-Length: %d\r\n\r\n" % len(body)
    with Collection(folder) as collection, collection.writer("hostile", {}) as writer:
        at = datetime(2026, 5, 22, 12, tzinfo=UTC)
        writer.write(Capture(url=url, started_at=at, request=b"GET / HTTP/1.1\r\n\r\n", response=Block(head + body)))


@pytest.fixture
def watched(chromium) -> Iterator[tuple]:
    """A browser page, the requests it made, and the output of its scripts."""
    context = chromium.new_context()
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: dialog.dismiss())
    yield page, asked, said
    context.close()


def outside(asked: list[str], origin: str) -> list[str]:
    return [url for url in asked if not url.startswith((f"{origin}/", "data:image/", "about:"))]


@pytest.mark.parametrize("shown", ["/view/20260522120000/", "/replay/20260522120000mp_/", "/replay/20260522120000/"])
def test_replayed_page_cannot_reach_the_network(data, address, trap, watched, shown):
    page, asked, _ = watched
    out = f"http://trap.localhost:{trap.server_address[1]}"
    keep(data, "<!DOCTYPE html><title>still</title><p>hostile page</p>" + "\n".join(ways_out(out).values()))
    page.goto(f"{address}{shown}{URL}", wait_until="networkidle")
    frame = page.frames[1] if shown.startswith("/view/") else page.main_frame
    assert "hostile page" in frame.content()
    assert frame.title() == "still"
    assert outside(asked, address) == []
    assert trap.caught == []
    assert page.context.service_workers == []


@pytest.mark.parametrize("target", ["#send", "#js", "#data", "#svglink", "#link"])
def test_clicks_in_a_replayed_page_stay_in_replay(data, address, trap, watched, target):
    page, asked, _ = watched
    out = f"http://trap.localhost:{trap.server_address[1]}"
    keep(data, "<!DOCTYPE html><p>hostile page</p>" + "".join(ways_out(out)[way] for way in CLICKED))
    page.goto(f"{address}/view/20260522120000/{URL}")
    page.frames[1].locator(target).click(force=True)
    page.wait_for_load_state("networkidle")
    assert page.url.startswith(f"{address}/view/20260522120000/http://")
    assert outside(asked, address) == []
    assert trap.caught == []


def test_same_page_without_replay_reaches_the_trap(trap, watched):
    """Proves that the test above can fail: without replay every way leads out."""
    page, *_ = watched
    out = f"http://trap.localhost:{trap.server_address[1]}"
    caught = set()
    for name, markup in ways_out(out).items():
        if name in ("form", "service worker", "mutation"):
            continue  # they need a click, or https, or a sanitiser to deceive
        trap.caught.clear()
        page.set_content(f"<!DOCTYPE html>{markup}")
        page.wait_for_timeout(150)
        if trap.caught:
            caught.add(name)
    assert {"script", "handlers", "CSS import", "iframe", "srcset", "SVG", "preload", "media", "meta refresh"} <= caught


def test_policy_alone_blocks_what_rewriting_would_miss(data, trap, watched, served, monkeypatch):
    """The policy by itself: the page as captured, under the headers that replay sends."""
    page, *_ = watched
    out = f"http://trap.localhost:{trap.server_address[1]}"
    ways = ways_out(out)
    for moving in ("meta refresh", "base"):  # a document may lead itself elsewhere: that, rewriting alone can stop
        del ways[moving]
    ways["preload"] = ways["preload"].replace("rel=preconnect", "rel=x").replace("rel=dns-prefetch", "rel=x")
    keep(data, "<!DOCTYPE html><title>still</title><p>hostile page</p>" + "\n".join(ways.values()))
    monkeypatch.setattr("archive.replay.app.rewrite_html", lambda markup, links: markup)
    with Collection(data) as collection, served(Replay(collection, decode=lambda b, _: (b.decode(), "utf-8"))) as where:
        page.goto(f"{where}/20260522120000/{URL}", wait_until="networkidle")
        assert page.title() == "still"
    assert trap.caught == []


#: Chromium's viewer of PDF documents.
VIEWER = ("chrome-extension://", "chrome://resources/")
HOSTILE_TYPES = (
    "text/html", "application/xhtml+xml", "application/xml", "text/xml", "image/svg+xml", "application/pdf",
    "video/mp4", "text/plain", "text/css", "application/javascript", "application/octet-stream", "multipart/related",
    "message/rfc822", "",
)  # fmt: skip


@pytest.mark.parametrize("modifier", ["id_", "js_", "fw_", "tf_", "wb_", "oe_", "im_", "cs_", "if_"])
def test_no_modifier_or_media_type_lets_a_page_act(data, address, trap, watched, modifier):
    page, asked, _ = watched
    out = f"http://trap.localhost:{trap.server_address[1]}"
    for number, media_type in enumerate(HOSTILE_TYPES):
        markup = "<!DOCTYPE html><title>still</title><p>hostile page</p>" + "\n".join(ways_out(out).values())
        if "xml" in media_type:
            run = f"fetch('{out}/fetched')"
            markup = (
                f"<?xml-stylesheet href='{out}/xsl'?><x xmlns='http://www.w3.org/1999/xhtml'><script>{run}</script></x>"
            )
        url = f"http://hostile.test/{number}"
        keep(data, markup, url, media_type)
        with suppress(Error):  # a download ends the navigation
            page.goto(f"{address}/replay/20260522120000{modifier}/{url}", timeout=5000)
        page.wait_for_timeout(100)
        assert trap.caught == [], media_type
        assert [one for one in outside(asked, address) if not one.startswith(VIEWER)] == [], media_type


def keep_note(folder, url: str, body: bytes, media_type: str) -> None:
    """Import a record of another crawler."""
    head = (
        f"WARC/1.1\r\nWARC-Type: resource\r\nWARC-Record-ID: <urn:x:{url}>\r\nWARC-Date: 2026-05-22T12:00:00Z\r\n"
        f"WARC-Target-URI: {url}\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    (folder / "note.warc").write_bytes(head.encode() + body + b"\r\n\r\n")
    with Collection(folder) as collection:
        [_] = collection.import_file(folder / "note.warc")


@pytest.mark.parametrize("media_type", ["text/html", "image/svg+xml", "text/plain", "application/json", "video/mp4"])
def test_screenshots_and_texts_of_crawlers_cannot_act(data, address, trap, watched, media_type):
    page, asked, _ = watched
    out = f"http://trap.localhost:{trap.server_address[1]}"
    keep(data, "<p>page")
    kinds = ("view", "text", "metadata", "pageinfo")
    for kind in kinds:
        hostile = f"<svg xmlns='http://www.w3.org/2000/svg'>{''.join(ways_out(out).values())}</svg>"
        keep_note(data, f"urn:{kind}:{URL}", hostile.encode(), media_type)
    page.goto(f"{address}/view/20260522120000/{URL}")
    page.locator("summary").click()
    assert page.locator("figure").count() == len(kinds)
    page.wait_for_timeout(300)
    for kind in kinds:
        with suppress(Error):  # a download ends the navigation
            page.goto(f"{address}/view/20260522120000/urn:{kind}:{URL}", timeout=5000)
            page.wait_for_timeout(100)
    assert (trap.caught, outside(asked, address)) == ([], [])


def test_screenshot_and_text_of_a_crawler_are_shown_beside_the_capture(data, address, watched):
    page, asked, _ = watched
    keep(data, "<p>page")
    keep_note(data, f"urn:view:{URL}", PIXEL, "image/png")
    keep_note(data, f"urn:text:{URL}", "图书馆 <b>open</b>".encode(), "text/plain")
    page.goto(f"{address}/view/20260522120000/{URL}")
    page.get_by_text("Screenshot, Text").click()
    picture = page.locator("figure img")
    for _ in range(50):
        if picture.evaluate("one => one.naturalWidth"):
            break
        page.wait_for_timeout(100)
    assert picture.evaluate("one => one.naturalWidth") == 1
    text = page.frame_locator("figure iframe").locator("body")
    assert text.inner_text() == "图书馆 <b>open</b>"
    assert outside(asked, address) == []


def test_sound_is_played_from_anywhere_in_it(data, address, watched):
    """A player seeks with a range request."""
    page, *_ = watched
    samples = bytes(8000 * 2) * 30  # seconds
    head = b"RIFF%bWAVEfmt %b" % ((36 + len(samples)).to_bytes(4, "little"), (16).to_bytes(4, "little"))
    head += struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16) + b"data" + len(samples).to_bytes(4, "little")
    keep(data, head + samples, "http://sound.test/a.wav", "audio/wav")
    page.goto(f"{address}/replay/20260522120000/http://sound.test/a.wav")
    page.evaluate("document.querySelector('video, audio').currentTime = 25")
    for _ in range(50):  # no listener is called, since the document runs no scripts
        seconds, is_seeking, buffered = page.evaluate(
            "(one => [one.currentTime, one.seeking, one.readyState])(document.querySelector('video, audio'))"
        )
        if not is_seeking and buffered >= 2:
            break
        page.wait_for_timeout(100)
    assert (seconds >= 25, is_seeking, buffered >= 2) == (True, False, True)


def test_pdf_document_is_not_sandboxed_and_everything_else_is(data, address, watched):
    page, *_ = watched
    keep(data, "%PDF-1.4\n%%EOF", "http://hostile.test/a.pdf", "application/pdf")
    keep(data, "<p>text", "http://hostile.test/a.html")
    with suppress(Error):
        page.goto(f"{address}/view/20260522120000/http://hostile.test/a.pdf")
    assert page.locator("iframe").get_attribute("sandbox") is None
    page.goto(f"{address}/view/20260522120000/http://hostile.test/a.html")
    assert page.locator("iframe").get_attribute("sandbox") == "allow-top-navigation-by-user-activation"
