"""What `broadsheet site` says to a wrong command line: one line, before anything is asked of anybody."""

import pytest

from crawler.sites import BUNDLED


def one_line(outcome) -> str:
    (line,) = outcome.err.strip().splitlines()
    return line


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["https://www.example.org/"], "set BROADSHEET_CONTACT to a mail address or URL of yours"),
        (["www.example.org"], "example_org: https://www.example.org/ is not on this machine"),
        (["ftp://www.example.org/"], "ftp://www.example.org/: not a portal's address"),
        (["https:///path"], "not a portal's address"),
        (["http://[::1"], "not a portal's address"),
        (["http://a.localhost/", "--name", "My Paper"], "--name My Paper: small letters, digits and _"),
        (["http://a.localhost/", "--name", "tibet_cn"], "the site tibet_cn is there already"),
    ],
)
def test_a_wrong_command_line(run, tmp_path, arguments, says):
    done = run("site", "add", *arguments, "--sites", tmp_path / "sites", "--data", tmp_path / "data")
    assert done.code == 2
    assert says in one_line(done)
    assert not (tmp_path / "data").exists()
    assert not list((tmp_path / "sites").glob("*"))


def test_a_site_file_that_is_there_is_not_written_over(run, tmp_path):
    file = tmp_path / "sites" / "a_localhost.toml"
    file.parent.mkdir()
    file.write_text('name = "a_localhost"\nhome = "http://a.localhost/"')
    done = run("site", "add", "http://a.localhost:1/", "--sites", file.parent, "--data", tmp_path / "data")
    assert done.code == 2
    assert f"is there already, in {file} — choose a --name, or write over it by --force" in one_line(done)


def test_without_a_checkout_a_folder_is_asked_for(run, tmp_path, monkeypatch):
    monkeypatch.setattr("crawler.commands.site_add.BUNDLED_CASES", tmp_path / "absent")
    done = run("site", "add", "http://a.localhost:1/", "--data", tmp_path / "data")
    assert done.code == 2
    assert "name a folder for your site files with --sites DIR" in one_line(done)
    assert not (BUNDLED / "a_localhost.toml").exists()


def test_a_check_of_what_is_not_there(run, tmp_path):
    assert "there is no site 'nowhere'" in one_line(run("site", "check", "nowhere", "--data", tmp_path))
    done = run("site", "check", "tibet_cn", "--offline", "--data", tmp_path)
    assert (done.code, "nothing is stored yet" in one_line(done)) == (1, True)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("titel = 'x'", "there is no key titel (= 'x'); is title meant?"),
        ("timezone = 'Mars/Olympus'", "timezone = 'Mars/Olympus' cannot be used: an IANA name"),
        ("[articles]\npath = '('", "articles.path = '(' cannot be used: not a regular expression"),
        ("[crawl]\ncadence = '61 * * * *'", "crawl.cadence = '61 * * * *' cannot be used"),
        ("[[sections]]\nurl = 'http://a.localhost/'\nlinks = 'ul..a'", "sections[1].links = 'ul..a' cannot be used"),
    ],
)
def test_a_broken_site_file_stops_every_command_with_one_line(run, tmp_path, line, says):
    file = tmp_path / "sites" / "a.toml"
    file.parent.mkdir()
    file.write_text(f'name = "a"\nhome = "http://a.localhost/"\n{line}')
    for command in (["sites"], ["site", "check", "a"], ["crawl", "a"]):
        done = run(*command, "--sites", file.parent, "--data", tmp_path / "data")
        assert done.code == 2
        assert f"{file}: {says}" in one_line(done)
