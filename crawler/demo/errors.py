"""The error of the sample portals."""


class DemoError(Exception):
    """The sample portals cannot be served. The message states problem, place and fix."""
