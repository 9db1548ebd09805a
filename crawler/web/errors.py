"""The trouble the desk reports when it starts."""


class WebError(Exception):
    """The desk cannot be served as asked: the message says what is wrong and the mend."""
