"""Internet addresses that a crawler may connect to: public ones only.

Refused are the ranges of the IANA special-purpose address registries (RFC 6890) that are not globally reachable. An
IPv6 address that embeds an IPv4 address is judged by that one.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

#: Metadata services of cloud machines; 168.63.129.16 is Azure's, although the range is public.
_METADATA = frozenset(
    ip_address(address) for address in ("169.254.169.254", "168.63.129.16", "100.100.100.200", "fd00:ec2::254")
)

_RULES_4 = tuple(
    (IPv4Network(network), rule)
    for network, rule in (
        ("0.0.0.0/8", "unspecified"),  # RFC 1122, 3.2.1.3
        ("10.0.0.0/8", "private"),  # RFC 1918
        ("100.64.0.0/10", "shared"),  # carrier-grade NAT, RFC 6598
        ("127.0.0.0/8", "loopback"),  # RFC 1122, 3.2.1.3
        ("169.254.0.0/16", "link-local"),  # RFC 3927
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),  # IETF protocol assignments, RFC 6890
        ("192.0.2.0/24", "documentation"),  # RFC 5737
        ("192.88.99.0/24", "reserved"),  # 6to4 relays, withdrawn by RFC 7526
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "benchmarking"),  # RFC 2544
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),  # RFC 5771
        ("240.0.0.0/4", "reserved"),  # RFC 1112, and the broadcast address
    )
)

_RULES_6 = tuple(
    (IPv6Network(network), rule)
    for network, rule in (
        ("::/128", "unspecified"),  # RFC 4291
        ("::1/128", "loopback"),
        ("fc00::/7", "private"),  # RFC 4193
        ("fe80::/10", "link-local"),
        ("fec0::/10", "private"),  # site-local, RFC 3879
        ("ff00::/8", "multicast"),
        ("64:ff9b:1::/48", "private"),  # NAT64 of a network's own, RFC 8215
        ("2001:db8::/32", "documentation"),  # RFC 3849
        ("3fff::/20", "documentation"),  # RFC 9637
        ("2001::/23", "reserved"),  # IETF protocol assignments, Teredo among them
    )
)

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052
_IPV4_COMPATIBLE = IPv6Network("::/96")  # RFC 4291, 2.5.5.1, withdrawn


def refusal_rule(address: Address) -> str | None:
    """Return the rule that refuses `address` (``loopback``, ``private``, ``metadata`` ...), or ``None``."""
    if address in _METADATA:
        return "metadata"
    if isinstance(address, IPv4Address):
        return next((rule for network, rule in _RULES_4 if address in network), None)
    for network, rule in _RULES_6:
        if address in network:
            return rule
    if (embedded := embedded_ipv4(address)) is not None:
        return refusal_rule(embedded)
    return None if address in _GLOBAL_UNICAST else "reserved"


def is_public(address: Address) -> bool:
    """True if `address` is on the public internet."""
    return refusal_rule(address) is None


def is_loopback(address: Address) -> bool:
    """True if `address` is this machine itself, in any form."""
    return refusal_rule(address) == "loopback"


def embedded_ipv4(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address inside an IPv4-mapped, IPv4-compatible, 6to4 or NAT64 address."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64 or address in _IPV4_COMPATIBLE:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def literal_address(host: str) -> Address | None:
    """Return the address that a URL's host is written as, ``None`` for a name.

    Besides the usual forms, C libraries and browsers accept decimal, octal and hexadecimal numbers and fewer than four
    parts (WHATWG URL, 3.5): ``2130706433``, ``0177.0.0.1`` and ``127.1`` are all 127.0.0.1.
    """
    host = host.removeprefix("[").removesuffix("]")
    try:
        return ip_address(host)
    except ValueError:
        return _parse_ipv4(host.removesuffix("."))


def _parse_ipv4(host: str) -> IPv4Address | None:
    """Parse `host` like the IPv4 parser of WHATWG URL, 3.5; ``None`` if that fails."""
    parts = [_parse_ipv4_number(part) for part in host.split(".")]
    if len(parts) > 4:
        return None
    value = 0
    for part in parts[:-1]:
        if part is None or part > 255:
            return None
        value = value << 8 | part
    last, bits = parts[-1], 8 * (5 - len(parts))
    if last is None or last >= 1 << bits:
        return None
    return IPv4Address(value << bits | last)


def _parse_ipv4_number(part: str) -> int | None:
    """Parse a hexadecimal (``0x``), octal (``0``) or decimal number; ``None`` for anything else."""
    digits, base = part.lower(), 10
    if digits.startswith("0x"):
        digits, base = digits[2:] or "0", 16
    elif digits.startswith("0") and len(digits) > 1:
        digits, base = digits[1:], 8
    if not digits.isascii() or not digits.isalnum():
        return None
    try:
        return int(digits, base)
    except ValueError:
        return None
