"""The ARC format, WARC's forerunner, read as WARC records (archive.org, Arc File Format 1.0 and 2.0)."""

import re

#: The line that begins an ARC record: URL, IP address, 14-digit date, media type, (status, digest, ..., in 2.0) length.
ARC_LINE = re.compile(rb"([a-zA-Z][a-zA-Z0-9+.-]*:[^\n]*?) (\S+) (\d{8,17}) ([^\n]*?) ?(\d+)\r?\n")


def arc_record_fields(line: bytes) -> tuple[tuple[str, str], ...]:
    """The named fields a WARC record would have in place of an ARC record's first `line`."""
    match = ARC_LINE.fullmatch(line)
    assert match, "the caller matched the line"
    url, address, stamp, media_type, length = (part.decode("utf-8", "replace") for part in match.groups())
    date = stamp[:14].ljust(14, "0")
    fields = [("WARC-Type", _type_of(url)), ("WARC-Target-URI", url), ("WARC-Date", date)]
    if address not in ("-", "0.0.0.0"):
        fields.append(("WARC-IP-Address", address))
    fields += [("Content-Type", media_type.split(" ")[0] or "unknown"), ("Content-Length", length)]
    return tuple(fields)


def _type_of(url: str) -> str:
    if url.startswith("filedesc:"):
        return "warcinfo"
    return "response" if url.startswith(("http:", "https:")) else "resource"
