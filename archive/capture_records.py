"""The two records of a capture, as gzip members: its response (or a revisit in its place) and its request."""

import os
from collections.abc import Iterable

from archive.block import Block
from archive.capture import Capture
from archive.digest import Bytes, sha1_label
from archive.gzip_writer import RECORD_END, deflate_in_pieces, deflate_record, store_in_pieces, store_record
from archive.record import format_date, require_fit
from archive.revisit import IDENTICAL_PAYLOAD, Revisit


def new_record_id() -> str:
    """Return a unique record id: a random UUID (RFC 9562, section 5.4) as a URN."""
    try:
        digits = _DIGITS.pop()
    except IndexError:
        drawn = os.urandom(_BATCH * 16).hex()
        _DIGITS.extend(drawn[at : at + 32] for at in range(32, len(drawn), 32))
        digits = drawn[:32]
    variant = _VARIANT[digits[16]]
    return f"urn:uuid:{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


#: Ids per call of `os.urandom`: one call per id would cost more than everything else an id needs.
_BATCH = 64
_DIGITS: list[str] = []
os.register_at_fork(after_in_child=_DIGITS.clear)  # parent and child would use the same ids

_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def event_fields(capture: Capture, warcinfo_id: str) -> str:
    """Return the lines that both records have. Raises ArchiveError for a control character in the URL or address."""
    address = "" if capture.ip_address is None else f"\r\nWARC-IP-Address: {capture.ip_address}"
    require_fit(capture.url, capture.ip_address or "")
    return (
        f"WARC-Warcinfo-ID: <{warcinfo_id}>\r\nWARC-Target-URI: {capture.url}\r\n"
        f"WARC-Date: {format_date(capture.started_at)}{address}\r\n"
    )


def compress_response(capture: Capture, event: str, record_id: str, payload_digest: str) -> Iterable[Bytes]:
    """Return the gzip member of the response record."""
    head, block = capture.head, capture.response
    # By the standard the payload excludes chunk framing, but warcio (issue 74) and FastWARC verify the field over the
    # framed bytes and would report a valid record as broken. So a chunked response is written without the field. The
    # block digest covers its bytes, and our readers compute its payload digest.
    payload = "" if head.is_chunked else f"WARC-Payload-Digest: {payload_digest}\r\n"
    truncated = "" if capture.truncated is None else f"WARC-Truncated: {capture.truncated}\r\n"
    fields = (
        f"WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <{record_id}>\r\n{event}{truncated}"
        f"WARC-Block-Digest: {sha1_label(block.pieces())}\r\n{payload}"
        f"Content-Type: application/http;msgtype=response\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    compress = store_in_pieces if head.get(b"content-encoding") else deflate_in_pieces
    return compress(fields.encode(), block)


def compress_revisit(capture: Capture, event: str, record_id: str, revisit: Revisit) -> Iterable[Bytes]:
    """Return the gzip member of the revisit record: the response's head as received, without its payload."""
    block = Block(capture.response.read(0, capture.head.length))
    # "Shall be used for any identical-digest truncation" (WARC 1.1, section 6.7.2).
    truncated = "WARC-Truncated: length\r\n" if revisit.profile == IDENTICAL_PAYLOAD else ""
    fields = (
        f"WARC/1.1\r\nWARC-Type: revisit\r\nWARC-Record-ID: <{record_id}>\r\n{event}{truncated}"
        f"WARC-Profile: {revisit.profile}\r\nWARC-Refers-To: <{revisit.record_id}>\r\n"
        f"WARC-Refers-To-Target-URI: {revisit.url}\r\nWARC-Refers-To-Date: {format_date(revisit.date)}\r\n"
        f"WARC-Block-Digest: {sha1_label(block.pieces())}\r\nWARC-Payload-Digest: {revisit.payload_digest}\r\n"
        f"Content-Type: application/http;msgtype=response\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return deflate_in_pieces(fields.encode(), block)


def compress_request(capture: Capture, event: str, record_id: str, response_id: str) -> Iterable[Bytes]:
    """Return the gzip member of the request record."""
    fields = (
        f"WARC/1.1\r\nWARC-Type: request\r\nWARC-Record-ID: <{record_id}>\r\n{event}"
        f"WARC-Concurrent-To: <{response_id}>\r\nWARC-Block-Digest: {sha1_label([capture.request])}\r\n"
        f"Content-Type: application/http;msgtype=request\r\nContent-Length: {len(capture.request)}\r\n\r\n"
    )
    # Next to a body that is already compressed, deflating the request saves too little for the time it takes.
    compress = store_record if capture.head.get(b"content-encoding") else deflate_record
    return (compress(b"".join((fields.encode(), capture.request, RECORD_END))),)
