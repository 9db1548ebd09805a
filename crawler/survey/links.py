"""Classification of a page's links: headlines lead to articles, labels to sections."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawler.discovery.headlines import has_cjk, is_headline
from crawler.discovery.page_links import find_list_links, find_option_links, is_same_page
from crawler.discovery.url_patterns import looks_like_article
from crawler.extraction import Document
from crawler.extraction.data.css_names import css_names, url_words
from crawler.extraction.data.link_texts import is_next_page, leads_to_no_news
from crawler.extraction.data.prefilter import any_of
from crawler.extraction.decode.glosses import remove_glosses
from crawler.extraction.layout.lines import Element
from crawler.sites import host_of, registrable_domain
from crawler.urls import clean_url

_FILE = re.compile(
    r"\.(?:jpe?g|png|gif|webp|svg|ico|css|js|pdf|docx?|xlsx?|pptx?|zip|rar|apk|mp[34]|m3u8|rss|atom)$", re.I
)

#: Maximum length of a section's label in characters: in CJK scripts and in others.
_MAX_LABEL = (10, 32)

#: Paths of pages that every portal has and that list no news.
_NOT_NEWS_PATH = re.compile(rf"/{any_of(url_words().not_news)}(?:[/.?_-]|$)", re.I)
#: Elements around links to sections, and around other links.
_MENU_NAMES, _NOT_MENU_NAMES = css_names().menu.compile(), css_names().not_menu.compile()
_MOBILE_HOST = re.compile(r"^(?:m|wap|mobile|3g|amp)\.", re.I)


@dataclass(frozen=True, slots=True)
class PageLink:
    """A link: its cleaned URL, its text, its element, and the URL of the page it is on."""

    url: str
    text: str
    element: Element
    page: str

    @property
    def is_headline(self) -> bool:
        """True if the text reads like the title of an article."""
        return is_headline(self.text)

    @property
    def is_label(self) -> bool:
        """True if the text could be the name of a section."""
        max_length = _MAX_LABEL[0] if has_cjk(self.text) else _MAX_LABEL[1]
        has_letters = bool(re.search(r"[^\W\d_]", self.text))
        is_other = leads_to_no_news(self.text) or is_next_page(self.text)
        return has_letters and len(self.text) <= max_length and not is_other


def find_links(document: Document) -> list[PageLink]:
    """Return the links of a page that a crawl may follow to other pages of its portal, in order."""
    domain = registrable_domain(host_of(document.url))
    found = []
    for link in find_list_links(document):
        url = clean_url(link.url)
        parts = urlsplit(url)
        if registrable_domain(host_of(url)) != domain or _FILE.search(parts.path):
            continue
        if is_same_page(url, document.url) or "nofollow" in link.rel.split() or link.element.hidden is not None:
            continue
        text = remove_glosses(link.text, glossed=True)[0] if document.gloss_count else link.text
        found.append(PageLink(url, " ".join(text.split()), link.element, document.url))
    return found


def is_on_mobile_host(url: str) -> bool:
    """True if `url` is on a mobile host, which repeats the portal's pages."""
    return bool(_MOBILE_HOST.match(host_of(url)))


def find_section_links(document: Document) -> list[PageLink]:
    """Return the links of a front page that may lead to lists of articles, the likeliest first."""
    best: dict[str, tuple[int, int, PageLink]] = {}
    options = (
        PageLink(clean_url(link.url), link.text, link.element, document.url) for link in find_option_links(document)
    )
    links = [*find_links(document), *options]
    labels = _group_labels(links)
    for order, link in enumerate(links):
        if not _may_be_section(link) or (is_on_mobile_host(link.url) and not is_on_mobile_host(document.url)):
            continue
        score = _menu_score(link, len(labels[menu_key(link)]))
        if link.url not in best or score > best[link.url][0]:
            best[link.url] = (score, order, link)
    return [link for _, _, link in sorted(best.values(), key=lambda scored: (-scored[0], scored[1]))]


def _may_be_section(link: PageLink) -> bool:
    path = urlsplit(link.url).path
    if not link.is_label or not (
        path.strip("/") or urlsplit(link.url).query or host_of(link.url) != host_of(link.page)
    ):
        return False
    return not looks_like_article(link.url) and not _NOT_NEWS_PATH.search(path)


def _menu_score(link: PageLink, neighbours: int) -> int:
    """Score the position of a link: high in menus and section headings, low in footers."""
    around = link.element.ancestors()[:7]
    hints = " ".join(f"{one.tag} {one.css_names}" for one in around)
    score = 2 if _MENU_NAMES.search(hints) else 0
    score += 1 if any(one.tag in ("h2", "h3", "h4") for one in around[:3]) else 0
    score += 1 if neighbours >= 3 else 0
    score -= 3 if _NOT_MENU_NAMES.search(hints) else 0
    parts = urlsplit(link.url)
    score += 1 if parts.path.endswith("/") or re.search(r"/(?:index|list)[^/]*$", parts.path) else 0
    score -= max(0, parts.path.strip("/").count("/") - 2)
    return score


def _group_labels(links: Iterable[PageLink]) -> dict[str, list[PageLink]]:
    menus: dict[str, list[PageLink]] = {}
    for link in links:
        menus.setdefault(menu_key(link), [])
        if link.is_label:
            menus[menu_key(link)].append(link)
    return menus


def menu_key(link: PageLink) -> str:
    """Return a key shared by the links of one menu: the tags and CSS names of the elements around them."""
    return " ".join(f"{one.tag}.{one.css_names}" for one in link.element.ancestors()[:4])
