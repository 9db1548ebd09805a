"""Generated portals whose lists differ in how they lead to their further pages."""

from collections.abc import Sequence

from portal_news import article_list, html_page
from portal_shapes import PAGE_SIZE, Served, ShapedPortal, slices

from crawler.demo import Request, SampleArticle
from crawler.demo.newsroom import Assignment


class OneListPortal(ShapedPortal):
    """A front page with the latest headlines and a menu, and one list below ``/news/``.

    A shape defines the URLs of the list's pages (`page_path`) and the markup that leads from one to the others
    (`pager`). The front page has no markup of that kind.
    """

    folder = "/news/"
    texts = "chengshi"

    def path_of(self, assignment: Assignment, slug: str) -> str:
        return f"{self.folder}{assignment.published:%Y%m/t%Y%m%d}_{7000000 + assignment.number * 7}.html"

    def third_line(self, home: str) -> list[str]:
        return [f'sections = [{{ url = "{home.rstrip("/")}{self.folder}" }}]']

    @property
    def pages(self) -> list[Sequence[SampleArticle]]:
        """The articles on each page of the list."""
        return slices(self.articles)

    def page_path(self, number: int) -> str:
        """Return the path of page `number` of the list; the first page, at the folder itself, is 0."""
        raise NotImplementedError

    def pager(self, number: int) -> str:
        """Return the markup at the end of page `number` that leads to the other pages."""
        raise NotImplementedError

    def serve(self, request: Request) -> Served | None:
        if request.path == "/":
            return self._front_page()
        number = self._find_number(request.target)
        return None if number is None else self.serve_list(number)

    def _front_page(self) -> Served:
        menu = f'<div class="nav"><a href="{self.folder}">新闻</a> <a href="/contact.html">联系我们</a></div>'
        body = menu + article_list((one.path, one) for one in self.articles[:PAGE_SIZE])
        markup = html_page(self.title, body, language=self.language or "zh")
        paths = [one.path for one in self.articles[:PAGE_SIZE]]
        return Served(self.html(markup), leads_to=frozenset([self.folder, *paths]))

    def _find_number(self, target: str) -> int | None:
        paths = [self.folder, *(self.page_path(number) for number in range(1, len(self.pages)))]
        return paths.index(target) if target in paths else None

    def serve_list(self, number: int) -> Served:
        """Return page `number` of the list."""
        further = [self.page_path(one) for one in range(1, len(self.pages))]
        return self.list_page(self.pages[number], self.pager(number), further)


class OlderPostsPortal(OneListPortal):
    """WordPress: many posts, and each page of the list links to older ones."""

    name, texts, language, timezone = "wordpress", "county", "en", "America/New_York"  # type: ignore[misc]

    def path_of(self, assignment: Assignment, slug: str) -> str:
        return f"/{assignment.published:%Y/%m}/{slug}-{assignment.number}/"

    def page_path(self, number: int) -> str:
        return f"{self.folder}page/{number + 1}/"

    def pager(self, number: int) -> str:
        older = f'<a href="{self.page_path(number + 1)}">Older posts</a>' if number + 1 < len(self.pages) else ""
        newer = f'<a href="{self.page_path(number - 1)}">Newer posts</a>' if number > 1 else ""
        return f'<div class="nav-previous">{older}</div><div class="nav-next">{newer}</div>'


LIST_SHAPES: tuple[type[OneListPortal], ...] = (OlderPostsPortal,)
