"""A new site file must find the articles that the survey saw."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from portal_shapes import NumberedPortal, SitemapPortal

from crawler.sites import PathPattern, Site, read_site
from crawler.survey.dry_run import find_shortcomings
from crawler.survey.findings import Findings
from crawler.survey.site_file import format_site_file
from crawler.survey.survey import Survey


def write(survey: Survey, tmp_path: Path) -> Site:
    site = survey.site
    text = format_site_file(Findings(survey), name=site.name, hosts=site.hosts, delay=5.0, day=date(2026, 3, 1))
    (tmp_path / "site.toml").write_text(text, encoding="utf-8")
    return read_site(tmp_path / "site.toml")


def test_written_file_finds_the_articles_seen(survey_of, tmp_path):
    for portal in (NumberedPortal(), SitemapPortal()):
        survey = survey_of(portal)
        site = write(survey, tmp_path)
        assert find_shortcomings(survey, site) == []


def test_pattern_that_misses_the_articles_is_reported(survey_of, tmp_path):
    survey = survey_of(NumberedPortal())
    site = write(survey, tmp_path)
    lines = find_shortcomings(survey, replace(site, article_path=PathPattern(r"^/go/\d+$")))
    assert any(line.startswith(f"{site.sections[0].url}: none of its") for line in lines)
    assert "no list of the file leads to an article" in lines


def test_selector_that_misses_the_articles_is_reported(survey_of, tmp_path):
    survey = survey_of(NumberedPortal())
    site = write(survey, tmp_path)
    sections = tuple(replace(section, links="ul.gone a") for section in site.sections)
    assert find_shortcomings(survey, replace(site, sections=sections))
