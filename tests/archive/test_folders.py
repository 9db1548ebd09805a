"""Folders that only their owner can read."""

import os
import stat

import pytest

from archive import Collection
from archive.folders import create_private_folder


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request):
    old = os.umask(request.param)
    yield request.param
    os.umask(old)


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_new_folders_are_private(tmp_path, umask):
    create_private_folder(tmp_path / "a" / "b")
    assert mode(tmp_path / "a") == mode(tmp_path / "a" / "b") == 0o700


def test_existing_folder_is_left_as_it_is(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a").chmod(0o750)
    create_private_folder(tmp_path / "a" / "b")
    assert mode(tmp_path / "a") == 0o750


def test_file_in_the_way_is_an_error(tmp_path):
    (tmp_path / "a").write_text("x")
    with pytest.raises(OSError, match="a"):
        create_private_folder(tmp_path / "a")


def test_archive_is_private(tmp_path, umask):
    with Collection(tmp_path / "data") as collection, collection.writer("x", {}):
        pass
    assert mode(tmp_path / "data") == 0o700
