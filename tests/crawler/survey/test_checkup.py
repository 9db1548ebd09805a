from dataclasses import replace

import pytest
from portal_shapes import NumberedPortal, RssPortal, SitemapPortal
from shapes_json import JsonListPortal

from crawler.items import Article
from crawler.sites import JsonList, PathPattern, Section, Site
from crawler.survey.checkup import MAX_ARTICLES, Coverage, compare_fields

NEWS = Site(
    name="numbered",
    home="http://numbered.localhost/",
    hosts=("numbered.localhost",),
    language="zh",
    timezone="Asia/Shanghai",
    sections=(Section("http://numbered.localhost/yaowen/", "ul.list a"), Section("http://numbered.localhost/shehui/")),
    article_path=PathPattern(r"/t\d{8}_\d+\.html$"),
)


def test_newest_articles_of_every_list_are_read(checkup_of):
    portal = NumberedPortal()
    checkup = checkup_of(portal, NEWS)
    assert checkup.lists == {"http://numbered.localhost/yaowen/": 10, "http://numbered.localhost/shehui/": 10}
    truth = portal.articles_by_url(80)
    read = {url.replace("localhost/", "localhost:80/"): article for url, article in checkup.articles.items()}
    assert len(read) == MAX_ARTICLES
    assert {url.split("/")[3] for url in read} == {"yaowen", "shehui"}
    assert all(article.title == truth[url].title and article.body == truth[url].body for url, article in read.items())
    assert all(article.date == truth[url].date for url, article in read.items())


def test_list_whose_selector_matches_nothing_is_reported(checkup_of):
    site = replace(NEWS, sections=(Section("http://numbered.localhost/yaowen/", "ul.gone a"),))
    checkup = checkup_of(NumberedPortal(), site)
    assert checkup.lists == {"http://numbered.localhost/yaowen/": 0}
    assert checkup.articles == {}


@pytest.mark.parametrize(("portal", "key"), [(RssPortal(), "feeds"), (SitemapPortal(), "sitemaps")])
def test_feeds_and_sitemaps_lead_to_articles(checkup_of, portal, key):
    lists = tuple(f"http://{portal.host}{path}" for path in getattr(portal, key))
    checkup = checkup_of(
        portal, Site(name=portal.name, home=f"http://{portal.host}/", hosts=(portal.host,), **{key: lists})
    )
    titles = {article.title for article in portal.articles}
    assert len(checkup.articles) == MAX_ARTICLES
    assert {article.title for article in checkup.articles.values()} <= titles


def articles(*values: dict) -> list[Article]:
    return [Article(url=f"http://a.example/{n}", **one) for n, one in enumerate(values)]


def test_field_that_most_articles_lack_is_missing():
    complete = {"title": "T", "date": "2026-03-01", "body": "B"}
    coverage = Coverage.of(articles(complete, {"title": "T"}, {"title": "T", "body": "B"}), ["title", "date", "body"])
    assert coverage.fields == {"title": 3, "date": 1, "body": 2}
    assert coverage.missing == ["date"]
    assert Coverage.of(articles(complete, {}), ["title", "date", "body"]).missing == []
    assert Coverage.of([], ["title"]).missing == ["title", "date", "body"]


def test_changed_fields_have_old_and_new_value():
    before, now = articles({"title": "A", "body": "B"}, {"title": "A", "body": "C"})
    assert compare_fields(before, now, ["title", "body"]) == {"body": ("B", "C")}


def test_json_list_leads_to_articles(checkup_of):
    portal = JsonListPortal()
    home = f"http://{portal.host}/"
    section = Section(f"{home}news/", json=JsonList(f"{home}api/articles?page={{n}}"))
    checkup = checkup_of(portal, Site(name=portal.name, home=home, hosts=(portal.host,), sections=(section,)))
    assert checkup.lists == {f"{home}api/articles?page=1": 10}
    assert len(checkup.articles) == MAX_ARTICLES
