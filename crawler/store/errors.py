"""The store's exceptions."""


class StoreError(Exception):
    """The database could not be opened, read or written. The message says what failed, where, and how to fix it."""


class SearchQueryError(StoreError):
    """A query cannot be read. The message names the fault and the fix."""


class ItemFormatError(StoreError):
    """A text is not the JSON of an article item."""
