"""Imports of other crawlers' files: each record byte for byte, once, with its origin; all damage is reported."""

import base64
import fcntl
import gzip
import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest
from backports import zstd
from fastwarc import ArchiveIterator

from archive import ArchiveError, Collection
from archive.importing import import_file
from archive.reading import read_records

PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>page</p>"


def record(number: int, *, kind: str = "response", block: bytes = PAGE, extra: str = "") -> bytes:
    return (
        (
            f"WARC/1.0\r\nwarc-type: {kind}\r\nWARC-Record-ID:  <urn:x:{number}>\r\nWARC-Date: 2020-01-02T03:04:05Z\r\n"
            f"WARC-Target-URI: http://a.test/{number}\r\n{extra}Content-Length: {len(block)}\r\n\r\n"
        ).encode()
        + block
        + b"\r\n\r\n"
    )


RECORDS = [record(1), record(2, extra="X-Odd: caf\u00e9 \t folded\r\n"), record(3, block=b"")]


def zipped(entries: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, data in entries.items():
            package.writestr(name, data)
    return out.getvalue()


def with_dictionary(data: bytes) -> bytes:
    dictionary = zstd.train_dict([bytes([n]) + record(n) * 20 for n in range(200)], 4096)
    frame = dictionary.dict_content
    return b"\x5d\x2a\x4d\x18" + len(frame).to_bytes(4, "little") + frame + zstd.compress(data, zstd_dict=dictionary)


def split(one: bytes) -> bytes:
    head = one.index(b"\r\n\r\n") + 4
    return gzip.compress(one[:head]) + gzip.compress(one[head:])


PACKED = {
    "plain": lambda records: b"".join(records),
    "members": lambda records: b"".join(map(gzip.compress, records)),
    "one-member": lambda records: gzip.compress(b"".join(records)),
    "two-members": lambda records: gzip.compress(records[0] + records[1]) + gzip.compress(records[2]),
    "split-members": lambda records: b"".join(map(split, records)),
    "gzipped-twice": lambda records: gzip.compress(b"".join(map(gzip.compress, records))),
    "zstd": lambda records: b"".join(map(zstd.compress, records)),
    "zstd-dictionary": lambda records: with_dictionary(b"".join(records)),
    "wacz": lambda records: zipped({"archive/a.warc.gz": gzip.compress(b"".join(records)), "datapackage.json": b"{}"}),
}


def members(path: Path) -> list[bytes]:
    with path.open("rb") as file:
        return [
            gzip.decompress(path.read_bytes()[r.offset : r.offset + r.length]) for r in read_records(file, name="x")
        ]


@pytest.mark.parametrize("packed", PACKED)
def test_records_are_copied_byte_for_byte_into_gzip_members(tmp_path, packed):
    source = tmp_path / "crawl.warc.gz"
    source.write_bytes(PACKED[packed](RECORDS))
    (imported,) = import_file(source, tmp_path / "warc")
    assert (imported.records, imported.is_new, imported.damage) == (3, True, ())
    path = tmp_path / "warc" / imported.file
    origin, *records = members(path)
    assert records == RECORDS
    assert b"WARC-Type: warcinfo" in origin
    assert b"imported from crawl.warc.gz" in origin or b"imported from crawl.warc.gz!/archive/a.warc.gz" in origin
    assert len(list(ArchiveIterator(path.open("rb")))) == 4


def test_file_with_one_record_per_member_is_copied_with_its_members(tmp_path):
    source = tmp_path / "crawl.warc.gz"
    source.write_bytes(b"".join(gzip.compress(one, 1) for one in RECORDS))
    (imported,) = import_file(source, tmp_path / "warc")
    data = (tmp_path / "warc" / imported.file).read_bytes()
    assert data.endswith(source.read_bytes())
    assert hashlib.sha256(source.read_bytes()).hexdigest()[:16] in imported.file
    assert hashlib.sha256(source.read_bytes()).hexdigest().encode() in members(tmp_path / "warc" / imported.file)[0]


def test_same_file_is_not_imported_twice(tmp_path):
    one, two = tmp_path / "one.warc", tmp_path / "two.warc"
    for path in (one, two):
        path.write_bytes(b"".join(RECORDS))
    with Collection(tmp_path) as collection:
        (first,) = collection.import_file(one)
        (again,) = collection.import_file(one)
        assert (first.captures, again.captures, again.imported.is_new) == (3, 3, False)
        assert first.imported.file == again.imported.file
        assert len(collection.index) == 3
        collection.index.replace_file(first.imported.file, [])
    assert [path.name for path in (tmp_path / "warc").iterdir()] == [first.imported.file]


def test_importing_again_indexes_a_file_after_a_crash(tmp_path):
    source = tmp_path / "crawl.warc"
    source.write_bytes(b"".join(RECORDS))
    list(import_file(source, tmp_path / "warc"))
    with Collection(tmp_path) as collection:
        (again,) = collection.import_file(source)
        assert again.captures == len(collection.index) == 3


def test_killed_import_is_repeated(tmp_path):
    source = tmp_path / "crawl.warc"
    source.write_bytes(b"".join(RECORDS))
    (first,) = import_file(source, tmp_path / "warc")
    left = (tmp_path / "warc" / first.file).rename(tmp_path / "warc" / (first.file + ".importing"))
    with Collection(tmp_path) as collection:
        (finding,) = collection.verify()
        assert (finding.file, finding.what) == (left.name, "left by an import that died")
        with left.open("rb") as locked:
            fcntl.flock(locked, fcntl.LOCK_EX)
            with pytest.raises(ArchiveError, match="is being imported by another process"):
                list(collection.import_file(source))
            assert list(collection.verify()) == []
            assert left.exists()
        (again,) = collection.import_file(source)
        assert (again.imported.records, left.exists()) == (3, False)
        assert list(collection.verify()) == []


def test_arc_file_is_converted_and_its_captures_are_found(tmp_path):
    version = b"1 0 Archive\nURL IP-address Archive-date Content-type Archive-length\n"
    data = b"filedesc://x.arc 0.0.0.0 20010203040506 text/plain %d\n" % len(version) + version + b"\n"
    data += b"http://a.test/old page 192.0.2.1 20010203040506 text/html %d\n" % len(PAGE) + PAGE + b"\n"
    data += b"dns:a.test 192.0.2.1 20010203040506 text/dns 3\nabc\n"
    source = tmp_path / "old.arc"
    source.write_bytes(data)
    with Collection(tmp_path) as collection:
        (one,) = collection.import_file(source)
        assert (one.imported.records, one.captures) == (3, 1)
        (entry,) = collection.index.search()
        capture = collection.load(entry)
        assert (capture.url, bytes(capture.response)) == ("http://a.test/old page", PAGE)
        assert (capture.ip_address, entry.timestamp) == ("192.0.2.1", "20010203040506")
        assert list(collection.verify()) == []
        _, version_record, _, dns = read_records(collection.file(one.imported.file))
        assert (version_record.type, bytes(version_record.block)) == ("resource", version)
        assert (dns.type, dns.get("Content-Type"), bytes(dns.block)) == ("resource", "text/dns", b"abc")


@pytest.mark.parametrize("packed", ["plain", "members", "one-member", "zstd"])
def test_damage_is_reported_and_the_rest_is_imported(tmp_path, packed):
    if packed == "one-member":
        data = gzip.compress(b"".join(RECORDS * 3))[:-9]
    elif packed == "zstd":
        data = PACKED[packed](RECORDS)[:-9]
    else:
        parts = [PACKED[packed]([one]) for one in (record(n, block=PAGE * 5) for n in range(3))]
        data = parts[0] + parts[1][:-30] + parts[2]
    source = tmp_path / "crawl.warc.gz"
    source.write_bytes(data)
    (imported,) = import_file(source, tmp_path / "warc")
    assert imported.records == {"plain": 2, "members": 2, "one-member": 9, "zstd": 2}[packed]
    assert imported.damage
    assert str(imported.damage[0]).startswith("crawl.warc.gz at byte ")


def test_file_that_continues_compressed_behind_damage(tmp_path):
    source = tmp_path / "crawl.warc"
    source.write_bytes(RECORDS[0] + b"junk" + gzip.compress(RECORDS[1]))
    (imported,) = import_file(source, tmp_path / "warc")
    assert members(tmp_path / "warc" / imported.file)[1:] == RECORDS[:2]
    assert len(imported.damage) == 1


def test_members_of_several_records_and_plain_records_mix(tmp_path):
    source = tmp_path / "crawl.warc.gz"
    several = gzip.compress(RECORDS[2] + RECORDS[0])
    source.write_bytes(gzip.compress(RECORDS[0]) + RECORDS[1] + several + RECORDS[1])
    (imported,) = import_file(source, tmp_path / "warc")
    assert (imported.records, imported.damage) == (5, ())


def test_version_in_lower_case_and_length_with_a_sign_are_read(tmp_path):
    source = tmp_path / "crawl.warc"
    lower = RECORDS[0].replace(b"WARC/", b"warc/", 1)
    signed = RECORDS[1].replace(b"Content-Length: ", b"Content-Length: +", 1)
    source.write_bytes(lower + signed + RECORDS[2])
    (imported,) = import_file(source, tmp_path / "warc")
    assert (imported.records, imported.damage) == (3, ())


def test_file_without_records_leaves_no_file(tmp_path):
    source = tmp_path / "page.html"
    source.write_bytes(b"<html>")
    (imported,) = import_file(source, tmp_path / "warc")
    assert (imported.file, imported.records, len(imported.damage)) == (None, 0, 1)
    assert list((tmp_path / "warc").iterdir()) == []
    with pytest.raises(ArchiveError, match="cannot open: No such file"):
        list(import_file(tmp_path / "none", tmp_path / "warc"))


GOOD = gzip.compress(record(1))
HOSTILE_PACKAGES = {
    "climbs": ({"archive/../../evil.warc.gz": GOOD}, "is not a valid name for a WARC file"),
    "backslash": ({"archive/..\\evil.warc.gz": GOOD}, "is not a valid name for a WARC file"),
    "program": ({"archive/evil.sh": b"#!/bin/sh"}, "is not a valid name for a WARC file"),
}


@pytest.mark.parametrize("case", HOSTILE_PACKAGES)
def test_names_in_a_package_never_become_paths(tmp_path, case):
    entries, what = HOSTILE_PACKAGES[case]
    source = tmp_path / "package.wacz"
    source.write_bytes(zipped(entries | {"archive/good.warc.gz": GOOD}))
    found = {one.source.rpartition("!")[2]: one for one in import_file(source, tmp_path / "warc")}
    assert found["/archive/good.warc.gz"].records == 1
    assert what in found["/" + next(iter(entries))].damage[0].what
    assert {path.name for path in tmp_path.iterdir()} == {"package.wacz", "warc"}
    assert len(list((tmp_path / "warc").iterdir())) == 1


def test_package_without_warc_files_and_broken_package_are_errors(tmp_path):
    source = tmp_path / "package.wacz"
    source.write_bytes(zipped({"pages/pages.jsonl": b"{}"}))
    with pytest.raises(ArchiveError, match="not a WACZ"):
        list(import_file(source, tmp_path / "warc"))
    source.write_bytes(zipped({"archive/a.warc.gz": b"no records"})[:-30])
    with pytest.raises(ArchiveError, match="cannot be read as a package"):
        list(import_file(source, tmp_path / "warc"))


@pytest.mark.parametrize("lost", [30, 120])
def test_records_of_a_package_that_is_cut_short_are_found(tmp_path, lost):
    source = tmp_path / "package.wacz"
    whole = zipped({"archive/a.warc.gz": b"".join(map(gzip.compress, RECORDS)), "pages/pages.jsonl": b"{}" * 90})
    source.write_bytes(whole[:-lost])
    (imported,) = import_file(source, tmp_path / "warc")
    assert imported.records == 3
    assert "cannot be read as a package: the directory at its end is missing" in str(imported.damage[0])


@pytest.mark.parametrize("pack", [lambda data: data, gzip.compress], ids=["plain", "gzip"])
def test_last_record_that_is_cut_short_is_imported_as_truncated(tmp_path, pack):
    source = tmp_path / "crawl.warc.gz"
    source.write_bytes(pack(RECORDS[0]) + pack(record(9, block=PAGE * 50))[: -40 if pack is gzip.compress else -200])
    with Collection(tmp_path) as collection:
        (one,) = collection.import_file(source)
        assert (one.imported.records, len(one.imported.damage)) == (2, 1)
        assert "cut short" in str(one.imported.damage[0])
        *_, last = collection.index.captures_in(one.imported.file)
        capture = collection.load(last)
        assert capture.truncated == "unspecified"
        assert (PAGE * 50).startswith(bytes(capture.response))
        assert list(collection.verify()) == []


def test_record_whose_length_is_too_large_does_not_swallow_those_after_it(tmp_path):
    source = tmp_path / "crawl.warc"
    wrong = RECORDS[0].replace(b"Content-Length: ", b"Content-Length: 9")
    source.write_bytes(wrong + RECORDS[1])
    (imported,) = import_file(source, tmp_path / "warc")
    assert (imported.records, len(imported.damage)) == (1, 1)


def skippable(data: bytes) -> bytes:
    return b"\x53\x2a\x4d\x18" + len(data).to_bytes(4, "little") + data


def test_damaged_zstd_frame_is_left_out_and_other_frames_are_skipped(tmp_path):
    frames = [zstd.compress(one) for one in (record(n, block=PAGE * 5) for n in range(4))]
    frames[1] = frames[1][:40] + bytes(20) + frames[1][60:]
    source = tmp_path / "crawl.warc.zst"
    source.write_bytes(skippable(b"note") + b"".join(frames[:2]) + skippable(b"more") + b"".join(frames[2:]))
    (imported,) = import_file(source, tmp_path / "warc")
    assert (imported.records, len(imported.damage)) == (3, 1)
    assert imported.damage[0].offset == len(skippable(b"note")) + len(frames[0])


def test_zstd_dictionary_without_header_is_read_and_an_invalid_one_is_named(tmp_path):
    source = tmp_path / "crawl.warc.zst"
    raw = b"some words that many pages of this town have in common " * 9
    packed = b"".join(zstd.compress(one, zstd_dict=zstd.ZstdDict(raw, is_raw=True)) for one in RECORDS)
    source.write_bytes(b"\x5d" + skippable(raw)[1:] + packed)
    (imported,) = import_file(source, tmp_path / "warc")
    assert (imported.records, imported.damage) == (3, ())
    source.write_bytes(b"\x5d" + skippable(b"\x37\xa4\x30\xec junk")[1:] + packed)
    (imported,) = import_file(source, tmp_path / "warc")
    assert any("invalid dictionary" in str(error) for error in imported.damage)


def test_flipped_byte_in_a_package_is_reported(tmp_path):
    data = bytearray(zipped({"archive/a.warc.gz": GOOD}))
    data[80] ^= 0xFF
    source = tmp_path / "package.wacz"
    source.write_bytes(data)
    (imported,) = import_file(source, tmp_path / "warc")
    assert imported.damage[0].what.startswith("damaged in the package")


def with_digest(number: int, block: bytes) -> bytes:
    digest = "sha1:" + base64.b32encode(hashlib.sha1(block).digest()).decode()
    return gzip.compress(record(number, block=b"<p>sound</p>", extra=f"WARC-Block-Digest: {digest}\r\n"))


def test_of_a_file_with_a_wrong_digest_only_records_with_valid_digests_are_imported(tmp_path):
    data = with_digest(1, b"<p>sound</p>") + with_digest(2, b"<p>other</p>") + GOOD
    digest = hashlib.sha256(data).hexdigest()
    source, damage = tmp_path / "package.wacz", []
    for number, stated in enumerate((digest, "0" * 64)):
        manifest = {"resources": [{"path": "archive/a.warc.gz", "hash": f"sha256:{stated}"}]}
        source.write_bytes(zipped({"archive/a.warc.gz": data, "datapackage.json": json.dumps(manifest).encode()}))
        (imported,) = import_file(source, tmp_path / f"warc{number}")
        damage.append([imported.records, *(error.what for error in imported.damage)])
    assert damage[0] == [3]
    assert damage[1][:2] == [1, f"has sha256:{digest}, but datapackage.json states sha256:{'0' * 64}"]
    assert damage[1][2:] == ["left out, because no block digest confirms it"] * 2


@pytest.mark.parametrize("manifest", [b"", b"[]", b"{", b'{"resources": [1, {"path": 2}]}', b"[" * 100_000])
def test_invalid_manifest_states_no_digests(tmp_path, manifest):
    source = tmp_path / "package.wacz"
    source.write_bytes(zipped({"archive/a.warc.gz": GOOD, "datapackage.json": manifest}))
    (imported,) = import_file(source, tmp_path / "warc")
    assert (imported.records, imported.damage) == (1, ())


def test_manifest_with_a_wrong_digest_is_reported(tmp_path):
    source = tmp_path / "package.wacz"
    stated = b'{"path": "datapackage.json", "hash": "sha256:00"}'
    source.write_bytes(
        zipped({"archive/a.warc.gz": GOOD, "datapackage.json": b"{}", "datapackage-digest.json": stated})
    )
    (imported,) = import_file(source, tmp_path / "warc")
    assert imported.records == 1
    assert imported.damage[0].what.endswith("datapackage-digest.json states sha256:00")


def test_overlapping_files_of_a_package_are_left_out(tmp_path):
    data = bytearray(zipped({"archive/a.warc.gz": GOOD, "archive/b.warc.gz": GOOD}))
    second = data.rfind(b"PK\x01\x02")
    data[second + 42 : second + 46] = bytes(4)  # both entries at offset 0
    data[second + 46 : second + 46 + 17] = b"archive/a.warc.gz"
    source = tmp_path / "package.wacz"
    source.write_bytes(data)
    first, other = import_file(source, tmp_path / "warc")
    assert first.records == 1
    assert other.damage[0].what == "overlaps another file of the package"


@pytest.mark.parametrize("packed", PACKED)
def test_files_are_read_without_importing_them(tmp_path, packed):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    source = folder / "crawl.warc.gz"
    source.write_bytes(PACKED[packed](RECORDS))
    before = source.read_bytes()
    with Collection.of_files([source]) as collection:
        entries = list(collection.index.search())
        assert [entry.url for entry in entries] == ["http://a.test/1", "http://a.test/2", "http://a.test/3"]
        assert collection.load(entries[1]).body() == b"<p>page</p>"
        if packed in ("plain", "members"):
            assert {entry.file for entry in entries} == {"crawl.warc.gz"}
        scratch = collection.root
    assert not scratch.exists()
    assert [path.name for path in folder.iterdir()] == ["crawl.warc.gz"]
    assert source.read_bytes() == before


def test_files_of_the_same_name_are_distinguished(tmp_path):
    paths = [tmp_path / folder / "crawl.warc" for folder in ("a", "b")]
    for number, path in enumerate(paths):
        path.parent.mkdir()
        path.write_bytes(record(number))
    with Collection.of_files(paths) as collection:
        assert [collection.load(entry).url for entry in collection.index.search()] == [
            "http://a.test/0",
            "http://a.test/1",
        ]


def test_files_without_captures_are_an_error_and_damage_is_reported(tmp_path):
    source = tmp_path / "x.warc"
    source.write_bytes(record(1, kind="metadata"))
    with pytest.raises(ArchiveError, match="has no captures of pages"):
        Collection.of_files([source])
    with pytest.raises(ArchiveError, match="cannot open: No such file"):
        Collection.of_files([tmp_path / "none"])
    source.write_bytes(record(1) + b"junk" + record(2))
    damage = []
    with Collection.of_files([source], on_damage=damage.append) as collection:
        assert len(collection.index) == 2
    assert "expected a record" in damage[0].what


def test_resources_and_conversions_are_captures(tmp_path):
    source = tmp_path / "x.warc"
    resource = record(1, kind="resource", block=b"<p>made</p>", extra="Content-Type: text/html; charset=utf-8\r\n")
    text = record(1, kind="conversion", block=b"made", extra="Content-Type: text/plain\r\n")
    alone = record(2, kind="conversion", block=b"alone", extra="Content-Type: text/plain\r\n")
    source.write_bytes(resource + text + alone)
    with Collection.of_files([source]) as collection:
        one, two, note = [collection.load(entry) for entry in collection.index.search()]
        assert (one.status, one.body(), one.head.get(b"content-type")) == (
            200,
            b"<p>made</p>",
            b"text/html; charset=utf-8",
        )
        assert (two.url, two.body(), two.request) == ("http://a.test/2", b"alone", b"")
        assert note.body() == b"made"


@pytest.mark.parametrize("coding", ["br", "zstd"])
def test_other_codings_and_http2_status_lines_are_read(tmp_path, coding):
    import brotli

    body = {"br": brotli.compress, "zstd": zstd.compress}[coding](b"<p>page</p>")
    block = b"HTTP/2 200\r\n:status: 200\r\ncontent-encoding: " + coding.encode() + b"\r\n\r\n" + body
    source = tmp_path / "x.warc"
    source.write_bytes(record(1, block=block))
    with Collection.of_files([source]) as collection:
        (entry,) = collection.index.search()
        assert (entry.status, collection.load(entry).body()) == (200, b"<p>page</p>")


def test_package_with_negative_file_offsets_is_an_error(tmp_path):
    data = zipped({"archive/a.warc.gz": GOOD, "datapackage.json": b"{}"})
    end = data.rfind(b"PK\x05\x06")
    source = tmp_path / "a.wacz"
    source.write_bytes(data[: end + 16] + b"\xff\xff\xff\x7f" + data[end + 20 :])
    with pytest.raises(ArchiveError, match=r"cannot be read as a package"):
        list(import_file(source, tmp_path / "warc"))


def test_package_with_an_undecodable_name_is_an_error(tmp_path):
    data = zipped({"archive/a.warc.gz": GOOD})
    at = data.rfind(b"PK\x01\x02")
    flags = at + 8
    data = data[:flags] + b"\x00\x08" + data[flags + 2 : at + 46] + b"\xff" + data[at + 47 :]
    source = tmp_path / "a.wacz"
    source.write_bytes(data)
    with pytest.raises(ArchiveError, match=r"a\.wacz"):
        list(import_file(source, tmp_path / "warc"))


@pytest.mark.parametrize("name", ["archive/sub/a.warc.gz", "crawl/archive/a.warc.gz", "./archive/a.warc.gz",
                                  "archive\\a.warc.gz", "a.warc.gz", "data/a.arc.gz"])  # fmt: skip
def test_warc_files_in_any_folder_of_a_package_are_imported_and_compared_with_the_manifest(tmp_path, name):
    source, top = tmp_path / "package.zip", "crawl/" if name.startswith("crawl/") else ""
    for stated, damage in ((hashlib.sha256(GOOD).hexdigest(), 0), ("0" * 64, 2)):
        manifest = {"resources": [{"path": name.removeprefix(top), "hash": f"sha256:{stated}"}]}
        source.write_bytes(zipped({name: GOOD, f"{top}datapackage.json": json.dumps(manifest).encode()}))
        (imported,) = import_file(source, tmp_path / f"warc{damage}")
        assert (imported.records, len(imported.damage)) == (0 if damage else 1, damage)


def test_packages_in_a_package_are_imported_and_no_deeper_ones(tmp_path):
    inner = zipped({"archive/a.warc.gz": GOOD})
    source = tmp_path / "multi.wacz"
    source.write_bytes(zipped({"a.wacz": inner, "b.wacz": zipped({"c.wacz": inner}), "d.wacz": b"PK\3\4 junk"}))
    good, deep, broken = import_file(source, tmp_path / "warc")
    assert (good.source, good.records, good.damage) == ("multi.wacz!/a.wacz!/archive/a.warc.gz", 1, ())
    assert "a package in a package in a package" in deep.damage[0].what
    assert "the directory at its end is missing" in broken.damage[0].what


def test_encrypted_file_of_a_package_is_refused(tmp_path):
    data = bytearray(zipped({"archive/a.warc.gz": GOOD}))
    data[data.rfind(b"PK\1\2") + 8] |= 1
    source = tmp_path / "package.wacz"
    source.write_bytes(data)
    (imported,) = import_file(source, tmp_path / "warc")
    assert (imported.records, imported.damage[0].what) == (0, "is encrypted")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("name", ["archive/a.warc.gz", "datapackage.json"])
def test_files_with_other_compression_methods_are_read_unless_damaged(tmp_path, method, name):
    """If their compressed data is damaged, Python raises errors that other damage does not cause."""
    source = tmp_path / "a.wacz"
    for damage in (b"", b"\0\0\0\0"):
        with zipfile.ZipFile(source, "w") as package:
            package.writestr("archive/good.warc.gz", GOOD)
            package.writestr(name, GOOD * 9, method)
            at = package.getinfo(name).header_offset + 60
        data = source.read_bytes()
        source.write_bytes(data[:at] + damage + data[at + len(damage) :])
        whole, *others = import_file(source, tmp_path / f"warc-{len(damage)}")
        assert whole.records == 1
        assert all(one.records == (0 if damage else 9) for one in others)
        assert all("damaged in the package" in one.damage[0].what for one in others if damage)
        assert len(others) == name.startswith("archive/")


NAMED_AGAIN = {
    "bytes between records": RECORDS[0] + b"junk" + RECORDS[1],
    "cut short": b"".join(map(gzip.compress, RECORDS))[:-20],
    "no date": RECORDS[0] + RECORDS[1].replace(b"2020-01-02T03:04:05Z", b"some day"),
}


@pytest.mark.parametrize("case", NAMED_AGAIN)
def test_importing_a_damaged_file_again_names_the_damage_again(tmp_path, case):
    source = tmp_path / "crawl.warc"
    source.write_bytes(NAMED_AGAIN[case])

    def read_messages(collection):
        (one,) = collection.import_file(source)
        return one.imported.is_new, [str(error) for error in (*one.imported.damage, *one.not_indexed)]

    with Collection(tmp_path) as collection:
        first, again = read_messages(collection), read_messages(collection)
        assert (first[0], again[0]) == (True, False)
        assert first[1] == again[1] != []
        assert [finding for finding in collection.verify() if "WARC-Date" not in finding.what] == []


@pytest.mark.parametrize("pack", [lambda data: data, gzip.compress], ids=["plain", "gzip"])
def test_zeros_between_and_after_records_are_not_damage(tmp_path, pack):
    source = tmp_path / "crawl.warc"
    source.write_bytes(bytes(700).join([*map(pack, RECORDS), b""]))
    (imported,) = import_file(source, tmp_path / "warc")
    assert (imported.records, imported.damage) == (3, ())


def test_zeros_between_members_of_several_records_are_not_damage(tmp_path):
    source = tmp_path / "crawl.warc.gz"
    source.write_bytes(gzip.compress(RECORDS[0] + RECORDS[1]) + bytes(90) + gzip.compress(RECORDS[2]) + bytes(5))
    (imported,) = import_file(source, tmp_path / "warc")
    assert (imported.records, imported.damage) == (3, ())


def test_arc_records_without_a_length_are_kept_without_content_and_named(tmp_path):
    source = tmp_path / "crawl.arc"
    source.write_bytes(
        b"filedesc://crawl.arc 127.0.0.1 20200101000000 text/plain -1\n1 0 Someone\n\n"
        b"http://a.test/one 192.0.2.1 20200102000000 text/html -1\n\n"
        b"http://a.test/two 192.0.2.1 20200103000000 text/plain 2\nok\n"
        b"http://a.test/three 192.0.2.1 202001040000000000 text/html many\n\n"
    )
    (imported,) = import_file(source, tmp_path / "warc")
    assert imported.records == 4
    assert [error.what.partition(",")[0] for error in imported.damage] == ["invalid length '-1'"] * 2 + [
        "invalid length 'many'"
    ]
    with Collection(tmp_path) as collection:
        collection.reindex(imported.file)
        (two,) = collection.index.captures("http://a.test/two")
        assert collection.load(two).body() == b"ok"
        (three,) = collection.index.captures("http://a.test/three")
        assert collection.load(three).truncated == "unspecified"
        assert list(collection.verify()) == []


def test_zstandard_files_of_a_package_are_read(tmp_path):
    source = tmp_path / "package.wacz"
    source.write_bytes(zipped({"archive/a.warc.zst": with_dictionary(b"".join(RECORDS))}))
    (imported,) = import_file(source, tmp_path / "warc")
    assert (imported.records, imported.damage) == (3, ())


def test_flipped_byte_in_a_package_costs_one_record(tmp_path):
    members = [gzip.compress(record(number, block=PAGE * 9)) for number in range(5)]
    data = b"".join(members)
    manifest = {"resources": [{"path": "archive/a.warc.gz", "hash": f"sha256:{hashlib.sha256(data).hexdigest()}"}]}
    package = zipped({"archive/a.warc.gz": data, "datapackage.json": json.dumps(manifest).encode()})
    flipped = bytearray(package)
    flipped[package.index(members[2]) + len(members[2]) // 2] ^= 0x40
    source = tmp_path / "package.wacz"
    source.write_bytes(flipped)
    (imported,) = import_file(source, tmp_path / "warc")
    assert imported.records == 4
    assert imported.damage[0].what == "damaged in the package: the checksum is wrong"


def test_manifest_of_a_multi_wacz_names_packages_beside_it(tmp_path):
    inner = zipped({"archive/a.warc.gz": gzip.compress(record(1))})
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.wacz").write_bytes(inner)
    stated = {"profile": "multi-wacz-package", "resources": [
        {"path": "sub/a.wacz", "hash": f"sha256:{hashlib.sha256(inner).hexdigest()}"}, {"path": "missing.wacz"},
    ]}  # fmt: skip
    manifest = tmp_path / "all.json"
    manifest.write_text(json.dumps(stated))
    found = list(import_file(manifest, tmp_path / "warc"))
    assert [(one.source, one.records, len(one.damage)) for one in found] == [
        ("all.json!/a.wacz!/archive/a.warc.gz", 1, 0), ("all.json!/missing.wacz", 0, 1),
    ]  # fmt: skip
    stated["resources"][0]["hash"] = "sha256:0"
    manifest.write_text(json.dumps(stated))
    assert "another SHA-256" in next(import_file(manifest, tmp_path / "warc")).damage[0].what


@pytest.mark.parametrize("path", ["../a.wacz", "/etc/a.wacz", "http://a.test/a.wacz", "..\\a.wacz"])
def test_manifest_of_a_multi_wacz_cannot_name_files_elsewhere(tmp_path, path):
    manifest = tmp_path / "all.json"
    manifest.write_text(json.dumps({"profile": "multi-wacz-package", "resources": [{"path": path}]}))
    with pytest.raises(ArchiveError, match="not in its folder"):
        list(import_file(manifest, tmp_path / "warc"))
    for text in ("{", '{"profile": "x", "resources": []}', '{"a": 1}', '{"profile": 1, "resources": [1]}'):
        manifest.write_text(text)
        with pytest.raises(ArchiveError, match=r"multi-(WACZ|wacz)"):
            list(import_file(manifest, tmp_path / "warc"))


@pytest.mark.parametrize("arc", [False, True], ids=["warc", "arc"])
def test_same_records_with_other_compression_are_not_imported_twice(tmp_path, arc):
    records = RECORDS
    if arc:
        lines = [b"http://a.test/%d 192.0.2.1 2020010203040%d text/html 4\npage\n" % (n, n) for n in range(3)]
        records = [b"filedesc://x.arc 0.0.0.0 20200101000000 text/plain 4\n1 0\n\n", *lines]
    plain, packed = tmp_path / "crawl.warc", tmp_path / "crawl.warc.gz"
    plain.write_bytes(b"".join(records))
    packed.write_bytes(b"".join(map(gzip.compress, records)))
    with Collection(tmp_path) as collection:
        (first,) = collection.import_file(packed)
        (second,) = collection.import_file(plain)
        assert (second.imported.file, second.imported.is_new) == (first.imported.file, False)
        assert len(collection.index) == 3
        plain.write_bytes(b"".join(records) + record(7))
        (third,) = collection.import_file(plain)
        assert third.imported.is_new
    assert len(list((tmp_path / "warc").iterdir())) == 2
