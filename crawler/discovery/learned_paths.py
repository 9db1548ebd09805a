"""Decides which URLs of a site may be articles: by the pattern in its file, else by what its pages turned out to be."""

from collections.abc import Mapping
from dataclasses import dataclass

from crawler.discovery.article_paths import is_distinctive_shape, path_shape
from crawler.discovery.url_patterns import is_list_path, looks_like_article
from crawler.sites import Site

#: Pages of one shape that were no articles, without one that was, after which the shape is left alone.
MIN_OTHERS = 3
#: Shapes kept per site: a site with more has URLs that say nothing.
MAX_SHAPES = 500


@dataclass(frozen=True, slots=True)
class LearnedShape:
    """The pages of one path shape: how many were articles, how many were not, and the URL of one."""

    articles: int = 0
    others: int = 0
    example: str = ""

    @property
    def is_article(self) -> bool | None:
        """True if most pages were articles, False if several were read and none was, ``None`` if that is not clear."""
        if self.articles > self.others:
            return True
        return False if not self.articles and self.others >= MIN_OTHERS else None


class ArticlePaths:
    """The article URLs of `site`. `learned` has the shapes of earlier visits; `changed` those that this one changed."""

    def __init__(self, site: Site, learned: Mapping[str, LearnedShape] | None = None) -> None:
        self._site = site
        self._shapes = dict(learned or {})
        self.changed: dict[str, LearnedShape] = {}

    def may_be_article(self, url: str, *, is_selected: bool = False, is_listed: bool = False) -> bool:
        """True if `url` may be an article.

        The pattern of the site file decides. Without one, a URL that a CSS selector of the file chose is believed
        (`is_selected`); then the pages of its shape decide; then the structure of the list it is in (`is_listed`) and
        the look of the URL itself.
        """
        by_path = self._site.is_article(url)
        if by_path is not None:
            return by_path
        if is_selected:
            return True
        learned = self.recall(url)
        return learned if learned is not None else is_listed or looks_like_article(url)

    def may_be_entry(self, url: str) -> bool:
        """True if `url`, an entry of a feed or sitemap, may be an article. What nothing is known about may be one."""
        by_path = self._site.is_article(url)
        if by_path is not None:
            return by_path
        learned = self.recall(url)
        return learned if learned is not None else not is_list_path(url)

    def recall(self, url: str) -> bool | None:
        """Return what the pages of this shape turned out to be; ``None`` if that is not clear."""
        shape = path_shape(url)
        known = self._shapes.get(shape)
        if known is None:
            return None
        is_article = known.is_article
        return is_article if is_distinctive_shape(shape) or not is_article else None

    def find_unknown_shape(self, url: str) -> str | None:
        """Return the shape of `url` if neither the site file, earlier pages nor the URL's look say what it is."""
        is_plain = self._site.article_path is not None or looks_like_article(url) or self.recall(url) is not None
        return None if is_plain else path_shape(url)

    def note(self, url: str, *, is_article: bool) -> None:
        """Note what the page at `url` turned out to be."""
        if self._site.article_path is not None:
            return
        shape = path_shape(url)
        known = self._shapes.get(shape)
        if known is None:
            if len(self._shapes) >= MAX_SHAPES:
                return
            known = LearnedShape(example=url)
        self._shapes[shape] = self.changed[shape] = LearnedShape(
            known.articles + is_article, known.others + (not is_article), known.example
        )
