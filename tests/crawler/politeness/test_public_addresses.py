"""Addresses that a crawl may connect to, and hosts of URLs that are numbers."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.politeness.addresses import embedded_ipv4, is_loopback, is_public, literal_address, refusal_rule

RULES = [
    ("0.0.0.0", "unspecified"),
    ("0.1.2.3", "unspecified"),
    ("10.0.0.1", "private"),
    ("10.255.255.255", "private"),
    ("100.64.0.1", "shared"),
    ("100.127.255.255", "shared"),
    ("100.100.100.200", "metadata"),
    ("127.0.0.1", "loopback"),
    ("127.255.0.9", "loopback"),
    ("169.254.0.1", "link-local"),
    ("169.254.169.254", "metadata"),
    ("168.63.129.16", "metadata"),
    ("172.16.0.1", "private"),
    ("172.31.255.255", "private"),
    ("192.0.0.8", "reserved"),
    ("192.0.2.1", "documentation"),
    ("192.88.99.1", "reserved"),
    ("192.168.1.1", "private"),
    ("198.18.0.1", "benchmarking"),
    ("198.51.100.1", "documentation"),
    ("203.0.113.1", "documentation"),
    ("224.0.0.1", "multicast"),
    ("239.255.255.255", "multicast"),
    ("240.0.0.1", "reserved"),
    ("255.255.255.255", "reserved"),
    ("::", "unspecified"),
    ("::1", "loopback"),
    ("::ffff:127.0.0.1", "loopback"),
    ("::ffff:10.0.0.1", "private"),
    ("::ffff:169.254.169.254", "metadata"),
    ("::10.0.0.1", "private"),
    ("64:ff9b::10.0.0.1", "private"),
    ("64:ff9b::169.254.169.254", "metadata"),
    ("64:ff9b:1::8.8.8.8", "private"),
    ("2002:7f00:1::", "loopback"),
    ("2002:a9fe:a9fe::1", "metadata"),
    ("2002:c0a8:101::1", "private"),
    ("2001::1", "reserved"),
    ("2001:db8::1", "documentation"),
    ("3fff::1", "documentation"),
    ("fc00::1", "private"),
    ("fd00:ec2::254", "metadata"),
    ("fe80::1", "link-local"),
    ("fe80::1%eth0", "link-local"),
    ("fec0::1", "private"),
    ("ff02::1", "multicast"),
    ("100::1", "reserved"),
    ("5f00::1", "reserved"),
    ("4000::1", "reserved"),
    ("1.1.1.1", None),
    ("9.255.255.255", None),
    ("11.0.0.0", None),
    ("100.63.255.255", None),
    ("100.128.0.0", None),
    ("126.255.255.255", None),
    ("128.0.0.0", None),
    ("169.253.255.255", None),
    ("172.15.255.255", None),
    ("172.32.0.0", None),
    ("192.167.255.255", None),
    ("192.169.0.0", None),
    ("223.255.255.255", None),
    ("2606:4700::1111", None),
    ("240e::1", None),
    ("::ffff:8.8.8.8", None),
    ("64:ff9b::8.8.8.8", None),
    ("2002:808:808::1", None),
]


@pytest.mark.parametrize(("address", "rule"), RULES)
def test_rule_that_refuses_an_address(address, rule):
    assert refusal_rule(ip_address(address)) == rule
    assert is_public(ip_address(address)) is (rule is None)
    assert is_loopback(ip_address(address)) is (rule == "loopback")


@settings(max_examples=300, deadline=None)
@given(st.ip_addresses(v=4))
def test_ipv4_addresses_private_to_python_are_refused(address):
    if address.is_private or address.is_multicast or address.is_reserved or address.is_link_local:
        assert not is_public(address)


@settings(max_examples=300, deadline=None)
@given(st.ip_addresses(v=6))
def test_ipv6_addresses_private_to_python_are_refused(address):
    if (address.is_private or address.is_multicast or address.is_site_local) and embedded_ipv4(address) is None:
        assert not is_public(address)


@settings(max_examples=200, deadline=None)
@given(st.ip_addresses(v=4), st.sampled_from(["::ffff:0:0", "64:ff9b::", "::"]))
def test_embedded_address_is_judged_as_itself(inner, prefix):
    outer = IPv6Address(int(IPv6Address(prefix)) | int(inner))
    if int(outer) > 1:  # :: and ::1 have their own rules
        assert refusal_rule(outer) == refusal_rule(inner)
        assert refusal_rule(IPv6Address(0x2002 << 112 | int(inner) << 80)) == refusal_rule(inner)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("017700000001", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0X7F.0x0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("127.0.1", "127.0.0.1"),
        ("0", "0.0.0.0"),
        ("0x", "0.0.0.0"),
        ("2852039166", "169.254.169.254"),
        ("0251.0376.0251.0376", "169.254.169.254"),
        ("[::1]", "::1"),
        ("::1", "::1"),
        ("[::ffff:7f00:1]", "::ffff:7f00:1"),
        ("localhost", None),
        ("example.com", None),
        ("1.2.3.4.5", None),
        ("256.0.0.1", None),
        ("4294967296", None),
        ("1.2.3.256", None),
        ("08.0.0.1", None),
        ("0xg", None),
        ("1_0.0.0.1", None),
        ("-1", None),
        ("", None),
        ("1..2", None),
        ("١٢٧.0.0.1", None),
        ("123.com", None),
    ],
)
def test_literal_address_of_a_host(host, address):
    assert literal_address(host) == (ip_address(address) if address else None)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(["0", "1", "127", "255", "256", "0177", "0x7f", "65535", "2130706433", "0x"]), max_size=5)
)
def test_numbers_are_parsed_like_the_c_library_does(parts):
    host = ".".join(parts)
    try:
        expected = IPv4Address(socket.inet_aton(host)) if host else None
    except OSError:
        expected = None
    if "0x" not in parts:  # a bare 0x is zero to browsers and not a number to C
        assert literal_address(host) == expected
