"""Generated portals whose lists are not plain links: menus of choices, scripts, frames, tables; and endless links."""

from collections.abc import Sequence
from html import escape
from itertools import cycle, groupby
from urllib.parse import parse_qsl, urlsplit

from portal_news import article_list, article_page, html_page
from portal_shapes import PAGE_SIZE, Served, slices
from shapes_urls import PagedPortal

from crawler.demo import Portal, Reply, Request, SampleArticle
from crawler.demo.newsroom import Assignment


class SelectPagesPortal(PagedPortal):
    """The pages of the list are the options of a select element with their full URLs."""

    name = "select_pages"

    def pager(self, number: int) -> str:
        options = "".join(
            f'<option value="{self.page_path(n) if n else self.folder}"{" selected" * (n == number)}>{n + 1}</option>'
            for n in range(len(self.pages))
        )
        return f'<select onchange="location.href=this.value">{options}</select>'


class SelectNumbersPortal(PagedPortal):
    """The options are numbers, which a script makes URLs of."""

    name = "select_numbers"

    def page_path(self, number: int) -> str:
        return f"{self.folder}?page={number + 1}"

    def pager(self, number: int) -> str:
        options = "".join(f'<option value="{n + 1}">第{n + 1}页</option>' for n in range(len(self.pages)))
        return f"<select onchange=\"location.href='{self.folder}?page='+this.value\">{options}</select>"


class SelectSectionsPortal(PagedPortal):
    """The front page leads to its sections by a select element only."""

    name = "select_sections"

    def _front_page(self) -> Served:
        menu = (
            '<select onchange="go(this.value)"><option value="">请选择栏目</option>'
            f'<option value="{self.folder}">新闻中心</option></select>'
        )
        markup = html_page(self.title, menu + article_list((one.path, one) for one in self.articles[:PAGE_SIZE]))
        return Served(self.html(markup), leads_to=frozenset([self.folder, *(one.path for one in self.articles[:10])]))


class _RowsPortal(PagedPortal):
    """Base of portals that print the rows of their lists themselves."""

    def row(self, article: SampleArticle) -> str:
        """Return the row of an article."""
        raise NotImplementedError

    def list_page(self, articles: Sequence[SampleArticle], pager: str = "", leads_to: Sequence[str] = ()) -> Served:
        markup = html_page(
            self.title, f'<div class="list">{"".join(map(self.row, articles))}</div>{pager}{self.script}'
        )
        return Served(self.html(markup), leads_to=frozenset([*(one.path for one in articles), *leads_to]))

    script = ""

    def _front_page(self) -> Served:
        menu = f'<div class="nav"><a href="{self.folder}">新闻中心</a></div>'
        served = self.list_page(self.articles[:PAGE_SIZE], menu, [self.folder])
        return served


class OnClickPortal(_RowsPortal):
    """Rows go to the article by ``onclick``."""

    name = "rows_onclick"

    def row(self, article: SampleArticle) -> str:
        code = f"window.location.href='{article.path}'"
        shown = f"<h3>{escape(article.title)}</h3><span>{article.date[:10]}</span>"
        return f'<div class="item" onclick="{code}">{shown}</div>'


class DataHrefPortal(_RowsPortal):
    """Rows have the URL in ``data-href``."""

    name = "rows_data_href"

    def row(self, article: SampleArticle) -> str:
        shown = f"<h3>{escape(article.title)}</h3><p>{article.date[:10]}</p>"
        return f'<div class="item" data-href="{article.path}">{shown}</div>'


class FunctionPortal(_RowsPortal):
    """Links call a function of the page with the number of the article."""

    name = "rows_function"
    script = "<script>function show(id, cat) { window.open('/' + cat + '/detail_' + id + '.html'); }</script>"

    def path_of(self, assignment: Assignment, slug: str) -> str:
        return f"/news/detail_{1000 + assignment.number}.html"

    def row(self, article: SampleArticle) -> str:
        number = article.path.rpartition("_")[2].removesuffix(".html")
        return f"<p><a href=\"javascript:show({number}, 'news')\">{escape(article.title)}</a> {article.date[:10]}</p>"


class TablePortal(_RowsPortal):
    """Rows of nested tables, the date in a column of its own."""

    name = "rows_table"

    def row(self, article: SampleArticle) -> str:
        return (
            '<table width="100%"><tr><td><img src="/dot.gif"></td><td><a class="a1" target="_blank"'
            f' href="{article.path}">{escape(article.title)}</a></td><td align="right">[{article.date[5:10]}]</td>'
            "</tr></table>"
        )


class PicturesPortal(_RowsPortal):
    """Each row has a link with a picture, a link with the title and one that says more, all to the article."""

    name = "rows_cards"

    def row(self, article: SampleArticle) -> str:
        return (
            f'<div class="card"><a href="{article.path}"><img src="/p.jpg" alt=""></a><h4><a href="{article.path}">'
            f"{escape(article.title)}</a></h4><p>{escape(article.body[:60])}…"
            f'<a href="{article.path}">详细</a></p></div>'
        )


class WrappedPortal(_RowsPortal):
    """The whole row, with title, date and summary, is inside of the link."""

    name = "rows_wrapped"

    def row(self, article: SampleArticle) -> str:
        return (
            f'<a class="card" href="{article.path}"><div><h4>{escape(article.title)}</h4>'
            f"<p>{escape(article.body[:80])}</p><time>{article.date[:10]}</time></div></a>"
        )


class IframePortal(PagedPortal):
    """The list is in an iframe of the section's page, which has a menu and a box of five headlines beside it."""

    name = "iframe_list"
    inner = "/inc/list.html"

    def page_path(self, number: int) -> str:
        return f"/inc/list_{number}.html"

    def serve(self, request: Request) -> Served | None:
        if request.target == self.folder:
            frame = f'<iframe src="{self.inner}" width="600" height="900"></iframe>'
            hot = [(one.path, one) for one in self.articles[:5]]
            markup = html_page(self.title, frame + article_list(hot))
            return Served(self.html(markup), leads_to=frozenset([self.inner, *(path for path, _ in hot)]))
        if request.target == self.inner:
            return self.serve_list(0)
        return super().serve(request)


class RepeatingPortal(PagedPortal):
    """``?page=`` beyond the end repeats the last page, with a link to yet another."""

    name = "repeating"

    def page_path(self, number: int) -> str:
        return f"{self.folder}?page={number + 1}"

    def pager(self, number: int) -> str:
        return f'<a href="{self.page_path(number + 1)}">下一页</a>'

    def _find_number(self, target: str) -> int | None:
        page = dict(parse_qsl(urlsplit(target).query)).get("page", "1")
        return int(page) - 1 if urlsplit(target).path == self.folder else None

    def serve_list(self, number: int) -> Served:
        shown = self.pages[min(number, len(self.pages) - 1)]
        return self.list_page(
            shown, self.pager(number), [self.page_path(number + 1)] if number + 1 < len(self.pages) else []
        )


class TagsPortal(PagedPortal):
    """Clouds of tags and topics whose URLs have long numbers, and whose lists repeat articles."""

    name = "tags"

    def _tags(self) -> str:
        names = ["桥梁", "市场", "学校", "天气", "河流", "春运", "丰收", "展览", "医保", "公交"]
        links = "".join(f'<a href="/tag/{910000 + n}.html">{name}</a> ' for n, name in enumerate(names))
        topics = "".join(
            f'<li><a href="/zt/2022/{name}.html">聚焦{name}工作系列报道专题</a></li>' for name in ("qiao", "shi", "xue")
        )
        return f'<div class="tags">{links}</div><ul class="zt">{topics}</ul>'

    def pager(self, number: int) -> str:
        return super().pager(number) + self._tags()

    def furniture(self, article: SampleArticle) -> str:
        return super().furniture(article) + self._tags()

    def serve(self, request: Request) -> Served | None:
        if request.path.startswith(("/tag/", "/zt/")):
            return self.list_page(self.articles[:PAGE_SIZE])
        return super().serve(request)


class CalendarPortal(PagedPortal):
    """Each page has a calendar with links to days, and to months forward and backward without end."""

    name = "calendar_paths"

    def day_url(self, year: int, month: int, day: int = 0) -> str:
        """Return the URL of a day, or of a month for day 0."""
        return f"/archive/{year}/{month:02}/{day:02}.html" if day else f"/archive/{year}/{month:02}/"

    def month_of(self, request: Request) -> tuple[int, int] | None:
        """Return year and month of a request for a page of the calendar."""
        parts = request.path.removeprefix("/archive/").split("/")
        return (int(parts[0]), int(parts[1])) if request.path.startswith("/archive/") else None

    def calendar(self, year: int, month: int) -> str:
        """Return the calendar of a month."""
        before, after = divmod(year * 12 + month - 2, 12), divmod(year * 12 + month, 12)
        days = "".join(f'<td><a href="{escape(self.day_url(year, month, day))}">{day}</a></td>' for day in range(1, 29))
        around = (
            f'<a href="{escape(self.day_url(before[0], before[1] + 1))}">&laquo;</a> {year}年{month}月 '
            f'<a href="{escape(self.day_url(after[0], after[1] + 1))}">&raquo;</a>'
        )
        return f'<table class="calendar"><caption>{around}</caption><tr>{days}</tr></table>'

    def pager(self, number: int) -> str:
        return self.calendar(2022, 4) + super().pager(number)

    def furniture(self, article: SampleArticle) -> str:
        return super().furniture(article) + self.calendar(2022, 4)

    def serve(self, request: Request) -> Served | None:
        if month := self.month_of(request):
            return Served(self.html(html_page(self.title, "<h1>当日没有新闻</h1>" + self.calendar(*month))))
        return super().serve(request)


class CalendarQueryPortal(CalendarPortal):
    """The same with ``?date=2022-04-03`` at the list's own path, and words for the days around."""

    name = "calendar_query"

    def day_url(self, year: int, month: int, day: int = 0) -> str:
        return f"{self.folder}?date={year}-{month:02}-{day:02}" if day else f"{self.folder}?month={year}-{month:02}"

    def month_of(self, request: Request) -> tuple[int, int] | None:
        query = dict(parse_qsl(urlsplit(request.target).query))
        shown = query.get("date") or query.get("month")
        return (int(shown[:4]), int(shown[5:7])) if shown else None

    def calendar(self, year: int, month: int) -> str:
        words = super().calendar(year, month)
        return words.replace("&laquo;", "前一天").replace("&raquo;", "后一天")


class YearMonthsPortal(PagedPortal):
    """A list of the latest articles, a page per year that lists months, and a page per month with pages of its own."""

    name = "year_months"

    @property
    def _months(self) -> dict[str, list[SampleArticle]]:
        return {month: list(some) for month, some in groupby(self.articles, lambda one: one.date[:7])}

    def serve_list(self, number: int) -> Served:
        years = sorted({month[:4] for month in self._months}, reverse=True)
        links = "".join(f'<a href="/archive/{year}/">{year}年</a> ' for year in years)
        links += '<a href="/archive/2021/">2021年</a>'
        return self.list_page(self.articles[:PAGE_SIZE], links, [f"/archive/{year}/" for year in years])

    def serve(self, request: Request) -> Served | None:
        parts = request.path.strip("/").split("/")
        if parts[0] != "archive":
            return super().serve(request)
        if len(parts) == 2:
            months = [month for month in self._months if month[:4] == parts[1]]
            links = "".join(
                f'<li><a href="/archive/{month.replace("-", "/")}/">{int(month[5:])}月</a></li>' for month in months
            )
            paths = [f"/archive/{month.replace('-', '/')}/" for month in months]
            return Served(
                self.html(html_page(self.title, f"<h1>{parts[1]}年</h1><ul>{links}</ul>")), leads_to=frozenset(paths)
            )
        pages = slices(self._months.get("-".join(parts[1:3]), []))
        number = int(parts[3]) - 1 if len(parts) > 3 else 0
        if number >= len(pages):
            return None
        following = f"/archive/{parts[1]}/{parts[2]}/{number + 2}/" if number + 1 < len(pages) else ""
        return self.list_page(pages[number], f'<a href="{following}">下一页</a>' if following else "", [following])


class MonthQueryPortal(PagedPortal):
    """Archives by month at ``?year=2022&month=4``, in a select element."""

    name = "month_query"

    @property
    def _months(self) -> dict[str, list[SampleArticle]]:
        return {
            f"{self.folder}?year={month[:4]}&month={int(month[5:])}": list(some)
            for month, some in groupby(self.articles, lambda one: one.date[:7])
        }

    def serve_list(self, number: int) -> Served:
        options = "".join(
            f'<option value="{escape(url)}">{some[0].date[:4]}年{int(some[0].date[5:7])}月</option>'
            for url, some in self._months.items()
        )
        return self.list_page(self.articles[:PAGE_SIZE], f"<select>{options}</select>", list(self._months))

    def serve(self, request: Request) -> Served | None:
        some = self._months.get(request.target)
        return self.list_page(some) if some else super().serve(request)


class MobileTwinPortal(PagedPortal):
    """Every third link of a list leads to the ``m.`` host, whose pages have half of the text and name the desktop's."""

    name = "mobile_twin"

    @property
    def twin(self) -> Portal:
        """The mobile portal, on its own host."""
        return MobileHost(self)

    def list_page(self, articles: Sequence[SampleArticle], pager: str = "", leads_to: Sequence[str] = ()) -> Served:
        rows = "".join(
            (
                f'<li><a href="//m.{self.host}:{{port}}{one.path}">{escape(one.title)}</a> 手机看</li>'
                if n % 3 == 0
                else ""
            )
            + f'<li><a href="{one.path}">{escape(one.title)}</a> {one.date[:10]}</li>'
            for n, one in enumerate(articles)
        )
        markup = html_page(self.title, f'<ul>{rows}</ul>{pager}<a href="//m.{self.host}:{{port}}/">手机版</a>')
        return Served(self.html(markup), leads_to=frozenset([*(one.path for one in articles), *leads_to]))

    def find(self, request: Request) -> Reply | None:
        served = self._serve(request)
        if served is None:
            return None
        body = served.reply.body.replace(b"{port}", str(request.port).encode())
        return self.html(body.decode())

    def article_html(self, article: SampleArticle, request: Request) -> str:
        mobile = f"//m.{self.host}:{{port}}{article.path}"
        head = f'<link rel="alternate" media="only screen and (max-width: 640px)" href="{mobile}">'
        return article_page(article, head=head)


class MobileHost(Portal):
    """The mobile version of a portal: the first half of each article, and lists of its own."""

    title = "mobile twin"

    def __init__(self, of: PagedPortal) -> None:
        super().__init__()
        self.name, self.host, self._of = f"m_{of.name}", f"m.{of.host}", of  # type: ignore[misc]

    @property
    def articles(self) -> tuple[SampleArticle, ...]:
        return ()

    def find(self, request: Request) -> Reply | None:
        of = self._of
        if article := of.find_article(request.target):
            half = article.paragraphs[: max(1, len(article.paragraphs) // 2)]
            head = f'<link rel="canonical" href="http://{of.host}:{request.port}{article.path}">'
            whole = "\n".join(f"<p>{escape(one)}</p>" for one in article.paragraphs)
            return of.html(
                article_page(article, head=head).replace(whole, "".join(f"<p>{escape(one)}</p>" for one in half))
            )
        served = of.serve(request)
        return served and of.html(served.reply.body.decode().replace("{port}", str(request.port)))


class BareHostPortal(PagedPortal):
    """Served at www. and at the bare host; links lead to both, and the bare front page redirects to www."""

    name = "www_twin"

    def __init__(self, count: int = 60) -> None:
        super().__init__(count)
        self.host = f"www.{self.name}.localhost"

    @property
    def twin(self) -> Portal:
        """The portal at the bare host: the same pages."""
        return BareHost(self)

    def list_page(self, articles: Sequence[SampleArticle], pager: str = "", leads_to: Sequence[str] = ()) -> Served:
        rows = "".join(
            f'<li><a href="//{host}:{{port}}{one.path}">{escape(one.title)}</a></li>'
            for one, host in zip(articles, cycle((self.host, f"{self.name}.localhost")), strict=False)
        )
        again = "".join(
            f'<li><a href="//{self.name}.localhost:{{port}}{one.path}">{escape(one.title)}</a></li>'
            for one in articles[:5]
        )
        markup = html_page(self.title, f'<ul>{rows}</ul><ul class="hot">{again}</ul>{pager}')
        return Served(self.html(markup), leads_to=frozenset([*(one.path for one in articles), *leads_to]))

    find = MobileTwinPortal.find


class BareHost(MobileHost):
    """The same portal on another host."""

    def __init__(self, of: PagedPortal) -> None:
        super().__init__(of)
        self.name, self.host = f"bare_{of.name}", f"{of.name}.localhost"  # type: ignore[misc]

    def find(self, request: Request) -> Reply | None:
        return self._of.find(request)


class PostBackPortal(PagedPortal):
    """ASP.NET: a script posts a form to get the next page."""

    name = "post_back"
    not_added = "only a script leads to its further pages"
    incomplete = "only a script leads to the further pages"

    def pager(self, number: int) -> str:
        links = "".join(
            f"<a href=\"javascript:__doPostBack('pager','{n}')\">{n}</a> " for n in range(2, len(self.pages) + 1)
        )
        return f'<form method="post" action="./">{links}</form>'


class OnePagePortal(PagedPortal):
    """One list with all articles, and a link to a next page that does nothing."""

    name = "one_page"

    @property
    def pages(self) -> list[Sequence[SampleArticle]]:
        return [self.articles]

    def pager(self, number: int) -> str:
        return '<a href="javascript:void(0)">下一页</a>'


LAYOUT_SHAPES: tuple[type[PagedPortal], ...] = (
    SelectPagesPortal,
    SelectNumbersPortal,
    SelectSectionsPortal,
    OnClickPortal,
    DataHrefPortal,
    FunctionPortal,
    TablePortal,
    PicturesPortal,
    WrappedPortal,
    IframePortal,
    PostBackPortal,
    OnePagePortal,
)
ENDLESS_SHAPES: tuple[type[PagedPortal], ...] = (
    RepeatingPortal,
    TagsPortal,
    CalendarPortal,
    CalendarQueryPortal,
    YearMonthsPortal,
    MonthQueryPortal,
    MobileTwinPortal,
    BareHostPortal,
)
