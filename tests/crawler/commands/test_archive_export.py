"""``broadsheet archive export-wacz`` and ``offload``: the files and messages they write."""

import gzip
import json
import os
import zipfile

import pytest

SITE = """
name = "paper"
title = "The Paper"
home = "http://paper.localhost/b"
hosts = ["paper.localhost"]
"""


def package(path) -> tuple[dict, list[dict], list[dict]]:
    """Return the manifest, the pages and the fields of the index lines of a WACZ file."""
    with zipfile.ZipFile(path) as file:
        pages = [json.loads(line) for line in file.read("pages/pages.jsonl").splitlines()]
        lines = gzip.decompress(file.read("indexes/index.cdx.gz")).decode().splitlines()
        return (
            json.loads(file.read("datapackage.json")),
            pages[1:],
            [json.loads(line.split(" ", 2)[2]) for line in lines],
        )


def test_html_pages_are_listed_if_there_are_no_articles(run, captured, tmp_path):
    outcome = run("archive", "export-wacz", "--data", captured, "--json", "--out", tmp_path / "all.wacz")
    result = json.loads(outcome.out)
    assert (outcome.code, result["files"], result["captures"], result["pages"], result["public_key"]) == (
        0,
        1,
        3,
        2,
        None,
    )
    manifest, pages, lines = package(tmp_path / "all.wacz")
    assert manifest["title"] == "Broadsheet archive"
    assert [page["ts"][:10] for page in pages] == ["2026-03-01", "2026-03-05"]
    assert len(lines) == 3


def test_pages_have_titles_and_texts_of_their_time(run, captured, tmp_path):
    from crawler.items import Article, Provenance
    from crawler.store import Store

    with Store.open(captured / "broadsheet.sqlite3") as store:
        for day, title in ((1, "First"), (5, "Edited")):
            at = f"2026-03-0{day}T08:00:00Z"
            record = Provenance(f"r{day}", "x.warc.gz", 0, "", at)
            store.articles.save(
                Article(url="http://paper.localhost/a", site="paper", title=title, body="正文", provenance=record)
            )
    for options, title in (((), "Edited"), (("--to", "2026-03-04"), "First")):
        out = tmp_path / f"{title}.wacz"
        assert run("archive", "export-wacz", "paper", "--data", captured, "--out", out, *options).code == 0
        _, pages, _ = package(out)
        assert [(page["title"], page["text"]) for page in pages] == [(title, "正文")]


def test_captures_are_selected_by_url_file_and_time(run, captured, tmp_path):
    urls = tmp_path / "urls.txt"
    urls.write_text("# two\nhttp://paper.localhost/a\n\nhttp://paper.localhost/zz\n")
    out = tmp_path / "some.wacz"
    run("archive", "export-wacz", "--data", captured, "--urls", urls, "--from", "2026-03-02", "--out", out)
    _, pages, lines = package(out)
    assert [fields["url"] for fields in lines] == ["http://paper.localhost/a"]
    assert [page["ts"][:10] for page in pages] == ["2026-03-05"]


def test_site_gives_file_name_title_and_main_page(run, captured, tmp_path):
    folder = tmp_path / "sites"
    folder.mkdir()
    (folder / "paper.toml").write_text(SITE)
    assert run("archive", "export-wacz", "paper", "--sites", folder, "--data", captured).code == 0
    (path,) = tmp_path.glob("paper-*.wacz")
    manifest, _, _ = package(path)
    assert (manifest["title"], manifest["mainPageUrl"]) == ("The Paper", "http://paper.localhost/b")
    assert manifest["mainPageDate"] == "2026-03-03T08:00:00Z"


def test_packages_are_signed_with_the_key_in_the_data_folder(run, captured, tmp_path):
    keys = set()
    for name in ("one", "two"):
        out = tmp_path / f"{name}.wacz"
        result = json.loads(run("archive", "export-wacz", "--sign", "--data", captured, "--out", out, "--json").out)
        with zipfile.ZipFile(out) as file:
            signed = json.loads(file.read("datapackage-digest.json"))["signedData"]
        keys |= {result["public_key"], signed["publicKey"]}
    assert len(keys) == 1
    assert (captured / "keys" / "wacz.pem").is_file()


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("nowhere",), 2, "unknown site 'nowhere' (known: "),
        (("tibet_cn",), 1, "no capture is selected; see `broadsheet archive stats`"),
        (("--out", "x.zip"), 2, "--out x.zip: the name of a WACZ file must end in .wacz"),
        (("--urls", "none.txt"), 2, "--urls none.txt: cannot be read"),
        (("--from", "yesterday"), 2, "--from yesterday: not a time"),
        (("--storage", "http://x"), 1, "'http://x' is not the URL of a bucket"),
    ],
)
def test_errors_are_one_line(run, captured, tmp_path, options, code, message):
    outcome = run("archive", "export-wacz", "--data", captured, *options)
    assert outcome.code == code
    assert message in outcome.err
    assert len(outcome.err.splitlines()) == 1
    assert list(tmp_path.glob("*.wacz*")) == []


def test_offloaded_files_are_read_from_the_bucket(run, captured, tmp_path, s3):
    before = json.loads(run("archive", "stats", "--data", captured, "--json").out)
    (file,) = (captured / "warc").glob("*.warc.gz")
    whole = file.read_bytes()
    first = json.loads(run("archive", "offload", "--storage", s3, "--data", captured, "--json").out)
    assert [(move["uploaded"], move["dropped"]) for move in first] == [(True, False)]
    second = run("archive", "offload", "--storage", s3, "--drop-local", "--data", captured)
    assert f"{file.name}" in second.text
    assert "before" in second.text
    assert not file.exists()
    assert "no closed files to upload" in run("archive", "offload", "--storage", s3, "--data", captured).text

    assert "broadsheet: " in run("archive", "lookup", "http://paper.localhost/a", "--body", "--data", captured).err
    bucket = ("--storage", s3, "--data", captured)
    assert run("archive", "lookup", "http://paper.localhost/a", "--body", *bucket).out.decode() == "body 文"
    assert run("archive", "verify", *bucket).text == "1 files checked, no errors\n"
    assert json.loads(run("archive", "stats", "--json", *bucket).out) == before
    assert run("archive", "export-wacz", "--out", tmp_path / "far.wacz", *bucket).code == 0
    with zipfile.ZipFile(tmp_path / "far.wacz") as packed:
        assert packed.read(f"archive/{file.name}") == whole


def test_offload_needs_a_bucket(run, captured):
    outcome = run("archive", "offload", "--data", captured)
    assert (outcome.code, "use --storage s3://bucket/folder" in outcome.err) == (2, True)


def test_export_of_a_damaged_archive_exits_1_and_says_what_it_lacks(run, captured, tmp_path):
    (file,) = (captured / "warc").glob("*.warc.gz")
    os.truncate(file, file.stat().st_size - 600)
    outcome = run("archive", "export-wacz", "--data", captured, "--json", "--out", tmp_path / "part.wacz")
    result = json.loads(outcome.out)
    assert outcome.code == 1
    assert result["captures"] < 3
    assert len(result["lost"]) == 1
    assert f"not exported: {result['lost'][0]}" in outcome.err
    assert f"{file.name} at byte" in outcome.err


def test_items_of_a_lost_file_are_exported_with_a_warning(run, captured, tmp_path):
    from crawler.items import Article, Provenance
    from crawler.store import Store

    (file,) = (captured / "warc").glob("*.warc.gz")
    with Store.open(captured / "broadsheet.sqlite3") as store:
        record = Provenance("r1", file.name, 0, "", "2026-03-01T08:00:00Z")
        store.articles.save(Article(url="http://paper.localhost/a", site="paper", title="A", provenance=record))
    assert run("items", "export", "--data", captured).code == 0
    file.unlink()

    outcome = run("items", "export", "--data", captured, "--out", tmp_path / "items.jsonl")

    assert (outcome.code, outcome.text.split()[0]) == (1, "1")
    assert "1 exported items have no record" in outcome.err
    assert f"--forget {file.name}" in outcome.err
