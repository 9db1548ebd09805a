"""Opt-outs in pages, headers and hosts' files."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.politeness.errors import PolitenessError
from crawler.politeness.opt_out_policy import Action, OptOutPolicy
from crawler.politeness.opt_outs import HEAD_LIMIT, OptOut, Signal, TdmRules, find_opt_outs, find_robots_txt_opt_outs

TOKEN = "Broadsheet"


def signals(found) -> list[str]:
    return [str(one.signal) for one in found]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("noarchive", ["noarchive"]),
        ("NoIndex, NoFollow", ["noindex", "nofollow"]),
        ("none", ["noindex", "nofollow"]),
        ("nosnippet,noai , noimageai", ["nosnippet", "noai"]),
        ("broadsheet: noarchive", ["noarchive"]),
        ("BROADSHEET: none", ["noindex", "nofollow"]),
        ("otherbot: noarchive", []),
        ("otherbot: noindex, nofollow", []),
        ("otherbot: noindex, broadsheet: noarchive", ["noarchive"]),
        ("noindex, otherbot: noarchive", ["noindex"]),
        ("unavailable_after: 25 Jun 2030 15:00:00 PST, noarchive", ["noarchive"]),
        ("max-snippet: 0, max-image-preview: none", []),
        ("all", []),
        ("", []),
        ("noarchived", []),
    ],
)
def test_x_robots_tag_is_read(value: str, expected: list[str]) -> None:
    assert signals(find_opt_outs([(b"X-Robots-Tag", value.encode())], b"", TOKEN)) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<meta name="robots" content="noarchive">', ["noarchive"]),
        ("<META CONTENT='NOINDEX,NOFOLLOW' NAME='ROBOTS'>", ["noindex", "nofollow"]),
        ("<meta name=robots content=none>", ["noindex", "nofollow"]),
        ('<meta\nname="robots"\ncontent="noai noimageai"/>', ["noai"]),
        ('<meta name="broadsheet" content="noarchive">', ["noarchive"]),
        ('<meta name="googlebot" content="noarchive">', []),
        ('<meta name="robots" content="index,follow">', []),
        ('<meta name="description" content="noarchive">', []),
        ('<!-- <meta name="robots" content="noarchive"> -->', []),
        ('</head><body><meta name="robots" content="noarchive">', []),
        ('<meta name="robots" content="no&#97;rchive">', ["noarchive"]),
        ('<meta name="tdm-reservation" content="1">', ["tdm"]),
        ('<meta name="tdm-reservation" content="0">', []),
        ('<meta name="robots" content="nofollow"><meta name="robots" content="nofollow">', ["nofollow"]),
    ],
)
def test_meta_tags_are_read(html: str, expected: list[str]) -> None:
    assert signals(find_opt_outs([], f"<html><head>{html}".encode(), TOKEN)) == expected


def test_opt_out_names_its_place() -> None:
    headers = [(b"x-robots-TAG", b"noarchive"), (b"TDM-Reservation", b"1"), (b"tdm-policy", b"https://a.example/p")]
    assert find_opt_outs(headers, b'<meta name="robots" content="NoArchive">', TOKEN) == (
        OptOut(Signal.NOARCHIVE, "X-Robots-Tag", "noarchive"),
        OptOut(Signal.TDM, "tdm-reservation", "1"),
        OptOut(Signal.NOARCHIVE, "meta robots", "NoArchive"),
    )


def test_bodies_other_than_html_are_not_read() -> None:
    assert find_opt_outs([], b'<meta name="robots" content="noarchive">', TOKEN, is_html=False) == ()


def test_only_the_start_of_a_page_is_searched() -> None:
    late = b" " * HEAD_LIMIT + b'<meta name="robots" content="noarchive">'
    assert find_opt_outs([], late, TOKEN) == ()


@settings(max_examples=150, deadline=500)
@given(st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=80)), max_size=4), st.binary(max_size=400))
def test_any_bytes_are_read(headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    find_opt_outs([*headers, (b"X-Robots-Tag", body)], b"<meta name=robots content=" + body, TOKEN)
    find_robots_txt_opt_outs(body)
    TdmRules.parse(body).find_opt_out("http://a.example/x?y")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Content-Signal: search=yes, ai-train=no", ["noai"]),
        ("content-signal: search=no,ai-input=no", ["noindex", "noai"]),
        ("Content-Signal: ai-train=yes", []),
        ("# We do not permit AI training on our articles.", ["ai-comment"]),
        ("# 本网站内容不得用于人工智能训练", ["ai-comment"]),
        ("# rain and mail", []),
        ("Disallow: /AI/", []),
    ],
)
def test_opt_outs_in_robots_txt_are_read(line: str, expected: list[str]) -> None:
    body = f"\ufeffUser-agent: *\r\n{line}\r\nDisallow: /x\r\n".encode()
    assert signals(find_robots_txt_opt_outs(body)) == expected


TDM = b"""[{"location": "/open/*", "tdm-reservation": 0}, {"location": "*.pdf$", "tdm-reservation": 1},
{"location": "/news/", "tdm-reservation": 1, "tdm-policy": "https://a.example/p"}, {"location": 5}, 7]"""


@pytest.mark.parametrize(
    ("path", "reserved"),
    [("/news/1.html", True), ("/open/news/1.pdf", False), ("/a/b.pdf", True), ("/a/b.pdfx", False), ("/", False)],
)
def test_tdmrep(path: str, reserved: bool) -> None:
    found = TdmRules.parse(TDM).find_opt_out(f"http://a.example{path}")
    assert (found is not None) is reserved


@pytest.mark.parametrize("body", [b"", b"<html>404", b"{}", b"[" * 100_000, b'{"location": "/"}', b"\xff"])
def test_malformed_tdmrep_reserves_nothing(body: bytes) -> None:
    assert TdmRules.parse(body).find_opt_out("http://a.example/") is None


def test_policy_finds_opt_outs_by_action() -> None:
    policy = OptOutPolicy.from_settings({"noarchive": "drop", "nofollow": "no-links", "tdm": "withhold"})
    found = (OptOut(Signal.NOFOLLOW, "meta robots", "x"), OptOut(Signal.TDM, "tdm-reservation", "1"))
    assert policy.may_drop
    assert policy.find(found, Action.DROP) is None
    assert policy.find(found, Action.NO_LINKS) is found[0]
    assert policy.find_withholding(found) is found[1]
    assert policy.find_withholding((OptOut(Signal.NOARCHIVE, "", ""),)) is not None
    assert policy.find_withholding((OptOut(Signal.NOAI, "", ""),)) is None


@pytest.mark.parametrize("named", [{"noarchiv": "drop"}, {"noarchive": "forget"}])
def test_error_names_an_unknown_signal_or_action(named: dict[str, str]) -> None:
    with pytest.raises(PolitenessError, match="OPT_OUT_POLICY"):
        OptOutPolicy.from_settings(named)
