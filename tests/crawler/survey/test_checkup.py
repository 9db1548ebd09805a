import re
from dataclasses import replace

import pytest
from portal_shapes import NumberedPortal, RssPortal, SitemapPortal

from crawler.items import Article
from crawler.sites import Section, Site
from crawler.survey.checkup import ARTICLES, Coverage, changes

NEWS = Site(
    name="numbered",
    home="http://numbered.localhost/",
    hosts=("numbered.localhost",),
    language="zh",
    timezone="Asia/Shanghai",
    sections=(Section("http://numbered.localhost/yaowen/", "ul.list a"), Section("http://numbered.localhost/shehui/")),
    article_path=re.compile(r"/t\d{8}_\d+\.html$"),
)


def test_the_newest_of_every_list_are_read(checkup_of):
    portal = NumberedPortal()
    checkup = checkup_of(portal, NEWS)
    assert checkup.lists == {"http://numbered.localhost/yaowen/": 10, "http://numbered.localhost/shehui/": 10}
    truth = portal.urls(80)
    read = {url.replace("localhost/", "localhost:80/"): article for url, article in checkup.articles.items()}
    assert len(read) == ARTICLES
    assert {url.split("/")[3] for url in read} == {"yaowen", "shehui"}
    assert all(article.title == truth[url].title and article.body == truth[url].body for url, article in read.items())
    assert all(article.date == truth[url].date for url, article in read.items())


def test_a_list_whose_selector_finds_nothing_any_more_is_told(checkup_of):
    site = replace(NEWS, sections=(Section("http://numbered.localhost/yaowen/", "ul.gone a"),))
    checkup = checkup_of(NumberedPortal(), site)
    assert checkup.lists == {"http://numbered.localhost/yaowen/": 0}
    assert checkup.articles == {}


@pytest.mark.parametrize(("portal", "key"), [(RssPortal(), "feeds"), (SitemapPortal(), "sitemaps")])
def test_feeds_and_sitemaps_lead_to_articles_too(checkup_of, portal, key):
    lists = tuple(f"http://{portal.host}{path}" for path in getattr(portal, key))
    checkup = checkup_of(
        portal, Site(name=portal.name, home=f"http://{portal.host}/", hosts=(portal.host,), **{key: lists})
    )
    titles = {article.title for article in portal.articles}
    assert len(checkup.articles) == ARTICLES
    assert {article.title for article in checkup.articles.values()} <= titles


def articles(*values: dict) -> list[Article]:
    return [Article(url=f"http://a.example/{n}", **one) for n, one in enumerate(values)]


def test_what_most_articles_lack_is_missing():
    whole = {"title": "T", "date": "2026-03-01", "body": "B"}
    found = Coverage.of(articles(whole, {"title": "T"}, {"title": "T", "body": "B"}), ["title", "date", "body"])
    assert found.fields == {"title": 3, "date": 1, "body": 2}
    assert found.missing == ["date"]
    assert Coverage.of(articles(whole, {}), ["title", "date", "body"]).missing == []
    assert Coverage.of([], ["title"]).missing == ["title", "date", "body"]


def test_changes_are_the_fields_that_read_otherwise():
    before, now = articles({"title": "A", "body": "B"}, {"title": "A", "body": "C"})
    assert changes(before, now, ["title", "body"]) == {"body": ("B", "C")}
