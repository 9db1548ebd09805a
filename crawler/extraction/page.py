"""The article page: the general rules for every field, and how a site's class says what is odd about its layout."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date as Day
from functools import cached_property
from typing import Any, ClassVar, Self, TypeVar, cast

import attrs
from web_poet import HttpResponse, WebPage, field

from crawler import __version__
from crawler.extraction.clean.placement import Placement, locate_article
from crawler.extraction.decode.glosses import remove_glosses
from crawler.extraction.document import Document
from crawler.extraction.errors import PageClassError
from crawler.extraction.evidence import FieldValue, make_evidence
from crawler.extraction.fields import metadata
from crawler.extraction.fields.body import Body, find_body
from crawler.extraction.fields.bylines import Bylines, find_bylines
from crawler.extraction.fields.dates import Dates, find_dates
from crawler.extraction.fields.state_body import reconcile_body
from crawler.extraction.fields.title import find_title
from crawler.extraction.flags import find_flags
from crawler.extraction.layout.text import normalise, squeeze
from crawler.items import Article, Evidence

ValueT = TypeVar("ValueT")

#: What a page class may point at with `css`.
FIELDS = frozenset({"title", "date", "source", "editor", "authors", "paragraphs", "subheads", "drop"})


#: Injected blocks that an article's evidence shows.
MAX_SHOWN = 20


@dataclass(frozen=True, slots=True)
class _Selector:
    query: str


def css(query: str) -> Any:
    """Where a site's layout keeps a field: a CSS selector. The first match counts, for paragraphs all of them."""
    return _Selector(query)


def _field(method: Callable[[Any], ValueT]) -> ValueT:
    """`web_poet.field`, telling a type checker that the attribute is what `method` returns.

    Not its cached kind, which ties the page to itself: all of it would stay in memory until the collector comes by.
    """
    return cast(ValueT, field(method))


@attrs.define(slots=False, eq=False, repr=False)
class ArticlePage(WebPage[Article]):
    """One page of one article, read by rules that fit any portal.

    A site's class states only what is odd, as class attributes: ``title``, ``date``, ``source``, ``editor``,
    ``authors``, ``paragraphs``, ``subheads`` and ``drop`` take a `css` selector, `timezone` and `language` a value.
    The text a selector points at is read by the same grammar as everywhere, so labels and brackets need no care.
    Raises PageClassError when a class points at a field there is none of.
    """

    response: HttpResponse
    site_timezone: str | None = attrs.field(init=False, default=None)
    site_language: str | None = attrs.field(init=False, default=None)
    site_since: Day | None = attrs.field(init=False, default=None)
    site_boilerplate: AbstractSet[str] = attrs.field(init=False, default=frozenset())

    #: IANA name of the zone the site prints its times in; told by page and language where a class leaves it out.
    timezone: ClassVar[str | None] = None
    #: Primary subtag of the language the site writes in; told by the page where a class leaves it out.
    language: ClassVar[str | None] = None

    selectors: ClassVar[Mapping[str, str]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        stated = {name: value.query for name, value in vars(cls).items() if isinstance(value, _Selector)}
        if unknown := sorted(stated.keys() - FIELDS):
            raise PageClassError(f"{cls.__name__}: no field {unknown[0]!r}; css() may set {', '.join(sorted(FIELDS))}")
        for name in stated:
            delattr(cls, name)
        cls.selectors = {**cls.selectors, **stated}
        super().__init_subclass__(**kwargs)

    @classmethod
    def read(
        cls,
        document: Document,
        *,
        timezone: str | None = None,
        language: str | None = None,
        since: Day | None = None,
        boilerplate: Iterable[str] = (),
    ) -> Self:
        """The page of a document that is parsed already, and what is known of its site (see `extract_from`)."""
        page = cls.__new__(cls)  # its response is made when it is asked for: that copies the page
        page.__dict__["document"] = document  # in the place where the cached property keeps it
        page.site_timezone = timezone or cls.timezone
        page.site_language = language or cls.language
        page.site_since, page.site_boilerplate = since, frozenset(map(squeeze, boilerplate))
        return page

    def __getattr__(self, name: str) -> Any:
        """The response of a page that was read from a document."""
        if name != "response" or "document" not in self.__dict__:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        self.response = HttpResponse(url=self.document.url, body=self.document.html)
        return self.response

    @cached_property
    def document(self) -> Document:
        """The page's document, parsed once."""
        return Document(
            self.response.body, str(self.response.url), content_type=self.response.headers.get("Content-Type")
        )

    @property
    def article(self) -> Article:
        """The article this page gives: the values of its fields, with evidence for those that are there."""
        document, body = self.document, self._body
        return Article(
            url=document.url,
            canonical_url=metadata.canonical_url(document),
            title=self.title,
            date=self.date,
            source=self.source,
            editor=self.editor,
            body=self.body,
            date_precision=self._dates.date_precision,
            date_modified=self._dates.date_modified,
            authors=self.authors,
            language=document.language or self.site_language,
            section=metadata.section(document),
            tags=metadata.tags(document),
            images=metadata.images(document, body.lines if body else ()),
            flags=find_flags(document, self._dates, body, site_language=self.site_language, site_since=self.site_since),
            evidence=self._evidence(),
            extractor=f"broadsheet/{__version__}+{type(self).__name__}",
        )

    def _validate_input(self) -> Any:
        """What a class's own `validate_input` says, asked only where there is one: the library keeps its answer too."""
        return super()._validate_input() if hasattr(type(self), "validate_input") else None

    async def to_item(self) -> Article:
        """The article, for frameworks that drive page objects."""
        return self.article

    # --- the five fields, and the reporters; a class may override any as a web-poet field -------------------------

    @_field
    def title(self) -> str | None:
        """The title, without the site's name."""
        return self._title.value if self._title else None

    @_field
    def date(self) -> str | None:
        """The printed day or moment of publication, ISO 8601."""
        return self._dates.date

    @_field
    def source(self) -> str | None:
        """The outlet the portal credits."""
        return self._source.value if self._source else None

    @_field
    def editor(self) -> str | None:
        """The desk editor."""
        return self._editor.value if self._editor else None

    @_field
    def authors(self) -> tuple[str, ...]:
        """The reporters, each name once."""
        return self._bylines.authors

    @_field
    def body(self) -> str | None:
        """The story's paragraphs joined by line feeds."""
        return self._body.text if self._body else None

    # --- how they are found ---------------------------------------------------------------------------------------

    @cached_property
    def _title(self) -> FieldValue | None:
        return self._pointed_at("title") or find_title(self.document)

    @cached_property
    def _dates(self) -> Dates:
        for fragment in self._fragments("date"):
            if (dates := find_dates(fragment, timezone=self.site_timezone)).date:
                return dates
        return find_dates(self.document, timezone=self.site_timezone, placement=self._placement)

    @cached_property
    def _bylines(self) -> Bylines:
        return find_bylines(self.document, placement=self._placement, dates=self._dates)

    @cached_property
    def _source(self) -> FieldValue | None:
        read = self._bylines
        return self._stated("source") or _found(read.source, read.source_evidence)

    @cached_property
    def _editor(self) -> FieldValue | None:
        read = self._bylines
        return self._stated("editor") or _found(read.editor, read.editor_evidence)

    @cached_property
    def _body(self) -> Body | None:
        stated_nodes = self._nodes("paragraphs", "subheads")
        printed = find_body(
            self.document,
            title=self.title,
            title_line=self._title_line,
            field_lines=self._dates.lines | self._bylines.lines,
            stated_nodes=stated_nodes,
            dropped_nodes=self._nodes("drop"),
            repeated=self.site_boilerplate,
        )
        return printed if stated_nodes and printed else reconcile_body(self.document, printed, self.title)

    @property
    def _title_line(self) -> int | None:
        return self._title.line if self._title else None

    @cached_property
    def _placement(self) -> Placement:
        return locate_article(self.document.lines, self._title_line)

    def _nodes(self, *names: str) -> frozenset[int]:
        """Identities of the nodes that the class points at for any of `names`."""
        queries = [self.selectors[name] for name in names if name in self.selectors]
        return frozenset(node.mem_id for query in queries for node in self.document.tree.css(query))

    def _pointed_at(self, name: str) -> FieldValue | None:
        """The text of the first node the class points at, as it stands but for white space and glosses."""
        if name not in self.selectors:
            return None
        nodes = self._nodes(name)
        for line in self.document.lines:
            if any(element.mem_id in nodes for element in line.element.ancestors()):
                return FieldValue(line.text, make_evidence(f"page.{name}", self.selectors[name], line.text), line.index)
        for node in self.document.tree.css(self.selectors[name]):
            if text := remove_glosses(normalise(node.text()), glossed=self.document.gloss_count > 0)[0]:
                return FieldValue(text, make_evidence(f"page.{name}", self.selectors[name], text))
        return None

    def _fragments(self, name: str) -> Iterator[Document]:
        """The nodes the class points at, each as a document of its own, to be read by the rules for whole pages."""
        for node in self.document.tree.css(self.selectors[name]) if name in self.selectors else ():
            markup = f'<html lang="{self.document.language or ""}">{node.html}'
            yield Document(markup.encode(), self.document.url, captured_at=self.document.captured_at)

    def _stated(self, name: str) -> FieldValue | None:
        """What the class points at, read as a labelled line where it is one, else as it stands."""
        for fragment in self._fragments(name):
            read = find_bylines(fragment)
            if value := (read.source if name == "source" else read.editor):
                return FieldValue(value, make_evidence(f"page.{name}", self.selectors[name], fragment.lines[0].text))
        return self._pointed_at(name)

    def _evidence(self) -> Mapping[str, Evidence]:
        found = {
            "title": self._title.evidence if self._title else None,
            "date": self._dates.evidence,
            "date_modified": self._dates.modified_evidence,
            "source": self._source.evidence if self._source else None,
            "editor": self._editor.evidence if self._editor else None,
            "authors": self._bylines.authors_evidence,
            "body": self._body.evidence if self._body else None,
            "injected_links": _injected(self.document),
        }
        return {name: reason for name, reason in found.items() if reason is not None}


def _injected(document: Document) -> Evidence | None:
    """What was taken out of the page as put there by somebody else: the first block, the others behind it."""
    found = document.injections.found
    if not found:
        return None
    others = tuple((f"{block.reason} at {block.place}", block.text[:80]) for block in found[1:MAX_SHOWN])
    return make_evidence(f"injected.{found[0].reason}", found[0].place, found[0].text, others)


def _found(value: str | None, why: Evidence | None) -> FieldValue | None:
    return FieldValue(value, why) if value and why else None
