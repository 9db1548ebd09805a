"""A page class that does not load: its own site fails with the reason, the other sites are crawled and rebuilt."""

import pytest

from crawler.demo import Chengshi, County, DemoServer, write_site_files

BROKEN = """from crawler.extraction.page import ArticlePage, css
from crawler.extraction.registry import pages


@pages.handles("chengshi.localhost")
class ChengshiPage(ArticlePage):
    kicker = css("p.kicker")
"""
REASON = "chengshi_localhost.py does not load: PageClassError: ChengshiPage: no field 'kicker'"

#: The command, with a further folder of page classes.
COMMAND = """import sys
import crawler.extraction.sites as sites
sites.__path__.append(sys.argv.pop(1))
from crawler.commands import main
main()"""


@pytest.mark.slow
def test_broken_page_class_fails_its_own_site_only(python, tmp_path):
    classes = tmp_path / "classes"
    classes.mkdir()
    file = classes / "chengshi_localhost.py"

    def command(*arguments):
        return python("-c", COMMAND, classes, *arguments, "--sites", tmp_path / "sites", "--data", tmp_path)

    with DemoServer([Chengshi(), County()]) as server:
        write_site_files(server, tmp_path / "sites")
        file.write_text(BROKEN)
        crawled = command("crawl", "chengshi", "county", "--limit", 2)
        assert crawled.returncode == 1
        assert REASON in crawled.stderr
        assert "broadsheet: chengshi: " in crawled.stderr
        assert "broadsheet: county: " not in crawled.stderr
        assert {exchange.host.partition(":")[0] for exchange in server.log} == {"www.county.localhost"}

        file.unlink()
        assert command("crawl", "chengshi", "--limit", 2).returncode == 0, "nothing was lost"
        file.write_text(BROKEN)

    rebuilt = command("reextract")
    assert rebuilt.returncode == 1
    assert rebuilt.stderr.count(REASON) == 1
    assert rebuilt.stdout.startswith("2 items rebuilt")
    checked = command("doctor", "--json")
    assert checked.returncode == 1
    assert REASON.partition(": ")[2] in checked.stdout
