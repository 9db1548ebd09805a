"""Recovery that is killed, or runs at the same time as another one."""

import subprocess
import sys

import pytest

from archive import Collection
from archive.errors import WriteError
from archive.repair import repair_file, repair_left_open

RECOVER = "import sys; from archive import Collection; print(*Collection(sys.argv[1]).recover(), sep='\\n')"


@pytest.fixture
def left(tmp_path, make_capture):
    """Return the folder of a file that a dead writer left open, with one complete record and a partial one."""
    with Collection(tmp_path) as collection:
        with collection.writer("test", {}) as writer:
            location = writer.write(make_capture())
        closed = collection.file(location.file)
        closed.with_name(closed.name + ".open").write_bytes(closed.read_bytes() + b"torn")
        closed.unlink()
        collection.index.replace_file(location.file, [])
    return tmp_path


def test_killed_recovery_is_repeated(left):
    (opened,) = (left / "warc").iterdir()
    size = opened.stat().st_size
    aside = opened.with_name(f"{opened.stem}.cut-at-{size - 4}")
    aside.write_bytes(b"to")
    (repair,) = repair_left_open(left / "warc")
    assert (repair.cut_at, repair.cut_bytes, repair.kept_aside) == (size - 4, 4, aside)
    assert aside.read_bytes() == b"torn"


def test_simultaneous_recoveries_repair_each_file_once(left, make_capture):
    run = [sys.executable, "-c", RECOVER, str(left)]
    running = [subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    printed = [process.communicate() for process in running]
    assert [process.returncode for process in running] == [0] * 4, printed
    assert "".join(out for out, _ in printed).count("Repair(") == 1
    with Collection(left) as collection:
        assert collection.recover() == []
        assert list(collection.verify()) == []
        assert len(collection.index.captures(make_capture().url)) == 1


def test_disk_error_while_repairing_is_a_clear_error(left, monkeypatch):
    (opened,) = (left / "warc").iterdir()
    monkeypatch.setattr("os.ftruncate", lambda *_: (_ for _ in ()).throw(OSError(5, "Input/output error")))
    with pytest.raises(WriteError, match=r"cannot repair: Input/output error"):
        repair_file(opened)
    monkeypatch.undo()
    assert repair_file(opened).cut_bytes == 4
