"""Errors of bulk work."""


class BulkError(Exception):
    """Bulk work cannot go on: a source cannot be listed, or the cluster is gone. The message has the fix."""
