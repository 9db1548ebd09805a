"""The log of imports: a file that was imported is not read again, one that changed is."""

import gzip

import pytest

from archive import Collection, collection
from archive.import_log import ImportLog
from archive.importing import ImportResult

from .test_importing import RECORDS, record


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "other.warc.gz"
    path.write_bytes(gzip.compress(RECORDS[0]) + b"junk" + gzip.compress(RECORDS[1]))
    return path


def test_interrupted_import_goes_on_without_reading_files_again(tmp_path, source, monkeypatch):
    with Collection(tmp_path / "data") as opened:
        [first] = opened.import_file(source)

    def fail(*_):
        raise KeyboardInterrupt

    with Collection(tmp_path / "data") as opened, monkeypatch.context() as patched:
        patched.setattr(collection, "import_file", fail)
        [again] = opened.import_file(source)
        with pytest.raises(KeyboardInterrupt):
            list(opened.import_file(tmp_path / "next.warc"))
    assert (again.imported.file, again.captures, again.imported.is_new) == (first.imported.file, 2, False)
    assert [error.what for error in again.imported.damage] == [error.what for error in first.imported.damage] != []


def test_changed_file_and_file_missing_from_the_index_are_read_again(tmp_path, source):
    with Collection(tmp_path / "data") as opened:
        list(opened.import_file(source))
        source.write_bytes(gzip.compress(record(9)))
        [changed] = opened.import_file(source)
        assert changed.imported.is_new
        opened.index.forget_file(changed.imported.file)
        [again] = opened.import_file(source)
        assert again.captures == 1
        assert len(opened.index) == 3


def test_damaged_log_is_no_error(tmp_path, source):
    path = tmp_path / "imports.jsonl"
    path.write_bytes(b'{"path": \n[]\n{"path": "/x"}\n\xff\n')
    assert ImportLog(path).find(source) is None
    ImportLog(path).add(source, [ImportResult("other.warc.gz", None, 0, False, ())])
    [known] = ImportLog(path).find(source)
    assert (known.source, known.file) == ("other.warc.gz", None)
