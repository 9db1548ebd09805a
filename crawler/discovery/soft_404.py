"""Detection of soft 404s: error pages with status 200."""

import re
from hashlib import blake2b

from crawler.items import Article

#: Title or opening words of a "not found" page.
_NOT_FOUND = re.compile(
    r"(?:页面|網頁|頁面|网页|文章|内容|信息|新闻|您访问的\S{0,6}|该\S{0,4})\s*(?:不存在|不見了|找不到|未找到|无法找到|已(?:被|经)?删除|已失效|已下线)"
    r"|(?:找不到|未找到|没有找到|无法找到)\S{0,8}(?:页面?|網頁|頁|网页|文章|内容)|出错了|^\W*(?:error\W*)?404\b"
    r"|(?:page|article|story|content|file)[^.]{0,40}(?:not|cannot be|can't be|could not be) found|not found"
    r"|(?:page|article|story) (?:does not|doesn't|no longer) exists?|nothing (?:was )?found",
    re.IGNORECASE,
)

#: A body longer than so many characters is an article about something not found.
_MAX_BODY = 400


def says_not_found(article: Article) -> bool:
    """True if the page read as `article` has a short body and its title, or the start of the body, says "not found".

    A page with a date or a source is never a soft 404.
    """
    body = article.body or ""
    if len(body) > _MAX_BODY or article.date or article.source:
        return False
    return bool(_NOT_FOUND.search(article.title or "") or _NOT_FOUND.search(body[:120]))


class RepeatedTexts:
    """Finds undated pages of one visit that have the same text at different URLs: those are not articles.

    Memory is bounded: an 8-byte digest and a URL hash per page, for the latest pages only.
    """

    _MAX_PAGES = 5_000

    def __init__(self) -> None:
        self._seen: dict[bytes, int] = {}

    def has_seen(self, article: Article) -> bool:
        """True if another URL had the same text. Remembers this one."""
        if article.date or not article.body:
            return False
        digest = blake2b(f"{article.title}\n{article.body}".encode(), digest_size=8).digest()
        first_url = self._seen.setdefault(digest, hash(article.url))
        if len(self._seen) > self._MAX_PAGES:
            del self._seen[next(iter(self._seen))]
        return first_url != hash(article.url)
