"""Exceptions of requests that were not made."""

from scrapy.exceptions import IgnoreRequest

from crawler.politeness.decision import Decision


class RequestRefused(IgnoreRequest):
    """A rule forbids the request, now and later. `decision` names the rule."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(str(decision))
        self.decision = decision


class RequestHeld(IgnoreRequest):
    """The request may not be made now; a later visit may make it. `decision` says why and until when."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(str(decision))
        self.decision = decision


class VisitEnding(IgnoreRequest):
    """The visit ended while the request waited for its host; nothing is wrong with the request."""
