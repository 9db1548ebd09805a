"""Article identity: the URL that groups the versions of one article."""

from urllib.parse import urlsplit

from crawler.items import Article
from crawler.urls import strip_device_prefix


def article_url(article: Article) -> str:
    """Return the article's own URL: its canonical URL if that is plausible, else the URL it was fetched from.

    Some portals put another portal's URL or their front page into every article, which would merge unrelated articles
    into one. A canonical URL is therefore used only if it has the same host (ignoring ``www.``, ``m.`` and similar
    prefixes) and a path or query of its own.
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
    except ValueError:  # malformed URL
        return article.url
    has_own_page = theirs.path.strip("/") or theirs.query or not ours.path.strip("/")
    return canonical if same_host and has_own_page and theirs.scheme in ("http", "https") else article.url
