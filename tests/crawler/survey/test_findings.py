import tomllib
from datetime import date

import pytest
from portal_shapes import Gb18030Portal, LinkedPortal, NumberedPortal, RssPortal, TrapPortal

from crawler.demo import County, Gaoyuan, Portal, Reply, Request
from crawler.demo.messages import page
from crawler.sites import host_of, read_site
from crawler.survey.errors import SurveyError
from crawler.survey.findings import Findings
from crawler.survey.site_file import site_file


def written(survey, tmp_path, **given):
    values = {"name": survey.site.name, "hosts": survey.site.hosts, "delay": 5.0, "day": date(2026, 3, 1), **given}
    text = site_file(Findings(survey), **values)
    file = tmp_path / "site.toml"
    file.write_text(text, encoding="utf-8")
    return read_site(file), text


@pytest.mark.parametrize("shape", [NumberedPortal, Gb18030Portal, LinkedPortal, RssPortal, TrapPortal, Gaoyuan, County])
def test_a_site_file_takes_a_portals_articles_and_nothing_else(survey_of, tmp_path, shape):
    portal = shape()
    site, _ = written(survey_of(portal), tmp_path)
    assert site.article_path is not None
    assert all(site.is_article(url) for url in portal.urls(80))
    assert not any(site.is_article(section.url) for section in site.sections)
    assert (site.language, len(site.feeds)) == (portal.language, len(portal.feeds))
    wanted = {url.rstrip("/") for url in (f"http://{portal.host}{one.path}" for one in portal.sections)}
    assert {section.url.rstrip("/") for section in site.sections} == wanted


def test_lists_without_links_between_their_pages_are_numbered_by_their_script(survey_of, tmp_path):
    site, _ = written(survey_of(Gb18030Portal()), tmp_path)
    assert {section.next for section in site.sections} == {"index_{n}.htm"}
    assert {section.links for section in site.sections} == {"ul.list a"}


def test_where_a_link_leads_to_the_next_page_the_file_needs_no_number(survey_of, tmp_path):
    site, text = written(survey_of(LinkedPortal()), tmp_path)
    assert [section.next for section in site.sections] == [None]
    assert "links to the next page are followed" in text


def test_every_line_says_where_it_was_found(survey_of, tmp_path):
    site, text = written(survey_of(County()), tmp_path)
    said = {line.partition(" = ")[0]: line.partition("  # ")[2] for line in text.splitlines() if " = " in line}
    assert "<title> of" not in said["title"]
    assert "the title of http://www.county.localhost/rss.xml" in said["title"]
    assert "-04:00 and -05:00" in said["timezone"]
    assert site.timezone == "America/New_York"
    assert "robots.txt wants 0.2" in said["delay"]
    assert all("#" in line for line in text.splitlines() if " = " in line and not line.endswith("["))
    assert "<link rel=alternate> of the front page; 25 addresses" in text
    assert "named in robots.txt; 44 addresses" in text


class Menu(NumberedPortal):
    """More sections than are looked at, in one menu."""

    channels = tuple(f"lanmu{letter}" for letter in "abcdefghij")


def test_sections_of_a_menu_are_taken_over_from_those_that_were_looked_at(survey_of, tmp_path):
    site, text = written(survey_of(Menu(200)), tmp_path)
    assert [section.url for section in site.sections] == [
        f"http://numbered.localhost/{name}/" for name in Menu.channels
    ]
    assert len({(section.links, section.next) for section in site.sections}) == 1
    assert 3 <= text.count("not looked at") < len(Menu.channels)


class Hostile(NumberedPortal):
    """A portal whose texts would break a TOML file."""

    def __init__(self) -> None:
        super().__init__()
        self.title = 'a "b"\\ \x07 # c\u2028[crawl]'


def test_what_a_portal_prints_cannot_break_the_file(survey_of, tmp_path):
    site, text = written(survey_of(Hostile()), tmp_path)
    assert tomllib.loads(text)["crawl"]["delay"] == 5.0
    assert site.title is not None
    assert '"b"' in site.title


class Silent(Portal):
    """One page and nothing else."""

    name, host, title = "silent", "www.silent.localhost", "Silent"
    markup = "<p>Nothing here.</p>"

    @property
    def articles(self):
        return ()

    def find(self, request: Request) -> Reply | None:
        return page(f"<html><body>{self.markup}</body></html>") if request.path == "/" else None


class Pictures(Silent):
    markup = "".join(
        f'<a href="/2025/03/0{n}/picture-of-the-week-number">Picture of the week {n}</a>' for n in range(1, 9)
    )

    def find(self, request: Request) -> Reply | None:
        return super().find(request) or page("<html><body><img src='/a.jpg'><h1>A picture</h1></body></html>")


def test_a_portal_without_articles_is_said_to_be_one(survey_of):
    with pytest.raises(SurveyError, match=r"no articles found: saw the front page, .*no links to articles; nothing is"):
        Findings(survey_of(Silent()))
    with pytest.raises(SurveyError, match=r"pages that could be articles, none of which reads as one"):
        Findings(survey_of(Pictures()))


class Plain(Silent):
    def find(self, request: Request) -> Reply | None:
        return Reply(headers=(("Content-Type", "application/json"),), body=b"{}")


def test_a_front_page_that_is_no_html_is_said_to_be_none(survey_of):
    with pytest.raises(SurveyError, match="no HTML page"):
        Findings(survey_of(Plain()))


class Scattered(NumberedPortal):
    """Each section on a host of its own, as large portals have them."""

    def __init__(self) -> None:
        super().__init__()
        self.hosts = [f"{name}.{self.host}" for name in "abcdefgh"]

    def serve(self, request: Request):
        if request.path != "/" or request.host != self.host:
            return super().serve(request)
        menu = "".join(f'<a href="http://{host}/yaowen/">{host[0]}版</a>' for host in self.hosts)
        return self.list_page(self.articles[:10], f'<div class="nav">{menu}</div>')


def test_requests_of_further_hosts_are_reckoned_with_so_that_articles_are_read(survey_of):
    survey = survey_of(Scattered())
    hosts = {host_of(seen.url) for seen in survey.seen}
    assert len(survey.stories) == 3
    assert len(hosts) >= 2
    assert len(survey.seen) + 2 * len(hosts) <= 20
