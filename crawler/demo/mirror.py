"""A copying site: the pages of 高原在线 in Traditional Chinese with pinyin glosses and injected links."""

from dataclasses import replace
from functools import cached_property

from crawler.demo.article import SampleArticle
from crawler.demo.gaoyuan import Gaoyuan
from crawler.demo.injected import injected_block
from crawler.demo.messages import Reply, Request, page
from crawler.demo.portal import Portal
from crawler.demo.traditional import gloss_page, to_traditional


class GaoyuanMirror(Portal):
    """The same articles at the same paths. The expected fields are in Traditional Chinese, without glosses."""

    name, host, title = "gaoyuan_mirror", "www.gaoyuan-mirror.localhost", "高原在線"
    article_pattern = Gaoyuan.article_pattern
    sections = Gaoyuan.sections
    forbidden = ("/spam/",)

    def __init__(self) -> None:
        super().__init__()
        self._original = Gaoyuan()

    @cached_property
    def articles(self) -> tuple[SampleArticle, ...]:
        return tuple(
            replace(
                article,
                title=to_traditional(article.title),
                summary=to_traditional(article.summary),
                source=article.source and to_traditional(article.source),
                editor=article.editor and to_traditional(article.editor),
                section=article.section and to_traditional(article.section),
                body=to_traditional(article.body),
                flags=("injected_links", "pinyin_gloss"),
            )
            for article in self._original.articles
        )

    def find(self, request: Request) -> Reply | None:
        html = self._original.html(request.path)
        if html is None:
            return None
        block = injected_block(request.path, request.port)
        return page(gloss_page(html).replace("</body>", f"{block}\n</body>"))
