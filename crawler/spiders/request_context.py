"""An address of the frontier while a crawl deals with it, from its request to what came of it."""

from dataclasses import dataclass, field
from typing import Any

from scrapy import Request
from scrapy.http import Response

from crawler.store.frontier import Lease

#: In a request's meta: what it is part of. Redirects and retries carry it on; so do the further pages of an article.
IN_HAND = "in_hand"
#: In a request's meta: what is expected behind it, a `crawler.store.frontier.Kind`.
KIND = "kind"


@dataclass(slots=True)
class InHand:
    """What is known so far of a leased address: `error` is what it failed with, `dropped` why it is not wanted any
    more; `is_left` says that something on it is left for a later visit; `aliases` are the other addresses of its page.
    """

    lease: Lease | None
    error: BaseException | None = None
    dropped: str | None = None
    is_left: bool = False
    aliases: set[str] = field(default_factory=set)


def in_hand(of: Request | Response) -> InHand:
    """What `of` is part of; over the archive, where there is no frontier, something nobody looks at."""
    meta: dict[str, Any] = of.meta
    return meta.get(IN_HAND) or InHand(None)
