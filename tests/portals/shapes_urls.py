"""Generated portals that differ in the URLs of their articles: session ids, hashes, Chinese characters, relative."""

import itertools
import uuid
from collections.abc import Sequence
from hashlib import md5
from html import escape
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from portal_news import html_page
from portal_shapes import Served
from shapes_lists import OneListPortal

from crawler.demo import Reply, Request, SampleArticle
from crawler.demo.messages import page
from crawler.demo.newsroom import Assignment


class PagedPortal(OneListPortal):
    """Base: pages at ``/news/list_2.html``, linked by words."""

    def page_path(self, number: int) -> str:
        return f"{self.folder}list_{number + 1}.html"

    def pager(self, number: int) -> str:
        last = number + 1 >= len(self.pages)
        return "" if last else f'<a href="{self.page_path(number + 1)}">下一页</a>'


class _SessionPortal(PagedPortal):
    """Base of portals that add a session id, new for each response, to every link of a list."""

    def __init__(self, count: int = 60) -> None:
        super().__init__(count)
        self._numbers = itertools.count(1)

    def session(self) -> str:
        """Return a new session id."""
        return md5(str(next(self._numbers)).encode(), usedforsecurity=False).hexdigest().upper()

    def with_session(self, url: str, session: str) -> str:
        """Return `url` with a session id."""
        raise NotImplementedError

    def link(self, article: SampleArticle) -> str:
        return self.with_session(article.path, self.session())

    def pager(self, number: int) -> str:
        last = number + 1 >= len(self.pages)
        url = self.with_session(self.page_path(number + 1), self.session())
        return "" if last else f'<a href="{escape(url)}">下一页</a>'

    def serve(self, request: Request) -> Served | None:
        return super().serve(request)

    def furniture(self, article: SampleArticle) -> str:
        shown = (one for one in self.articles[:5] if one.path != article.path)
        return "".join(f'<p><a href="{escape(self.link(one))}">{escape(one.title)}</a></p>' for one in shown)


class PathSessionPortal(_SessionPortal):
    """``/news/…html;jsessionid=…``."""

    name = "session_path"

    def with_session(self, url: str, session: str) -> str:
        return f"{url};jsessionid={session}.node1"

    def find_article(self, target: str) -> SampleArticle | None:
        return super().find_article(target.partition(";")[0])

    def _find_number(self, target: str) -> int | None:
        return super()._find_number(target.partition(";")[0])


class QuerySessionPortal(_SessionPortal):
    """``/show.php?id=…&sid=…``: the session id in a query beside the article's own."""

    name = "session_query"
    key = "sid"

    def path_of(self, assignment: Assignment, slug: str) -> str:
        return f"/show.php?id={1000 + assignment.number}"

    def page_path(self, number: int) -> str:
        return f"/list.php?page={number + 1}"

    folder = "/list.php"

    def with_session(self, url: str, session: str) -> str:
        return f"{url}{'&' if '?' in url else '?'}{self.key}={session.lower()}"

    def _bare(self, target: str) -> str:
        path, _, query = target.partition("?")
        kept = "&".join(f"{key}={value}" for key, value in parse_qsl(query) if key != self.key)
        return f"{path}?{kept}" if kept else path

    def find_article(self, target: str) -> SampleArticle | None:
        return self._by_path.get(self._bare(target))

    def _find_number(self, target: str) -> int | None:
        return super()._find_number(self._bare(target))


class PhpSessionPortal(QuerySessionPortal):
    """``PHPSESSID`` in front of the article's own parameter, in 26 letters and digits."""

    name, key = "session_php", "PHPSESSID"

    def session(self) -> str:
        return super().session()[:26].lower()

    def with_session(self, url: str, session: str) -> str:
        path, _, query = url.partition("?")
        return f"{path}?{self.key}={session}{f'&{query}' if query else ''}"


class NumericSessionPortal(QuerySessionPortal):
    """A session id of digits only."""

    name, key = "session_digits", "sessionid"

    def session(self) -> str:
        return str(int(super().session(), 16))[:19]


class DatedShortPortal(PagedPortal):
    """``/20220503/12.html``."""

    name = "dated_short"

    def path_of(self, assignment: Assignment, slug: str) -> str:
        return f"/{assignment.published:%Y%m%d}/{assignment.number}.html"


class DatedTwoDigitsPortal(PagedPortal):
    """``/220503/a12.shtml``: two digits of the year."""

    name = "dated_two_digits"

    def path_of(self, assignment: Assignment, slug: str) -> str:
        return f"/{assignment.published:%y%m%d}/a{assignment.number}.shtml"


class NumberOnlyPortal(PagedPortal):
    """``/1030``, beside lists at ``/list/2``."""

    name = "number_only"

    def path_of(self, assignment: Assignment, slug: str) -> str:
        return f"/{1000 + assignment.number}"


class PostNumberPortal(PagedPortal):
    """``/?p=1030``: WordPress without permalinks."""

    name = "post_number"
    folder = "/?cat=3"

    def path_of(self, assignment: Assignment, slug: str) -> str:
        return f"/?p={1000 + assignment.number}"

    def find_article(self, target: str) -> SampleArticle | None:
        return self._by_path.get(target)

    def page_path(self, number: int) -> str:
        return f"/?cat=3&paged={number + 1}"

    def serve(self, request: Request) -> Served | None:
        number = self._find_number(request.target)
        return super().serve(request) if number is None else self.serve_list(number)


class HashPortal(PagedPortal):
    """``/a/9f86d081884c7d65``."""

    name = "hashes"

    def path_of(self, assignment: Assignment, slug: str) -> str:
        return f"/a/{md5(str(assignment.number).encode(), usedforsecurity=False).hexdigest()[:16]}"


class UuidPortal(PagedPortal):
    """``/story/550e8400-e29b-41d4-a716-446655440000``."""

    name = "uuids"

    def path_of(self, assignment: Assignment, slug: str) -> str:
        return f"/story/{uuid.UUID(int=(assignment.number + 7) * 2**100 // 3)}"


class ShortCodePortal(PagedPortal):
    """``/p/xKq9ZtBc``: letters of both cases, hardly a digit."""

    name = "short_codes"

    def path_of(self, assignment: Assignment, slug: str) -> str:
        letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
        number, code = (assignment.number + 11) * 7_368_787_001_119, ""
        while number:
            number, rest = divmod(number, len(letters))
            code += letters[rest]
        return f"/p/{code}"


class ChinesePathPortal(PagedPortal):
    """Titles in Chinese characters in the path, percent-encoded as UTF-8."""

    name = "chinese_utf8"

    def path_of(self, assignment: Assignment, slug: str) -> str:
        return f"/{quote('新闻')}/{quote(assignment.story.title[:12])}-{assignment.number}.html"


class ChineseRawPortal(ChinesePathPortal):
    """The same, written in links as they are."""

    name = "chinese_raw"

    def link(self, article: SampleArticle) -> str:
        return unquote(article.path)


class ChineseGbkPortal(PagedPortal):
    """Titles in the path, percent-encoded as GBK, on pages in GBK."""

    name = "chinese_gbk"

    def html(self, markup: str) -> Reply:
        return page(markup.replace('charset="utf-8"', 'charset="gbk"'), charset=None, encoding="gb18030")

    def path_of(self, assignment: Assignment, slug: str) -> str:
        title = assignment.story.title[:8].encode("gbk", "ignore")
        return f"/{quote('要闻'.encode('gbk'))}/{quote(title)}_{assignment.number}.htm"


class BasePortal(PagedPortal):
    """Links relative to ``<base href>``, which is another folder."""

    name = "base_href"

    def list_page(self, articles: Sequence[SampleArticle], pager: str = "", leads_to: Sequence[str] = ()) -> Served:
        rows = "".join(
            f'<li><a href="{one.path.removeprefix(self.folder)}">{escape(one.title)}</a> {one.date[:10]}</li>'
            for one in articles
        )
        head = f'<base href="{self.folder}">'
        markup = html_page(self.title, f"<ul>{rows}</ul>{pager.replace(self.folder, '')}", head=head)
        return Served(self.html(markup), leads_to=frozenset([*(one.path for one in articles), *leads_to]))

    folder = "/site/col1/"

    def page_path(self, number: int) -> str:
        return f"{self.folder}more_{number + 1}.html"


class DotsPortal(PagedPortal):
    """Links with ``../`` and line breaks, in capitals and without quotes; some begin with two slashes."""

    name = "odd_links"
    folder = "/site/col1/"

    def list_page(self, articles: Sequence[SampleArticle], pager: str = "", leads_to: Sequence[str] = ()) -> Served:
        rows = "".join(
            f"<LI><A HREF={one.path.replace('/site/', '../')} target=_blank>{escape(one.title)}</A> {one.date[5:10]}"
            if number % 2
            else f'<LI><A target="_blank" HREF="\n {one.path} ">{escape(one.title)}</A> {one.date[5:10]}'
            for number, one in enumerate(articles)
        )
        markup = html_page(self.title, f"<UL>{rows}</UL>{pager}")
        return Served(self.html(markup), leads_to=frozenset([*(one.path for one in articles), *leads_to]))


class TrackedPortal(PagedPortal):
    """Each list adds a parameter of its own that says where the reader came from, and a fragment."""

    name = "tracked"

    def link(self, article: SampleArticle) -> str:
        return f"{article.path}?spm=C94212.P4YnMod9m2uD.{next(self._numbers)}&utm_source=list#comments"

    def __init__(self, count: int = 60) -> None:
        super().__init__(count)
        self._numbers = itertools.count(1)


class QueryTitlePortal(ChineseGbkPortal):
    """``/read.asp?id=1&class=…`` with a word in GBK in the query, written as it is."""

    name = "query_gbk"

    def path_of(self, assignment: Assignment, slug: str) -> str:
        title = quote(assignment.story.title[:6].strip().encode("gbk", "ignore"))
        return f"/read.asp?id={1000 + assignment.number}&class={title}"

    def find_article(self, target: str) -> SampleArticle | None:
        return self._by_path.get(target)

    def link(self, article: SampleArticle) -> str:
        parts = urlsplit(article.path)
        values = parse_qsl(parts.query, encoding="gbk")
        return f"{parts.path}?" + "&".join(f"{key}={value}" for key, value in values)


URL_SHAPES: tuple[type[OneListPortal], ...] = (
    PathSessionPortal,
    QuerySessionPortal,
    PhpSessionPortal,
    NumericSessionPortal,
    DatedShortPortal,
    DatedTwoDigitsPortal,
    NumberOnlyPortal,
    PostNumberPortal,
    HashPortal,
    UuidPortal,
    ShortCodePortal,
    ChinesePathPortal,
    ChineseRawPortal,
    ChineseGbkPortal,
    BasePortal,
    DotsPortal,
    TrackedPortal,
    QueryTitlePortal,
)
