"""Generated portals whose lists differ in how they lead to their further pages."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from html import escape

from portal_news import article_list, html_page
from portal_shapes import PAGE_SIZE, Served, ShapedPortal, slices

from crawler.demo import Request, SampleArticle
from crawler.demo.messages import text
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


class _NumberedFilesPortal(OneListPortal):
    """Base of portals that number their files; a script or attribute leads to them, never a plain link."""

    extension = "html"
    file = "index"
    #: Number in the file name of the page after the first.
    second = 1

    def page_path(self, number: int) -> str:
        return f"{self.folder}{self.file}_{number - 1 + self.second}.{self.extension}"


class TrsPortal(_NumberedFilesPortal):
    """TRS: pages counted from 0."""

    name = "trs_zero"

    def pager(self, number: int) -> str:
        return f"<script>createPageHTML({len(self.pages)}, {number}, '{self.file}', '{self.extension}');</script>"


class TrsDivPortal(_NumberedFilesPortal):
    """TRS: the id of an element first, pages counted from 1."""

    name, file, extension, second = "trs_div", "xlist", "shtml", 2

    def pager(self, number: int) -> str:
        return (
            '<div id="page_div"></div><script>'
            f"createPageHTML('page_div',{len(self.pages)}, {number + 1},'xlist','shtml',{len(self.articles)});</script>"
        )


class TrsVariablesPortal(_NumberedFilesPortal):
    """TRS: count and current page in variables that a script writes links from."""

    name, file, extension = "trs_variables", "default", "htm"

    def pager(self, number: int) -> str:
        return f"""<script>
var currentPage = {number};//counted from 0
var prevPage = currentPage-1//the page before
var nextPage = currentPage+1//the page after
var countPage = {len(self.pages)}//all pages
if(countPage>1&&currentPage!=(countPage-1))
  document.write("<a href=\\"default"+"_" + nextPage + "."+"htm\\">下一页</a>");
</script>"""


class TrsQuotedPortal(_NumberedFilesPortal):
    """TRS: quoted numbers in a function of another name, called behind its definition."""

    name, extension = "trs_quoted", "shtml"

    def pager(self, number: int) -> str:
        return f"""<script>
function createPageHTML_list(_nPageCount, _nCurrIndex, _sPageName, _sPageExt) {{ write(_nPageCount); }}
// createPageHTML_list(99, 0, "old", "html");
createPageHTML_list("{len(self.pages)}", "{number}", "index", "shtml");
</script>"""


class PagerOptionsPortal(_NumberedFilesPortal):
    """A pager with named options."""

    name = "pager_options"

    def pager(self, number: int) -> str:
        call = f"Pager({{size:{len(self.pages)}, current:{number}, prefix:'index',suffix:'html'}});"
        return f'<p class="pager"><script>{call}</script></p>'


class ButtonsPortal(_NumberedFilesPortal):
    """Buttons that call a function of the page."""

    name = "buttons"

    def pager(self, number: int) -> str:
        buttons = "".join(f'<span onclick="toPage({n})">{n + 1}</span>' for n in range(len(self.pages)))
        return f"""{buttons}<script>
function toPage(n) {{ var none = 0; window.location.href = "/news/index_" + n + ".html"; }}</script>"""


class FallingNumbersPortal(OneListPortal):
    """Bare page numbers; the URLs count down to the oldest page, which is number 1."""

    name = "falling"

    def page_path(self, number: int) -> str:
        return f"{self.folder}list_{len(self.pages) - number}.html"

    def pager(self, number: int) -> str:
        shown = [n for n in range(len(self.pages)) if abs(n - number) <= 2]
        return " ".join(
            f"<b>{n + 1}</b>" if n == number else f'<a href="{self.page_path(n) if n else self.folder}">{n + 1}</a>'
            for n in shown
        )


class RelNextPortal(OneListPortal):
    """The head of each page names the next one, by number of articles; the body has arrows of a gallery."""

    name, texts, language, timezone = "rel_next", "county", "en", "America/New_York"  # type: ignore[misc]

    def page_path(self, number: int) -> str:
        return f"{self.folder}?start={number * PAGE_SIZE}"

    def pager(self, number: int) -> str:
        further = number + 1 < len(self.pages)
        head = f'<link rel="next" href="{self.page_path(number + 1)}">' if further else ""
        return f'{head}<a class="slide" href="/gallery.html">&rsaquo;</a>'


class OlderEntriesPortal(OneListPortal):
    """Spanish words with a left arrow lead to older articles."""

    name = "older_entries"

    def page_path(self, number: int) -> str:
        return f"{self.folder}pagina-{number + 1}.html"

    def pager(self, number: int) -> str:
        older = (
            f'<a href="{self.page_path(number + 1)}">« Entradas antiguas</a>' if number + 1 < len(self.pages) else ""
        )
        newer = f'<a href="{self.page_path(number - 1)}">Entradas recientes »</a>' if number > 1 else ""
        return older + newer


class DatastorePortal(OneListPortal):
    """Hanweb: entries in an XML datastore, whose next group leads to a response that is a datastore."""

    name = "hanweb"
    proxy = "/module/web/jpage/dataproxy.jsp"

    def path_of(self, assignment: Assignment, slug: str) -> str:
        day = assignment.published
        return f"/art/{day.year}/{day.month}/{day.day}/art_12_{30000 + assignment.number}.html"

    def page_path(self, number: int) -> str:
        return f"{self.proxy}?page={number}&appid=1&webid=3095&path=/&columnid=12&unitid=61&webname=news"

    def serve_list(self, number: int) -> Served:
        store = self._datastore(number)
        leads_to = frozenset([*(one.path for one in self.pages[number]), *self._after(number)])
        if number:
            return Served(text(store, "text/xml; charset=utf-8"), leads_to=leads_to)
        script = f'<div id="61"></div><script type="text/xml">{store}</script>'
        markup = html_page(self.title, script, language="zh")
        return Served(self.html(markup), leads_to=leads_to)

    def _after(self, number: int) -> list[str]:
        return [self.page_path(number + 1)] if number + 1 < len(self.pages) else []

    def _next_group(self, number: int) -> str:
        return "".join(f'<nextgroup><![CDATA[<a href="{path}"></a>]]></nextgroup>' for path in self._after(number))

    def _datastore(self, number: int) -> str:
        records = "\n".join(
            f"<record><![CDATA[<li><a href='{one.path}' title='{escape(one.title)}'>{escape(one.title)}</a>"
            f"<span>{one.date[:10]}</span></li>]]></record>"
            for one in self.pages[number]
        )
        total = len(self.articles)
        return (
            f"<datastore><totalrecord>{total}</totalrecord><totalpage>{len(self.pages)}</totalpage>"
            f"{self._next_group(number)}<recordset>{records}</recordset></datastore>"
        )


class DatastoreScriptPortal(DatastorePortal):
    """Hanweb: no next group; the script's settings say how the entries behind the first are requested."""

    name = "hanweb_script"

    def page_path(self, number: int) -> str:
        # The script requests three pages of entries at a time.
        first = PAGE_SIZE + 1 + (number - 1) * 3 * PAGE_SIZE
        return (
            f"{self.proxy}?startrecord={first}&endrecord={first + 3 * PAGE_SIZE - 1}&perpage={PAGE_SIZE}"
            "&col=1&webid=67&path=%2F&columnid=76511&unitid=445106&permissiontype=0"
        )

    @property
    def pages(self) -> list[Sequence[SampleArticle]]:
        rest, group = self.articles[PAGE_SIZE:], 3 * PAGE_SIZE
        return [self.articles[:PAGE_SIZE], *(rest[start : start + group] for start in range(0, len(rest), group))]

    def _next_group(self, number: int) -> str:
        return ""

    def serve_list(self, number: int) -> Served:
        served = super().serve_list(number)
        if number:
            return served
        script = (
            "<script>var param = {col:1,webid:67,path:'/',columnid:76511,unitid:'445106',permissiontype:0};"
            f"$('#61').jpage({{perPage:{PAGE_SIZE}, totalRecord:{len(self.articles)}, "
            f"proxyUrl:'{self.proxy}', proxyParam:param}});</script></body>"
        )
        return replace(served, reply=replace(served.reply, body=served.reply.body.replace(b"</body>", script.encode())))


class MonthArchivesPortal(OneListPortal):
    """The list has the latest articles only; the others are in archives by month."""

    name = "months"

    @property
    def _months(self) -> dict[str, list[SampleArticle]]:
        return {
            f"/archive/{month}/": list(articles)
            for month, articles in itertools.groupby(self.articles, lambda one: one.date[:7])
        }

    @property
    def pages(self) -> list[Sequence[SampleArticle]]:
        return [self.articles[:PAGE_SIZE], *self._months.values()]

    def page_path(self, number: int) -> str:
        return list(self._months)[number - 1]

    def pager(self, number: int) -> str:
        months = [path.split("/")[2] for path in self._months]
        return "<ul>" + "".join(
            f'<li><a href="/archive/{month}/">{month[:4]}年{int(month[5:])}月</a></li>' for month in months
        ) + "</ul>"  # fmt: skip


LIST_SHAPES: tuple[type[OneListPortal], ...] = (
    OlderPostsPortal,
    TrsPortal,
    TrsDivPortal,
    TrsVariablesPortal,
    TrsQuotedPortal,
    PagerOptionsPortal,
    ButtonsPortal,
    FallingNumbersPortal,
    RelNextPortal,
    OlderEntriesPortal,
    DatastorePortal,
    DatastoreScriptPortal,
    MonthArchivesPortal,
)
