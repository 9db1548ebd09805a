from datetime import date, timedelta
from pathlib import Path

import pytest

from crawler.sites import BUNDLED, Site, SiteError, load_sites, read_site, registrable_domain
from crawler.sites.model import DEFAULT_REREAD

COMPLETE = """
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

#: The keys that every site file must have.
A_SITE = 'name = "a"\nhome = "http://a.example/"\n'


def write_site(folder: Path, text: str, name: str = "site.toml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_complete_site_file_is_read(tmp_path):
    site = read_site(write_site(tmp_path, COMPLETE))
    assert (site.name, site.title, site.delay, site.max_pages) == ("harbour", "Harbour News", 0.5, 20)
    assert site.sections[0].page_url(2) == "http://www.harbour.example/news/index_2.html"
    assert (site.article_path.text, site.article_path.file) == (r"/\d{4}/", str(tmp_path / "site.toml"))
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
def test_page_templates_count_from_one_or_two_or_by_entries(tmp_path, template, second, third):
    text = f'name = "a"\nhome = "http://a.example/"\n[[sections]]\nurl = "http://a.example/l/"\nnext = "{template}"'
    (section,) = read_site(write_site(tmp_path, text)).sections
    assert (section.page_url(1), section.page_url(2)) == (f"http://a.example{second}", f"http://a.example{third}")


def test_missing_keys_have_careful_defaults(tmp_path):
    site = read_site(write_site(tmp_path, 'name = "a"\nhome = "http://www.news.example.co.uk/"'))
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
def test_site_owns_only_its_hosts_and_their_subdomains(url, owned):
    assert Site(name="h", home="http://harbour.example/", hosts=("harbour.example",)).owns(url) is owned


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name = ", "not valid TOML"),
        ('home = "http://a.example/"', "missing key 'name'"),
        ('name = "a"', "missing key 'home'; add a line such as home = 'https://"),
        ('name = "A b"\nhome = "http://a.example/"', "name = 'A b'"),
        ('name = "a"\nhome = "ftp://a.example/"', "home = 'ftp://a.example/'"),
        ('name = "a"\nhome = "http://[::1"', "home = 'http://[::1' is invalid: expected an http or https URL"),
        (
            A_SITE + "feed = []",
            "unknown key 'feed'; did you mean 'feeds'? allowed keys: name, home, title,",
        ),
        (A_SITE + "title = 3", "title = 3 is invalid: expected text"),
        (A_SITE + 'feeds = "x"', "feeds = 'x' is invalid: expected a list"),
        (
            A_SITE + '[[sections]]\nurl = "http://a.example/l"\nlinks = "li["',
            "sections[1].links = 'li[' is invalid: expected a CSS selector",
        ),
        (A_SITE + 'hosts = ["http://a.example"]', "hosts[1] = 'http://a.example'"),
        (A_SITE + 'timezone = "Mars/Olympus"', "timezone = 'Mars/Olympus'"),
        (
            A_SITE + 'since = "1999"',
            "since = '1999' is invalid: expected a day without quotes",
        ),
        (A_SITE + '[articles]\nboilerplate = "x"', "articles.boilerplate = 'x'"),
        (
            A_SITE + "[crawl]\ndelay = 0",
            "crawl.delay = 0 is invalid: expected seconds above 0",
        ),
        (A_SITE + "[crawl]\ndelay = true", "crawl.delay = True"),
        (
            A_SITE + "[articles]\npaht = 3",
            "in [articles]; did you mean 'path'? allowed keys: path, boilerplate",
        ),
        (A_SITE + '[[sections]]\nnext = "{n}"', "missing key 'url' in sections[1]; add"),
        (
            A_SITE + 'title = " "',
            "title = ' ' is invalid: expected text that is not blank",
        ),
        (A_SITE + "crawl = 3", "crawl = 3 is invalid: expected a table"),
        (A_SITE + 'since = "1999-10-01"', "since = '1999-10-01' is invalid"),
        (A_SITE + '[crawl]\ncadence = "0 0 30 2 *"', "(Bad day-of-month)"),
        (A_SITE + "[crawl]\ndelay = inf", "crawl.delay = inf"),
        (A_SITE + '[crawl]\nhours = "6-23"', "crawl.hours = '6-23'"),
        (A_SITE + '[crawl]\nhours = "06:00-06:00"', "crawl.hours"),
        (
            A_SITE + "[crawl]\nmax_minutes = 0.5",
            "crawl.max_minutes = 0.5 is invalid: expected a whole number",
        ),
        (
            A_SITE + "[crawl]\nmax_pages_a_day = 0",
            "crawl.max_pages_a_day = 0 is invalid: expected a whole number >= 1",
        ),
        (A_SITE + "[crawl]\npause = 3", "unknown key 'pause' in [crawl]; "),
        (
            A_SITE + '[crawl]\nrequisites = "yes"',
            "crawl.requisites = 'yes' is invalid: expected true or false",
        ),
        (A_SITE + '[articles]\npath = "("', "articles.path = '('"),
        (A_SITE + 'sections = ["x"]', "sections[1] = 'x' is invalid: expected a table"),
        (A_SITE + '[[sections]]\nurl = "http://a.example/l"\nnext = "p"', "{n}"),
    ],
)
def test_error_names_file_key_and_value(tmp_path, text, says):
    file = write_site(tmp_path, text)
    with pytest.raises(SiteError) as caught:
        read_site(file)
    assert str(file) in str(caught.value)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_error_gives_the_offset_of_a_byte_that_is_not_utf8(tmp_path):
    file = tmp_path / "gbk.toml"
    file.write_bytes('title = "高原"'.encode("gb18030"))
    with pytest.raises(SiteError, match="byte 9 is not UTF-8"):
        read_site(file)


def test_user_file_replaces_a_bundled_one_and_names_are_unique(tmp_path, monkeypatch):
    bundled, first, second = (tmp_path / name for name in ("bundled", "first", "second"))
    for number, folder in enumerate((bundled, first, second)):
        folder.mkdir()
        write_site(folder, f'name = "a"\nhome = "http://{number}.example/"')
    monkeypatch.setattr("crawler.sites.reader.BUNDLED", bundled)
    assert load_sites([bundled, first, first])["a"].home == "http://1.example/"
    with pytest.raises(SiteError, match=r"second/site.toml: name = 'a' is already used by .*first/site.toml"):
        load_sites([bundled, first, second])
    write_site(first, 'name = "a"\nhome = "http://three.example/"', "twin.toml")
    with pytest.raises(SiteError, match="already used"):
        load_sites([bundled, first])
    with pytest.raises(SiteError, match="folder of site files not found"):
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
def test_registrable_domain_of_a_host(host, domain):
    assert registrable_domain(host) == domain


def test_first_day_and_boilerplate_are_read(tmp_path):
    text = 'name = "a"\nhome = "http://a.example/"\nsince = 1999-10-01\n[articles]\nboilerplate = ["Follow us."]'
    site = read_site(write_site(tmp_path, text))
    assert (site.since, site.boilerplate) == (date(1999, 10, 1), ("Follow us.",))


def test_budgets_and_hours_are_read(tmp_path):
    limits = "max_pages = 9\nmax_megabytes = 50\nmax_minutes = 15\nmax_pages_a_day = 200\nhours = '22:00-06:00'"
    site = read_site(write_site(tmp_path, f'name = "a"\nhome = "http://a.example/"\n[crawl]\n{limits}'))
    read = (site.max_pages, site.max_megabytes, site.max_minutes, site.max_pages_a_day, site.hours)
    assert read == (9, 50, 15, 200, "22:00-06:00")
    plain = read_site(write_site(tmp_path, 'name = "b"\nhome = "http://a.example/"', "b.toml"))
    assert (plain.max_megabytes, plain.max_minutes, plain.max_pages_a_day, plain.hours) == (None,) * 4


def test_bundled_sites_are_only_crawled_on_request():
    remote = [site for site in load_sites([BUNDLED]).values() if not site.is_loopback]
    assert {site.name: site.cadence for site in remote} == {site.name: "manual" for site in remote}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", DEFAULT_REREAD),
        ("[crawl]\nreread = []", ()),
        ("[crawl]\nreread = ['30 m', '2h', '1 d']", (timedelta(minutes=30), timedelta(hours=2), timedelta(days=1))),
    ],
)
def test_plan_of_rereading_is_read(tmp_path, text, expected):
    assert read_site(write_site(tmp_path, f"name = 'a'\nhome = 'http://a.example/'\n{text}\n")).reread == expected


@pytest.mark.parametrize("interval", ["0 h", "1 week", "h", "1.5 h"])
def test_interval_of_rereading_has_a_number_and_a_unit(tmp_path, interval):
    with pytest.raises(SiteError, match="a time such as 1 h or 10 d"):
        read_site(write_site(tmp_path, f"name = 'a'\nhome = 'http://a.example/'\n[crawl]\nreread = ['{interval}']\n"))
