"""Errors in page classes. Extraction itself never raises: any bytes give an article."""


class ExtractionError(Exception):
    """Base class of this package's errors."""


class PageClassError(ExtractionError):
    """A page class is wrong: an unknown field, or a host that another class handles for the same days."""
