"""The files in ``deploy/`` are valid and use existing commands."""

import configparser
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
import yaml

from crawler.commands.cli import app

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"

UNITS = sorted(DEPLOY.glob("*.service"))


def parse(arguments: list[str]) -> str:
    """Parse a command line of ``broadsheet`` without running it, and return the path of its command."""
    command = typer.main.get_command(app)
    context = command.make_context("broadsheet", list(arguments))
    rest = [*context._protected_args, *context.args]
    while hasattr(command, "resolve_command"):
        name, command, rest = command.resolve_command(context, rest)
        context = command.make_context(name, rest, parent=context)
        rest = [*context._protected_args, *context.args]
    return context.command_path


def unit(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str
    parser.read_string(path.read_text())
    return parser


def test_parse_rejects_wrong_verbs_and_options():
    assert parse(["schedule", "run", "--slots", "2"]) == "broadsheet schedule run"
    for wrong in (["shedule"], ["schedule", "walk"], ["worker", "--slot", "2"], ["worker", "--slots", "many"]):
        with pytest.raises(typer.exceptions.TyperException):
            parse(wrong)


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_unit_starts_an_existing_command(path):
    service = unit(path)["Service"]
    program, *arguments = shlex.split(service["ExecStart"])
    assert program.endswith("/.venv/bin/broadsheet")
    assert parse(arguments)
    assert service["KillMode"] == "mixed"  # the crawls must not receive the signal, which would stop them twice


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_accepts_the_unit(path, tmp_path):
    here = tmp_path / path.name
    text = re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={sys.executable}", path.read_text())
    here.write_text(text.replace("User=broadsheet", "User=root"))
    done = subprocess.run(["systemd-analyze", "verify", here], capture_output=True, text=True, timeout=60)
    assert not [line for line in done.stderr.splitlines() if path.name in line], done.stderr


def test_compose_starts_existing_commands():
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    commands = {name: service.get("command") for name, service in compose["services"].items()}
    assert commands.pop("database") is None
    assert {name: parse(command) for name, command in commands.items()} == {
        "scheduler": "broadsheet schedule run",
        "worker": "broadsheet worker",
        "desk": "broadsheet serve",
    }
    for name in commands:
        service = compose["services"][name]
        assert set(service["volumes"]) == {"data:/data", "./sites:/sites:ro"}
        assert service["environment"]["BROADSHEET_DATABASE"].startswith("postgresql://")
    assert "BROADSHEET_PASSWORD" in compose["services"]["desk"]["environment"]
    assert compose["services"]["desk"]["ports"] == ["127.0.0.1:8010:8010"]


def test_docker_accepts_the_compose_file():
    version = subprocess.run([shutil.which("docker") or "false", "compose", "version"], capture_output=True, timeout=60)
    if version.returncode:
        pytest.skip("needs docker compose")
    secrets = {"POSTGRES_PASSWORD": "a", "BROADSHEET_CONTACT": "mailto:desk@example.org", "BROADSHEET_PASSWORD": "b"}
    command = ["docker", "compose", "-f", str(DEPLOY / "compose.yaml"), "config", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env={"PATH": "/usr/bin:/bin", **secrets})
    assert done.returncode == 0, done.stderr


def test_image_starts_an_existing_command():
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    instructions = {line.split()[0]: yaml.safe_load(line.split(maxsplit=1)[1]) for line in lines if line.endswith("]")}
    assert instructions["ENTRYPOINT"] == ["broadsheet"]
    assert parse(instructions["CMD"]) == "broadsheet schedule run"
