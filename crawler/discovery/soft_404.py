"""Pages that say "not found" with a 200."""

import re
from hashlib import blake2b

from crawler.items import Article

#: What such a page calls itself.
_SAYS_SO = re.compile(
    r"(?:页面|網頁|頁面|网页|文章|内容|信息|新闻|您访问的\S{0,6}|该\S{0,4})\s*(?:不存在|不見了|找不到|未找到|无法找到|已(?:被|经)?删除|已失效|已下线)"
    r"|(?:找不到|未找到|没有找到|无法找到)\S{0,8}(?:页面?|網頁|頁|网页|文章|内容)|出错了|^\W*(?:error\W*)?404\b"
    r"|(?:page|article|story|content|file)[^.]{0,40}(?:not|cannot be|can't be|could not be) found|not found"
    r"|(?:page|article|story) (?:does not|doesn't|no longer) exists?|nothing (?:was )?found",
    re.IGNORECASE,
)

#: Characters of a body beyond which it is a story about things not found.
_SHORT = 400


def says_not_found(article: Article) -> bool:
    """Whether the page read as `article` is one that says it is not there: by its title, with little text below, or by
    the beginning of what little text it has, without a title or a date."""
    body = article.body or ""
    if len(body) > _SHORT or article.date or article.source:
        return False
    return bool(_SAYS_SO.search(article.title or "") or _SAYS_SO.search(body[:120]))


class SameText:
    """The texts of one visit's pages that have no date: what unlike addresses answer with one text is no article.

    Flat in memory: 8 octets and an address' hash a page, of the latest pages only.
    """

    _MOST = 5_000

    def __init__(self) -> None:
        self._seen: dict[bytes, int] = {}

    def has_seen(self, article: Article) -> bool:
        """Whether another address had the same text; notes this one."""
        if article.date or not article.body:
            return False
        print_ = blake2b(f"{article.title}\n{article.body}".encode(), digest_size=8).digest()
        first = self._seen.setdefault(print_, hash(article.url))
        if len(self._seen) > self._MOST:
            del self._seen[next(iter(self._seen))]
        return first != hash(article.url)
