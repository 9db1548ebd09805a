import re
from datetime import date
from pathlib import Path

import pytest

from crawler.sites import BUNDLED, Site, SiteError, load_sites, read_site, registrable_domain

WHOLE = """
name = "harbour"
title = "Harbour News"
home = "http://www.harbour.example/"
hosts = ["harbour.example", "static.example.net"]
language = "en"
timezone = "Europe/London"
feeds = ["http://www.harbour.example/rss.xml"]
[[sections]]
url = "http://www.harbour.example/news/"
links = "li a"
next = "index_{n}.html"
[articles]
path = '/\\d{4}/'
[crawl]
delay = 0.5
cadence = "*/30 6-23 * * *"
max_pages = 20
"""


def written(folder: Path, text: str, name: str = "site.toml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_a_whole_site_file_is_read(tmp_path):
    site = read_site(written(tmp_path, WHOLE))
    assert (site.name, site.title, site.delay, site.max_pages) == ("harbour", "Harbour News", 0.5, 20)
    assert site.sections[0].page(2) == "http://www.harbour.example/news/index_2.html"
    assert site.article_path == re.compile(r"/\d{4}/")
    assert site.is_article("http://m.harbour.example/2024/a.html") is True
    assert site.is_article("http://m.harbour.example/about") is False
    assert site.is_article("http://other.example/2024/a.html") is False
    assert not site.is_loopback


@pytest.mark.parametrize(
    ("template", "second", "third"),
    [
        ("index_{n}.html", "/l/index_1.html", "/l/index_2.html"),
        ("?page={n+1}", "/l/?page=2", "/l/?page=3"),
        ("/list.php?start={n*20}", "/list.php?start=20", "/list.php?start=40"),
        ("from/{n*10+1}/", "/l/from/11/", "/l/from/21/"),
    ],
)
def test_pages_are_counted_from_one_or_two_or_by_entries(tmp_path, template, second, third):
    text = f'name = "a"\nhome = "http://a.example/"\n[[sections]]\nurl = "http://a.example/l/"\nnext = "{template}"'
    (section,) = read_site(written(tmp_path, text)).sections
    assert (section.page(1), section.page(2)) == (f"http://a.example{second}", f"http://a.example{third}")


def test_what_a_file_leaves_out_has_a_careful_default(tmp_path):
    site = read_site(written(tmp_path, 'name = "a"\nhome = "http://www.news.example.co.uk/"'))
    assert site.hosts == ("example.co.uk",)
    assert site.delay == 5.0
    assert site.is_article("http://www.news.example.co.uk/x") is None


@pytest.mark.parametrize(
    ("url", "owned"),
    [
        ("http://harbour.example/", True),
        ("https://M.Harbour.Example:8443/x", True),
        ("http://notharbour.example/", False),
        ("http://harbour.example.evil.test/", False),
        ("http://[::1", False),
        ("mailto:a@harbour.example", False),
    ],
)
def test_a_site_owns_its_hosts_and_their_subdomains_only(url, owned):
    assert Site(name="h", home="http://harbour.example/", hosts=("harbour.example",)).owns(url) is owned


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name = ", "not valid TOML"),
        ('home = "http://a.example/"', "the key name is missing"),
        ('name = "a"', "the key home is missing"),
        ('name = "A b"\nhome = "http://a.example/"', "name = 'A b'"),
        ('name = "a"\nhome = "ftp://a.example/"', "home = 'ftp://a.example/'"),
        ('name = "a"\nhome = "http://[::1"', "home = 'http://[::1' cannot be used: an http or https URL"),
        ('name = "a"\nhome = "http://a.example/"\nfeed = []', "there is no key feed (= []); is feeds meant?"),
        ('name = "a"\nhome = "http://a.example/"\ntitle = 3', "title = 3 cannot be used: a text is wanted"),
        ('name = "a"\nhome = "http://a.example/"\nfeeds = "x"', "feeds = 'x' cannot be used: a list of texts"),
        (
            'name = "a"\nhome = "http://a.example/"\n[[sections]]\nurl = "http://a.example/l"\nlinks = "li["',
            "sections[1].links = 'li[' cannot be used: a CSS selector",
        ),
        ('name = "a"\nhome = "http://a.example/"\nhosts = ["http://a.example"]', "hosts = 'http://a.example'"),
        ('name = "a"\nhome = "http://a.example/"\ntimezone = "Mars/Olympus"', "timezone = 'Mars/Olympus'"),
        (
            'name = "a"\nhome = "http://a.example/"\nsince = "1999"',
            "since = '1999' cannot be used: a day without quotes",
        ),
        ('name = "a"\nhome = "http://a.example/"\n[articles]\nboilerplate = "x"', "articles.boilerplate = 'x'"),
        ('name = "a"\nhome = "http://a.example/"\n[crawl]\ndelay = 0', "crawl.delay = 0"),
        ('name = "a"\nhome = "http://a.example/"\n[crawl]\ndelay = true', "crawl.delay = True"),
        ('name = "a"\nhome = "http://a.example/"\n[crawl]\nhours = "6-23"', "crawl.hours = '6-23'"),
        ('name = "a"\nhome = "http://a.example/"\n[crawl]\nhours = "06:00-06:00"', "crawl.hours"),
        ('name = "a"\nhome = "http://a.example/"\n[crawl]\nmax_minutes = 0.5', "crawl.max_minutes = 0.5"),
        ('name = "a"\nhome = "http://a.example/"\n[crawl]\nmax_pages_a_day = 0', "crawl.max_pages_a_day = 0"),
        ('name = "a"\nhome = "http://a.example/"\n[crawl]\npause = 3', "there is no key crawl.pause (= 3); "),
        (
            'name = "a"\nhome = "http://a.example/"\n[crawl]\nrequisites = "yes"',
            "requisites = 'yes' cannot be used: true",
        ),
        ('name = "a"\nhome = "http://a.example/"\n[articles]\npath = "("', "articles.path = '('"),
        ('name = "a"\nhome = "http://a.example/"\nsections = ["x"]', "tables are wanted"),
        ('name = "a"\nhome = "http://a.example/"\n[[sections]]\nurl = "http://a.example/l"\nnext = "p"', "{n}"),
    ],
)
def test_a_broken_site_file_is_named_with_key_and_value(tmp_path, text, says):
    file = written(tmp_path, text)
    with pytest.raises(SiteError) as caught:
        read_site(file)
    assert str(file) in str(caught.value)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_utf8_says_where(tmp_path):
    file = tmp_path / "gbk.toml"
    file.write_bytes('title = "高原"'.encode("gb18030"))
    with pytest.raises(SiteError, match="byte 9 is not UTF-8"):
        read_site(file)


def test_an_own_file_replaces_a_bundled_one_and_a_name_is_taken_once(tmp_path, monkeypatch):
    bundled, first, second = (tmp_path / name for name in ("bundled", "first", "second"))
    for number, folder in enumerate((bundled, first, second)):
        folder.mkdir()
        written(folder, f'name = "a"\nhome = "http://{number}.example/"')
    monkeypatch.setattr("crawler.sites.BUNDLED", bundled)
    assert load_sites([bundled, first, first])["a"].home == "http://1.example/"
    with pytest.raises(SiteError, match=r"second/site.toml: name = 'a' is already taken by .*first/site.toml"):
        load_sites([bundled, first, second])
    written(first, 'name = "a"\nhome = "http://three.example/"', "twin.toml")
    with pytest.raises(SiteError, match="already taken"):
        load_sites([bundled, first])
    with pytest.raises(SiteError, match="no such folder"):
        load_sites([tmp_path / "absent"])


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("www.bbc.co.uk", "bbc.co.uk"),
        ("www.gaoyuan.localhost", "gaoyuan.localhost"),
        ("localhost", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("co.uk", "co.uk"),
    ],
)
def test_registrable_domain(host, domain):
    assert registrable_domain(host) == domain


def test_the_first_day_and_what_is_repeated(tmp_path):
    text = 'name = "a"\nhome = "http://a.example/"\nsince = 1999-10-01\n[articles]\nboilerplate = ["Follow us."]'
    site = read_site(written(tmp_path, text))
    assert (site.since, site.boilerplate) == (date(1999, 10, 1), ("Follow us.",))


def test_budgets_and_hours(tmp_path):
    limits = "max_pages = 9\nmax_megabytes = 50\nmax_minutes = 15\nmax_pages_a_day = 200\nhours = '22:00-06:00'"
    site = read_site(written(tmp_path, f'name = "a"\nhome = "http://a.example/"\n[crawl]\n{limits}'))
    told = (site.max_pages, site.max_megabytes, site.max_minutes, site.max_pages_a_day, site.hours)
    assert told == (9, 50, 15, 200, "22:00-06:00")
    plain = read_site(written(tmp_path, 'name = "b"\nhome = "http://a.example/"', "b.toml"))
    assert (plain.max_megabytes, plain.max_minutes, plain.max_pages_a_day, plain.hours) == (None,) * 4


def test_no_bundled_site_is_visited_unless_somebody_asks_for_it():
    far = [site for site in load_sites([BUNDLED]).values() if not site.is_loopback]
    assert {site.name: site.cadence for site in far} == {site.name: "manual" for site in far}
