"""A sample article as published, to compare extracted articles with."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleArticle:
    """The expected fields of one article, in the form of `crawler.items.Article`.

    `path` is its path on the portal, `pages` the number of pages the body is split over. `summary` is a sentence for
    lists and feeds, which is not in the body.
    """

    path: str
    title: str
    date: str
    date_precision: str
    source: str | None
    editor: str | None
    body: str
    authors: tuple[str, ...] = ()
    date_modified: str | None = None
    section: str | None = None
    language: str | None = None
    flags: tuple[str, ...] = ()
    pages: int = 1
    summary: str = ""

    @property
    def paragraphs(self) -> list[str]:
        return self.body.split("\n")

    def paragraphs_on_page(self, number: int) -> list[str]:
        """Return the paragraphs on page `number`, counted from 1. The pages have about the same number of them."""
        paragraphs = self.paragraphs
        starts = [len(paragraphs) * page // self.pages for page in range(self.pages + 1)]
        return paragraphs[starts[number - 1] : starts[number]]
