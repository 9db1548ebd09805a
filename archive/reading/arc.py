"""The ARC format, WARC's predecessor, read as WARC records (archive.org, Arc File Format 1.0 and 2.0)."""

import re

#: Longest first line of an ARC record, in bytes.
MAX_ARC_LINE = 1 << 16

_SCHEME = re.compile(rb"[a-zA-Z][a-zA-Z0-9+.-]{0,99}:")
_NO_ADDRESS = (b"-", b"0.0.0.0")
_ADDRESS = re.compile(rb"-|(?:\d{1,3}\.){3}\d{1,3}|[0-9a-fA-F]*:[0-9a-fA-F:.]+")
_LENGTH = re.compile(rb"\d{1,18}")


def arc_record_fields(line: bytes) -> tuple[tuple[str, str], ...] | None:
    """Return the WARC fields that correspond to the first `line` of an ARC record; ``None`` for any other line.

    The line has URL, IP address, date, media type and length; version 2.0 adds status, digest, location, offset and
    file before the length. URL and media type may contain spaces. An invalid length is returned as it is written.
    """
    if len(line) > MAX_ARC_LINE or not line.endswith(b"\n") or not _SCHEME.match(line):
        return None
    words = line.rstrip(b"\r\n").split(b" ")
    at = next((at for at in range(2, len(words) - 1) if words[at - 1] and _is_date(words[at])), None)
    if at is None or not (_LENGTH.fullmatch(words[-1]) or _ADDRESS.fullmatch(words[at - 1])):
        return None
    url = b" ".join(words[: at - 1]).decode("utf-8", "replace")
    media_type = words[at + 1] if at + 2 < len(words) else b""
    fields = [("WARC-Type", _record_type(url)), ("WARC-Target-URI", url)]
    fields.append(("WARC-Date", words[at][:14].decode("ascii").ljust(14, "0")))
    if words[at - 1] not in _NO_ADDRESS:
        fields.append(("WARC-IP-Address", words[at - 1].decode("utf-8", "replace")))
    fields.append(("Content-Type", media_type.decode("utf-8", "replace") or "unknown"))
    fields.append(("Content-Length", words[-1].decode("ascii", "replace")))
    return tuple(fields)


def _is_date(word: bytes) -> bool:
    return 8 <= len(word) <= 20 and word.isdigit()


def _record_type(url: str) -> str:
    if url.startswith("filedesc:"):
        return "warcinfo"
    return "response" if url.lower().startswith(("http:", "https:")) else "resource"
