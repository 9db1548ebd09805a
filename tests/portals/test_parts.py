"""Articles of several pages, one of which is missing."""

from shape_crawls import ShapeCrawl, write_short_site_file
from shapes_parts import LinkedPartsPortal, ScriptPartsPortal, split_body

from crawler.demo import Request
from crawler.discovery.multipage import INCOMPLETE
from crawler.store import Store

ARTICLES = 6


class LosingPortal(LinkedPartsPortal):
    """The second page of the newest article is gone."""

    name = "losing"

    def serve(self, request: Request):
        gone = self.part_path(self.articles[0], 1)
        return None if request.target == gone else super().serve(request)


class UnreadablePortal(ScriptPartsPortal):
    """Links that only a script can follow lead to the further pages."""

    name = "unreadable"

    def part_links(self, article, part, count):
        return "".join(
            f'<a href="javascript:turn({n + 1})">{text}</a>' for n, text in ((1, "2"), (2, "3"), (1, "下一页"))
        )


def test_article_with_a_missing_page_is_stored_flagged_and_reported(tmp_path):
    portals = [LosingPortal(ARTICLES), UnreadablePortal(ARTICLES)]
    crawl = ShapeCrawl(tmp_path, portals, write_short_site_file)
    assert [crawl.reports[name]["outcome"] for name in ("losing", "unreadable")] == ["incomplete", "incomplete"]
    causes = {name: crawl.reports[name]["causes"] for name in crawl.reports}
    assert [(one["state"], one["count"]) for one in causes["losing"]] == [("partial", 1)]
    assert [(one["state"], one["count"]) for one in causes["unreadable"]] == [("partial", ARTICLES)]
    with Store.open(tmp_path / "broadsheet.sqlite3") as store:
        flagged = [item for item in store.articles.items("losing") if INCOMPLETE in item.flags]
        assert len(list(store.articles.items("losing"))) == ARTICLES
    assert [item.body for item in flagged] == ["\n".join(split_body(portals[0].articles[0])[0])]
