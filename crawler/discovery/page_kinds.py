"""Tells article pages from lists, by what extraction found on them."""

from crawler.discovery.headlines import is_headline
from crawler.discovery.list_links import find_listed_articles
from crawler.extraction.document import Document
from crawler.items import Article

#: Minimum length of a body, and of one with a date.
_MIN_BODY, _MIN_DATED_BODY = 200, 40
#: Minimum number of articles that a page without text links to if it is a list.
_MIN_LISTED = 5
#: Minimum number, and share of its lines, of headlines that are links in what was read as the body of a list.
_MIN_LINKED_LINES, _MIN_LINKED_SHARE = 3, 0.3


def looks_complete(article: Article) -> bool:
    """True if a page was read as an article: it has a title, and a body that is long or dated."""
    length = len(article.body or "")
    return bool(article.title) and (length >= _MIN_BODY or (length >= _MIN_DATED_BODY and article.date is not None))


def needs_browser(document: Document) -> bool:
    """True if a script draws the page: its links are routes of a script (``#!/news``), or it has no text of its own."""
    if not document.tree.css_matches("script"):
        return False
    routes = document.tree.css('a[href^="#/"], a[href^="#!"], a[href^="/#/"], a[href^="/#!"]')
    return len(routes) >= _MIN_LISTED or not any(line.text.strip() for line in document.layout.lines)


def is_list_page(document: Document, article: Article) -> bool:
    """True if the page is a list of other articles: it links to several and has no text, or most text is linked."""
    if "article:published_time" in document.meta or document.article_ld is not None:
        return False
    lines = [line.strip() for line in (article.body or "").split("\n") if line.strip()]
    links = [link for link in document.followable_links() if link.element.hidden is None]
    if not lines:
        return len(find_listed_articles(links, document.url)) >= _MIN_LISTED
    headlines = {" ".join(link.text.split()) for link in links if is_headline(link.text)}
    linked = sum(line in headlines for line in lines)
    return linked >= _MIN_LINKED_LINES and linked >= _MIN_LINKED_SHARE * len(lines)
