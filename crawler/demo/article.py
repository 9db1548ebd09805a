"""A sample article: what a portal published, which is what a reader of its pages must find."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleArticle:
    """The truth of one article. The fields are those of `crawler.items.Article`, and of the same form.

    `path` is its path on the portal; `pages` the number of pages the body is printed on; `summary` a sentence for
    lists and feeds, not part of the body.
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

    def on_page(self, number: int) -> list[str]:
        """The paragraphs that are printed on page `number`, from 1: the body in parts of about one length."""
        paragraphs = self.paragraphs
        starts = [len(paragraphs) * page // self.pages for page in range(self.pages + 1)]
        return paragraphs[starts[number - 1] : starts[number]]
