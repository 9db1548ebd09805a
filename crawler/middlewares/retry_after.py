"""End of a visit whose server is overloaded, failing or silent.

The throttle applies the back-off itself, and Scrapy's retries wait for it like any request. A request that timed out is
not retried in the visit: a server that drips its bytes would hold it for minutes per URL.
"""

from collections import Counter
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadTimeoutError
from scrapy.http import Response

from crawler.middlewares.politeness import Politeness
from crawler.politeness.decision import Decision, Verdict

#: The close reason of a visit that ended because its host needs a long back-off.
CLOSE_REASON = "host_backoff"
#: Timeouts in a row of one host after which the visit ends, and its close reason then.
MAX_TIMEOUTS, TIMEOUTS_REASON = 3, "host_timeouts"


class RetryAfterMiddleware:
    """Records each new pause of a host in the ledger.

    Ends the visit if the pause is too long to wait for, or if the host let several requests in a row time out.
    """

    def __init__(self, politeness: Politeness) -> None:
        self._politeness = politeness
        self._recorded: dict[str, float] = {}  # end of the last recorded pause, by politeness key
        self._timeouts: Counter[str] = Counter()  # in a row, by politeness key

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(Politeness.of(crawler))

    def process_response(self, request: Request, response: Response) -> Response:
        self._timeouts.pop(self._politeness.hosts.key(request.url), None)
        self._record_pause(request)
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        self._record_pause(request)
        if not isinstance(exception, DownloadTimeoutError):
            return
        request.meta["dont_retry"] = True
        key = self._politeness.hosts.key(request.url)
        self._timeouts[key] += 1
        if self._timeouts[key] >= MAX_TIMEOUTS and self._politeness.config.site.owns(request.url):
            self._politeness.visit.end(TIMEOUTS_REASON)

    def _record_pause(self, request: Request) -> None:
        politeness, config = self._politeness, self._politeness.config
        key = politeness.hosts.key(request.url)
        throttle, now = politeness.hosts.throttles.get(key), politeness.clock.now()
        if throttle.paused_until <= now or self._recorded.get(key) == throttle.paused_until:
            return
        self._recorded[key] = throttle.paused_until
        has_too_many_strikes = throttle.has_too_many_strikes(config.throttle)
        ends_visit = has_too_many_strikes or throttle.paused_until - now > config.max_pause
        politeness.log.record(
            Decision(
                verdict=Verdict.HELD if ends_visit else Verdict.DELAYED,
                host=key,
                rule="backoff.strikes" if has_too_many_strikes else "backoff.pause",
                evidence=f"{throttle.cause} ({throttle.strikes} in a row)",
                at=now,
                until=throttle.paused_until,
                url=request.url,
            )
        )
        if ends_visit and config.site.owns(request.url):
            politeness.visit.end(CLOSE_REASON)
