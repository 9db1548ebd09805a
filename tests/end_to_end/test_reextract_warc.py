"""``reextract --warc`` reads files of any crawler in place."""

import json

from archive import Collection
from crawler.demo import DemoServer, Gaoyuan, write_site_files


def test_items_are_rebuilt_from_warc_files_without_data_folder(run, tmp_path):
    with DemoServer([Gaoyuan()]) as server:
        write_site_files(server, tmp_path / "sites")
        place = ("--sites", tmp_path / "sites", "--data", tmp_path / "data")
        assert run("crawl", "gaoyuan", "--limit", "4", *place).returncode == 0
    (file,) = (tmp_path / "data" / "warc").iterdir()
    moved = file.rename(tmp_path / file.name)
    done = run("reextract", "--warc", moved, "--sites", tmp_path / "sites")
    assert done.returncode == 0, done.stderr
    items = [json.loads(line) for line in done.stdout.splitlines()]
    assert [item["site"] for item in items] == ["gaoyuan"] * 4
    with Collection.of_files([moved]) as collection:
        entry = collection.index.closest(items[0]["url"], next(collection.index.search()).date)
        assert items[0]["provenance"]["offset"] == entry.offset


def test_files_of_other_crawlers_are_read_together(run, shared):
    files = [shared / "data" / "warcs" / name for name in ("iana.warc.gz", "example.arc.gz", "example-wpull.warc.gz")]
    done = run("reextract", *(part for file in files for part in ("--warc", file)))
    assert done.returncode == 0, done.stderr
    items = [json.loads(line) for line in done.stdout.splitlines()]
    assert {item["provenance"]["file"] for item in items} == {file.name for file in files}
    assert any(item["title"] == "Example Domain" for item in items)
