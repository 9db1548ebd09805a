"""Exported packages: selected records, manifest, index and pages, as other tools read them."""

import io
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from warcio.archiveiterator import ArchiveIterator

from archive import ArchiveError, Capture, Collection
from archive.errors import WriteError
from archive.revisit import Dedup
from archive.wacz import Page, Selection, write_wacz

A, B, C = "http://news.test/a", "http://news.test/b", "http://www.other.test/c"
NOON = datetime(2026, 3, 1, 12, 0, 0, 250000, UTC)
NOW = datetime(2026, 4, 1, 8, 30, 0, 5, UTC)


@pytest.fixture
def export(collection, tmp_path, opened):
    def export(*pages, **options):
        path = tmp_path / "out.wacz"
        report = write_wacz(path, collection, pages, software="Test/1.0", **({"now": NOW} | options))
        assert report.bytes == path.stat().st_size
        package = opened(path)
        assert (report.files, report.captures, report.pages) == (
            sum(name.startswith("archive/") for name in package.files),
            len(package.index),
            len(package.pages) - 1,
        )
        return package

    return export


def records(data: bytes) -> list[tuple[str, str | None]]:
    return [
        (record.rec_type, record.rec_headers.get_header("WARC-Target-URI"))
        for record in ArchiveIterator(io.BytesIO(data), check_digests="raise")
    ]


def test_without_selection_files_are_copied_byte_for_byte(export, store, collection):
    first, *_ = store("one", A, B)
    second, *_ = store("two", C)
    package = export(Page(B, NOON + timedelta(hours=1), "标题", "正文"), Page(A, NOON), description={"title": "Two"})
    for location in (first, second):
        with collection.storage.open(location.file) as file:
            assert package.files[f"archive/{location.file}"] == file.read()
    assert [(key, fields["url"]) for key, _, fields in package.index] == [
        ("test,news)/a", A),
        ("test,news)/b", B),
        ("test,other)/c", C),
    ]
    for _, _, fields in package.index:
        assert f"WARC-Target-URI: {fields['url']}\r\n".encode() in package.record(fields)
    manifest = {key: value for key, value in package.manifest.items() if key != "resources"}
    assert manifest == {
        "profile": "data-package",
        "wacz_version": "1.1.1",
        "software": "Test/1.0",
        "created": "2026-04-01T08:30:00Z",
        "title": "Two",
        "mainPageUrl": B,
        "mainPageDate": "2026-03-01T13:00:00.250000Z",
    }
    head, page, bare = package.pages
    assert head == {"format": "json-pages-1.0", "id": "pages", "title": "All Pages", "hasText": True}
    assert (page["title"], page["text"], page["ts"]) == ("标题", "正文", "2026-03-01T13:00:00.250000Z")
    assert set(bare) == {"id", "url", "ts"}
    assert page["id"] != bare["id"]


def test_compressed_files_are_stored_and_the_others_deflated(export, store):
    store("one", A)
    methods = {name: info.compress_type for name, info in export().infos.items()}
    stored = {name for name, method in methods.items() if method == zipfile.ZIP_STORED}
    assert stored == {name for name in methods if name.endswith(".gz")}


def test_offsets_follow_from_the_directory_only(export, store, tmp_path):
    """If a directory entry has no extra fields, wabac.js assumes that the local header has none either."""
    store("one", A, B)
    infos = export().infos
    written = (tmp_path / "out.wacz").read_bytes()
    for info in infos.values():
        assert info.extra == b""
        assert written[info.header_offset + 28 : info.header_offset + 30] == b"\0\0"


@pytest.mark.parametrize(
    ("selection", "urls"),
    [
        (Selection(prefix="one"), {A, B}),
        (Selection(hosts=("other.test",)), {C}),
        (Selection(prefix="one", hosts=("other.test",)), {A, B, C}),
        (Selection(start=NOON + timedelta(minutes=1)), {B}),
        (Selection(end=NOON + timedelta(hours=1)), {A, C}),
        (Selection(urls=["https://NEWS.test/a"]), {A}),
        (Selection(prefix="one", urls=[A, C]), {A}),
        (Selection(hosts=("test",)), {A, B, C}),
    ],
    ids=["crawl", "host", "crawl or host", "from", "to", "url", "url of crawl", "subdomains"],
)
def test_selected_captures_are_exported_with_their_requests(export, store, selection, urls):
    store("one", A, B)
    store("two", C)
    package = export(*(Page(url, NOON) for url in (A, C)), selection=selection)
    assert {fields["url"] for _, _, fields in package.index} == urls
    assert {row["url"] for row in package.pages[1:]} == urls - {B}
    stored = [one for name, data in package.files.items() if name.startswith("archive/") for one in records(data)]
    assert sorted(stored, key=str) == sorted(
        [(kind, url) for url in urls for kind in ("request", "response")]
        + [("warcinfo", None)] * (1 + (urls == {A, B, C}) + (urls == {A, C})),
        key=str,
    )
    for _, _, fields in package.index:
        assert package.record(fields).endswith(f"page {fields['url']}\r\n\r\n".encode())


def test_file_with_selected_records_has_another_name(export, store):
    location, _ = store("one", A, B)
    package = export(selection=Selection(urls=[B]))
    names = [name for name in package.files if name.startswith("archive/")]
    assert names == [f"archive/{location.file.removesuffix('.warc.gz')}.selected.warc.gz"]
    assert {fields["filename"] for _, _, fields in package.index} == {names[0].removeprefix("archive/")}


def test_file_still_being_written_is_left_out(export, store, collection, tmp_path, make_capture):
    store("one", A)
    with collection.writer("open", {}) as writer:
        writer.write(make_capture(url=B))
        assert {fields["url"] for _, _, fields in export().index} == {A}
    assert {fields["url"] for _, _, fields in export().index} == {A, B}


def test_same_input_gives_the_same_bytes(collection, store, tmp_path):
    store("one", A, B)
    paths = [tmp_path / "first.wacz", tmp_path / "second.wacz"]
    for path in paths:
        write_wacz(path, collection, [Page(A, NOON)], software="Test/1.0", now=NOW)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_empty_selection_is_an_error_and_leaves_no_file(collection, store, tmp_path):
    store("one", A)
    with pytest.raises(ArchiveError, match="no capture is selected"):
        write_wacz(tmp_path / "x.wacz", collection, software="Test/1.0", selection=Selection(hosts=("nowhere.test",)))
    assert list(tmp_path.glob("x.wacz*")) == []


def test_failed_export_keeps_the_old_package(collection, store, tmp_path):
    (location,) = store("one", A)
    path = tmp_path / "x.wacz"
    path.write_bytes(b"old")

    def pages():
        yield Page(A, NOON)
        raise ArchiveError("the store is gone")

    with pytest.raises(ArchiveError, match="the store is gone"):
        write_wacz(path, collection, pages(), software="Test/1.0")
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.glob("x.wacz*")] == ["x.wacz"]
    with pytest.raises(WriteError, match=r"no/such: cannot write"):
        write_wacz(tmp_path / "no" / "such", collection, software="Test/1.0")
    assert location.file


def test_page_without_its_capture_is_not_listed(export, store):
    store("one", A)
    package = export(Page(A, NOON + timedelta(minutes=5)), Page(B, NOON), Page(A, NOON.replace(microsecond=0)))
    assert [row["ts"] for row in package.pages[1:]] == ["2026-03-01T12:00:00Z"]


def test_memory_use_is_constant(collection, tmp_path, make_capture):
    """Exporting sixteen megabytes of records takes a fraction of that memory."""
    import os
    import tracemalloc

    noise = os.urandom(1 << 20)
    with collection.writer("big", {}) as writer:
        for number in range(16):
            capture: Capture = make_capture(
                url=f"http://news.test/{number}", response=b"HTTP/1.1 200 OK\r\n\r\n" + noise
            )
            writer.write(capture)
    for selection in (Selection(), Selection(urls=[f"http://news.test/{number}" for number in range(15)])):
        tracemalloc.start()
        report = write_wacz(tmp_path / "big.wacz", collection, software="Test/1.0", selection=selection)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert report.bytes > 15 << 20
        assert peak < 6 << 20


@pytest.mark.parametrize("dedup", [Dedup.URL, Dedup.ANY])
def test_original_of_a_selected_revisit_is_exported(collection, make_capture, tmp_path, opened, dedup):
    """A selection of the second day includes the original from the first day, and no other record of that day."""
    body = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + b"the same page " * 2000
    day_after = NOON + timedelta(days=1)
    with collection.writer("paper", {}, dedup=dedup) as writer:
        first = writer.write(make_capture(body, url=A))
        writer.write(make_capture(body + b"another", url=B))
    with collection.writer("paper", {}, dedup=dedup) as writer:
        url = A if dedup is Dedup.URL else C
        writer.write(make_capture(body, url=url, started_at=day_after))
    write_wacz(tmp_path / "x.wacz", collection, software="Test/1.0", selection=Selection(start=day_after))
    package = opened(tmp_path / "x.wacz")
    assert {(stamp[:8], fields["url"], fields["mime"]) for _, stamp, fields in package.index} == {
        ("20260301", A, "text/html"),
        ("20260302", url, "warc/revisit"),
    }
    assert {fields["digest"] for _, _, fields in package.index} == {first.payload_digest}


def test_revisit_without_its_original_is_exported_alone(collection, make_capture, tmp_path, opened):
    body = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + b"the same page " * 2000
    files = []
    for day in range(2):
        with collection.writer("paper", {}, dedup=Dedup.URL) as writer:
            files.append(writer.write(make_capture(body, url=A, started_at=NOON + timedelta(days=day))).file)
    collection.index.replace_file(files[0], [])
    selection = Selection(start=NOON + timedelta(days=1))
    write_wacz(tmp_path / "x.wacz", collection, software="Test/1.0", selection=selection)
    assert [fields["mime"] for _, _, fields in opened(tmp_path / "x.wacz").index] == ["warc/revisit"]


@pytest.mark.parametrize("selection", [Selection(), Selection(urls=[A])], ids=["whole", "selected"])
def test_exported_captures_are_read_back_unchanged(collection, store, tmp_path, selection):
    store("one", A, B)
    path = tmp_path / "x.wacz"
    write_wacz(path, collection, software="Test/1.0", selection=selection)
    with Collection.of_files([path]) as again:
        for url in (A, B):
            kept, found = collection.closest(url, NOW), again.closest(url, NOW)
            if found is None:
                assert not selection.is_everything
                assert url == B
                continue
            assert (found.request, found.response, found.started_at) == (kept.request, kept.response, kept.started_at)
            assert found.location.record_id == kept.location.record_id


def test_what_cannot_be_exported_is_listed_and_left_out(store, collection, tmp_path, opened):
    damaged, _ = store("one", A, B)
    (missing,) = store("two", C)
    with collection.file(damaged.file).open("rb+") as file:
        file.seek(damaged.offset + damaged.length - 30)
        file.write(bytes(20))
    collection.file(missing.file).unlink()
    pages = [Page(A, NOON), Page(B, NOON + timedelta(hours=1)), Page("http://news.test/never", NOON)]

    report = write_wacz(tmp_path / "out.wacz", collection, pages, software="Test/1.0", now=NOW)

    assert (report.captures, report.pages) == (1, 1)
    package = opened(report.path)
    assert [fields["url"] for _, _, fields in package.index] == [B]
    assert B.encode() in package.record(package.index[0][2])
    first, second, third = sorted(report.lost)
    assert first.startswith("1 articles have no capture in the archive, the first is http://news.test/never")
    assert f"{damaged.file} at byte {damaged.offset}" in second + third
    assert f"--forget {missing.file}" in second + third


def test_nothing_but_lost_captures_is_an_error_that_names_them(store, collection, tmp_path):
    (location,) = store("one", A)
    collection.file(location.file).unlink()
    with pytest.raises(ArchiveError, match=f"nothing can be exported: 1 captures: .*{location.file}"):
        write_wacz(tmp_path / "out.wacz", collection, software="Test/1.0", now=NOW)
