"""What goes wrong in extraction's own definitions. Pages never raise: whatever they hold, they give an article."""


class ExtractionError(Exception):
    """Root of this package's errors."""


class PageClassError(ExtractionError):
    """A page class is wrong: an unknown field, a selector that is none, a host handled twice for the same days."""
