"""Generated portals whose lists are loaded as JSON by a "load more" button."""

import json
from urllib.parse import parse_qsl, urlsplit

from portal_news import html_page
from portal_shapes import PAGE_SIZE, Served
from shapes_lists import OneListPortal

from crawler.demo import Reply, Request
from crawler.demo.messages import text


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


JSON_SHAPES: tuple[type[JsonListPortal], ...] = (JsonListPortal, JsonPostPortal)
