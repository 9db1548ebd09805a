"""Notes: records in which crawlers keep something about a page, such as a screenshot, its text or metadata.

Browsertrix writes resource records with URLs such as ``urn:view:http://www.example.org/``. Heritrix and others write
metadata records with the URL of the page, which are indexed as ``urn:metadata:http://www.example.org/`` here, so that
they are not taken for captures of it. A conversion of a page is indexed in the same way if the page is there too.
"""

import re

from archive.surt import surt

#: Kinds of notes by the name in their URL, and what to call them.
NOTE_KINDS = {
    "view": "Screenshot",
    "fullPage": "Screenshot of the whole page",
    "thumbnail": "Thumbnail",
    "text": "Text",
    "textFinal": "Text at the end",
    "text-from-response": "Text of the response",
    "pageinfo": "Page information",
    "metadata": "Metadata",
    "conversion": "Conversion",
}

#: Beginnings of URLs under which records are indexed here only: their own URL is that of the page.
INTERNAL_PREFIXES = ("urn:metadata:", "urn:conversion:")

_OF_PAGE = re.compile(r"urn:([a-z][a-z0-9-]*):(https?://.+)", re.IGNORECASE | re.DOTALL)


def is_note(url: str) -> bool:
    """True if `url`, as in the index, is that of a note."""
    return url[:4].lower() == "urn:"


def note_url(record_type: str, url: str) -> str:
    """Return the URL under which a record is indexed as a note."""
    if is_note(url):
        return url
    return f"urn:{'conversion' if record_type == 'conversion' else 'metadata'}:{url}"


def described_url(url: str) -> str:
    """Return the URL of the page that a note is about; `url` itself if it is not that of such a note."""
    note = _OF_PAGE.fullmatch(url) if is_note(url) else None
    return note[2] if note else url


def kind_of_note(url: str) -> str:
    """Return the kind of the note with that URL, one of `NOTE_KINDS`; empty for any other URL."""
    note = _OF_PAGE.fullmatch(url)
    return next((kind for kind in NOTE_KINDS if note and kind.lower() == note[1].lower()), "")


def note_keys(url: str) -> list[str]:
    """Return the keys in the index of all kinds of notes about the page at `url`."""
    page = surt(f"urn:x:{url}").removeprefix("urn:x:")
    return [f"urn:{kind.lower()}:{page}" for kind in NOTE_KINDS]
