"""What can go wrong with the sample portals."""


class DemoError(Exception):
    """The sample portals cannot be served: the message says what is wrong, where, and the mend."""
