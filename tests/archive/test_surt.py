"""Keys equal those of pywb and cdxj-indexer, given as a table of URL and key."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.surt import _canonicalize, surt

KEYS = {
    "http://www.example.com/": "com,example)/",
    "http://example.com": "com,example)/",
    "https://EXAMPLE.com:443/A/B/": "com,example)/a/b",
    "http://example.com:8080/a": "com,example:8080)/a",
    "http://127.0.0.1:54321/x": "1,0,0,127:54321)/x",
    "http://127.0.0.1/": "1,0,0,127)/",
    "http://localhost:8000/a?b=1": "localhost:8000)/a?b=1",
    "http://user:pw@example.com/a": "com,example)/a",
    "http://www2.example.com/a//b/../c/./d": "com,example)/a/c/d",
    "http://wwww.example.com/": "com,example,wwww)/",
    "http://example.com/?": "com,example)/",
    "http://example.com/a?": "com,example)/a",
    "http://example.com/a?b&a=1&c=": "com,example)/a?a=1&b&c=",
    "http://example.com/a?B=C&a=%41": "com,example)/a?a=a&b=c",
    "http://example.com/%7Efoo/%20bar%E4%B8%AD": "com,example)/~foo/%20bar%e4%b8%ad",
    "http://example.com/中文?q=中": "com,example)/%e4%b8%ad%e6%96%87?q=%e4%b8%ad",
    "http://中国.com/": "com,xn--fiqs8s)/",
    "http://xn--fiqs8s.com/a": "com,xn--fiqs8s)/a",
    "http://a.test/;jsession=12345678901234567890123456789012": "test,a)/;jsession=12345678901234567890123456789012",
    "http://example.com/a?jsessionid=12345678901234567890123456789012&x=1": "com,example)/a?x=1",
    "http://example.com/a?x=1&PHPSESSID=12345678901234567890123456789012": "com,example)/a?&x=1",
    "http://example.com/a?sid=12345678901234567890123456789012": "com,example)/a",
    "http://example.com/(a(123456789012345678901234))/x.aspx": "com,example)/x.aspx",
    "http://example.com/(123456789012345678901234)/x.aspx": "com,example)/x.aspx",
    "http://example.com/a?cfid=1&cftoken=2&z=1": "com,example)/a?z=1",
    "http://example.com/a#frag": "com,example)/a",
    "http://example.com/a?b#frag": "com,example)/a?b",
    "http://example.com./a": "com,example)/a",
    "http://example..com/a": "com,example)/a",
    "ftp://example.com/a/": "com,example)/a",
    "dns:example.com": "dns:example.com",
    "mailto:a@b.c": "mailto:a@b.c",
    "urn:x:y": "urn:x:y",
    "example.com/a": "com,example)/a",
    "http://http://example.com/": "com,example)/",
    "http:////example.com/a": "com,example)/a",
    "http://3279880203/blah": "11,0,127,195)/blah",
    "http://0x7f.1/": "1,0x7f)/",
    "http://1.2.3/": "3,0,2,1)/",
    "http://017.1.1.1/": "1,1,1,15)/",
    "http://example.com/a%2fb%252fc": "com,example)/a/b/c",
    "http://example.com/a%zz": "com,example)/a%25zz",
    "http://example.com/../../a": "com,example)/a",
    "http://example.com/a/..": "com,example)/",
    "http://example.com/a/.": "com,example)/a",
    "http://example.com/a/": "com,example)/a",
    "http://example.com//": "com,example)/",
    "http://example.com/a//": "com,example)/a",
    "http://example.com:80": "com,example)/",
    "http://example.com:/a": "com,example)/a",
    "http://[::1]:80/a": "::1)/a",
    "http://[2001:db8::1]/a": "2001:db8::1)/a",
    "file:///a b.png": "file:/a%20b.png",
    " http://example.com/a ": "com,example)/a",
    "http://exa mple.com/a b?c d": "com,exa%20mple)/a%20b?c%20d",
    "http://example.com/a\tb": "com,example)/ab",
    "http://example.com/a?b=1?c=2": "com,example)/a?b=1?c=2",
    "http://example.com/a?&&a": "com,example)/a?&&a",
    "http://example.com/a?a=b=c&a=b": "com,example)/a?a=b&a=b=c",
    "http://example.com/a??": "com,example)/a??",
    "https://www.example.co.uk/News/Story_1.html?utm=1": "uk,co,example)/news/story_1.html?utm=1",
    "http://www.com/": "com)/",
    "http://www.tibet.cn/cn/news/yc/202505/t20250522_7798.html": "cn,tibet)/cn/news/yc/202505/t20250522_7798.html",
    "http://example.com/a|b{c}": "com,example)/a|b{c}",
    "http://example.com/a^b": "com,example)/a^b",
    'http://example.com/a"b<c>': 'com,example)/a"b<c>',
    "whois://x/y": "x)/y",
    "http://a.b-c.de/x:y@z": "de,b-c,a)/x:y@z",
    "http://example.com/a.b/..c/...": "com,example)/a.b/..c/...",
    "http://example.com/a/.b/c": "com,example)/a/.b/c",
    "http://example.com:99999/a": "http://example.com:99999/a",
    "http://example.com:abc/a": "http://example.com:abc/a",
    "http://-/": "-)/",
    "http:///a": "a)/",
    "http://": "http:",
    "http:": "http:",
    "-": "-)/",
    "filedesc://x.arc": "filedesc://x.arc",
    "http://example.com/a%0Ab": "com,example)/a%0ab",
    "http://example.com/%": "com,example)/%25",
    "http://EXAMPLE.com/%C3%9C?%C3%9C": "com,example)/%c3%9c?%c3%9c",
    "http://www1.www2.example.com/": "com,example,www2)/",
    "HTTP://Example.COM/": "com,example)/",
    "http://a_b.example.com/x_y": "com,example,a_b)/x_y",
    "http://example.com/x?y=/../z": "com,example)/x?y=/../z",
    "http://example.com/x?y=%2B+%26": "com,example)/x?&y=++",
    "http://999.999.1.1/": "1,1,999,999)/",
    "http://1.2.3.4.5/": "5,4,3,2,1)/",
    "http://256/": "0,1,0,0)/",
    "http://example.com/?a=b/": "com,example)/?a=b/",
    "http://example.com/index.html?": "com,example)/index.html",
    "": "-",
    "http://example.com/a\nb": "com,example)/ab",
    "http://example.com/ ": "com,example)/",
    "http://example.com/a?b= ": "com,example)/a?b=",
}


@pytest.mark.parametrize("url", KEYS)
def test_key_equals_that_of_other_tools(url):
    assert surt(url) == KEYS[url]


@settings(max_examples=300, deadline=None)
@given(st.from_regex(r"https?://(www2?\.)?[a-z0-9.-]{1,15}(/[\w~.!$,@*-]{0,6}){0,4}/?", fullmatch=True))
def test_fast_path_gives_the_same_key_as_full_canonicalization(url):
    try:
        expected = _canonicalize(url.encode()).decode()
    except ValueError:
        expected = url
    assert surt(url) == expected


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_text_has_a_key(url):
    for given_url in (url, "http://" + url, "http://a.test/" + url):
        key = surt(given_url)
        assert isinstance(key, str)
        assert key
