"""Exit codes of commands, and the errors that are printed as one line."""

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer.exceptions import TyperException

from crawler.commands.output import print_help, print_problem

#: Exit codes: work done; work failed; wrong command line or setting; stopped by a signal (128 + SIGINT).
DONE, FAILED, WRONG_USE, STOPPED = 0, 1, 2, 130

#: Root errors of the packages, whose messages are written for users. Imported only after a failure, to start fast.
_PACKAGE_ERRORS = {
    "archive.errors.ArchiveError": FAILED,
    "crawler.bulk.errors.BulkError": FAILED,
    "crawler.demo.errors.DemoError": FAILED,
    "crawler.handlers.recorder.ContactMissing": WRONG_USE,
    "crawler.politeness.errors.PolitenessError": FAILED,
    "crawler.sites.SiteError": WRONG_USE,
    "crawler.store.errors.StoreError": FAILED,
    "crawler.web.errors.WebError": WRONG_USE,
    "crawler.survey.errors.SurveyError": FAILED,
}


class CommandError(Exception):
    """A command cannot do its work. The message states problem and fix in one line."""

    exit_code = FAILED


class SettingsError(CommandError):
    """An option, argument or setting is invalid."""

    exit_code = WRONG_USE


def run_command(command: Any, args: Sequence[str] | None = None) -> int:
    """Run `command` and return its exit code. Errors for users are printed; other exceptions are raised."""
    try:
        result = command.main(args, prog_name="broadsheet", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else DONE
    except TyperException as error:
        return _usage_error(error)
    except (typer.Abort, KeyboardInterrupt):
        print_problem("stopped")
        return STOPPED
    except BrokenPipeError:  # the reader (`head`, a pager) closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:
        code = exit_code_of(error)
        if code is None:
            raise
        print_problem(_one_line(error))
        return code


def exit_code_of(error: Exception) -> int | None:
    """Return the exit code of an error for users, or None if `error` is a bug."""
    if isinstance(error, CommandError):
        return error.exit_code
    for name, code in _PACKAGE_ERRORS.items():
        module, _, attribute = name.rpartition(".")
        if isinstance(error, getattr(importlib.import_module(module), attribute)):
            return code
    return FAILED if isinstance(error, OSError) else None


def _usage_error(error: TyperException) -> int:
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":  # its message is the help text
        print_help(error.format_message())
    else:
        path = context.command_path if context is not None else "broadsheet"
        print_problem(f"{_one_line(error.format_message()).rstrip('.')} — see `{path} --help`")
    return error.exit_code


def _one_line(error: object) -> str:
    return " ".join(str(error).split()) or type(error).__name__
