"""Generated portals whose front page does not hold the news."""

from collections.abc import Sequence

from portal_news import html_page
from portal_shapes import Served
from shapes_lists import OlderEntriesPortal

from crawler.demo import Request
from crawler.demo.messages import page, redirect


class _EntryPortal(OlderEntriesPortal):
    """Base: a front page that leads to the list, by which the site file does not name it."""

    def third_line(self, home: str) -> list[str]:
        return []

    def entry(self, request: Request) -> Served:
        """Return the front page."""
        raise NotImplementedError

    def serve(self, request: Request) -> Served | None:
        return self.entry(request) if request.path == "/" else super().serve(request)

    def _leading(self, markup: str, head: str = "", targets: Sequence[str] = ()) -> Served:
        bare = f"<!DOCTYPE html><html><head><title>{self.title}</title>{head}</head>{markup}</html>"
        return Served(page(bare), leads_to=frozenset(targets or [self.folder]))


class RefreshPortal(_EntryPortal):
    """The front page refreshes to the list by a meta element."""

    name = "entry_refresh"

    def entry(self, request: Request) -> Served:
        return self._leading("<body></body>", f'<meta http-equiv="refresh" content="0;url={self.folder}">')


class ScriptRedirectPortal(_EntryPortal):
    """The front page goes to the list by a script."""

    name = "entry_script"

    def entry(self, request: Request) -> Served:
        return self._leading(f"<body><script>window.location.href='{self.folder}';</script></body>")


class SplashPortal(_EntryPortal):
    """A splash page with a picture that leads to the list."""

    name = "entry_splash"

    def entry(self, request: Request) -> Served:
        return self._leading(f'<body><a href="{self.folder}"><img src="/enter.jpg" alt="进入网站"></a></body>')


class FramesPortal(_EntryPortal):
    """A frameset: a banner and the list."""

    name = "entry_frames"

    def entry(self, request: Request) -> Served:
        frames = f'<frameset rows="80,*"><frame src="/banner.html"><frame src="{self.folder}"></frameset>'
        return self._leading(frames, targets=["/banner.html", self.folder])

    def serve(self, request: Request) -> Served | None:
        if request.path == "/banner.html":
            return Served(page(html_page("banner", "<h1>The paper</h1>")), leads_to=frozenset({"/banner"}))
        return super().serve(request)


class MobileRedirectPortal(_EntryPortal):
    """The front page redirects to another page of the portal by status, and that refreshes to the list."""

    name = "entry_chain"

    def entry(self, request: Request) -> Served:
        return Served(redirect("/default.html", 301), leads_to=frozenset({"/default.html"}))

    def serve(self, request: Request) -> Served | None:
        if request.path == "/default.html":
            return self._leading("<body></body>", f'<meta http-equiv="refresh" content="1;url=.{self.folder}">')
        return super().serve(request)


ENTRY_SHAPES: tuple[type[_EntryPortal], ...] = (
    RefreshPortal,
    ScriptRedirectPortal,
    SplashPortal,
    FramesPortal,
    MobileRedirectPortal,
)
