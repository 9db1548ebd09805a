"""Generated digital papers: issues by day, pages (版) and articles, in the addresses of several makes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from html import escape

from portal_news import html_page
from portal_shapes import Served, ShapedPortal

from crawler.demo import Request, SampleArticle
from crawler.demo.messages import page
from crawler.demo.newsroom import Assignment

#: Articles on a page, pages of an issue.
ON_PAGE, PAGES = 4, 3
NAMES = ("要闻", "本地新闻", "文体")
_WEEKDAYS = "一二三四五六日"


class PaperPortal(ShapedPortal):
    """Base: a 方正 paper, whose front page refreshes to the first page of today's issue.

    Issues are one a day from `newest` back, without the ones `skipped`.
    """

    name = "paper_founder"
    timezone = "UTC"  # type: ignore[assignment]
    template = "/html/{date:%Y-%m/%d}/node_1.htm"
    skipped: tuple[int, ...] = (2,)

    def __init__(self, count: int = 60) -> None:
        super().__init__(3 * count)
        self.newest = datetime.now(UTC).date()

    def path_of(self, assignment: Assignment, slug: str) -> str:
        return str(assignment.number)

    def page_path(self, day: date, number: int) -> str:
        """Return the path of page `number` of an issue, from 1."""
        return f"/html/{day:%Y-%m/%d}/node_{number}.htm"

    def content_path(self, day: date, page: int, number: int) -> str:
        """Return the path of an article."""
        return f"/html/{day:%Y-%m/%d}/content_{page}_{number}.htm"

    def code(self, number: int) -> str:
        """Return the number of a page as printed."""
        return f"{number:02}"

    @cached_property
    def days(self) -> list[date]:
        """The days that have an issue, newest first."""
        count = -(-self.count // (ON_PAGE * PAGES))
        offsets = (offset for offset in range(count + len(self.skipped)) if offset not in self.skipped)
        return [self.newest - timedelta(days=offset) for offset in offsets]

    @cached_property
    def issues(self) -> dict[date, list[list[SampleArticle]]]:
        """The articles by day and page."""
        left, issues, number = list(super().written), {}, 50_000
        for day in self.days:
            pages: list[list[SampleArticle]] = []
            for place in range(PAGES):
                own, left = left[:ON_PAGE], left[ON_PAGE:]
                pages.append([])
                for article in own:
                    number += 7
                    path = self.content_path(day, place + 1, number)
                    pages[-1].append(replace(article, path=path, date=f"{day}", date_precision="day"))
            issues[day] = pages
        return issues

    @cached_property
    def written(self) -> tuple[SampleArticle, ...]:  # type: ignore[override]
        return tuple(one for pages in self.issues.values() for articles in pages for one in articles)

    def third_line(self, home: str) -> list[str]:
        url = f"{home.rstrip('/')}{self.template}"
        return [f"since = {self.days[-1]}", f'sections = [{{ url = "{url}" }}]']

    def place_of(self, article: SampleArticle) -> tuple[date, int]:
        """Return the day and the number of the page of an article."""
        places = (
            (day, number)
            for day, pages in self.issues.items()
            for number, articles in enumerate(pages, 1)
            if article.path in {one.path for one in articles}
        )
        return next(places)

    def label(self, number: int) -> str:
        """Return the label of a page."""
        return f"第{self.code(number)}版：{NAMES[number - 1]}"

    def serve(self, request: Request) -> Served | None:
        if request.path == "/":
            target = self.page_path(self.days[0], 1)
            markup = f'<html><head><meta http-equiv="refresh" content="0; URL={escape(target[1:])}"></head></html>'
            return Served(page(markup), leads_to=frozenset([target]))
        for day in self.days:
            for number in range(1, PAGES + 1):
                if request.target == self.page_path(day, number):
                    return self._issue_page(day, number)
        return None

    def find_article(self, target: str) -> SampleArticle | None:
        return self._by_path.get(target)

    def _page_list(self, day: date) -> str:
        pages = [(self.page_path(day, number), self.label(number)) for number in range(1, PAGES + 1)]
        return "".join(
            f'<li><a id="pageLink" href="{escape(path)}">{label}</a> <a href="/pdf/{day}/{number}.pdf">PDF</a></li>'
            for number, (path, label) in enumerate(pages, 1)
        )

    def _other_issues(self, day: date) -> str:
        days = [day - timedelta(days=1), day + timedelta(days=1)]
        links = zip(("上一期", "下一期"), (self.page_path(one, 1) for one in days), strict=True)
        return "".join(f'<a href="{escape(path)}">{words}</a>' for words, path in links)

    def _issue_page(self, day: date, number: int) -> Served:
        articles = self.issues[day][number - 1]
        areas = "".join(f'<area coords="1,2,3,4" shape="poly" href="{escape(one.path)}">' for one in articles)
        rows = "".join(f'<li><a href="{escape(one.path)}">{escape(one.title)}</a></li>' for one in articles)
        following = self.page_path(day, number + 1) if number < PAGES else ""
        turn = f'<a class="preart" href="{escape(following)}">下一版</a>' if following else ""
        body = f"""<table><tr><td>{self.label(number)} {turn}</td></tr></table>
<img src="/img/{day}/{number}.jpg" usemap="#PagePicMap"><map name="PagePicMap">{areas}</map>
<div class="pages"><ul>{self._page_list(day)}</ul></div><div class="titles"><ul>{rows}</ul></div>
<div class="calendar">{self._other_issues(day)}</div>"""
        leads = [one.path for one in articles] + [self.page_path(day, one) for one in range(1, PAGES + 1)]
        markup = html_page(f"{self.title} {self.label(number)}", body, language=self.language or "zh")
        return Served(self.html(markup), leads_to=frozenset(leads))

    def article_html(self, article: SampleArticle, request: Request) -> str:
        day, number = self.place_of(article)
        beside = [one for one in self.issues[day][number - 1] if one.path != article.path]
        controls = '<a href="javascript:doZoom(1)">放大</a> <a href="javascript:doZoom(0)">缩小</a> 默认'
        turn = "".join(
            f'<a href="{escape(one.path)}">{words}</a> '
            for words, one in zip(("上一篇", "下一篇"), beside[:2], strict=False)
        )
        paragraphs = "".join(f"<p>{escape(one)}</p>" for one in article.paragraphs)
        titles = "".join(f'<li><a href="{escape(one.path)}">{escape(one.title)}</a></li>' for one in beside)
        weekday = _WEEKDAYS[day.weekday()]
        return html_page(
            article.title,
            f"""<div class="left"><ul>{self._page_list(day)}</ul>{self._other_issues(day)}<ul>{titles}</ul></div>
<div class="right"><div class="bar">{day.year}年{day.month:02}月{day.day:02}日 星期{weekday}
<span>{self.label(number)}</span> {turn} <a href="{escape(self.page_path(day, number))}">返回目录</a> {controls}</div>
<h3>引题：全市召开工作会议</h3><h1>{escape(article.title)}</h1><h2></h2>
<div class="info">来源：{escape(article.source or "")}　责任编辑：{escape(article.editor or "")}</div>
<div id="ozoom" class="content">{paragraphs}</div></div>""",
            language=self.language or "zh",
        )


class LayoutPaper(PaperPortal):
    """The newer 方正 make: ``/pc/layout/202611/03/node_A01.html``. The front page redirects by a script."""

    name = "paper_layout"
    template = "/pc/layout/{date:%Y%m/%d}/node_A01.html"
    skipped = ()

    def page_path(self, day: date, number: int) -> str:
        return f"/pc/layout/{day:%Y%m/%d}/node_A{number:02}.html"

    def content_path(self, day: date, page: int, number: int) -> str:
        return f"/pc/content/{day:%Y%m/%d}/content_{number}.html"

    def code(self, number: int) -> str:
        return f"A{number:02}"

    def serve(self, request: Request) -> Served | None:
        if request.path == "/":
            target = self.page_path(self.days[0], 1)
            return Served(
                page(f'<html><body><script>window.location.href = "{target}";</script></body></html>'),
                leads_to=frozenset([target]),
            )
        return super().serve(request)


class QueryPaper(PaperPortal):
    """A day and a page in a query: ``/epaper/?date=2026-11-03&page=2``; the front page shows today's issue."""

    name = "paper_query"
    template = "/epaper/?date={date:%Y-%m-%d}"

    def page_path(self, day: date, number: int) -> str:
        return f"/epaper/?date={day}" + (f"&page={number}" if number > 1 else "")

    def content_path(self, day: date, page: int, number: int) -> str:
        return f"/epaper/story/{number}"

    def serve(self, request: Request) -> Served | None:
        if request.path == "/":
            served = self._issue_page(self.days[0], 1)
            return served
        return super().serve(request)


class HanwebPaper(PaperPortal):
    """``/shtml/abcd/20261103/v01.shtml``, whose articles are ``/shtml/abcd/20261103/50007.shtml``."""

    name = "paper_shtml"
    template = "/shtml/abcd/{date:%Y%m%d}/v01.shtml"

    def page_path(self, day: date, number: int) -> str:
        return f"/shtml/abcd/{day:%Y%m%d}/v{number:02}.shtml"

    def content_path(self, day: date, page: int, number: int) -> str:
        return f"/shtml/abcd/{day:%Y%m%d}/{number}.shtml"


PAPER_SHAPES: Sequence[type[PaperPortal]] = (PaperPortal, LayoutPaper, QueryPaper, HanwebPaper)
