"""Articles of generated portals, in any number, and their pages."""

import random
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from html import escape

from crawler.demo.article import SampleArticle
from crawler.demo.newsroom import Assignment, write_stories
from crawler.demo.writer import read_texts

ZONES = {"zh": "Asia/Shanghai", "en": "America/New_York"}

#: Titles repeat after so many articles, with a number to distinguish them: the texts allow no more combinations.
_VOLUME = 60

#: Labels of source and editor, by language.
_LABELS = {"zh": ("来源：", "责任编辑："), "en": ("Source: ", "Editor: ")}


def write_articles(
    texts: str, count: int, path: Callable[[Assignment, str], str], *, language: str = "zh"
) -> tuple[SampleArticle, ...]:
    """Generate `count` articles from the sample texts `texts`, newest first.

    `path` makes an article's path from its assignment and the slug of its title. The same arguments give the same
    articles.
    """
    sample, rng = read_texts(texts), random.Random(texts)
    articles: list[SampleArticle] = []
    since, between = datetime(2022, 3, 3), " " if language == "en" else ""  # noqa: DTZ001
    while len(articles) < count:
        wanted = min(count - len(articles), _VOLUME)
        each = -(-wanted // len(sample.topics))
        volume = len(articles) // _VOLUME + 1
        for one in list(write_stories(sample, rng, each=each, since=since, zone=ZONES[language], between=between))[
            :wanted
        ]:
            title = one.story.title if volume == 1 else f"{one.story.title} ({volume})"
            assignment = replace(one, number=len(articles), story=replace(one.story, title=title))
            articles.append(_article(assignment, path, sample.words, language, rng))
            since = one.published.replace(tzinfo=None)
    return tuple(articles[::-1])


def _article(assignment: Assignment, path, words, language: str, rng: random.Random) -> SampleArticle:
    slug = "-".join(re.findall(r"[a-z0-9]+", assignment.story.title.lower())[:9])
    return SampleArticle(
        path=path(assignment, slug),
        title=assignment.story.title,
        summary=assignment.story.summary,
        date=assignment.published.isoformat(timespec="minutes"),
        date_precision="minute",
        source=rng.choice(words["source"]),
        editor=rng.choice(words["editor"]),
        body="\n".join(assignment.story.paragraphs),
        section=assignment.topic.section,
        language=language,
    )


def article_page(article: SampleArticle, *, head: str = "", furniture: str = "") -> str:
    """Return the page of an article, with `head` in its head and `furniture` as boilerplate below the article."""
    source, editor = _LABELS[article.language or "zh"]
    paragraphs = "\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in article.paragraphs)
    body = f"""<h1>{escape(article.title)}</h1>
<div class="info"><span>{article.date[:16].replace("T", " ")}</span> <span>{source}{article.source}</span></div>
<div class="content">
{paragraphs}
</div>
<div class="editor">({editor}{article.editor})</div>
{furniture}"""
    return html_page(article.title, body, head=head, language=article.language or "zh")


def article_list(articles: Iterable[tuple[str, SampleArticle]], pager: str = "") -> str:
    """Return a list of articles with their URLs, and `pager`, the links to its other pages."""
    items = "\n".join(
        f'<li><h3><a href="{escape(url)}">{escape(article.title)}</a></h3><span>{article.date[:10]}</span></li>'
        for url, article in articles
    )
    return f'<ul class="list">\n{items}\n</ul>\n<div class="turn">{pager}</div>'


def html_page(title: str, body: str, *, head: str = "", language: str = "zh", charset: str = "utf-8") -> str:
    """Return a complete page."""
    return f"""<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="{charset}">
<title>{escape(title)}</title>
{head}
</head>
<body>
<div class="nav"><a href="/">Home</a> <a href="/about">About</a></div>
<div class="main">
{body}
</div>
<div class="foot"><a href="/about">About us</a></div>
</body>
</html>
"""
