"""No connection is opened to a forbidden address, by whichever route a crawl gets there."""

import asyncio
import socket
from ipaddress import ip_address
from unittest.mock import Mock

import pytest
from scrapy import Request, Spider
from scrapy.exceptions import CannotResolveHostError, DownloadTimeoutError, IgnoreRequest
from scrapy.utils.defer import deferred_from_coro
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IHostnameResolver
from zope.interface import implementer

from crawler.handlers.addresses import AddressPolicy, AddressRefused, known_address, open_connection

ANSWER = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi"


@implementer(IHostnameResolver)
class ScriptedResolver:
    """Returns the next answer for a name at each look-up, and then always the last one."""

    def __init__(self, answers):
        self.answers = {name: list(given) for name, given in answers.items()}
        self.asked = []

    def resolveHostName(self, receiver, hostName, portNumber=0, addressTypes=None, transportSemantics="TCP"):
        self.asked.append(hostName)
        answers = self.answers.get(hostName, [[]])
        receiver.resolutionBegan(self)
        for text in answers.pop(0) if len(answers) > 1 else answers[0]:
            family = IPv6Address if ":" in text else IPv4Address
            receiver.addressResolved(family("TCP", text, portNumber))
        receiver.resolutionComplete()
        return self


@pytest.fixture
def resolve(reactor):
    """Installs a scripted resolver."""
    original = reactor.nameResolver

    def install(**answers):
        resolver = ScriptedResolver(answers and {name.replace("_", "."): given for name, given in answers.items()})
        reactor.installNameResolver(resolver)
        return resolver

    yield install
    reactor.installNameResolver(original)


@pytest.fixture
def opened(reactor, monkeypatch):
    """The addresses that sockets are connected to. Fails on addresses outside this machine."""
    hosts = []

    def recorded(connect):
        def record(sock, address):
            hosts.append(address[0])
            assert ip_address(address[0]).is_loopback, f"a connection to {address[0]}"
            return connect(sock, address)

        return record

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, recorded(getattr(socket.socket, name)))
    return hosts


FORBIDDEN = {
    "http://127.0.0.1/": "loopback",
    "http://localhost/": "loopback",
    "http://news.localhost/": "loopback",
    "http://NEWS.LOCALHOST./": "loopback",
    "http://[::1]/": "loopback",
    "http://[::ffff:127.0.0.1]/": "loopback",
    "http://2130706433/": "loopback",
    "http://0177.0.0.1/": "loopback",
    "http://0x7f000001/": "loopback",
    "http://127.1/": "loopback",
    "https://127.0.0.1/": "loopback",
    "http://169.254.169.254/latest/meta-data/": "metadata",
    "http://2852039166/": "metadata",
    "http://[fd00:ec2::254]/": "metadata",
    "http://10.0.0.1/": "private",
    "http://192.168.0.1:8080/": "private",
    "http://100.64.0.1/": "shared",
    "http://0.0.0.0/": "unspecified",
    "http://0/": "unspecified",
    "http://[fe80::1]/": "link-local",
    "http://[64:ff9b::10.0.0.1]/": "private",
    "http://[2002:7f00:1::]/": "loopback",
    "http://224.0.0.1/": "multicast",
}


@pytest.mark.parametrize(("url", "rule"), FORBIDDEN.items())
def test_forbidden_address_in_url_is_refused(client, resolve, opened, url, rule):
    resolver = resolve()
    outcome = client({"ALLOW_LOOPBACK": False}).fetch(url)
    assert isinstance(outcome.error, AddressRefused)
    assert outcome.error.rule == rule
    assert (opened, outcome.captures, resolver.asked) == ([], [], [])


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fe80::1", "::ffff:10.0.0.1"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_name_with_forbidden_address_is_refused(client, resolve, opened, address, scheme):
    resolver = resolve(trap_example=[[address]])
    outcome = client({"ALLOW_LOOPBACK": False}).fetch(f"{scheme}://trap.example/")
    assert isinstance(outcome.error, AddressRefused)
    assert (outcome.error.host, outcome.error.address) == ("trap.example", ip_address(address))
    assert str(outcome.error).startswith("trap.example is at ")
    assert (opened, outcome.captures, resolver.asked) == ([], [], ["trap.example"])


def test_crawl_of_this_machine_may_only_reach_loopback_and_public_addresses(client, resolve, opened, serve):
    resolve(trap_example=[["10.0.0.1"]])
    server, using = serve((ANSWER,), (ANSWER,)), client()
    assert using.fetch(server.url(host="portal.localhost")).response.body == b"hi"
    assert using.fetch(server.url()).response.body == b"hi"
    assert isinstance(using.fetch("http://trap.example/").error, AddressRefused)
    assert isinstance(using.fetch("http://192.168.0.1/").error, AddressRefused)
    assert opened == ["127.0.0.1", "127.0.0.1"]


def test_two_crawls_in_one_process_keep_their_own_policies(client, opened, serve):
    server = serve((ANSWER,))
    local, public = client(), client({"ALLOW_LOOPBACK": False})
    assert isinstance(public.fetch(server.url()).error, AddressRefused)
    assert local.fetch(server.url()).response.body == b"hi"
    assert isinstance(public.fetch(server.url()).error, AddressRefused)


def test_name_that_becomes_private_between_look_ups_is_refused(client, resolve, opened, serve):
    """The address that was checked is the one connected to: there is one look-up per connection."""
    server = serve((ANSWER,), (ANSWER,))
    resolver = resolve(rebind_example=[["127.0.0.1"], ["10.0.0.1"]])
    using = client()
    assert using.fetch(server.url(host="rebind.example")).response.body == b"hi"
    assert resolver.asked == ["rebind.example"]
    assert isinstance(using.fetch(server.url(host="rebind.example")).error, AddressRefused)
    assert opened == ["127.0.0.1"]


def test_only_permitted_addresses_of_several_are_tried(client, resolve, opened, serve):
    resolve(mixed_example=[["10.0.0.1", "127.0.0.1", "fe80::1"]])
    outcome = client().fetch(serve((ANSWER,)).url(host="mixed.example"))
    assert (outcome.response.body, opened) == (b"hi", ["127.0.0.1"])


def test_next_address_is_tried_if_one_does_not_answer(client, resolve, opened, serve):
    resolve(two_example=[["127.0.0.2", "127.0.0.1"]])
    outcome = client().fetch(serve((ANSWER,)).url(host="two.example"))
    assert (outcome.response.body, outcome.capture.ip_address) == (b"hi", "127.0.0.1")
    assert opened == ["127.0.0.2", "127.0.0.1"]


def test_unknown_name_is_reported_as_unresolved(client, resolve, opened):
    resolve()
    assert isinstance(client().fetch("http://nowhere.example/").error, CannotResolveHostError)
    assert opened == []


def test_proxy_may_have_any_address_but_targets_are_checked(client, opened, serve):
    proxy, using = serve((ANSWER,)), client({"ALLOW_LOOPBACK": False})
    meta = {"proxy": proxy.url("")}
    for url in ("http://169.254.169.254/", "http://2130706433/", "https://10.0.0.1/", "http://x.localhost/"):
        assert isinstance(using.fetch(url, meta=meta).error, AddressRefused)
    assert opened == []
    assert using.fetch("http://portal.example/", meta=meta).response.body == b"hi"


def test_redirect_to_forbidden_address_is_dropped_and_not_retried(client, opened, serve):
    redirect = (
        b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    )
    server, seen = serve((redirect,)), []

    class Portal(Spider):
        name = "portal"

        async def start(self):
            yield Request(server.url(), errback=lambda failure: seen.append(failure.value))

    crawler = client().run(Portal, {"RETRY_TIMES": 2})
    (error,) = seen
    assert isinstance(error, AddressRefused)
    assert isinstance(error, IgnoreRequest)
    assert opened == ["127.0.0.1"]
    assert crawler.stats.get_value("retry/count") is None
    assert crawler.stats.get_value("log_count/ERROR") is None


def test_name_server_that_never_answers_causes_a_timeout(client, resolve, opened, reactor):
    class Silent(ScriptedResolver):
        def resolveHostName(self, receiver, *args, **kwargs):
            self.receiver = receiver
            return self

    silent = Silent({})
    resolve()
    reactor.installNameResolver(silent)
    using = client()
    outcome = using.fetch("http://slow.example/", timeout=0.1)
    assert isinstance(outcome.error, DownloadTimeoutError)
    assert outcome.captures == []

    def answer_late():
        silent.receiver.addressResolved(IPv4Address("TCP", "127.0.0.1", 80))
        silent.receiver.resolutionComplete()

    using.in_reactor(answer_late)
    assert opened == []


def test_ipv6_loopback_server_is_reached(client, opened, serve):
    try:
        server = serve((ANSWER,), address="::1")
    except OSError as error:
        pytest.skip(f"no IPv6 here: {error}")
    outcome = client().fetch(server.url(host="[::1]"))
    assert (outcome.bytes, outcome.capture.ip_address, opened) == (ANSWER, "::1", ["::1"])
    assert b"\r\nHost: [::1]:%d\r\n" % server.port in server.requests[0]


def test_policy_names_the_first_refused_address():
    policy = AddressPolicy()
    assert policy.select_permitted("a.example", []) == []
    with pytest.raises(AddressRefused, match=r"a\.example is at 10\.0\.0\.1, a private address"):
        policy.select_permitted("a.example", [ip_address("10.0.0.1"), ip_address("::1")])


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("localhost", "127.0.0.1"),
        ("a.b.localhost", "127.0.0.1"),
        ("localhost.example.com", None),
        ("mylocalhost", None),
    ],
)
def test_localhost_names_need_no_look_up(host, address):
    assert known_address(host) == (ip_address(address) if address else None)


def test_of_two_connections_opened_together_one_is_used(reactor, client, monkeypatch):
    """The protocol gets one transport, and closing the other one does not reach it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        protocol = Mock(spec=asyncio.Protocol)

        async def open_both():
            loop = asyncio.get_running_loop()
            create, both = loop.create_connection, asyncio.Event()
            opened = []

            async def together(*args, **kwargs):
                opened.append(await create(*args, **kwargs))
                if len(opened) == 2:
                    both.set()
                await both.wait()
                return opened.pop()

            monkeypatch.setattr(loop, "create_connection", together)
            monkeypatch.setattr("crawler.handlers.addresses.ATTEMPT_DELAY", 0.05)
            port = listener.getsockname()[1]
            transport = await open_connection(protocol, [ip_address("127.0.0.1")] * 2, port)
            await asyncio.sleep(0.1)
            is_open = not transport.is_closing()
            transport.abort()
            return is_open, protocol.connection_made.call_count, protocol.connection_lost.call_count

        assert client().in_reactor(lambda: deferred_from_coro(open_both())) == (True, 1, 0)
