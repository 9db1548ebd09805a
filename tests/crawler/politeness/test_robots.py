"""robots.txt rules, a table per section of RFC 9309."""

import hostile_inputs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.politeness.robots import PARSE_LIMIT, parse

TOKEN = "Broadsheet"
HOST = "http://paper.example"


def allowed(body: str | bytes, path: str, token: str = TOKEN) -> bool:
    return parse(body if isinstance(body, bytes) else body.encode(), token).allowed(HOST + path)


@pytest.mark.parametrize(
    ("body", "path", "expected"),
    [
        pytest.param("User-agent: broadSHEET\nDisallow: /a", "/a", False, id="token is case-blind"),
        pytest.param("User-agent: Broadsheet/2.1\nDisallow: /a", "/a", False, id="version after the token is ignored"),
        pytest.param("User-agent: Broad\nDisallow: /a", "/a", True, id="a prefix of our token is not us"),
        pytest.param("User-agent: BroadsheetX\nDisallow: /a", "/a", True, id="our token is a prefix of theirs"),
        pytest.param("User-agent: BroadsheetX\nAllow: /\n\nUser-agent: *\nDisallow: /", "/a", False, id="no widening"),
        pytest.param("User-agent: *\nDisallow: /\nUser-agent: Broadsheet\nAllow: /", "/a", True, id="specific wins"),
        pytest.param("User-agent: *\nDisallow: /\nUser-agent: Broadsheet\nDisallow:", "/a", True, id="empty specific"),
        pytest.param(
            "User-agent: Broadsheet\nDisallow: /a\nUser-agent: x\nDisallow: /\nUser-agent: broadsheet\nDisallow: /b",
            "/a",
            False,
            id="groups of one token are merged (first)",
        ),
        pytest.param(
            "User-agent: Broadsheet\nDisallow: /a\nUser-agent: x\nDisallow: /\nUser-agent: broadsheet\nDisallow: /b",
            "/b",
            False,
            id="groups of one token are merged (second)",
        ),
        pytest.param(
            "User-agent: Broadsheet\nDisallow: /a\nUser-agent: x\nDisallow: /", "/c", True, id="others' groups"
        ),
        pytest.param("User-agent: x\nUser-agent: Broadsheet\nDisallow: /a", "/a", False, id="two agents, one group"),
        pytest.param("Disallow: /a\nUser-agent: *\nDisallow: /b", "/a", True, id="rule before any group"),
        pytest.param("User-agent: *x\nDisallow: /", "/a", True, id="star glued to a word is no token"),
        pytest.param("User-agent: * x\nDisallow: /", "/a", False, id="star and a word is everybody"),
    ],
)
def test_section_2_2_1_user_agent_line(body: str, path: str, expected: bool) -> None:
    assert allowed(body, path) is expected


RULES = "User-agent: *\n"


@pytest.mark.parametrize(
    ("rules", "path", "expected"),
    [
        pytest.param("Disallow: /", "/robots.txt", True, id="robots.txt itself is always allowed"),
        pytest.param("Disallow: /", "/robots.txt?x=1", False, id="robots.txt with a query is a page"),
        pytest.param("Allow: /a/b\nDisallow: /a", "/a/b/c", True, id="longest match"),
        pytest.param("Disallow: /a\nAllow: /a", "/a", True, id="equal length: allow"),
        pytest.param("Disallow: /A", "/a", True, id="paths know case"),
        pytest.param("Disallow: /foo/bar?baz=quz", "/foo/bar?baz=quz", False, id="query counts"),
        pytest.param("Disallow: /foo/bar?baz=https://foo.bar", "/foo/bar?baz=https%3A%2F%2Ffoo.bar", False, id="RFC-1"),
        pytest.param("Disallow: /foo/bar?baz=https%3A%2F%2Ffoo.bar", "/foo/bar?baz=https://foo.bar", False, id="RFC-2"),
        pytest.param("Disallow: /foo/bar/ツ", "/foo/bar/%E3%83%84", False, id="RFC-3 utf-8 rule"),
        pytest.param("Disallow: /foo/bar/%E3%83%84", "/foo/bar/ツ", False, id="RFC-4 utf-8 address"),
        pytest.param("Disallow: /foo/bar/%e3%83%84", "/foo/bar/%E3%83%84", False, id="escapes are case-blind"),
        pytest.param("Disallow: /foo/bar/%62%61%7A", "/foo/bar/baz", False, id="RFC-5 unreserved decoded in rule"),
        pytest.param("Disallow: /foo/bar/baz", "/foo/bar/%62%61%7A", False, id="unreserved decoded in address"),
        pytest.param("Disallow: /a%2Fb", "/a/b", True, id="an escaped slash in a path is another path"),
        pytest.param("Disallow: /*%2F", "/x?u=%2F", False, id="an escape in the query as written"),
        pytest.param("Disallow: /*/x", "/a?b=c/x", False, id="a star reaches into the query"),
        pytest.param("Disallow: /a#b", "/a", False, id="comment ends the rule"),
        pytest.param("Disallow: /a\nDisallow:", "/b", True, id="empty rule says nothing"),
    ],
)
def test_section_2_2_2_allow_and_disallow(rules: str, path: str, expected: bool) -> None:
    assert allowed(RULES + rules, path) is expected


@pytest.mark.parametrize(
    ("rule", "path", "expected"),
    [
        ("/*.gif$", "/a/b.gif", False),
        ("/*.gif$", "/a/b.gif?x", True),
        ("/a$", "/a", False),
        ("/a$", "/ab", True),
        ("/a$b", "/a$b", False),
        ("/a*c*e", "/abcde", False),
        ("/a*c*e", "/aecde", False),
        ("/a*e*c", "/abcde", True),
        ("/path/file-with-a-%2A.html", "/path/file-with-a-*.html", False),
        ("/path/foo-%24", "/path/foo-$", False),
        ("/path/foo-%24", "/path/foo-", True),
        ("*", "/", False),
        ("/**/x", "/a/x", False),
        ("/a*$", "/abc", False),
    ],
)
def test_section_2_2_3_special_characters(rule: str, path: str, expected: bool) -> None:
    assert allowed(f"{RULES}Disallow: {rule}", path) is expected


def test_section_2_2_4_other_records_do_not_end_a_group() -> None:
    body = b"User-agent: Broadsheet\nSitemap: /s.xml\nCrawl-delay: 7\nNoise: 1\nUser-agent: other\nDisallow: /a"
    rules = parse(body, TOKEN)
    assert not rules.allowed(HOST + "/a")
    assert rules.crawl_delay == 7.0
    assert rules.sitemaps == ("/s.xml",)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"User-agent: *\nCrawl-delay: 3", 3.0),
        (b"User-agent: *\nCrawl-delay: 2.5\nCrawl-delay: 1", 2.5),
        (b"User-agent: *\nCrawl-delay: 5 # seconds", 5.0),
        (b"User-agent: *\nCrawl-delay: 5 seconds", 5.0),
        (b"User-agent: *\nCrawl-delay: soon", None),
        (b"User-agent: *\nCrawl-delay: -1", None),
        (b"User-agent: *\nCrawl-delay: inf", None),
        (b"User-agent: *\nCrawl-delay:", None),
        (b"User-agent: *\nCrawl-delay: 9\nUser-agent: x\nDisallow: /\nUser-agent: Broadsheet\nAllow: /", None),
        (b"Crawl-delay: 3", None),
    ],
)
def test_crawl_delay_is_read(body: bytes, expected: float | None) -> None:
    assert parse(body, TOKEN).crawl_delay == expected


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf", b"\xef\xbb", b"\xef"])
def test_section_2_2_line_ends_and_byte_order_marks(end: str, mark: bytes) -> None:
    assert not allowed(mark + end.join(["User-agent: *", "", "Disallow: /a", ""]).encode(), "/a")


def test_broken_bytes_affect_their_own_line_only() -> None:
    assert not allowed(b"\xff\xfe\x00\nUser-agent: *\nAllow: /\xa3\xa4\nDisallow: /a\n\x00\x01", "/a")
    assert not allowed("User-agent: *\nDisallow: /新闻".encode("gb18030"), "/" + "%D0%C2%CE%C5")


@pytest.mark.parametrize("line", ["Dissallow: /a", "Disallow /a", "disallow : /a", "  Disallow:/a  ", "Disallowed: /a"])
def test_misspelt_directives_apply(line: str) -> None:
    assert not allowed(f"User agent: *\n{line}", "/a")


@pytest.mark.parametrize(
    ("body", "path", "expected"),
    [
        pytest.param("user-agent\tBroadsheet\ndisallow\t/\n", "/a", False, id="a blank for a colon"),
        pytest.param("user-agent: Broadsheet\ndisallow /a b\n", "/a", True, id="two spaces do not replace a colon"),
        pytest.param("user-agent: Broadsheet\ncrawl-delay: 5\nuser-agent: x\ndisallow: /\n", "/a", False, id="delay"),
        pytest.param("user-agent: x\ndisallow: /\n\nuser-agent: Broadsheet\n", "/a", True, id="no rules"),
        pytest.param("user-agent:\ndisallow: /\n", "/a", True, id="line without a name"),
        pytest.param("user-agent: *\nallow: /s/index.html\ndisallow: /\n", "/s/", True, id="index page: its folder"),
        pytest.param("user-agent: *\nallow: /s/index.html\ndisallow: /\n", "/s/index.htm", False, id="index: no more"),
        pytest.param(
            "user-agent: *\nallow: /p\ndisallow: /*.html\n", "/p.html", False, id="a longer pattern, any kind"
        ),
        pytest.param(
            "user-agent: *\nallow: /x/page.\ndisallow: /*.html\n", "/x/page.html", True, id="by length of pattern"
        ),
        pytest.param("user-agent: *\nallow: /$\ndisallow: /\n", "/", True, id="only the home page"),
        pytest.param("user-agent: *\ndisallow: /a$\n", "/a#b", False, id="fragment does not belong to the path"),
        pytest.param("user-agent: *\ndisallow: /$\n", "", False, id="no path is the root"),
        pytest.param("user-agent: *\ndisallow: /*?\n", "/a?", False, id="an empty query is a query"),
        pytest.param("user-agent: *\ndisallow: /a\0b\n", "/a", False, id="a line ends at a NUL"),
        pytest.param("user-agent: *\ndisallow: a\n", "/a", True, id="a rule that begins with no slash"),
    ],
)
def test_cases_left_open_by_rfc_9309_follow_google(body: str, path: str, expected: bool) -> None:
    assert allowed(body, path) is expected


def test_section_2_5_little_more_than_500_kib_are_parsed() -> None:
    head, rule = b"User-agent: *\n", b"Disallow: /late\n"
    filler = b"#" * 99 + b"\n"
    within = head + filler * (500 * 1024 // 100 - 2) + rule
    assert 499 * 1024 < len(within) <= 500 * 1024
    assert not allowed(within, "/late")
    assert allowed(head + filler * (PARSE_LIMIT // 100 + 1) + rule, "/late")


def test_line_cut_by_the_limit_is_skipped() -> None:
    head = b"User-agent: *\nDisallow: /a\n"
    torn = b"Disallow: /private/"
    body = head + b"#" * (PARSE_LIMIT - len(head) - len(torn) + 9) + b"\n" + torn + b"\n"
    assert parse(body, TOKEN).rules == parse(head, TOKEN).rules


def test_matching_rule_has_its_line() -> None:
    rules = parse(b"# hello\r\nUser-agent: *\r\nDisallow: /a/ # keep out\r\nAllow: /a/b\r\n", TOKEN)
    refusal = rules.matched(HOST + "/a/c")
    assert refusal is not None
    assert (refusal.allow, refusal.number, refusal.text) == (False, 3, "Disallow: /a/ # keep out")
    permit = rules.matched(HOST + "/a/b")
    assert permit is not None
    assert permit.allow
    assert permit.number == 4
    assert rules.matched(HOST + "/z") is None


def test_hostile_robots_txt_is_read() -> None:
    assert parse(hostile_inputs.ROBOTS_TXT, TOKEN).allowed(HOST + hostile_inputs.ROBOTS_PATH)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.text(max_size=30))
def test_any_bytes_are_read(body: bytes, path: str) -> None:
    rules = parse(b"User-agent: *\n" + body, TOKEN)
    assert rules.allowed(HOST + "/" + path.replace("[", "")) in (True, False)


PATH = st.text(alphabet="abc/", min_size=0, max_size=8).map(lambda path: "/" + path)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.booleans(), PATH), max_size=6), PATH)
def test_plain_rules_match_the_definition(rules: list[tuple[bool, str]], path: str) -> None:
    body = "User-agent: *\n" + "".join(f"{'Allow' if allow else 'Disallow'}: {pattern}\n" for allow, pattern in rules)
    covering = [(len(pattern), allow) for allow, pattern in rules if path.startswith(pattern)]
    assert allowed(body, path) is (max(covering)[1] if covering else True)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab*", max_size=7), st.booleans(), st.text(alphabet="ab", max_size=9))
def test_wildcards_match_like_a_regular_expression(pattern: str, anchored: bool, path: str) -> None:
    import re

    expression = "/" + pattern.replace("*", ".*") + ("$" if anchored else "")
    rule = f"/{pattern}{'$' if anchored else ''}"
    assert allowed(f"User-agent: *\nDisallow: {rule}", "/" + path) is (re.match(expression, "/" + path) is None)


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_file_in_utf_16_is_read(codec: str) -> None:
    rules = parse("\ufeffUser-agent: *\r\nDisallow: /private/\r\n".encode(codec), "Broadsheet")
    assert not rules.allowed("http://paper.example/private/x")
    assert rules.allowed("http://paper.example/news")
