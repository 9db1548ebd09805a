"""A live crawl by the project's own settings in its own process, with scripted name resolution.

Called with one JSON argument {"data", "sites", "name", "hosts": {name: [[address, ...], ...]}}. Each resolution of a
name returns its next list, and then the last one always. Addresses ``203.0.113.*`` represent the public internet and
connect to the test's server. Prints JSON {"opened", "asked", "stats"}.
"""

import json
import socket
import sys
from pathlib import Path
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IHostnameResolver
from zope.interface import implementer

from crawler.commands.crawl_session import CrawlSession, project_settings
from crawler.commands.data_folder import DataFolder
from crawler.politeness import addresses
from crawler.spiders.loader import SiteSpiderLoader

ORDER = json.loads(sys.argv[1])
PUBLIC = "203.0.113."
opened: list[str] = []
asked: list[str] = []


@implementer(IHostnameResolver)
class Scripted:
    """Resolves a name to its next list."""

    answers = {name: list(lists) for name, lists in ORDER["hosts"].items()}  # noqa: RUF012

    def resolveHostName(self, receiver: Any, hostName: str, portNumber: int = 0, *_: Any, **__: Any) -> Any:
        asked.append(hostName)
        lists = self.answers.get(hostName, [[]])
        receiver.resolutionBegan(self)
        for text in lists.pop(0) if len(lists) > 1 else lists[0]:
            family = IPv6Address if ":" in text else IPv4Address
            receiver.addressResolved(family("TCP", text, portNumber))
        receiver.resolutionComplete()
        return self


folder = DataFolder(Path(ORDER["data"]))
settings = project_settings("live", folder, BROADSHEET_SITES=ORDER["sites"], BROADSHEET_CONTACT="mailto:a@example.org")
settings.set("BROADSHEET_BACKOFF", 0.05, priority="cmdline")
settings.set("RETRY_TIMES", 0, priority="cmdline")
session = CrawlSession(folder)
crawler = session.prepare(SiteSpiderLoader.from_settings(settings).load(ORDER["name"]), settings)

from twisted.internet import reactor  # noqa: E402  (the session has installed it)

real: Any = reactor


def redirected(connect: Any) -> Any:
    """Record the address of each connection, whichever library opens it, and connect to the test's server."""

    def record(sock: socket.socket, address: Any) -> Any:
        host, port, *_ = address
        opened.append(host)
        assert host.startswith(PUBLIC), f"a connection to {host}"
        return connect(sock, ("127.0.0.1", port))

    return record


socket.socket.connect = redirected(socket.socket.connect)
socket.socket.connect_ex = redirected(socket.socket.connect_ex)
# Documentation addresses are refused like all that are not public; in this test they are the public internet.
addresses._RULES_4 = tuple(rule for rule in addresses._RULES_4 if not str(rule[0]).startswith(PUBLIC))


async def main() -> int:
    real.installNameResolver(Scripted())  # in place of the one that Scrapy installed on starting
    await session.start(crawler)
    return 0


session.run(main)
assert crawler.stats is not None
stats = {name: value for name, value in crawler.stats.get_stats().items() if isinstance(value, int | float | str)}
print(json.dumps({"opened": opened, "asked": asked, "stats": stats}))
