"""Which article a page is: the URL under which its versions are kept together."""

from urllib.parse import urlsplit

from crawler.items import Article
from crawler.urls import strip_device_prefix


def article_url(article: Article) -> str:
    """The article's own URL: its canonical one where that can be believed, else the one it was fetched from.

    A canonical URL on another portal, or the portal's front page stamped on every article, would pile strangers up
    as versions of one article; it is believed only on the same host (but for ``www.``, ``m.`` and the like) and with
    a path of its own.
    """
    canonical = article.canonical_url
    if not canonical or canonical == article.url:
        return article.url
    try:
        theirs, ours = urlsplit(canonical), urlsplit(article.url)
        same_host = (
            strip_device_prefix(theirs.hostname or "") == strip_device_prefix(ours.hostname or "")
            and theirs.port == ours.port
        )
    except ValueError:  # a URL no one can read
        return article.url
    has_own_page = theirs.path.strip("/") or theirs.query or not ours.path.strip("/")
    return canonical if same_host and has_own_page and theirs.scheme in ("http", "https") else article.url
