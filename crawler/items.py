"""The article item and the evidence for its fields."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Evidence:
    """The origin of a field's value: the rule that found it, the place on the page, the text it was read from.

    `rule` is a dotted name such as ``head.source.labelled`` or ``jsonld.datePublished``. `place` is a CSS path or the
    name of the structured item. `text` is the raw text found there, cut to 200 characters. `others` are the runners-up,
    best first, each as (rule, value). `score` is the share of right values that this rule found on measured pages, 0 to
    1; ``None`` for rules that were not measured.
    """

    rule: str
    place: str = ""
    text: str = ""
    others: tuple[tuple[str, str], ...] = ()
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """The WARC record an article was read from.

    `record_id` is the WARC-Record-ID without angle brackets, `file` the WARC's name relative to the archive's
    ``warc/`` folder, `offset` the byte offset of the record's gzip member, `payload_digest` the WARC-Payload-Digest,
    `captured_at` the WARC-Date (ISO 8601, UTC).
    """

    record_id: str
    file: str
    offset: int
    payload_digest: str
    captured_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One news article as its page printed it. Fields that the page does not have are ``None``; nothing is guessed.

    `date` and `date_modified` are ISO 8601 at the precision the page prints, with offset if that is known;
    `date_precision` is ``second``, ``minute`` or ``day``, and a day is just ``YYYY-MM-DD``. `source` is the credited
    outlet (来源), `editor` the desk editor (责编); `authors` are the reporters. `body` has one line per paragraph.
    `section` is the section, of a newspaper the name of the page (版名); `page` is the number of that page (版次).
    """

    url: str
    canonical_url: str | None = None
    site: str | None = None
    title: str | None = None
    date: str | None = None
    source: str | None = None
    editor: str | None = None
    body: str | None = None
    date_precision: str | None = None
    date_modified: str | None = None
    authors: tuple[str, ...] = ()
    language: str | None = None
    section: str | None = None
    page: str | None = None
    tags: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    provenance: Provenance | None = None
    extractor: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the item as plain JSON-ready values, keys in the order of the fields above."""
        return asdict(self)
