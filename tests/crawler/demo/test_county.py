"""The Harrow County Courier: feeds, JSON-LD, validators, redirects and editions."""

import gzip
import http.client
import json
import re
import xml.etree.ElementTree as ET
from collections import Counter

import pytest

from crawler.demo import County, DemoServer

NEWS = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "n": "http://www.google.com/schemas/sitemap-news/0.9"}


@pytest.fixture(scope="module")
def served():
    with DemoServer([County()]) as server:
        yield server


@pytest.fixture
def fetch(served):
    """Return a function for GET requests (status, headers, raw body). Resets the server to edition 1 afterwards."""

    def fetch(path: str, **fields: str) -> tuple[int, http.client.HTTPMessage, bytes]:
        client = http.client.HTTPConnection("127.0.0.1", served.port, timeout=5)
        names = {name.replace("_", "-"): value for name, value in fields.items()}
        client.request("GET", path, headers={"Host": f"{County.host}:{served.port}", **names})
        answer = client.getresponse()
        body = answer.read()
        client.close()
        return answer.status, answer.headers, body

    yield fetch
    served.set_edition(1)


def test_json_ld_matches_the_visible_page(fetch):
    for article in County().articles:
        html = fetch(article.path)[2].decode()
        [node] = [json.loads(text) for text in re.findall(r'<script type="application/ld\+json">(.*?)</script>', html)]
        assert node["headline"] == article.title
        assert node["datePublished"] == article.date
        assert "dateModified" not in node
        assert [author["name"] for author in node["author"]] == list(article.authors)
        assert (f'class="byline">By {" and ".join(article.authors)}<' in html) == bool(article.authors)
        assert (f"Source: {article.source}<" in html) == bool(article.source)
        assert (f"Edited by {article.editor}<" in html) == bool(article.editor)


def test_times_have_new_york_winter_and_summer_offsets():
    assert {article.date[-6:] for article in County().articles} == {"-05:00", "-04:00"}


def test_responses_are_plain_gzipped_chunked_or_both(fetch):
    forms = Counter()
    for article in County().articles:
        _, headers, body = fetch(article.path, Accept_Encoding="gzip")
        encoded = headers["Content-Encoding"] == "gzip"
        forms[encoded, headers["Transfer-Encoding"]] += 1
        assert article.path.encode() in (gzip.decompress(body) if encoded else body)
    assert {(False, None), (True, None), (False, "chunked"), (True, "chunked")} == set(forms)


def test_feed_lists_the_newest_articles_some_by_old_paths(fetch, served):
    root = ET.fromstring(fetch("/rss.xml")[2])
    links = [link.text for link in root.iterfind("channel/item/link")]
    assert len(links) == 25
    statuses = Counter()
    for link in links:
        path = link.removeprefix(f"http://{County.host}:{served.port}")
        status, headers, _ = fetch(path)
        statuses[status] += 1
        if status != 200:
            assert path.startswith("/story/")
            assert fetch(headers["Location"].removeprefix(f"http://{County.host}:{served.port}"))[0] == 200
    assert statuses[200] >= 20
    assert statuses[301] >= 1
    assert statuses[302] >= 1


def test_news_sitemap_has_every_article_and_is_named_in_robots_txt(fetch, served):
    rules = fetch("/robots.txt")[2].decode()
    assert f"Sitemap: http://{County.host}:{served.port}/news-sitemap.xml\n" in rules
    assert "Crawl-delay: 0.2\n" in rules
    assert "Disallow: /members/\n" in rules
    assert b'href="/members/"' in fetch("/")[2]
    root = ET.fromstring(fetch("/news-sitemap.xml")[2])
    found = {
        url.findtext("s:loc", namespaces=NEWS): url.findtext("n:news/n:publication_date", namespaces=NEWS)
        for url in root.iterfind("s:url", NEWS)
    }
    assert found == {url: article.date for url, article in County().articles_by_url(served.port).items()}


@pytest.mark.parametrize("path", ["/", "/rss.xml", "/news-sitemap.xml", County().articles[0].path])
def test_validators_match_until_the_page_changes(fetch, path):
    _, headers, _ = fetch(path)
    status, again, body = fetch(path, If_None_Match=headers["ETag"])
    assert (status, body, again["ETag"]) == (304, b"", headers["ETag"])
    assert fetch(path, If_Modified_Since=headers["Last-Modified"])[0] == 304
    assert fetch(path, If_None_Match='"other"')[0] == 200


def test_second_edition_has_edits_and_one_removal(fetch, served):
    first = {article.path: article for article in County().articles}
    validators = {path: fetch(path)[1]["ETag"] for path in first}
    served.set_edition(2)
    portal = served.portals[County.host]
    second = {article.path: article for article in portal.articles}
    [gone] = set(first) - set(second)
    assert fetch(gone)[0] == 410
    edited = {path for path in second if second[path] != first[path]}
    assert len({path for path in edited if second[path].title != first[path].title}) == 3
    assert len({path for path in edited if second[path].body != first[path].body}) == 4
    for path, article in second.items():
        status, _, body = fetch(path, If_None_Match=validators[path])
        if path in edited:
            assert status == 200
            assert article.title in body.decode()
            assert article.date_modified > article.date
            assert "Updated " in body.decode()
            assert f'"dateModified": "{article.date_modified}"' in body.decode()
        elif "More from" not in body.decode():
            assert status == 304


def test_first_edition_can_be_restored(served, fetch):
    served.set_edition(2)
    served.set_edition(1)
    assert served.portals[County.host].articles == County().articles
