import tomllib
from datetime import date

import pytest
from portal_shapes import Gb18030Portal, LinkedPortal, NumberedPortal, RssPortal, TrapPortal

from crawler.demo import County, Gaoyuan, Portal, Reply, Request
from crawler.demo.messages import page
from crawler.sites import host_of, read_site
from crawler.survey.errors import SurveyError
from crawler.survey.findings import Findings
from crawler.survey.site_file import format_site_file


def write_site_file(survey, tmp_path, **given):
    values = {"name": survey.site.name, "hosts": survey.site.hosts, "delay": 5.0, "day": date(2026, 3, 1), **given}
    text = format_site_file(Findings(survey), **values)
    file = tmp_path / "site.toml"
    file.write_text(text, encoding="utf-8")
    return read_site(file), text


@pytest.mark.parametrize("shape", [NumberedPortal, Gb18030Portal, LinkedPortal, RssPortal, TrapPortal, Gaoyuan, County])
def test_site_file_matches_all_articles_and_nothing_else(survey_of, tmp_path, shape):
    portal = shape()
    site, _ = write_site_file(survey_of(portal), tmp_path)
    assert site.article_path is not None
    assert all(site.is_article(url) for url in portal.articles_by_url(80))
    assert not any(site.is_article(section.url) for section in site.sections)
    assert (site.language, len(site.feeds)) == (portal.language, len(portal.feeds))
    wanted = {url.rstrip("/") for url in (f"http://{portal.host}{one.path}" for one in portal.sections)}
    assert {section.url.rstrip("/") for section in site.sections} == wanted


def test_page_numbers_are_read_from_the_pagination_script(survey_of, tmp_path):
    site, _ = write_site_file(survey_of(Gb18030Portal()), tmp_path)
    assert {section.next for section in site.sections} == {"index_{n}.htm"}
    assert {section.links for section in site.sections} == {"ul.list a"}


def test_no_page_template_is_written_if_links_lead_to_the_next_page(survey_of, tmp_path):
    site, text = write_site_file(survey_of(LinkedPortal()), tmp_path)
    assert [section.next for section in site.sections] == [None]
    assert "links to the next page are followed" in text


def test_every_line_says_where_its_value_was_found(survey_of, tmp_path):
    site, text = write_site_file(survey_of(County()), tmp_path)
    comments = {line.partition(" = ")[0]: line.partition("  # ")[2] for line in text.splitlines() if " = " in line}
    assert "<title> of" not in comments["title"]
    assert "the title of http://www.county.localhost/rss.xml" in comments["title"]
    assert "-04:00 and -05:00" in comments["timezone"]
    assert site.timezone == "America/New_York"
    assert "robots.txt asks for 0.2" in comments["delay"]
    assert all("#" in line for line in text.splitlines() if " = " in line and not line.endswith("["))
    assert "<link rel=alternate> of the front page; 25 URLs" in text
    assert "named in robots.txt; 44 URLs" in text


class Menu(NumberedPortal):
    """A portal with more sections in one menu than the survey visits."""

    channels = tuple(f"lanmu{letter}" for letter in "abcdefghij")


def test_unvisited_sections_of_a_menu_are_assumed_to_be_like_the_visited_ones(survey_of, tmp_path):
    site, text = write_site_file(survey_of(Menu(200)), tmp_path)
    assert [section.url for section in site.sections] == [
        f"http://numbered.localhost/{name}/" for name in Menu.channels
    ]
    assert len({(section.links, section.next) for section in site.sections}) == 1
    assert 3 <= text.count("not looked at") < len(Menu.channels)


class Hostile(NumberedPortal):
    """A portal whose title would break a TOML file if it were not escaped."""

    def __init__(self) -> None:
        super().__init__()
        self.title = 'a "b"\\ \x07 # c\u2028[crawl]'


def test_text_from_the_portal_cannot_break_the_file(survey_of, tmp_path):
    site, text = write_site_file(survey_of(Hostile()), tmp_path)
    assert tomllib.loads(text)["crawl"]["delay"] == 5.0
    assert site.title is not None
    assert '"b"' in site.title


class Silent(Portal):
    """A portal with just one page."""

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


def test_portal_without_articles_is_reported(survey_of):
    with pytest.raises(
        SurveyError, match=r"no articles found: saw the front page, .*no links to articles; nothing was"
    ):
        Findings(survey_of(Silent()))
    with pytest.raises(SurveyError, match=r"candidates for articles that turned out not to be"):
        Findings(survey_of(Pictures()))


class Plain(Silent):
    def find(self, request: Request) -> Reply | None:
        return Reply(headers=(("Content-Type", "application/json"),), body=b"{}")


def test_front_page_that_is_not_html_is_reported(survey_of):
    with pytest.raises(SurveyError, match="no HTML page"):
        Findings(survey_of(Plain()))


class Scattered(NumberedPortal):
    """A portal with each section on its own host, as on large portals."""

    def __init__(self) -> None:
        super().__init__()
        self.hosts = [f"{name}.{self.host}" for name in "abcdefgh"]

    def serve(self, request: Request):
        if request.path != "/" or request.host != self.host:
            return super().serve(request)
        menu = "".join(f'<a href="http://{host}/yaowen/">{host[0]}版</a>' for host in self.hosts)
        return self.list_page(self.articles[:10], f'<div class="nav">{menu}</div>')


def test_extra_requests_of_new_hosts_leave_enough_for_articles(survey_of):
    survey = survey_of(Scattered())
    hosts = {host_of(seen.url) for seen in survey.responses}
    assert len(survey.samples) == 3
    assert len(hosts) >= 2
    assert len(survey.responses) + 2 * len(hosts) <= 20
