"""What can go wrong with a command, and the exit codes."""

#: Exit codes: the work is done; it failed; the command line or a setting is wrong; Ctrl-C (128 + SIGINT).
DONE, FAILED, WRONG_USE, INTERRUPTED = 0, 1, 2, 130


class CommandError(Exception):
    """A command that cannot do its work. The message says what is wrong and the mend, in one line."""

    exit_code = FAILED


class UsageError(CommandError):
    """An option, argument or setting that cannot be used."""

    exit_code = WRONG_USE
