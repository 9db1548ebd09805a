"""Folder storages, tiered storages, and moving closed files to a remote storage."""

import hashlib
import json

import pytest

from archive import ArchiveError
from archive.offload import Receipt, Receipts, offload
from archive.storage import FolderStorage, NotStoredError, StoredFile, TieredStorage, storage_of


def fill(folder, **files: bytes) -> FolderStorage:
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        (folder / f"{name}.warc.gz").write_bytes(data)
    return FolderStorage(folder)


class RemoteFolder(FolderStorage):
    """A folder with the interface of a bucket."""

    url = "test://elsewhere"

    def store(self, path):
        data = path.read_bytes()
        (self.folder / path.name).write_bytes(data)
        return hashlib.sha256(data).hexdigest()


def test_folder_lists_its_closed_files(tmp_path):
    storage = fill(tmp_path, b=b"22", a=b"1")
    (tmp_path / "c.warc.gz.open").write_bytes(b"333")
    (tmp_path / "d.warc.gz.cut-at-9").write_bytes(b"4444")
    assert list(storage.files()) == [StoredFile("a.warc.gz", 1), StoredFile("b.warc.gz", 2)]
    assert storage.find("c.warc.gz") is None
    with storage.open("c.warc.gz") as file:  # still being written
        assert file.read() == b"333"
    with pytest.raises(NotStoredError, match=r"none.warc.gz: WARC file not found; restore it"):
        storage.open("none.warc.gz")


@pytest.mark.parametrize("name", ["../x", "a/b", "", "..", "a\\b", "a\0b"])
def test_name_cannot_lead_out_of_the_folder(tmp_path, name):
    for look in (FolderStorage(tmp_path).open, FolderStorage(tmp_path).find):
        with pytest.raises(ArchiveError, match="is not a file name"):
            look(name)


def test_tiers_are_searched_in_order(tmp_path):
    near, far = fill(tmp_path / "near", a=b"near", b=b"b"), fill(tmp_path / "far", a=b"farther", c=b"c")
    both = TieredStorage(near, far)
    assert [(one.name, one.size) for one in both.files()] == [("a.warc.gz", 4), ("b.warc.gz", 1), ("c.warc.gz", 1)]
    assert both.find("a.warc.gz") == StoredFile("a.warc.gz", 4)
    assert both.find("none.warc.gz") is None
    for name, data in (("a", b"near"), ("c", b"c")):
        with both.open(f"{name}.warc.gz") as file:
            assert file.read() == data
    with pytest.raises(NotStoredError, match="near/none"):
        both.open("none.warc.gz")


@pytest.mark.parametrize("keep", [True, False])
def test_moved_files_are_deleted_locally_on_request(tmp_path, keep):
    fill(tmp_path / "here", a=b"aa", b=b"b", c=b"c")
    there = RemoteFolder(fill(tmp_path / "there").folder)
    receipts = Receipts(tmp_path / "index" / "offloaded.jsonl")
    names = ["a.warc.gz", "b.warc.gz", "gone.warc.gz"]
    moves = list(offload(tmp_path / "here", names, there, receipts, keep_local=keep))
    receipt = Receipt("a.warc.gz", 2, hashlib.sha256(b"aa").hexdigest(), "test://elsewhere")
    assert [(move.receipt.name, move.uploaded, move.dropped) for move in moves] == [
        ("a.warc.gz", True, not keep),
        ("b.warc.gz", True, not keep),
    ]
    assert moves[0].receipt == receipt == receipts.read()["a.warc.gz"]
    assert [one.name for one in there.files()] == names[:2]
    left = [one.name for one in FolderStorage(tmp_path / "here").files()]
    assert left == (["a.warc.gz", "b.warc.gz", "c.warc.gz"] if keep else ["c.warc.gz"])
    again = list(offload(tmp_path / "here", names, there, receipts, keep_local=False))
    assert [(move.uploaded, move.dropped) for move in again] == ([(False, True)] * 2 if keep else [])


@pytest.mark.parametrize("trouble", ["refused", "lost"])
def test_file_is_not_deleted_unless_the_remote_has_it(tmp_path, trouble):
    fill(tmp_path / "here", a=b"aa")
    there = RemoteFolder(fill(tmp_path / "there").folder)
    receipts = Receipts(tmp_path / "offloaded.jsonl")
    if trouble == "lost":  # uploaded once, then removed over there
        assert list(offload(tmp_path / "here", ["a.warc.gz"], there, receipts, keep_local=True))
        (tmp_path / "there" / "a.warc.gz").unlink()
    there.store = lambda path: (_ for _ in ()).throw(ArchiveError("other bytes"))
    with pytest.raises(ArchiveError, match="other bytes"):
        list(offload(tmp_path / "here", ["a.warc.gz"], there, receipts, keep_local=False))
    assert (tmp_path / "here" / "a.warc.gz").read_bytes() == b"aa"


def test_crash_between_upload_and_receipt_uploads_again(tmp_path):
    fill(tmp_path / "here", a=b"aa", b=b"bb")
    there = RemoteFolder(fill(tmp_path / "there").folder)
    receipts = Receipts(tmp_path / "offloaded.jsonl")
    there.store(tmp_path / "here" / "a.warc.gz")
    torn = json.dumps({"name": "a.warc.gz", "size": 2})[:-4]
    receipts.path.write_text(torn)
    moves = list(offload(tmp_path / "here", ["a.warc.gz", "b.warc.gz"], there, receipts, keep_local=False))
    assert [move.uploaded for move in moves] == [True, True]
    assert set(receipts.read()) == {"a.warc.gz", "b.warc.gz"}
    assert receipts.path.read_text().startswith(torn + "\n")


def test_two_simultaneous_moves_exclude_each_other(tmp_path):
    fill(tmp_path / "here", a=b"a", b=b"b")
    there = RemoteFolder(fill(tmp_path / "there").folder)
    path = tmp_path / "offloaded.jsonl"
    first = offload(tmp_path / "here", ["a.warc.gz", "b.warc.gz"], there, Receipts(path), keep_local=True)
    next(first)
    with pytest.raises(ArchiveError, match="another process is moving files; wait until it ends"):
        next(offload(tmp_path / "here", ["b.warc.gz"], there, Receipts(path), keep_local=True))
    assert len(list(first)) == 1
    assert len(list(offload(tmp_path / "here", ["b.warc.gz"], there, Receipts(path), keep_local=True))) == 1


def test_bucket_is_searched_after_the_folder(tmp_path, s3_server, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3_server)
    assert isinstance(storage_of(tmp_path), FolderStorage)
    here, there = storage_of(tmp_path, "s3://press/warc").tiers
    assert (here.folder, there.url) == (tmp_path, "s3://press/warc")
    with pytest.raises(ArchiveError, match="is not the URL of a bucket"):
        storage_of(tmp_path, "press/warc")
