"""Why a request was not made."""

from scrapy.exceptions import IgnoreRequest

from crawler.politeness.decision import Decision


class RequestRefused(IgnoreRequest):
    """A rule forbids the request; asking again would not help. `decision` says which."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(str(decision))
        self.decision = decision


class RequestHeld(IgnoreRequest):
    """The request is not to be made now; a later visit may. `decision` says why and until when."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(str(decision))
        self.decision = decision


class VisitEnding(IgnoreRequest):
    """The visit was ending before the request's turn came; nothing is wrong with it."""
