"""Generated portals whose articles span several pages, numbered in different ways."""

from portal_news import article_page
from portal_shapes import Served
from shapes_lists import OlderEntriesPortal

from crawler.demo import Request, SampleArticle


class PartsPortal(OlderEntriesPortal):
    """Articles of up to three pages. A shape defines what leads from one to the others."""

    #: Number in the URL of the second page.
    second = 1

    def part_path(self, article: SampleArticle, part: int) -> str:
        """Return the path of a page of an article; the first is 0."""
        return article.path if part == 0 else article.path.replace(".html", f"_{part - 1 + self.second}.html")

    def part_links(self, article: SampleArticle, part: int, count: int) -> str:
        """Return the markup on a page that leads to the others."""
        raise NotImplementedError

    def serve(self, request: Request) -> Served | None:
        found = self._find_part(request.target)
        if found is None:
            return super().serve(request)
        article, part = found
        return Served(self.html(self._part_html(article, part)), leads_to=frozenset({request.target}))

    def article_html(self, article: SampleArticle, request: Request) -> str:
        return self._part_html(article, 0)

    def _find_part(self, target: str) -> tuple[SampleArticle, int] | None:
        return self._parts_by_path.get(target)

    @property
    def _parts_by_path(self) -> dict[str, tuple[SampleArticle, int]]:
        return {
            self.part_path(article, part): (article, part)
            for article in self.articles
            for part in range(1, len(split_body(article)))
        }

    def _part_html(self, article: SampleArticle, part: int) -> str:
        texts = split_body(article)
        page = article_page(article, furniture=self.part_links(article, part, len(texts)))
        whole = "\n".join(f"<p>{line}</p>" for line in article.paragraphs)
        shown = "\n".join(f"<p>{line}</p>" for line in texts[part])
        assert whole in page
        return page.replace(whole, shown)


def split_body(article: SampleArticle) -> list[list[str]]:
    """Split the paragraphs of an article into up to three pages."""
    lines = list(article.paragraphs)
    size = max(1, -(-len(lines) // 3))
    return [lines[start : start + size] for start in range(0, len(lines), size)]


class LinkedPartsPortal(PartsPortal):
    """TRS: `_1` is the second page; numbers and a next link."""

    name = "parts_linked"

    def part_links(self, article: SampleArticle, part: int, count: int) -> str:
        numbers = "".join(f'<a href="{self.part_path(article, n)}">{n + 1}</a> ' for n in range(count))
        after = f'<a href="{self.part_path(article, part + 1)}">下一页</a>' if part + 1 < count else ""
        return f'<div class="page">{numbers}{after}</div>'


class ScriptPartsPortal(PartsPortal):
    """TRS: a script prints the links to the other pages."""

    name = "parts_script"

    def part_links(self, article: SampleArticle, part: int, count: int) -> str:
        name = article.path.rpartition("/")[2].removesuffix(".html")
        return f'<script>createPageHTML({count}, {part}, "{name}", "html");</script>'


class NumberedPartsPortal(PartsPortal):
    """Bare numbers; `_2` is the second page."""

    name, second = "parts_numbers", 2

    def part_links(self, article: SampleArticle, part: int, count: int) -> str:
        shown = (
            f'<a href="{self.part_path(article, n)}">{n + 1}</a>' if n != part else str(n + 1) for n in range(count)
        )
        return f'<div class="page">{" ".join(shown)}</div>'


class QueryPartsPortal(PartsPortal):
    """The page number is in the query, and a link leads to the whole article."""

    name = "parts_query"

    def part_path(self, article: SampleArticle, part: int) -> str:
        return f"{article.path}?page={part + 1}" if part else article.path

    def find_article(self, target: str) -> SampleArticle | None:
        return super().find_article(target) if "?page=" not in target else None

    def part_links(self, article: SampleArticle, part: int, count: int) -> str:
        after = f'<a href="{self.part_path(article, part + 1)}">下一页</a>' if part + 1 < count else ""
        return f'{after} <a href="{article.path}?page=all">在本页显示全文</a>'

    def serve(self, request: Request) -> Served | None:
        path, _, query = request.target.partition("?")
        if query != "page=all" or (article := super().find_article(path)) is None:
            return super().serve(request)
        return Served(self.html(article_page(article)), leads_to=frozenset({request.target}))


PART_SHAPES: tuple[type[PartsPortal], ...] = (
    LinkedPartsPortal,
    ScriptPartsPortal,
    NumberedPartsPortal,
    QueryPartsPortal,
)
