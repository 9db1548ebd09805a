"""Recognition of walls: pages that a site shows instead of its content.

A block page, a captcha, a JavaScript challenge, a log-in page. Precision comes first: a page with the marks of an
article (a printed date with a source or an author) is never a wall, and the longer its text, the more signs it needs.
Nothing here is used to get past a wall.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawler.extraction.data import wall_signs
from crawler.extraction.data.css_names import url_words
from crawler.extraction.data.prefilter import any_of
from crawler.extraction.data.wall_signs import Sign, WallKind
from crawler.extraction.document import Document
from crawler.items import Article

__all__ = [
    "Wall",
    "WallKind",
    "find_redirect",
    "find_redirect_target",
    "find_status_wall",
    "find_wall",
    "has_printed_date",
]

#: Most characters of running text, without the lines that are signs, on a page with this sign. A character of a script
#: without blanks counts for two.
_MOST_TEXT_WITH_TITLE = 1_800
_MOST_TEXT_WITH_PHRASES = 1_200
_MOST_TEXT_WITH_PHRASE = 500
_MOST_TEXT_WITH_MARKUP = 250
_MOST_TEXT_OF_FORM = 120
#: The same on a page with a headline of its own, for which the lines with signs count too.
_MOST_TEXT_WITH_HEADLINE = 240
#: Characters of a title that is long enough for a headline.
_HEADLINE = 20
#: The same on a page with a date: block pages print the time of the request.
_MOST_TEXT_DATED = 300
_MOST_TEXT_DATED_PHRASES = 100
#: Most characters of a page that has "no text".
_NO_TEXT = 24
#: A line of so many characters with a blank or a full stop is running text, not a control.
_RUNNING = 40
#: Most lines that are searched: walls are short.
_MOST_LINES = 400
#: Most characters of source that are searched.
_MOST_SOURCE = 400_000

_WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")
_MOVES_ON = re.compile(
    r"location\s*(?:\.\s*(?:href|pathname|search))?\s*=[^=]|location\s*\.\s*(?:reload|replace|assign)\s*\("
    r"|document\s*\.\s*cookie\s*=|document\s*\.\s*forms\b|\.submit\s*\(|\beval\s*\(|\batob\s*\(|String\.fromCharCode"
    r"|\bnew\s+Function\s*\(|\bdebugger\b"
)
_SCRIPT = re.compile(r"<script\b", re.IGNORECASE)
_REFRESH = re.compile(r"<meta\b[^>]*http-equiv\s*=\s*[\"']?refresh\b[^>]*>", re.IGNORECASE)
_REFRESH_TARGET = re.compile(r"url\s*=\s*[\"']?([^\"'>\s]+)", re.IGNORECASE)
_SHOWS_SOMETHING = "img, picture, video, audio, object, embed, iframe, frame, canvas, svg, article, table"
_EXTENSION = re.compile(r"\.\w{2,5}$")
_INDEX = re.compile(rf"{any_of(url_words().front_pages)}(?:\.\w{{2,5}})?", re.IGNORECASE)

#: Statuses that mean a wall whatever the page says. 429 and 503 are handled by the throttle, 404 and 410 mean "gone".
_STATUSES = {
    401: WallKind.LOGIN,
    402: WallKind.LOGIN,
    403: WallKind.BLOCKED,
    407: WallKind.LOGIN,
    412: WallKind.CHALLENGE,
    511: WallKind.LOGIN,
}
#: Statuses that mean that a page was removed.
_GONE = (404, 410)
_REFUSALS = (WallKind.BLOCKED, WallKind.CAPTCHA, WallKind.CHALLENGE)
#: The status of a Chinese protection service, for a script. Cloudflare means "origin down" by it, on a page with text.
_JIASULE = 521


@dataclass(frozen=True, slots=True)
class Wall:
    """A page shown instead of content. `evidence` is the sign it was recognised by, for people."""

    kind: WallKind
    evidence: str

    @property
    def cause(self) -> str:
        """The cause in reports: ``wall.captcha``."""
        return f"wall.{self.kind}"


def find_wall(document: Document, article: Article) -> Wall | None:
    """Return the wall that a page with a success status is, or ``None``. `article` is what was read from it."""
    if _is_story(document, article) or _is_long_without_phrase(document):
        return None
    page = _Page(document)
    return page.find_signs(article) or page.find_script(article) or page.find_nothing(article)


def find_status_wall(document: Document, status: int) -> Wall | None:
    """Return the wall that a page with an error status is: by its signs, or else by its status."""
    page = _Page(document)
    nothing = Article(url=document.url)
    wall = page.find_signs(nothing)
    if status in _GONE:  # firewalls send 404 too; but a portal's own error page may have a log-in form or a script
        return wall if wall and wall.kind in _REFUSALS else None
    if wall := wall or page.find_script(nothing):
        return wall
    if status == _JIASULE and page.is_script_only:
        return Wall(WallKind.CHALLENGE, f"status {status}")
    return Wall(_STATUSES[status], f"status {status}") if status in _STATUSES else None


def find_redirect(requested: str, document: Document, article: Article, *, home: str) -> Wall | None:
    """Return the wall if an article redirected to a page that is not an article: see `find_redirect_target`."""
    return None if _is_story(document, article) else find_redirect_target(requested, document.url, home=home)


def find_redirect_target(requested: str, target: str, *, home: str) -> Wall | None:
    """Return the wall if an article's URL redirects to the front page, a log-in page or an error page.

    `requested` is the article's URL, `target` the last one, `home` the site's front page.
    """
    wanted, got = urlsplit(requested), urlsplit(target)
    if _path(wanted.path) == _path(got.path):
        return None
    if target == home or not _path(got.path):
        return Wall(WallKind.REDIRECT, "redirected to the front page")
    last = _EXTENSION.sub("", got.path.rstrip("/").rsplit("/", 1)[-1]).lower()
    if last in wall_signs.REDIRECT_SEGMENTS or _is_first_label(got.hostname or "", wanted.hostname or ""):
        return Wall(WallKind.REDIRECT, f"redirected to {target}"[:200])
    return None


def has_printed_date(article: Article) -> bool:
    """True if the page has a date, other than the one in its URL."""
    evidence = article.evidence.get("date")
    return article.date is not None and not (evidence and evidence.rule.startswith("url."))


class _Page:
    """The text and the source of a page, searched for signs."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._source = document.text[:_MOST_SOURCE]
        lines = [(line.text, line.link_chars) for line in document.lines[:_MOST_LINES]]
        if sum(len(text) for text, _ in lines) <= 4 * _NO_TEXT:  # what a browser without scripts shows
            hidden = [line for line in document.layout.lines[:_MOST_LINES] if line.element.hidden == "noscript"]
            lines += [(line.text, line.link_chars) for line in hidden]
        self._texts = [text for text, _ in lines]
        self._phrases: list[Sign] = []
        self._running = self._in_sign_lines = 0
        has_phrase = wall_signs.has_phrase(self._texts)
        for text, link_chars in lines:
            found = list(wall_signs.find_phrases(text)) if has_phrase and len(text) <= 1_000 else []
            self._phrases += found
            plain = _weigh(text) - link_chars
            if found:
                self._in_sign_lines += plain
            elif plain >= _RUNNING:
                self._running += plain
        self._visible = sum(len(line.text) for line in document.lines[:_MOST_LINES])
        title = document.tree.css_first("title")
        self._title = " ".join(title.text().split()) if title is not None else ""

    @property
    def is_script_only(self) -> bool:
        """True if the page has scripts and shows no text."""
        return not self._visible and bool(_SCRIPT.search(self._source))

    def find_signs(self, article: Article) -> Wall | None:
        """Return the wall if the page has enough signs for the length of its text."""
        title = self._find_title(article)
        phrases = self._phrases
        best = phrases[0] if phrases else None
        if has_printed_date(article):
            is_certain = title and best and self._running <= _MOST_TEXT_DATED
            is_refusal = len(phrases) > 1 and self._running <= _MOST_TEXT_DATED_PHRASES and _is_refusal(phrases)
            return _wall(best) if (is_certain or is_refusal) and best else None
        if title and self._running <= _MOST_TEXT_WITH_TITLE:
            return _wall(best or title)
        if best and self._is_short_for(phrases, article):
            return _wall(best)
        if self._running <= _MOST_TEXT_WITH_MARKUP and (mark := wall_signs.find_markup(self._source)):
            return _wall(mark)
        if self._running <= _MOST_TEXT_OF_FORM and not self._has_headline(article):
            widget = wall_signs.find_widget(self._source)
            hints = filter(None, map(wall_signs.find_hint, self._texts))
            return _wall(next(hints, widget)) if widget else None
        return None

    def find_script(self, article: Article) -> Wall | None:
        """Return the wall if the page shows no text and only scripts or a refresh that lead the browser on."""
        if self._visible > _NO_TEXT or article.body or has_printed_date(article):
            return None
        if refresh := _REFRESH.search(self._source):
            target = _REFRESH_TARGET.search(refresh[0])
            return Wall(WallKind.CHALLENGE, f"the page refreshes to {target[1] if target else 'itself'}"[:200])
        if self._has_headline(article) or not _SCRIPT.search(self._source):
            return None
        moves = _MOVES_ON.search(self._source)
        if moves or not self._document.tree.css_matches("body > :not(script):not(noscript)"):
            return Wall(WallKind.CHALLENGE, "only a script, no text")
        return None

    def find_nothing(self, article: Article) -> Wall | None:
        """Return the wall if the page shows nothing at all and has no title."""
        shows = self._visible or article.body or article.title or self._title or has_printed_date(article)
        if shows or self._document.tree.css_matches(_SHOWS_SOMETHING):
            return None
        return Wall(WallKind.EMPTY, "the page is empty")

    def _is_short_for(self, phrases: Sequence[Sign], article: Article) -> bool:
        """True if the page has no more running text than a wall with these sentences."""
        if self._has_headline(article):
            return self._running + self._in_sign_lines <= _MOST_TEXT_WITH_HEADLINE * min(len(phrases), 2)
        return self._running <= (_MOST_TEXT_WITH_PHRASES if len(phrases) > 1 else _MOST_TEXT_WITH_PHRASE)

    def _has_headline(self, article: Article) -> bool:
        """True if the title of the page is long enough for a headline and says nothing that only walls say."""
        titles = [title for title in (self._title, article.title or "") if title]
        if not any(_weigh(title) >= _HEADLINE for title in titles):
            return False
        return not any(wall_signs.find_title(title) or any(wall_signs.find_phrases(title)) for title in titles)

    def _find_title(self, article: Article) -> Sign | None:
        headings: Sequence[str] = [node.text() for node in self._document.tree.css("h1, h2")[:2]]
        titles = (self._title, article.title or "", *headings)
        return next((sign for text in titles if text and (sign := wall_signs.find_title(text))), None)


def _is_story(document: Document, article: Article) -> bool:
    """True if a page has the marks of an article, which no wall has."""
    is_credited = bool(article.source or article.authors or article.editor)
    if article.body and has_printed_date(article) and (is_credited or document.article_ld is not None):
        return True
    return bool(article.body) and _weigh(article.body or "") > 2 * _MOST_TEXT_WITH_TITLE


def _is_long_without_phrase(document: Document) -> bool:
    """True if a page has too much text for a wall and none of its sentences. Far cheaper than `_Page`, which agrees."""
    lines = document.lines[:_MOST_LINES]
    plain = (len(line.text) - line.link_chars for line in lines)
    if sum(length for length in plain if length >= _RUNNING) <= _MOST_TEXT_WITH_TITLE:
        return False
    return not wall_signs.has_phrase(line.text for line in lines)


def _is_refusal(signs: Sequence[Sign]) -> bool:
    return any(sign.kind in _REFUSALS for sign in signs)


def _wall(sign: Sign | None) -> Wall | None:
    if sign is None:
        return None
    return Wall(sign.kind, f"{sign.maker}: {sign.text}" if sign.maker else sign.text)


def _weigh(text: str) -> int:
    """Return the length of a text, in which a character of a script without blanks counts for two."""
    return len(text) if text.isascii() else len(text) + len(_WIDE.findall(text))


def _path(path: str) -> str:
    """Return a path without slashes at its ends and without the name of an index page."""
    head, _, last = path.rstrip("/").rpartition("/")
    return (head if _INDEX.fullmatch(last) else path).strip("/").lower()


def _is_first_label(host: str, other: str) -> bool:
    """True if a host, other than `other`, is named after a log-in service: ``passport.example.com``."""
    return host != other and host.partition(".")[0] in wall_signs.REDIRECT_SEGMENTS
