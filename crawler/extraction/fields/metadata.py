"""Further metadata of an article: canonical URL, section, tags, images."""

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from crawler.extraction.data.lazy_images import image_addresses
from crawler.extraction.document import Document, TextLine, resolve
from crawler.extraction.layout.visibility import find_hiding_reason

#: Most tags and images kept per article.
MAX_TAGS, MAX_IMAGES = 30, 50


def canonical_url(document: Document) -> str | None:
    """Return the URL that the page declares as its own, unless it is that of the site's front page."""
    for href in (*document.canonical_urls, *document.meta.get("og:url", ())):
        url = resolve(document.base_url, href)
        if url and (urlsplit(url).path.strip("/") or not urlsplit(document.url).path.strip("/")):
            return url
    return None


def section(document: Document) -> str | None:
    """Return the section that the page declares."""
    for value in _texts((document.article_ld or {}).get("articleSection")):
        return value
    for key in ("article:section", "section", "articlesection", "og:article:section"):
        for value in document.meta.get(key, ()):
            return value
    return None


def tags(document: Document) -> tuple[str, ...]:
    """Return the keywords of the article, without duplicates."""
    found = list(document.meta.get("article:tag", ())) or list(_texts((document.article_ld or {}).get("keywords")))
    if not found:
        found = list(document.meta.get("news_keywords", ()) or document.meta.get("keywords", ()))
    split = (tag.strip() for value in found for tag in value.replace("，", ",").replace("、", ",").split(","))
    return tuple(dict.fromkeys(tag for tag in split if 0 < len(tag) <= 60))[:MAX_TAGS]


def images(document: Document, body: Iterable[TextLine]) -> tuple[str, ...]:
    """Return the URLs of the article's images: the one for sharing, then those between the lines of its `body`."""
    found = [url for src in document.meta.get("og:image", ()) if (url := resolve(document.base_url, src))]
    lines = list(body)
    if lines:
        first = document.layout.lines.index(lines[0])
        last = document.layout.lines.index(lines[-1], first)
        for image in document.layout.images:
            if first - 3 <= image.line <= last + 2 and image.parent.hidden is None:
                found.extend(_image_urls(document, image.node.attributes))
    return tuple(dict.fromkeys(found))[:MAX_IMAGES]


def _image_urls(document: Document, attributes: dict[str, str | None]) -> Iterator[str]:
    if find_hiding_reason("img", attributes, attributes.get("style") or ""):
        return
    for side in ("width", "height"):
        size = (attributes.get(side) or "").removesuffix("px")
        if len(size) < 3 and size.isdecimal() and int(size) < 50:  # int() raises on a very long number
            return
    for address in image_addresses(attributes):
        if url := resolve(document.base_url, address):
            yield url
            return


def _texts(value: Any) -> Iterator[str]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str) and item.strip():
            yield item.strip()
