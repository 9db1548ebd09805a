"""Generated portals whose lists are loaded as JSON by a "load more" button."""

import json
from dataclasses import replace
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from portal_news import html_page
from portal_shapes import PAGE_SIZE, Served, ShapedPortal
from shapes_lists import OneListPortal

from crawler.demo import Reply, Request
from crawler.demo.messages import text
from crawler.demo.newsroom import Assignment


class JsonListPortal(OneListPortal):
    """Numbered pages of a JSON list; the page of the list is drawn by a script."""

    name = "json_get"
    api = "/api/articles"

    def third_line(self, home: str) -> list[str]:
        json_url = f"{home.rstrip('/')}{self.api}?page={{n}}"
        return [f'sections = [{{ url = "{home.rstrip("/")}{self.folder}", json = "{json_url}" }}]']

    def page_path(self, number: int) -> str:
        return f"{self.api}?page={number + 1}"

    def _find_number(self, target: str) -> int | None:
        paths = [self.page_path(number) for number in range(len(self.pages) + 1)]
        return paths.index(target) if target in paths else None

    def serve(self, request: Request) -> Served | None:
        if request.target == self.folder:
            script = (
                '<div id="list"></div><script>var page = 1; function more() { '
                f"$.getJSON('{self.api}?page=' + page, show); page++; }}</script>"
            )
            return Served(self.html(html_page(self.title, script)))
        return super().serve(request)

    def serve_list(self, number: int) -> Served:
        shown = self.pages[number] if number < len(self.pages) else ()
        rows = [{"title": one.title, "url": one.path, "publishTime": one.date[:16].replace("T", " ")} for one in shown]
        body = json.dumps({"code": 0, "data": {"list": rows, "total": self.count}}, ensure_ascii=False)
        following = [self.page_path(number + 1)] if shown else []
        return Served(text(body, "application/json"), leads_to=frozenset([*(one.path for one in shown), *following]))


class JsonPostPortal(JsonListPortal):
    """The pages are requested by POST, by the number of the first article, with ids instead of links."""

    name = "json_post"
    script = (
        "<script>var start = 0; function more() { $.post('/api/articles', { from: start, size: 10 }, show);"
        " start += 10; }</script>"
    )

    def serve(self, request: Request) -> Served | None:
        if request.target == self.folder:
            return Served(self.html(html_page(self.title, f'<div id="list"></div>{self.script}')))
        return super().serve(request)

    def third_line(self, home: str) -> list[str]:
        root = home.rstrip("/")
        more = f'post = "from={{n*{PAGE_SIZE}-{PAGE_SIZE}}}&size={PAGE_SIZE}", link = "{{folder}}{{file}}"'
        return [f'sections = [{{ url = "{root}{self.folder}", json = "{root}{self.api}", {more} }}]']

    def answer(self, request: Request) -> Reply:
        if request.method != "POST" or request.path != self.api:
            return super().answer(request)
        sent = dict(parse_qsl(request.body.decode()))
        return self._rows(int(sent["from"]) // PAGE_SIZE)

    def _rows(self, number: int) -> Reply:
        shown = self.pages[number] if number < len(self.pages) else ()
        rows = [dict(zip(("folder", "file"), one.path.rsplit("/", 1), strict=True)) for one in shown]
        entries = [{"folder": f"{row['folder']}/", "file": row["file"]} for row in rows]
        return text(json.dumps({"rows": entries}), "application/json")

    def served(self, target: str, host: str | None = None) -> Served | None:
        if urlsplit(target).path == self.api:  # the log has no bodies; the pages are requested in order
            self._asked += 1
            return Served(text(""), leads_to=frozenset({f"page {self._asked}"}))
        return super().served(target, host)

    _asked = 0


class LinkedScriptPortal(JsonListPortal):
    """A linked script requests pages counted from 0, with parameters in an object, and joins links from ids."""

    name = "json_linked"
    article_folder = "/detail/"
    code = (
        "let pageNo = 0;\nfunction load() {\n"
        "  axios.get('/api/articles', { params: { channel: 12, pageNo, pageSize: 10 } })"
        ".then(r => r.data.result.rows.forEach(row => add('/detail/' + row.docId + '.html', row.docTitle)));"
        "\n  pageNo++;\n}\n"
    )

    def third_line(self, home: str) -> list[str]:
        root = home.rstrip("/")
        url = f"{root}{self.page_path(0).replace('pageNo=0', 'pageNo={n-1}')}"
        return [f'sections = [{{ url = "{root}{self.folder}", json = "{url}", link = "/detail/{{docId}}.html" }}]']

    def path_of(self, assignment: Assignment, slug: str) -> str:
        return f"{self.article_folder}{41000 + assignment.number}.html"

    def page_path(self, number: int) -> str:
        return f"{self.api}?channel=12&pageNo={number}&pageSize=10"

    def serve(self, request: Request) -> Served | None:
        if request.target == "/js/list.js":
            return Served(text(self.code, "text/javascript"), leads_to=frozenset({"script"}))
        if request.target == self.folder:
            body = '<div id="list"></div><script src="/js/jquery.min.js"></script><script src="/js/list.js"></script>'
            return Served(self.html(html_page(self.title, body)))
        return super().serve(request)

    def serve_list(self, number: int) -> Served:
        shown = self.pages[number] if number < len(self.pages) else ()
        rows = [
            {
                "docId": int(one.path.rpartition("/")[2].removesuffix(".html")),
                "docTitle": one.title,
                "cover": f"/img/{number}.jpg",
                "publishTime": int(datetime.fromisoformat(one.date).timestamp() * 1000),
            }
            for one in shown
        ]
        body = json.dumps({"result": {"rows": rows, "hot": [], "total": self.count}, "ok": True})
        following = [self.page_path(number + 1)] if shown else []
        return Served(text(body, "application/json"), leads_to=frozenset([*(one.path for one in shown), *following]))


class LoadMorePortal(JsonListPortal):
    """The page has the first ten articles as links; a button loads further ones, in a JSONP call."""

    name = "json_more"

    def serve(self, request: Request) -> Served | None:
        if request.target == self.folder:
            script = (
                '<button id="more">加载更多</button><script>var pn = 2;\n$("#more").click(function () {\n'
                f"  $.ajax({{ url: '{self.api}', data: {{ page: pn, size: {PAGE_SIZE} }}, dataType: 'jsonp',"
                " success: show });\n  pn += 1;\n});</script>"
            )
            return self.list_page(self.pages[0], script, [self.page_path(0)])
        return super().serve(request)

    def third_line(self, home: str) -> list[str]:
        root = home.rstrip("/")
        url = f"{root}{self.api}?page={{n}}&size={PAGE_SIZE}"
        return [f'sections = [{{ url = "{root}{self.folder}", json = "{url}" }}]']

    def page_path(self, number: int) -> str:
        return f"{self.api}?page={number + 1}&size={PAGE_SIZE}"

    def serve_list(self, number: int) -> Served:
        served = super().serve_list(number)
        return replace(served, reply=replace(served.reply, body=b"show(" + served.reply.body + b");"))


class JsonFilesPortal(JsonListPortal):
    """Numbered files of JSON, requested by XMLHttpRequest, in which a list of lists of pictures comes first."""

    name = "json_files"

    def third_line(self, home: str) -> list[str]:
        root = home.rstrip("/")
        return [f'sections = [{{ url = "{root}{self.folder}", json = "{root}/data/list_{{n}}.json" }}]']

    def page_path(self, number: int) -> str:
        return f"/data/list_{number + 1}.json"

    def serve(self, request: Request) -> Served | None:
        if request.target == self.folder:
            script = (
                '<div id="list"></div><script>var index = 1; function more() { var xhr = new XMLHttpRequest();'
                "xhr.open('GET', '/data/list_' + index + '.json', true); xhr.send(); index++; }</script>"
            )
            return Served(self.html(html_page(self.title, script)))
        return super().serve(request)


class JsonBodyPortal(JsonPostPortal):
    """The pages are requested by POST with a body in JSON."""

    name = "json_body"
    script = (
        "<script>const query = { page: 1, size: 10, node: 'news' };\nfunction more() {\n"
        "  fetch('/api/articles', { method: 'POST', headers: h,"
        " body: JSON.stringify(query) }).then(show);"
        "\n  query.page++;\n}</script>"
    )

    def third_line(self, home: str) -> list[str]:
        root = home.rstrip("/")
        more = 'post = \'{"page": {n}, "size": 10}\', link = "{folder}{file}"'
        return [f'sections = [{{ url = "{root}{self.folder}", json = "{root}{self.api}", {more} }}]']

    def answer(self, request: Request) -> Reply:
        if request.method != "POST" or request.path != self.api:
            return ShapedPortal.answer(self, request)
        return self._rows(json.loads(request.body)["page"] - 1)


class OpaqueRequestPortal(JsonListPortal):
    """The script computes a signature for each request, so that only a browser can make it."""

    name = "json_signed"
    not_added = "describe the list with `json`"

    def serve(self, request: Request) -> Served | None:
        if request.target == self.folder:
            script = (
                '<div id="list"></div><script>var page = 1; function more() { '
                f"$.getJSON('{self.api}?page=' + page + '&sign=' + md5(page + key()), show); page++; }}</script>"
            )
            return Served(self.html(html_page(self.title, script)))
        return super().serve(request)


JSON_SHAPES: tuple[type[JsonListPortal], ...] = (
    JsonListPortal,
    JsonPostPortal,
    LinkedScriptPortal,
    LoadMorePortal,
    JsonFilesPortal,
    JsonBodyPortal,
    OpaqueRequestPortal,
)
