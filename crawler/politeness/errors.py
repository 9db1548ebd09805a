"""Errors of the politeness rules."""


class PolitenessError(Exception):
    """Root of this package's errors. The message says what is wrong, where, and how to fix it."""
