"""What can go wrong with the store."""


class StoreError(Exception):
    """The database could not be opened, read or written. The message says what, where and the mend."""


class ItemFormatError(StoreError):
    """A text that should be an article item's JSON is not one."""
