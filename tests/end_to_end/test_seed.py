"""The project's first example, a copied page with glosses and injected links, and real pages, in whole crawls."""

import json
from html import escape

import pytest

from archive import Collection
from crawler.demo import DemoServer, PagesPortal, write_site_files

TITLE = "西藏民政部門聚焦困難兒童群體 強化關愛服務保障"


@pytest.fixture(scope="module")
def seed_page(shared) -> str:
    """The saved text in its portal's template, with the injected links as a visible block."""
    file = shared / "seed" / "tibet-cn-20250522.txt"
    lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    _, _, title, dateline, *paragraphs, editor, notice, email, tail = lines
    date, _, source = dateline.partition(" 來")
    label, *links = [part.strip() for part in tail.replace("主站蜘蛛池模板:", "主站蜘蛛池模板:|").split("|")]
    body = "".join(f"<p>　　{escape(text)}</p>\n" for text in paragraphs)
    spam = "| ".join(f'<a href="http://spam-{n}.localhost/">{escape(text)}</a>' for n, text in enumerate(links) if text)
    return (
        '<html><head><meta charset="utf-8"><title>tibet.cn</title></head><body><div>tibet.cn</div><a href="/">home</a>'
        f'<div class="title_box"><h2>{escape(title)}</h2><div><span></span><span>{escape(date)}</span>'
        f"<span>來{escape(source)}</span></div></div>"
        f'<div class="text botborder">{body}<p>{escape(editor)}</p></div><p>{escape(notice)}</p><div>{email}</div>'
        f"<div>{label} {spam}</div></body></html>"
    )


def test_seed_page_gives_its_fields(run, tmp_path, seed_page):
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "seed.html").write_text(seed_page, encoding="utf-8")
    with DemoServer([PagesPortal(tmp_path / "pages")]) as server:
        write_site_files(server, tmp_path / "sites")
        done = run("crawl", "pages", "--sites", tmp_path / "sites", "--data", tmp_path)
        assert done.returncode == 0, done.stderr
        assert not server.forbidden_requests()
    shown = run("items", "export", "--data", tmp_path)
    item = json.loads(shown.stdout)
    assert item["title"] == TITLE
    assert item["date"] == "2025-05-22T09:22:00+08:00"
    assert item["date_precision"] == "second"
    assert item["source"] == "西藏商報"
    assert item["editor"] == "李雅妮"
    paragraphs = item["body"].split("\n")
    assert len(paragraphs) == 5
    assert paragraphs[0].startswith("自2024年西藏農村留守兒童")
    assert paragraphs[-1].endswith("邁上新臺階。")
    for injected in ("home", "email", "發布時間", "責編", "版權聲明", "蜘蛛池", "彩票"):
        assert injected not in item["body"]
    assert {"pinyin_gloss", "injected_links"} <= set(item["flags"])
    with Collection(tmp_path) as collection:
        assert not [entry.url for entry in collection.index.search() if "spam" in entry.url]


def test_36_real_pages_are_crawled_and_rebuilt(run, tmp_path, shared):
    pages = shared / "data" / "pages" / "zh-portals"
    with DemoServer([PagesPortal(pages)]) as server:
        write_site_files(server, tmp_path / "sites")
        done = run("crawl", "pages", "--sites", tmp_path / "sites", "--data", tmp_path, "--json")
        assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["articles"]["new"] == 36
    compared = run("reextract", "--sites", tmp_path / "sites", "--data", tmp_path, "--compare", "--json")
    assert json.loads(compared.stdout) | {"same": 36} == json.loads(compared.stdout)
    assert compared.returncode == 0
    assert run("archive", "verify", "--data", tmp_path).returncode == 0
