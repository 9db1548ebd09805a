"""Templates of URLs that hold the day of a newspaper's issue."""

from datetime import date

import pytest

from crawler.sites import IssueUrl, SiteError, read_site

DAY = date(2026, 1, 3)


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("/html/{date:%Y-%m/%d}/node_1.htm", "/html/2026-01/03/node_1.htm"),
        ("/{date:%Y}/paper/{date:%m%d}/", "/2026/paper/0103/"),
        ("/{date:%Y%m%d}/{date:%Y-%m-%d}.htm", "/20260103/2026-01-03.htm"),
        ("/?d={date:%-d.%-m.%y}", "/?d=3.1.26"),
        ("/{date:%d-%B-%Y}", "/03-January-2026"),
        ("/{date:%Y/%b/%d}/", "/2026/Jan/03/"),
        ("/{date:%Y%j}", "/2026003"),
    ],
)
def test_day_is_written_and_read_back(template, path):
    issues = IssueUrl(f"http://paper.example{template}")
    assert issues.url(DAY) == f"http://paper.example{path}"
    assert issues.find_day(issues.url(DAY)) == DAY


def test_days_of_other_urls_are_read():
    issues = IssueUrl("http://paper.example/layout/{date:%Y%m/%d}/node_01.html")
    assert issues.find_day("http://paper.example/content/202601/04/content_20260105.html") == date(2026, 1, 4)
    assert issues.find_day("http://paper.example/content/202613/04/a.html") is None
    assert issues.find_day("http://paper.example/about/") is None


@pytest.mark.parametrize(
    ("section", "reason"),
    [
        ('url = "http://e.example/{date:%Y-%m}/"', "do not name the day"),
        ('url = "http://e.example/{date:%m/%d}/"', "do not name the year"),
        ('url = "http://e.example/{date:%Y%m%d%H}/"', "'%H' is not one of"),
        ('url = "http://e.example/{date:}/"', "do not name the year"),
        ('url = "http://e.example/{day}/"', "the only thing in braces"),
        ('url = "http://e.example/{date:%Y%m%d}/"\nnext = "p{n}.htm"', "neither `next` nor `json`"),
    ],
)
def test_wrong_dates_are_errors_of_the_site_file(tmp_path, section, reason):
    file = tmp_path / "paper.toml"
    file.write_text(f'name = "paper"\nhome = "http://e.example/"\n[[sections]]\n{section}\n', encoding="utf-8")
    with pytest.raises(SiteError, match="sections") as error:
        read_site(file)
    assert reason in str(error.value)
