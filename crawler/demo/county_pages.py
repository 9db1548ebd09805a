"""Pages, feed and news sitemap of The Harrow County Courier."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from html import escape

from crawler.demo.article import SampleArticle

_TITLE = "The Harrow County Courier"


def article_page(article: SampleArticle, others: Sequence[SampleArticle], origin: str) -> str:
    """Return the page of an article, with JSON-LD of the same content."""
    paragraphs = "\n".join(f"<p>{escape(paragraph, quote=False)}</p>" for paragraph in article.paragraphs)
    updated = (
        f' <span class="updated">Updated {format_date(article.date_modified)}</span>' if article.date_modified else ""
    )
    related = [other for other in others if other.section == article.section and other.path != article.path][:4]
    body = f"""<article>
<header>
<p class="kicker"><a href="/news/{article.section}/">{(article.section or "").title()}</a></p>
<h1>{escape(article.title)}</h1>
{_credits(article)}
<p class="dateline"><time datetime="{article.date}">{format_date(article.date)}</time>{updated}</p>
</header>
<img class="picture" src="/looks/{article.section}.svg" alt="">
<div class="story">
{paragraphs}
</div>
{f'<p class="edited">Edited by {article.editor}</p>' if article.editor else ""}
</article>
<aside class="more"><h2>More from {(article.section or "").title()}</h2>{_links(related)}</aside>
<form class="newsletter" action="/members/newsletter"><p>Get the Courier in your inbox every Thursday.</p></form>"""
    head = f"""<link rel="canonical" href="{origin}{article.path}">
<meta property="og:title" content="{escape(article.title)}">
<meta name="description" content="{escape(article.summary)}">
<script type="application/ld+json">{_json_ld(article, origin)}</script>"""
    return _page(f"{article.title} | {_TITLE}", body, head)


def front(articles: Sequence[SampleArticle], channels: Iterable[str]) -> str:
    """Return the front page: the newest articles of each section, and links to the members' pages."""
    blocks = "\n".join(
        f'<section><h2><a href="/news/{channel}/">{channel.title()}</a></h2>'
        f"{_links([article for article in articles if article.section == channel][:5])}</section>"
        for channel in channels
    )
    members = '<section><h2><a href="/members/">Members</a></h2><a href="/members/archive">Archive</a></section>'
    return _page(_TITLE, f"{blocks}\n{members}")


def section(channel: str, articles: Sequence[SampleArticle]) -> str:
    """Return the list page of a section."""
    return _page(f"{channel.title()} | {_TITLE}", f"<h1>{channel.title()}</h1>{_links(articles)}")


def rss(articles: Sequence[SampleArticle], origin: str, old_paths: Mapping[str, str]) -> str:
    """Return the RSS 2.0 feed of `articles`, with the paths in `old_paths` for those that have one."""
    items = "\n".join(
        f"""<item>
<title>{escape(article.title)}</title>
<link>{origin}{old_paths.get(article.path, article.path)}</link>
<guid isPermaLink="false">courier-{article.path.rpartition("/")[2]}</guid>
<pubDate>{format_datetime(datetime.fromisoformat(article.date))}</pubDate>
<description>{escape(article.summary)}</description>
</item>"""
        for article in articles
    )
    return f"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0">
<channel>
<title>{_TITLE}</title>
<link>{origin}/</link>
<description>News of Harrow County</description>
{items}
</channel>
</rss>
"""


def news_sitemap(articles: Sequence[SampleArticle], origin: str) -> str:
    """Return the sitemap of `articles` with the news extension."""
    urls = "\n".join(
        f"""<url>
<loc>{origin}{article.path}</loc>
<lastmod>{article.date_modified or article.date}</lastmod>
<news:news>
<news:publication><news:name>{_TITLE}</news:name><news:language>en</news:language></news:publication>
<news:publication_date>{article.date}</news:publication_date>
<news:title>{escape(article.title)}</news:title>
</news:news>
</url>"""
        for article in articles
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
{urls}
</urlset>
"""


def format_date(date: str) -> str:
    """Format an ISO date as ``June 12, 2025 at 8:05 a.m.``"""
    when = datetime.fromisoformat(date)
    half = "a.m." if when.hour < 12 else "p.m."
    return f"{when:%B} {when.day}, {when.year} at {when.hour % 12 or 12}:{when:%M} {half}"


def _credits(article: SampleArticle) -> str:
    if article.source:
        return f'<p class="credit">Source: {article.source}</p>'
    return f'<p class="byline">By {" and ".join(article.authors)}</p>'


def _json_ld(article: SampleArticle, origin: str) -> str:
    node = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": article.title,
        "datePublished": article.date,
        **({"dateModified": article.date_modified} if article.date_modified else {}),
        "author": [{"@type": "Person", "name": name} for name in article.authors],
        "articleSection": article.section,
        "publisher": {"@type": "NewsMediaOrganization", "name": _TITLE, "url": f"{origin}/"},
        "mainEntityOfPage": f"{origin}{article.path}",
    }
    return json.dumps(node, ensure_ascii=False).replace("</", "<\\/")


def _links(articles: Iterable[SampleArticle]) -> str:
    items = "\n".join(f'<li><a href="{article.path}">{escape(article.title)}</a></li>' for article in articles)
    return f"<ul>\n{items}\n</ul>"


def _page(title: str, body: str, head: str = "") -> str:
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{escape(title)}</title>
<link rel="alternate" type="application/rss+xml" href="/rss.xml">
<link rel="stylesheet" href="/looks/paper.css">
{head}
</head>
<body>
<nav><img src="/looks/crest.svg" alt=""><a href="/">{_TITLE}</a> <a href="/members/">Members</a></nav>
<main>
{body}
</main>
<footer><p>&copy; {_TITLE}. All rights reserved.</p></footer>
</body>
</html>
"""
