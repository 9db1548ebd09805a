"""Tables and statements of the index's database."""

from archive.cdxj import REVISIT_MIME
from archive.request_key import METHOD_PARAMETER

SCHEMA_VERSION = 2
SCHEMA = """
CREATE TABLE file (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, complete INTEGER NOT NULL DEFAULT 0);
CREATE TABLE capture (
    urlkey TEXT NOT NULL, date INTEGER NOT NULL, file INTEGER NOT NULL REFERENCES file, offset INTEGER NOT NULL,
    length INTEGER NOT NULL, url TEXT NOT NULL, mime TEXT, status INTEGER, digest TEXT NOT NULL,
    record_id TEXT NOT NULL, framed_digest TEXT, PRIMARY KEY (urlkey, date, file, offset)
) WITHOUT ROWID;
CREATE INDEX capture_by_place ON capture (file, offset);
"""
INSERT = "INSERT OR REPLACE INTO capture VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
# CROSS JOIN keeps SQLite from scanning the files first.
SELECT = (
    "SELECT urlkey, date, name, offset, length, url, mime, status, digest, record_id, framed_digest"
    " FROM capture CROSS JOIN file ON file.id = capture.file WHERE "
)
SELECT_BY_PLACE = SELECT.replace("capture CROSS JOIN file", "file CROSS JOIN capture")
# Most captures returned by a search for a payload.
MAX_MATCHES = 3
# Only the latest captures are searched, since a front page has tens of thousands.
LATEST_OF_URL = "SELECT * FROM capture WHERE urlkey = ? ORDER BY date DESC LIMIT 100"
# Only a writer that searches for payloads across URLs needs this index, so only that one pays for it.
NOT_REVISIT = f"mime IS NOT '{REVISIT_MIME}'"
PAYLOAD_INDEX = f"CREATE INDEX IF NOT EXISTS capture_by_payload ON capture (digest, date) WHERE {NOT_REVISIT}"
# Division rounds towards zero, so it is made exact first, for dates before 1970.
_DAY = 24 * 3600 * 1_000_000
COUNTS_BY_DAY = (
    f"SELECT (date - (date % {_DAY} + {_DAY}) % {_DAY}) / {_DAY} AS day, url, count(*) FROM capture"
    " WHERE urlkey = ? AND date >= ? AND date < ? GROUP BY day, url"
)
# Without responses to requests other than GET.
URLS = (
    "SELECT urlkey, min(url), count(*), min(date), max(date) FROM capture"
    " WHERE urlkey >= ? AND urlkey < ? AND date >= ? AND date < ?"
    f" AND instr(urlkey, '{METHOD_PARAMETER}=') = 0 GROUP BY urlkey ORDER BY urlkey LIMIT ?"
)
