"""The README's commands to add a portal, run unchanged on a portal on loopback."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from portal_shapes import NumberedPortal

from crawler.demo import DemoServer
from crawler.sites import read_site

PROJECT = Path(__file__).resolve().parents[2]
HEADING = "### Add your portal in ten minutes"

ReadmeRun = tuple[Path, NumberedPortal, list[str], subprocess.CompletedProcess[str]]

#: The portal in the README and the name of its site.
PORTAL, NAME = "https://www.example.org/", "example_org"


def commands() -> list[str]:
    """Return the commands of the section without their comments."""
    block = (PROJECT / "README.md").read_text(encoding="utf-8").partition(HEADING)[2].split("```")[1]
    lines = [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]
    return [line.partition("   #")[0].strip() for line in lines]


def environment(**given: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BROADSHEET_")}
    return {**kept, "PYTHONPATH": str(PROJECT), **given}


@pytest.fixture(scope="module")
def readme_run(tmp_path_factory) -> ReadmeRun:
    """Run every command of the section. Return the folder, the portal, the requested paths and the output."""
    folder, portal = tmp_path_factory.mktemp("reader"), NumberedPortal(24)
    with DemoServer([portal]) as server:
        script = "\n".join(commands()).replace(PORTAL, server.url(portal)).replace(NAME, "numbered_localhost")
        tool = f'broadsheet() {{ "{sys.executable}" -c "from crawler.commands import main; main()" "$@"; }}'
        done = subprocess.run(["bash", "-ec", f"{tool}\n{script}"], cwd=folder, env=environment(), text=True,
                              capture_output=True, timeout=300, stdin=subprocess.DEVNULL)  # fmt: skip
        requested = [exchange.path for exchange in server.log]
    return folder, portal, requested, done


def test_every_command_in_readme_works(readme_run):
    folder, portal, _, done = readme_run
    assert done.returncode == 0, done.stdout + done.stderr
    site = read_site(folder / "my-sites" / "numbered_localhost.toml")
    assert len(site.sections) == 2
    items = [json.loads(line) for line in (folder / "items.jsonl").read_text("utf-8").splitlines()]
    assert len(items) == 20
    truth = {article.title: article for article in portal.articles}
    assert all(item["body"] == truth[item["title"]].body for item in items)
    assert "numbered_localhost: no problems" in done.stdout


def test_survey_is_short_and_its_requests_are_listed_first(readme_run):
    _, _, requested, done = readme_run
    listing = done.stderr.partition("wrote ")[0].splitlines()
    listed = ["/" + line.split("localhost:")[1].split()[0].partition("/")[2] for line in listing if "  (" in line]
    assert "at most 20 requests" in listing[0]
    assert 8 <= len(listed) <= 18
    assert sorted(requested[: len(listed) + 2]) == sorted([*listed, "/robots.txt", "/.well-known/tdmrep.json"])


def test_saved_cases_are_found_by_the_tests_of_saved_pages(readme_run, monkeypatch):
    folder = readme_run[0]
    monkeypatch.setenv("BROADSHEET_SITES", str(folder / "my-sites"))
    spec = importlib.util.spec_from_file_location(
        "suite_of_a_user", PROJECT / "tests" / "sites" / "test_saved_pages.py"
    )
    suite = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(suite)
    found = [case for case in suite.CASES if case.parent.name == "numbered_localhost"]
    assert [case.name for case in found] == [f"article_{n}.warc.gz" for n in (1, 2, 3)]
    for case in found:
        suite.test_saved_page_gives_the_expected_fields(case)
    expected = found[0].with_name("article_1.json")
    expected.write_text(expected.read_text("utf-8").replace('"title": "', '"title": "not '), encoding="utf-8")
    with pytest.raises(AssertionError):
        suite.test_saved_page_gives_the_expected_fields(found[0])
