"""Captures of the sample portals are removed; everything that remains is found, rebuilt and verified as before."""

import json
import shutil

import pytest

from archive import Collection

pytestmark = pytest.mark.slow


def test_what_remains_is_rebuilt_identically_and_the_rest_is_excused(run, demo, tmp_path):
    data = tmp_path / "data"
    shutil.copytree(demo[0], data)
    place = ("--data", data, "--sites", data / "sites")
    with Collection(data) as collection:
        second = [name for name in collection.index.files() if name.startswith("county-")][-1]
        begun = collection.index.captures_in(second)[0].date
    middle = begun.isoformat()  # the site was crawled twice
    some = run("archive", "prune", "county", "--keep", middle, "--yes", "--json", *place)
    assert some.returncode == 0, some.stderr
    report = json.loads(some.stdout)
    assert report["captures"] > 0
    assert report["needed"] > 0  # articles that were not modified since
    whole = run("archive", "prune", "chengshi", "--keep", "0d", "--yes", *place)
    assert "—" in whole.stdout  # nothing remains of its file
    trusted = run("archive", "verify", "--trust", "--data", data)
    assert trusted.returncode == 0, trusted.stdout
    compared = run("reextract", "--compare", "--json", *place)
    result = json.loads(compared.stdout)
    assert compared.returncode == 0, compared.stdout
    assert result["same"] > 0
    assert result["removed"]
    exported = run("archive", "export-wacz", "county", "--out", tmp_path / "county.wacz", *place)
    assert exported.returncode == 0, exported.stderr
