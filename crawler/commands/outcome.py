"""How a command ends: its exit code, and the one line that says what went wrong."""

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer.exceptions import TyperException

#: Exit codes: the work is done; it failed; the command line or a setting is wrong; Ctrl-C (128 + SIGINT).
DONE, FAILED, WRONG_USE, INTERRUPTED = 0, 1, 2, 130

#: The root errors of the rooms: their messages are made for the user. Looked up only when something failed.
_ROOM_ERRORS = {
    "archive.errors.ArchiveError": FAILED,
    "crawler.demo.errors.DemoError": FAILED,
    "crawler.handlers.recorder.ContactMissing": WRONG_USE,
    "crawler.politeness.errors.PolitenessError": FAILED,
    "crawler.sites.SiteError": WRONG_USE,
    "crawler.store.errors.StoreError": FAILED,
    "crawler.web.errors.WebError": WRONG_USE,
    "crawler.survey.errors.SurveyError": FAILED,
}


class CommandError(Exception):
    """A command that cannot do its work. The message says what is wrong and the mend, in one line."""

    exit_code = FAILED


class SettingsError(CommandError):
    """An option, argument or setting that cannot be used."""

    exit_code = WRONG_USE


def exit_code(command: Any, args: Sequence[str] | None = None) -> int:
    """Run `command` and give its exit code, having printed the error if there was one."""
    try:
        result = command.main(args, prog_name="broadsheet", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else DONE
    except TyperException as error:
        return _usage_error(error)
    except (typer.Abort, KeyboardInterrupt):
        _say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:  # the reader (`head`, a pager) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:
        code = code_of(error)
        if code is None:
            raise
        _say(_one_line(error))
        return code


def code_of(error: Exception) -> int | None:
    """The exit code of an error made for the user; ``None`` for a defect of ours."""
    if isinstance(error, CommandError):
        return error.exit_code
    for name, code in _ROOM_ERRORS.items():
        module, _, attribute = name.rpartition(".")
        if isinstance(error, getattr(importlib.import_module(module), attribute)):
            return code
    return FAILED if isinstance(error, OSError) else None


def _usage_error(error: TyperException) -> int:
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":  # its message is the whole help
        print(error.format_message(), file=sys.stderr)
    else:
        path = context.command_path if context is not None else "broadsheet"
        _say(f"{_one_line(error.format_message()).rstrip('.')} — see `{path} --help`")
    return error.exit_code


def _one_line(error: object) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _say(line: str) -> None:
    print(f"broadsheet: {line}", file=sys.stderr)
