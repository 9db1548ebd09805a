"""Errors of the desk at start-up."""


class WebError(Exception):
    """The desk cannot be served as requested. The message says what is wrong and the fix."""
