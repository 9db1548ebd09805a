import contextlib
import gzip
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.discovery.feeds import MAX_SITEMAP_BYTES, FeedEntry, FeedError, read_entries

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
        (RDF, [FeedEntry("http://a.example/1", datetime(2026, 10, 6, tzinfo=UTC))]),
        (
            NEWS,
            [
                FeedEntry("http://a.example/1", datetime(2026, 10, 6, 7, 30, tzinfo=UTC)),
                FeedEntry("http://a.example/2", datetime(2026, 10, 7, tzinfo=UTC)),
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
