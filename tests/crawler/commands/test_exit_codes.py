"""Exit codes and one-line errors, in this process and in a shell."""

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
from crawler.commands.exit_codes import CommandError, SettingsError, exit_code_of, run_command
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
        (ValueError("a bug"), None),
        (KeyError("a bug"), None),
    ],
)
def test_exit_code_of_each_error(error, code):
    assert exit_code_of(error) == code


def test_error_for_users_is_printed_as_one_line(capsys):
    failing = typer.Typer()

    @failing.command()
    def fail() -> None:
        raise StoreError("the disk\nis full")

    assert run_command(typer.main.get_command(failing), []) == 1
    assert capsys.readouterr().err == "broadsheet: the disk is full\n"


def test_bug_keeps_its_traceback():
    failing = typer.Typer()

    @failing.command()
    def fail() -> None:
        raise KeyError("ours")

    with pytest.raises(KeyError, match="ours"):
        run_command(typer.main.get_command(failing), [])


def test_return_value_of_verb_is_the_exit_code():
    returning = typer.Typer()

    @returning.command()
    def verb(code: int) -> int:
        return code

    assert run_command(typer.main.get_command(returning), ["1"]) == 1
    assert run_command(typer.main.get_command(returning), ["0"]) == 0


def test_ctrl_c_is_exit_code_130(capsys):
    failing = typer.Typer()

    @failing.command()
    def fail() -> None:
        raise KeyboardInterrupt

    assert run_command(typer.main.get_command(failing), []) == 130
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["nonsense"], "No such command 'nonsense' — see `broadsheet --help`"),
        (["sights"], "Did you mean 'sites'"),
        (["sites", "--colour"], "No such option: --colour — see `broadsheet sites --help`"),
        (["items", "show"], "Missing argument 'URL' — see `broadsheet items show --help`"),
        (["items", "export", "--format", "pdf"], "'pdf' is not one of"),
        (["sites", "--sites", "nowhere"], "nowhere: folder of site files not found"),
    ],
)
def test_wrong_use_is_exit_code_2_and_one_line(run, args, message):
    outcome = run(*args)
    assert outcome.code == 2
    assert outcome.err.startswith("broadsheet: ")
    assert outcome.err.count("\n") == 1
    assert message in outcome.err


def test_help_lists_every_verb_and_version_is_printed(run):
    assert all(f" {name} " in run("--help").text for name in VERBS)
    assert run("--version").text == f"broadsheet {crawler.__version__}\n"
    assert run().code == 2


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_has_a_module_and_help(run, verb):
    outcome = run(verb, "--help")
    assert (outcome.code, outcome.err) == (0, "")
    assert f"Usage: broadsheet {verb}" in outcome.text
    assert "completion" not in outcome.text


def test_help_imports_no_large_library():
    """Help should take a fraction of a second. Checks the imported modules, because measured times vary."""
    code = (
        "import sys\nfrom crawler.commands.cli import app\nimport typer\ncommand = typer.main.get_command(app)\n"
        "try:\n    command.main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print([name for name in ('scrapy', 'twisted', 'sqlalchemy', 'lxml', 'selectolax') if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
    assert ast.literal_eval(out.splitlines()[-1]) == []


@pytest.mark.slow
def test_shell_gets_exit_code_and_one_line(tmp_path):
    failed = shell("items", "show", "http://paper.localhost/1", "--data", "nowhere", cwd=tmp_path)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert (
        failed.stderr == "broadsheet: data folder nowhere does not exist — crawl first, or choose another with --data\n"
    )
    (tmp_path / "bad.toml").write_text("name = ")
    wrong = shell("sites", "--data", "nowhere", cwd=tmp_path, BROADSHEET_SITES=str(tmp_path))
    assert wrong.returncode == 2
    assert wrong.stderr.startswith(f"broadsheet: {tmp_path}/bad.toml: not valid TOML")
    assert wrong.stderr.count("\n") == 1
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.slow
def test_closed_pipe_is_not_an_error(stored):
    command = (
        f"{sys.executable} -c 'from crawler.commands import main; main()' items export --data {stored} | head -c 1"
    )
    ended = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert (ended.stdout, ended.stderr) == ("{", "")
