"""Index entry of a capture, and its CDXJ line in the format of pywb and cdxj-indexer."""

import json
import re
from dataclasses import dataclass
from datetime import datetime

from archive.capture import Capture, Location
from archive.dates import parse_date
from archive.digest import sha1_label
from archive.errors import DamagedError
from archive.http import Head
from archive.request_key import METHOD_PARAMETER, url_with_method
from archive.surt import surt

# Same as json.dumps for a string, without the set-up cost.
_quote = json.encoder.encode_basestring_ascii

_PARAMETERS = re.compile(rb"[;\s]")

#: The `mime` of a revisit.
REVISIT_MIME = "warc/revisit"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexEntry:
    """Position and properties of a capture.

    `urlkey` is the URL's SURT; `date` the exact WARC-Date, UTC; `mime` the media type of the Content-Type header
    (``warc/revisit`` for a revisit); `status` the HTTP status; the last two are ``None`` if absent. `digest` is the
    labelled payload digest; `offset` and `length` are the bytes of the record's gzip member in `file`. `record_id` is
    empty if the entry was read from a CDXJ line. `framed_digest` is the digest of a chunked payload with its framing:
    other indexers compute it for a record without a payload digest, and our chunked responses have none. CDXJ lines
    contain it.
    """

    urlkey: str
    date: datetime
    url: str
    mime: str | None
    status: int | None
    digest: str
    length: int
    offset: int
    file: str
    record_id: str = ""
    framed_digest: str | None = None

    @property
    def timestamp(self) -> str:
        """The date as the 14 digits of a CDXJ line."""
        date = self.date
        return f"{date.year:04}{date.month:02}{date.day:02}{date.hour:02}{date.minute:02}{date.second:02}"

    @property
    def method(self) -> str:
        """The method of the request, which the key of any other than GET has, see `archive.request_key`."""
        _, marked, rest = self.urlkey.partition(f"{METHOD_PARAMETER}=")
        return rest.partition("&")[0].upper() if marked else "GET"

    @property
    def location(self) -> Location:
        """The location of the record."""
        return Location(self.file, self.offset, self.length, self.record_id, self.date, self.digest)


def entry_of(capture: Capture, location: Location, *, revisit: bool = False) -> IndexEntry:
    """Return the entry of a stored capture; `revisit` is true if it is stored as a revisit."""
    head = capture.head
    framed = head.is_chunked and not revisit
    return IndexEntry(
        urlkey=surt(url_with_method(capture.url, capture.request)),
        date=location.date,
        url=capture.url,
        mime=REVISIT_MIME if revisit else media_type(head),
        status=head.status,
        digest=location.payload_digest,
        length=location.length,
        offset=location.offset,
        file=location.file,
        record_id=location.record_id,
        framed_digest=sha1_label(capture.response.pieces(head.length)) if framed else None,
    )


def media_type(head: Head) -> str | None:
    """Return the media type of the Content-Type header, without parameters; ``None`` if absent."""
    value = head.get(b"content-type") or b""
    return _PARAMETERS.split(value, maxsplit=1)[0].decode("latin-1") or None


def cdxj_line(entry: IndexEntry) -> str:
    """Return the entry's CDXJ line, with its line feed."""
    mime = "" if not entry.mime else f', "mime": {_quote(entry.mime)}'
    status = "" if entry.status is None else f', "status": "{entry.status}"'
    digest = entry.framed_digest or entry.digest
    digest = "" if not digest else f', "digest": {_quote(digest)}'
    method = "" if entry.method == "GET" else f', "method": "{entry.method}"'
    return (
        f'{entry.urlkey} {entry.timestamp} {{"url": {_quote(entry.url)}{mime}{status}{digest}, '
        f'"length": "{entry.length}", "offset": "{entry.offset}", "filename": {_quote(entry.file)}{method}}}\n'
    )


def parse_cdxj_line(line: str, *, file: str = "", offset: int | None = None) -> IndexEntry:
    """Return the entry in a CDXJ line. `file` and `offset` are the line's position, for the error.

    Raises DamagedError if the line is not valid CDXJ.
    """
    try:
        urlkey, timestamp, text = line.rstrip("\r\n").split(" ", 2)
        date, fields = parse_date(timestamp), json.loads(text)
        if date is None or (timestamp.isdigit() and len(timestamp) != 14):
            raise ValueError(f"timestamp {timestamp!r}")
        status = fields.get("status")
        return IndexEntry(
            urlkey=urlkey,
            date=date,
            url=str(fields["url"]),
            mime=fields.get("mime"),
            status=None if status in (None, "-", "") else int(status),
            digest=str(fields.get("digest", "")),
            length=int(fields["length"]),
            offset=int(fields["offset"]),
            file=str(fields["filename"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DamagedError(
            f"not a CDXJ line ({error}): {line[:80]!r}", file=file or None, offset=offset, hint="export the index again"
        ) from error
