"""The ``broadsheet`` command: one module per verb, loaded only when the verb is called.

A verb's module has a Typer `app`. The return value of its functions is the exit code (None means 0): 0 done, 1 work
failed, 2 wrong use, 130 stopped. An error that the user can fix is printed as one line on stderr; only a bug of
ours shows a traceback.

This module imports nothing slow, so that signals are handled from the start.
"""

import sys
import warnings
from collections.abc import Sequence
from typing import NoReturn

from crawler.commands import startup_signals

#: The commands that end gracefully on SIGINT and SIGTERM.
_LONG_RUNNING = (["crawl"], ["worker"], ["schedule", "run"])


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with its code. `args` defaults to the process's arguments."""
    words = list(sys.argv[1:] if args is None else args)
    if any(words[: len(command)] == command for command in _LONG_RUNNING):
        startup_signals.defer()
    from typer.main import get_command

    from crawler.commands.cli import app
    from crawler.commands.exit_codes import run_command
    from crawler.commands.output import print_exception, print_warning

    warnings.showwarning = print_warning
    sys.excepthook = print_exception

    sys.exit(run_command(get_command(app), args))
