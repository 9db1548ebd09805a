"""The article page: general rules for every field, which a site's page class overrides by CSS selectors."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from dataclasses import replace as evolve
from datetime import date as Day
from functools import cached_property
from typing import Any, ClassVar, Self, TypeVar, cast

import attrs
from msgspec.structs import replace
from web_poet import HttpResponse, WebPage, field

from crawler import __version__
from crawler.extraction.clean.placement import Placement, locate_article
from crawler.extraction.document import Document
from crawler.extraction.errors import PageClassError
from crawler.extraction.evidence import FieldValue, make_evidence
from crawler.extraction.fields import metadata
from crawler.extraction.fields.authors import Authors
from crawler.extraction.fields.body import Body, BodyNotes, find_body
from crawler.extraction.fields.bylines import Bylines, find_bylines
from crawler.extraction.fields.dates import Dates, find_dates
from crawler.extraction.fields.paper_label import find_label
from crawler.extraction.fields.selected import (
    Selected,
    select_authors,
    select_byline,
    select_dates,
    select_title,
)
from crawler.extraction.fields.state_body import reconcile_body
from crawler.extraction.fields.title import find_title
from crawler.extraction.flags import find_flags
from crawler.extraction.layout.text import squeeze
from crawler.items import Article, Evidence

ValueT = TypeVar("ValueT")

#: Attributes that a page class may set to a `css` selector.
FIELDS = frozenset({"title", "date", "source", "editor", "authors", "paragraphs", "subheads", "drop"})

#: Most injected blocks that an article's evidence lists.
MAX_SHOWN = 20


@dataclass(frozen=True, slots=True)
class _Selector:
    """A CSS selector that a page class sets for a field."""

    query: str


def css(query: str) -> Any:
    """Declare the CSS selector of a field.

    The first match that holds the field's kind of value counts; for authors, paragraphs, subheads and drop, each match.
    """
    return _Selector(query)


def _field(method: Callable[[Any], ValueT]) -> ValueT:
    """Return `web_poet.field(method)`, typed as the value that `method` returns.

    Not the cached variant: it creates a reference cycle, so that pages would stay in memory until garbage collection.
    """
    return cast(ValueT, field(method))


@attrs.define(slots=False, eq=False, repr=False)
class ArticlePage(WebPage[Article]):
    """One page of one article, read by rules for any portal.

    A subclass for a site sets only its exceptions as class attributes: ``title``, ``date``, ``source``, ``editor``,
    ``authors``, ``paragraphs``, ``subheads`` and ``drop`` take a `css` selector, `timezone` and `language` a value.
    Selected text is parsed by the same grammar as other text, so labels and brackets around a value do not matter.
    If no node holds the field's kind of value, the general rules answer, and the evidence names the nodes.
    Defining a subclass with a selector for an unknown field raises PageClassError.
    """

    response: HttpResponse
    site_timezone: str | None = attrs.field(init=False, default=None)
    site_language: str | None = attrs.field(init=False, default=None)
    site_since: Day | None = attrs.field(init=False, default=None)
    site_boilerplate: AbstractSet[str] = attrs.field(init=False, default=frozenset())

    #: IANA name of the timezone of printed times; inferred from page and language if unset.
    timezone: ClassVar[str | None] = None
    #: Primary subtag of the site's language; detected from the page if unset.
    language: ClassVar[str | None] = None

    selectors: ClassVar[Mapping[str, str]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        selectors = {name: value.query for name, value in vars(cls).items() if isinstance(value, _Selector)}
        if unknown := sorted(selectors.keys() - FIELDS):
            raise PageClassError(f"{cls.__name__}: no field {unknown[0]!r}; css() may set {', '.join(sorted(FIELDS))}")
        for name in selectors:
            delattr(cls, name)
        cls.selectors = {**cls.selectors, **selectors}
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
        """Return the page of a parsed document; for the arguments about its site see `extract_from`."""
        page = cls.__new__(cls)  # without __init__: `response` is created on demand, since that copies the page
        page.__dict__["document"] = document  # prefills the cached property
        page.site_timezone = timezone or cls.timezone
        page.site_language = language or cls.language
        page.site_since, page.site_boilerplate = since, frozenset(map(squeeze, boilerplate))
        return page

    def __getattr__(self, name: str) -> Any:
        """Create `response` on first use if the page was read from a document."""
        if name != "response" or "document" not in self.__dict__:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        self.response = HttpResponse(url=self.document.url, body=self.document.html)
        return self.response

    @cached_property
    def document(self) -> Document:
        """The page as a document, parsed once."""
        return Document(
            self.response.body, str(self.response.url), content_type=self.response.headers.get("Content-Type")
        )

    @property
    def article(self) -> Article:
        """The article on this page: all fields, and evidence for those that were found."""
        document, body = self.document, self._body
        label = find_label(document.lines)
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
            section=(label and label.section) or metadata.section(document),
            page=label and label.page,
            tags=metadata.tags(document),
            images=metadata.images(document, body.lines if body else ()),
            flags=find_flags(document, self._dates, body, site_language=self.site_language, site_since=self.site_since),
            evidence=self._collect_evidence(),
            extractor=f"broadsheet/{__version__}+{type(self).__name__}",
        )

    def _validate_input(self) -> Any:
        """Return the answer of the class's `validate_input`, if it has one.

        Without one, web-poet is not called: it would cache the answer in a way that keeps the page in memory.
        """
        return super()._validate_input() if hasattr(type(self), "validate_input") else None

    async def to_item(self) -> Article:
        """Return the article, for frameworks that drive page objects."""
        return self.article

    # --- fields; a subclass may override any of them as a web-poet field ------------------------------------------

    @_field
    def title(self) -> str | None:
        """Title without the site's name."""
        return self._title.value if self._title else None

    @_field
    def date(self) -> str | None:
        """Printed day or time of publication, ISO 8601."""
        return self._dates.date

    @_field
    def source(self) -> str | None:
        """Outlet that the portal credits."""
        return self._source.value if self._source else None

    @_field
    def editor(self) -> str | None:
        """Desk editor."""
        return self._editor.value if self._editor else None

    @_field
    def authors(self) -> tuple[str, ...]:
        """Names of the reporters without duplicates."""
        return self._authors.names

    @_field
    def body(self) -> str | None:
        """Paragraphs of the story joined by line feeds."""
        return self._body.text if self._body else None

    # --- how fields are found -------------------------------------------------------------------------------------

    @cached_property
    def _selected_title(self) -> Selected[FieldValue] | None:
        query = self.selectors.get("title")
        return select_title(self.document, query) if query else None

    @cached_property
    def _selected_dates(self) -> Selected[Dates] | None:
        query = self.selectors.get("date")
        return select_dates(self.document, query, self.site_timezone) if query else None

    @cached_property
    def _selected_source(self) -> Selected[FieldValue] | None:
        query = self.selectors.get("source")
        return select_byline(self.document, "source", query) if query else None

    @cached_property
    def _selected_editor(self) -> Selected[FieldValue] | None:
        query = self.selectors.get("editor")
        return select_byline(self.document, "editor", query) if query else None

    @cached_property
    def _selected_authors(self) -> Selected[Authors] | None:
        query = self.selectors.get("authors")
        return select_authors(self.document, query) if query else None

    @cached_property
    def _title(self) -> FieldValue | None:
        return _first(self._selected_title) or find_title(self.document)

    @cached_property
    def _dates(self) -> Dates:
        general = find_dates(self.document, timezone=self.site_timezone, placement=self.placement)
        selected = _first(self._selected_dates)
        return replace(selected, line=general.line, lines=general.lines) if selected else general

    @cached_property
    def _bylines(self) -> Bylines:
        return find_bylines(self.document, placement=self.placement, dates=self._dates)

    @cached_property
    def _source(self) -> FieldValue | None:
        bylines = self._bylines
        return _first(self._selected_source) or _make_value(bylines.source, bylines.source_evidence)

    @cached_property
    def _editor(self) -> FieldValue | None:
        bylines = self._bylines
        return _first(self._selected_editor) or _make_value(bylines.editor, bylines.editor_evidence)

    @cached_property
    def _authors(self) -> Authors:
        bylines = self._bylines
        return _first(self._selected_authors) or Authors(bylines.authors, bylines.authors_evidence)

    @cached_property
    def _body(self) -> Body | None:
        return self.search_body()

    def search_body(self, notes: BodyNotes | None = None) -> Body | None:
        """Return the body with its lines, rule and score. The search is recorded in `notes`, if given."""
        stated_nodes = self._select_nodes("paragraphs", "subheads")
        printed = find_body(
            self.document,
            title=self.title,
            title_line=self._title_line,
            field_lines=self._dates.lines | self._bylines.lines,
            stated_nodes=stated_nodes,
            dropped_nodes=self._select_nodes("drop"),
            repeated=self.site_boilerplate,
            notes=notes,
        )
        return printed if stated_nodes and printed else reconcile_body(self.document, printed, self.title)

    @property
    def _title_line(self) -> int | None:
        return self._title.line if self._title else None

    @property
    def dates(self) -> Dates:
        """The dates with their evidence and lines."""
        return self._dates

    @cached_property
    def placement(self) -> Placement:
        """The place of the article on the page."""
        return locate_article(self.document.lines, self._title_line)

    def _select_nodes(self, *names: str) -> frozenset[int]:
        """Return the `mem_id` of each node that the class selects for any of the fields `names`."""
        queries = [self.selectors[name] for name in names if name in self.selectors]
        return frozenset(node.mem_id for query in queries for node in self.document.tree.css(query))

    def _collect_evidence(self) -> Mapping[str, Evidence]:
        """Return the evidence by field, and for injected links if some were removed.

        A selector that gives no value is named in the evidence of its field, also where the field has no value.
        """
        found = {
            "title": self._title.evidence if self._title else None,
            "date": self._dates.evidence,
            "date_modified": self._dates.modified_evidence,
            "source": self._source.evidence if self._source else None,
            "editor": self._editor.evidence if self._editor else None,
            "authors": self._authors.evidence,
            "body": self._body.evidence if self._body else None,
            "injected_links": _describe_injections(self.document),
        }
        for name, reason in self._absent_selections():
            evidence = found[name]
            runner_up = (f"page.{name}.absent", reason)
            found[name] = (
                evolve(evidence, others=(runner_up, *evidence.others))
                if evidence
                else make_evidence(runner_up[0], self.selectors[name], reason)
            )
        return {name: reason for name, reason in found.items() if reason is not None}

    def _absent_selections(self) -> Iterator[tuple[str, str]]:
        """Yield the fields whose selector gives no value, each with the reason."""
        selections: tuple[tuple[str, Selected[Any] | None], ...] = (
            ("title", self._selected_title),
            ("date", self._selected_dates),
            ("source", self._selected_source),
            ("editor", self._selected_editor),
            ("authors", self._selected_authors),
        )
        for name, selected in selections:
            if selected is not None and (reason := selected.absence):
                yield name, reason


def _first(selected: Selected[ValueT] | None) -> ValueT | None:
    """Return the first value that a selector gives, if any."""
    return selected.values[0] if selected and selected.values else None


def _describe_injections(document: Document) -> Evidence | None:
    """Return evidence for the injected blocks that were removed: the first one, then up to MAX_SHOWN - 1 others."""
    found = document.injections.found
    if not found:
        return None
    others = tuple((f"{block.reason} at {block.place}", block.text[:80]) for block in found[1:MAX_SHOWN])
    return make_evidence(f"injected.{found[0].reason}", found[0].place, found[0].text, others)


def _make_value(value: str | None, evidence: Evidence | None) -> FieldValue | None:
    """Return value and evidence together, ``None`` if either is missing."""
    return FieldValue(value, evidence) if value and evidence else None
