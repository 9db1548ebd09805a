"""A crawl into a damaged archive does its work, and says what is wrong with the archive."""

import os

import pytest

from crawler.demo import Chengshi, DemoServer, write_site_files

pytestmark = pytest.mark.slow


def test_crawl_names_damaged_and_missing_files_and_loses_nothing(run, tmp_path):
    data = tmp_path / "data"
    with DemoServer([Chengshi()]) as server:
        write_site_files(server, tmp_path / "sites")
        arguments = ("crawl", "chengshi", "--sites", tmp_path / "sites", "--data", data)
        for _ in range(2):
            done = run(*arguments, "--limit", 2)
            assert (done.returncode, "damage" in done.stderr) == (0, False), done.stderr
        missing, short = sorted((data / "warc").glob("*.warc.gz"))
        missing.unlink()
        os.truncate(short, short.stat().st_size // 2)

        done = run(*arguments, "--limit", 2)

    assert done.returncode == 0, done.stderr
    assert f"broadsheet archive index --forget {missing.name}" in done.stderr
    assert f"{short.name}: is cut short" in done.stderr
    assert run("archive", "repair", "--data", data).returncode == 1
    assert run("archive", "index", "--forget", missing.name, "--data", data).returncode == 0
    assert run("archive", "repair", "--data", data).returncode == 0
