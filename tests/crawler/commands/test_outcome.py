"""Exit codes and errors of one line, in this process and as a user's shell sees them."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

import crawler
from archive import ArchiveError
from crawler.commands.cli import VERBS
from crawler.commands.outcome import CommandError, SettingsError, code_of, exit_code
from crawler.demo.errors import DemoError
from crawler.handlers.recorder import ContactMissing
from crawler.politeness.errors import PolitenessError
from crawler.sites import SiteError
from crawler.store import StoreError

COMMAND = [sys.executable, "-c", "from crawler.commands import main; main()"]


def shell(*args: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    known = {name: value for name, value in os.environ.items() if not name.startswith("BROADSHEET_")}
    return subprocess.run(
        [*COMMAND, *args],
        cwd=cwd,
        env={**known, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ArchiveError("x"), 1),
        (StoreError("x"), 1),
        (DemoError("x"), 1),
        (PolitenessError("x"), 1),
        (CommandError("x"), 1),
        (OSError(28, "No space left on device"), 1),
        (SiteError("x"), 2),
        (ContactMissing("x"), 2),
        (SettingsError("x"), 2),
        (ValueError("a defect"), None),
        (KeyError("a defect"), None),
    ],
)
def test_the_code_of_each_error(error, code):
    assert code_of(error) == code


def test_an_error_for_the_user_is_one_line(capsys):
    failing = typer.Typer()

    @failing.command()
    def fail() -> None:
        raise StoreError("the disk\nis full")

    assert exit_code(typer.main.get_command(failing), []) == 1
    assert capsys.readouterr().err == "broadsheet: the disk is full\n"


def test_a_defect_keeps_its_traceback():
    failing = typer.Typer()

    @failing.command()
    def fail() -> None:
        raise KeyError("ours")

    with pytest.raises(KeyError, match="ours"):
        exit_code(typer.main.get_command(failing), [])


def test_what_a_verb_returns_is_the_exit_code():
    returning = typer.Typer()

    @returning.command()
    def verb(code: int) -> int:
        return code

    assert exit_code(typer.main.get_command(returning), ["1"]) == 1
    assert exit_code(typer.main.get_command(returning), ["0"]) == 0


def test_ctrl_c_is_130(capsys):
    failing = typer.Typer()

    @failing.command()
    def fail() -> None:
        raise KeyboardInterrupt

    assert exit_code(typer.main.get_command(failing), []) == 130
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["nonsense"], "No such command 'nonsense' — see `broadsheet --help`"),
        (["sights"], "Did you mean 'sites'"),
        (["sites", "--colour"], "No such option: --colour — see `broadsheet sites --help`"),
        (["items", "show"], "Missing argument 'URL' — see `broadsheet items show --help`"),
        (["items", "export", "--format", "pdf"], "'pdf' is not one of"),
        (["sites", "--sites", "nowhere"], "nowhere: folder of site files not found"),
    ],
)
def test_wrong_use_is_2_and_one_line(run, args, said):
    outcome = run(*args)
    assert outcome.code == 2
    assert outcome.err.startswith("broadsheet: ")
    assert outcome.err.count("\n") == 1
    assert said in outcome.err


def test_help_names_every_verb_and_the_version_is_told(run):
    assert all(f" {name} " in run("--help").text for name in VERBS)
    assert run("--version").text == f"broadsheet {crawler.__version__}\n"
    assert run().code == 2


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_has_its_file_and_its_help(run, verb):
    outcome = run(verb, "--help")
    assert (outcome.code, outcome.err) == (0, "")
    assert f"Usage: broadsheet {verb}" in outcome.text


def test_help_loads_nothing_heavy():
    """A fraction of a second; counted in modules, since clocks differ."""
    code = (
        "import sys\nfrom crawler.commands.cli import app\nimport typer\ncommand = typer.main.get_command(app)\n"
        "try:\n    command.main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print([name for name in ('scrapy', 'twisted', 'sqlalchemy', 'lxml', 'selectolax') if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
    assert ast.literal_eval(out.splitlines()[-1]) == []


def test_the_shell_sees_codes_and_one_line(tmp_path):
    failed = shell("items", "show", "http://paper.localhost/1", "--data", "nowhere", cwd=tmp_path)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr == "broadsheet: there is no data folder nowhere — crawl first, or name it with --data\n"
    (tmp_path / "bad.toml").write_text("name = ")
    wrong = shell("sites", "--data", "nowhere", cwd=tmp_path, BROADSHEET_SITES=str(tmp_path))
    assert wrong.returncode == 2
    assert wrong.stderr.startswith(f"broadsheet: {tmp_path}/bad.toml: not valid TOML")
    assert wrong.stderr.count("\n") == 1
    assert not (tmp_path / "nowhere").exists()


def test_a_reader_that_has_seen_enough_is_no_error(stored):
    command = (
        f"{sys.executable} -c 'from crawler.commands import main; main()' items export --data {stored} | head -c 1"
    )
    ended = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert (ended.stdout, ended.stderr) == ("{", "")
