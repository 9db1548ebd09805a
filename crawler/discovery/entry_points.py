"""Front pages that hold no news themselves: they refresh, redirect by a script, have frames, or are a splash page."""

import re
from urllib.parse import urljoin

from crawler.discovery.page_links import is_same_page
from crawler.discovery.page_scripts import find_target, read_variables
from crawler.extraction.document import Document, resolve
from crawler.urls import clean_url

#: Longest wait in seconds of a refresh that leads to another page.
_MAX_WAIT = 60
#: A page with more links than this is no splash page, and its scripts do not redirect at once.
_MAX_LINKS = 8
#: Most frames, or links of a splash page, that are followed.
_MAX_TARGETS = 4

_REFRESH = re.compile(r"\s*(\d+)(?:\.\d*)?\s*[;,]\s*(?:url\s*=)?\s*['\"]?([^'\"]+)", re.IGNORECASE)
#: Bodies of functions, which run only when they are called.
_FUNCTION_BODY = re.compile(r"function\s*[\w$]*\s*\([^)]*\)\s*\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}")


def find_entry_targets(document: Document) -> list[str]:
    """Return the URLs that a page without news leads to, the likeliest first; empty if it leads nowhere in particular.

    Those of the first kind found count: a refresh, a redirect by a script, frames, the few links of a splash page.
    """
    own = clean_url(document.url)
    for found in (_find_refresh(document), _find_redirect(document), find_frames(document), _find_splash(document)):
        urls = dict.fromkeys(clean_url(url) for url in found if url is not None)
        urls.pop(own, None)
        if urls:
            return list(urls)[:_MAX_TARGETS]
    return []


def _find_refresh(document: Document) -> list[str | None]:
    for node in document.tree.css("meta[http-equiv][content]"):
        if (node.attributes.get("http-equiv") or "").lower() != "refresh":
            continue
        found = _REFRESH.match(node.attributes.get("content") or "")
        if found and int(found[1]) <= _MAX_WAIT:
            return [resolve(document.base_url, found[2].strip())]
    return []


def _find_redirect(document: Document) -> list[str | None]:
    """Return the target of a script that redirects as the page is loaded."""
    if len(document.followable_links()) > _MAX_LINKS:
        return []
    for node in document.tree.css("script:not([src])"):
        script = node.text(deep=True)
        code = script if "setTimeout" in script or "onload" in script else _FUNCTION_BODY.sub("", script)
        if target := find_target(code, read_variables(script)):
            return [resolve(document.base_url, target)]
    body = document.tree.body
    onload = (body.attributes.get("onload") or "") if body is not None else ""
    target = find_target(onload, {})
    return [resolve(document.base_url, target)] if target else []


def find_frames(document: Document) -> list[str]:
    """Return the URLs of a page's frames, or else of its inline frames, at most a few."""
    frames = document.tree.css("frame[src]") or document.tree.css("iframe[src]")
    found = (resolve(document.base_url, (node.attributes.get("src") or "").strip()) for node in frames)
    return list(dict.fromkeys(url for url in found if url and not is_same_page(url, document.url)))[:_MAX_TARGETS]


def _find_splash(document: Document) -> list[str | None]:
    links = [link for link in document.followable_links() if link.element.hidden is None]
    areas = [node.attributes.get("href") or "" for node in document.tree.css("area[href]")]
    if len(links) + len(areas) > _MAX_LINKS:
        return []
    return [
        *(link.url for link in links),
        *(resolve(document.base_url, urljoin(document.base_url, one)) for one in areas),
    ]
