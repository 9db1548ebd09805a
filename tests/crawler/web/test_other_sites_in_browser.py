"""Pages of other websites in a browser: they read nothing of a desk without password."""

import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

pytestmark = pytest.mark.chromium

HOME = "http://fonts.localhost"
PAGE = f"{HOME}/page.html"
AT = "20260522120000"


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!DOCTYPE html><title>other</title><p>text</p>")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def other() -> Iterator[str]:
    """The port of another website."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield str(server.server_address[1])
        server.shutdown()
        thread.join()


READ = """async ([url, kind]) => {
  const outcome = (element, name) => new Promise(done => {
    element.onload = () => done('loaded'); element.onerror = () => done('refused'); element[name] = url;
    document.body.append(element); setTimeout(() => done('nothing'), 3000);
  });
  if (kind === 'fetch') return fetch(url).then(answer => answer.text(), () => 'refused');
  if (kind === 'image') return outcome(new Image(), 'src');
  if (kind === 'script') return outcome(document.createElement('script'), 'src');
  if (kind === 'font') return new FontFace('f', `url("${url}")`).load().then(() => 'loaded', () => 'refused');
  if (kind === 'sheet') {
    const link = document.createElement('link'); link.rel = 'stylesheet';
    await outcome(link, 'href');
    return getComputedStyle(document.querySelector('p')).color === 'rgb(1, 2, 3)' ? 'loaded' : 'refused';
  }
}"""


@pytest.mark.parametrize("host", ["127.0.0.1", "evil.localhost"])
@pytest.mark.parametrize("is_sandboxed", [False, True], ids=["page", "opaque origin"])
def test_other_website_reads_nothing(kept, chromium, address, other, host, is_sandboxed):
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"http://{host}:{other}/")
    reader = page
    if is_sandboxed:
        page.evaluate(
            "() => { const f = document.createElement('iframe'); f.sandbox = 'allow-scripts'; f.src = location.href;"
            " document.body.append(f); return new Promise(done => f.onload = done); }"
        )
        reader = page.frames[1]
    replay = f"{address}/replay/{AT}"
    for url, kind in (
        (f"{replay}mp_/{PAGE}", "fetch"), (f"{replay}/{PAGE}", "fetch"), (f"{address}/replay/{PAGE}", "fetch"),
        (f"{replay}im_/{HOME}/picture.png", "fetch"), (f"{replay}im_/{HOME}/picture.png", "image"),
        (f"{replay}ce_/{HOME}/labelled.ttf", "fetch"), (f"{replay}ce_/{HOME}/labelled.ttf", "font"),
        (f"{replay}cs_/{HOME}/sheet.css", "sheet"), (f"{replay}im_/{HOME}/sheet.css", "script"),
        (f"{address}/", "fetch"), (f"{address}/search?q=x", "fetch"), (f"{address}/static/mark.svg", "image"),
    ):  # fmt: skip
        assert reader.evaluate(READ, [url, kind]) == "refused", (url, kind)
    context.close()


@pytest.mark.parametrize("where", ["/replay/", "/view/"])
def test_other_website_cannot_frame_captures(kept, chromium, address, other, where):
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{other}/")
    page.evaluate(
        "url => { const f = document.createElement('iframe'); f.src = url; document.body.append(f);"
        " return new Promise(done => f.onload = done); }",
        f"{address}{where}{AT}/{PAGE}",
    )
    assert "three" not in page.frames[1].content()
    context.close()


@pytest.mark.parametrize("where", ["/replay/", "/view/"])
def test_fonts_images_and_frames_of_a_capture_load(kept, chromium, address, where):
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{address}{where}{AT}/{PAGE}", wait_until="networkidle")
    frame = page.frames[1] if where == "/view/" else page.main_frame
    states = frame.evaluate("document.fonts.ready.then(() => [...document.fonts].map(f => f.family + ' ' + f.status))")
    assert states == ["labelled loaded", "unlabelled loaded", "later loaded"]
    assert frame.evaluate("document.images[0].naturalWidth") == 1
    assert "inner" in frame.child_frames[0].content()
    context.close()
