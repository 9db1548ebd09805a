"""Links that only scripts or attributes lead to, and those of a list that may be articles."""

import pytest

from crawler.discovery.article_links import find_candidates
from crawler.discovery.page_links import find_list_links, find_option_links
from crawler.extraction import Document
from crawler.sites import Section, Site

PAGE = "http://www.town.example/news/"
SITE = Site(name="town", home="http://www.town.example/", hosts=("town.example",))


def page(body: str) -> Document:
    return Document(f"<html><body>{body}</body></html>".encode(), PAGE, content_type="text/html; charset=utf-8")


@pytest.mark.parametrize(
    "row",
    [
        "<div onclick=\"location.href='/news/7.html'\"><h3>Market square closed</h3></div>",
        '<li data-href="7.html">Market square closed</li>',
        "<a href=\"javascript:show('7')\">Market square closed</a><script>"
        "function show(id) { window.open('/news/' + id + '.html'); }</script>",
        '<a href="#" onclick="window.open(\'/news/7.html\')">Market square closed</a>',
    ],
)
def test_rows_that_a_script_follows_are_links_of_a_list(row):
    links = [link for link in find_list_links(page(f"<div>{row}</div>")) if link.url == f"{PAGE}7.html"]
    assert [link.text for link in links] == ["Market square closed"]


def test_hidden_rows_keep_the_reason():
    (link,) = find_list_links(page('<div style="display:none"><p data-href="7.html">Market square</p></div>'))
    assert link.element.hidden == "display"


@pytest.mark.parametrize(
    "select",
    [
        '<select><option value="">all</option><option value="?page=2">2</option></select>',
        "<select onchange=\"location.href='/news/?page='+this.value\"><option value='2'>2</option></select>",
    ],
)
def test_options_lead_to_pages(select):
    assert [link.url for link in find_option_links(page(select))] == [f"{PAGE}?page=2"]


def test_days_of_a_calendar_are_no_candidates_without_a_pattern():
    days = "".join(f'<a href="/2022/04/{day:02}.html">{day}</a>' for day in range(1, 29))
    row = '<a href="/2022/04/03/7.html">Market square closed for repairs</a>'
    document = page(days + row)
    links = document.followable_links()
    urls = [one.link.url for one in find_candidates(document, Section(PAGE), SITE, links)]
    assert urls == ["http://www.town.example/2022/04/03/7.html"]
    selected = find_candidates(document, Section(PAGE, links="a"), SITE, links)
    assert len(list(selected)) == 29
