import contextlib
import gzip
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.discovery.feeds import MAX_SITEMAP_BYTES, FeedEntry, FeedError, read_entries, read_feed

RSS = b"""<?xml version="1.0"?><rss version="2.0"><channel><link>http://a.example/</link>
<item><title>A &amp; B</title><link> http://a.example/1.html </link>
<pubDate>Tue, 06 Oct 2026 08:30:00 +0100</pubDate></item>
<item><guid>http://a.example/2.html</guid></item>
<item><guid isPermaLink="false">tag:3</guid></item></channel></rss>"""

ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom"><link href="http://a.example/"/><entry>
<link rel="edit" href="http://a.example/edit"/><link href="http://a.example/1"/>
<published>2026-10-01T00:00:00Z</published><updated>2026-10-06T09:00:00+02:00</updated></entry></feed>"""

RDF = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><link>http://a.example/</link></channel>
<item><link>http://a.example/1</link><dc:date>2026-10-06</dc:date></item></rdf:RDF>"""

NEWS = b"""<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9">
<url><loc>http://a.example/1</loc><n:news><n:publication_date>2026-10-06T07:30:00Z</n:publication_date></n:news></url>
<url><loc>http://a.example/2</loc><lastmod>2026-10-07</lastmod></url></urlset>"""

INDEX = b"""<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<sitemap><loc>http://a.example/s1.xml</loc></sitemap></sitemapindex>"""


@pytest.mark.parametrize(
    ("body", "entries"),
    [
        (
            RSS,
            [
                FeedEntry("http://a.example/1.html", datetime(2026, 10, 6, 7, 30, tzinfo=UTC)),
                FeedEntry("http://a.example/2.html"),
            ],
        ),
        (ATOM, [FeedEntry("http://a.example/1", datetime(2026, 10, 6, 7, 0, tzinfo=UTC))]),
        (RDF, [FeedEntry("http://a.example/1", datetime(2026, 10, 6, tzinfo=UTC), is_day=True)]),
        (
            NEWS,
            [
                FeedEntry("http://a.example/1", datetime(2026, 10, 6, 7, 30, tzinfo=UTC)),
                FeedEntry("http://a.example/2", datetime(2026, 10, 7, tzinfo=UTC), is_day=True),
            ],
        ),
        (INDEX, [FeedEntry("http://a.example/s1.xml", is_list=True)]),
    ],
    ids=["rss", "atom", "rdf", "news sitemap", "sitemap index"],
)
def test_entries_are_read_with_their_times(body, entries):
    assert read_entries(body) == entries


def test_broken_feed_is_read_as_far_as_possible():
    truncated = RSS[: RSS.index(b"<item><guid>")] + b"<item><link>http://a.example/x & y</link>"
    assert next(entry.url for entry in read_entries(truncated)) == "http://a.example/1.html"


def test_feed_may_begin_with_white_space_and_be_in_gbk():
    body = '\n <?xml version="1.0" encoding="gb2312"?><rss><channel><item><title>高原</title><link>http://a.example/1</link></item></channel></rss>'
    assert read_entries(body.encode("gb18030"))[0].url == "http://a.example/1"


def test_external_entities_are_not_resolved(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("http://leak.example/")
    body = f'<!DOCTYPE r [<!ENTITY x SYSTEM "file://{secret}">]><rss><channel><item><link>&x;</link></item></channel></rss>'
    assert read_entries(body.encode()) == []


@pytest.mark.parametrize("body", [b"", b"   ", b"<html><body>no feed</body></html>", b"404 not found", b"\x00\xff"])
def test_other_content_raises_feed_error(body):
    with pytest.raises(FeedError):
        read_entries(body)


@given(st.binary(max_size=300))
def test_arbitrary_bytes_give_entries_or_feed_error(body):
    with contextlib.suppress(FeedError):
        read_entries(b"<rss>" + body)


def test_gzipped_sitemap_is_decompressed_only_up_to_the_size_limit():
    sitemap = b"<urlset><url><loc>http://paper.localhost/a</loc></url></urlset>"
    assert [entry.url for entry in read_entries(gzip.compress(sitemap))] == ["http://paper.localhost/a"]
    with pytest.raises(FeedError, match="gzip"):
        read_entries(b"\x1f\x8bnot gzip data")
    bomb = gzip.compress(b"<urlset>" + b" " * (MAX_SITEMAP_BYTES + 1_000_000))
    assert read_entries(bomb) == []


RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
<item rdf:about="http://a.example/1"><title>One</title></item></rdf:RDF>"""
BASE = """<feed xmlns="http://www.w3.org/2005/Atom" xml:base="http://a.example/news/">
<entry><link href="1"/></entry><entry xml:base="/old/"><link href="2"/></entry></feed>"""
MOVED = """<rss><item><link>http://feeds.example/~r/9</link>
<f:origLink xmlns:f="http://rssnamespace.org/feedburner/ext/1.0">http://a.example/1</f:origLink></item></rss>"""
BROKEN = """<rss><item><title>An <b>open tag</title><link>http://a.example/1</link></item></rss>"""
GUID = """<rss><item><guid isPermaLink="false">http://a.example/1</guid></item></rss>"""


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        (RDF, ["http://a.example/1"]),
        (BASE, ["http://a.example/news/1", "http://a.example/old/2"]),
        (MOVED, ["http://a.example/1"]),
        (BROKEN, ["http://a.example/1"]),
        (GUID, ["http://a.example/1"]),
        ("<br><b>Warning</b>: no such file\n<?xml version='1.0'?>" + GUID, ["http://a.example/1"]),
        ("http://a.example/1\r\n\r\nhttps://a.example/2\n", ["http://a.example/1", "https://a.example/2"]),
        ('{"version": "https://jsonfeed.org/version/1", "items": [{"url": "/1"}, {"id": "x"}]}', ["/1"]),
    ],
)
def test_addresses_are_found_wherever_a_feed_has_them(text, urls):
    assert [entry.url for entry in read_entries(text.encode())] == urls


def test_entries_without_an_address_and_cut_documents_are_reported():
    whole = read_feed(b"<rss><item><link>http://a.example/1</link></item><item><title>x</title></item></rss>")
    assert [entry.url for entry in whole] == ["http://a.example/1"]
    assert (whole.size, whole.without_url, whole.is_cut) == (2, 1, False)
    cut = read_feed(b"<rss><channel><item><link>http://a.example/1</link></item><item><link>http://a.exam")
    assert cut.is_cut
    assert next(iter(cut)).url == "http://a.example/1"


@pytest.mark.parametrize("text", ['{"items": 3}', '{"status": "ok"}', "{", "[]", "http"])
def test_other_json_and_text_is_no_feed(text):
    with pytest.raises(FeedError):
        read_feed(text.encode())


def test_times_without_zone_are_in_the_zone_of_the_site():
    item = "<rss><item><link>http://a.example/1</link><pubDate>{}</pubDate></item></rss>"
    expected = datetime(2026, 10, 6, 0, 30, tzinfo=UTC)
    for text in ("2026-10-06 08:30:00", "Tue, 06 Oct 2026 08:30:00", "Tue, 06 Oct 2026 08:30:00 CST"):
        assert read_entries(item.format(text).encode(), "Asia/Shanghai")[0].changed == expected
    american = read_entries(item.format("Tue, 06 Oct 2026 08:30:00 EST").encode(), "Asia/Shanghai")
    assert american[0].changed == datetime(2026, 10, 6, 13, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("declared", "actual", "title"),
    [
        ("gb2312", "gb18030", "镕堃大桥𠮷开通"),
        ("GBK", "gb18030", "桥𠮷"),
        ("shift_jis", "cp932", "髙橋①が開通しました"),
        ("euc-kr", "cp949", "똠방각하 다리 개통"),
        ("us-ascii", "cp1252", "Café “Bridge” opens"),
        ("x-made-up", "gb18030", "大桥今日正式开通运行"),
    ],
)
def test_feed_that_is_not_in_its_declared_encoding_is_read_whole(declared, actual, title):
    items = "".join(
        f"<item><title>{title if number == 2 else 'Bridge'}</title><link>http://a.example/{number}</link></item>"
        for number in range(4)
    )
    body = f'<?xml version="1.0" encoding="{declared}"?><rss><channel>{items}</channel></rss>'.encode(actual)
    assert [entry.url for entry in read_entries(body)] == [f"http://a.example/{number}" for number in range(4)]


STOPS = {
    "depth": "<d>" * 300 + "</d>" * 300,
    "early end": "</item></channel></rss>",
    "length": f"<d a='{'x' * 10_100_000}'/>",
}


@pytest.mark.parametrize("stop", STOPS)
def test_feed_whose_end_the_parser_does_not_reach_is_cut(stop):
    one, other = (f"<item><link>http://a.example/{number}</link>{{}}</item>" for number in "12")
    feed = read_feed(f"<rss><channel>{one.format(STOPS[stop])}{other.format('')}</channel></rss>".encode())
    assert [entry.url[-1] for entry in feed if entry] == ["1"]
    assert feed.is_cut
