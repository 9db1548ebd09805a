"""Finds the captures that answer requests other than GET while a file is indexed."""

from archive.block import Block
from archive.cdxj import IndexEntry
from archive.http import entity, parse_head
from archive.reading.fast_path import ScannedRecord
from archive.record import Record, bare_uri
from archive.request_key import is_get, url_with_method
from archive.surt import surt

#: Longest request that is read, in bytes.
MAX_REQUEST = 16 << 20

_ScannedOrRecord = ScannedRecord | Record


class RequestPairing:
    """Pairs of requests other than GET and the captures that answer them.

    Call `add_request` and `add_capture` in the order of the file, then `key_of`. A request belongs to the capture that
    either of them names in WARC-Concurrent-To; without that, to the adjacent capture of the same URL.
    """

    def __init__(self) -> None:
        self._keys_by_offset: dict[int, str] = {}
        self._keys_by_response: dict[str, str] = {}
        self._keys_by_request: dict[str, str] = {}
        # The record before, if it may still find its partner: URL and key of a request, or the entry of a capture.
        self._request: tuple[str, str] | None = None
        self._capture: IndexEntry | None = None
        self._follows_get = False

    @property
    def is_empty(self) -> bool:
        """True if all requests are GET."""
        return not (self._keys_by_offset or self._keys_by_response)

    def key_of(self, entry: IndexEntry) -> str:
        """Return the key of a capture, which has the method and body of its request if that is not GET."""
        by_id = self._keys_by_response.get(entry.record_id)
        return by_id or self._keys_by_offset.get(entry.offset, entry.urlkey)

    def add_request(self, record: _ScannedOrRecord) -> None:
        """Take the next record, which is a request."""
        block = record.block
        message = block if isinstance(block, bytes) else block.read(0, MAX_REQUEST)
        if is_get(message):
            self._follows_get = self._capture is None
            self._request = self._capture = None
            return
        key = surt(url_with_method(record.url, _without_chunks(message)))
        named = _concurrent_ids(record)
        self._keys_by_response.update(dict.fromkeys(named, key))
        is_adjacent = self._capture is not None and self._capture.url == record.url
        self._request = None
        if not named and is_adjacent and self._capture is not None:
            self._keys_by_offset[self._capture.offset] = key
        elif not named:
            self._request = (record.url, key)
            self._keys_by_request[record.id] = key
        self._capture, self._follows_get = None, False

    def add_capture(self, entry: IndexEntry, record: _ScannedOrRecord) -> None:
        """Take the next record, which is a capture."""
        is_paired, self._follows_get = self._follows_get, False
        if self._keys_by_request:
            names = (self._keys_by_request.pop(one, None) for one in _concurrent_ids(record))
            key = next(filter(None, names), None)
            if key is None and self._request is not None and self._request[0] == entry.url:
                key = self._request[1]
            if key is not None:
                self._keys_by_offset[entry.offset] = key
                is_paired = True
            self._request = None
        self._capture = None if is_paired else entry


def _without_chunks(message: bytes) -> bytes:
    head = parse_head(message)
    if not head.is_chunked:
        return message
    body = b"".join(entity(Block(message), head))
    return b"%b\r\nContent-Length: %d\r\n\r\n%b" % (message[: head.length].rstrip(b"\r\n"), len(body), body)


def _concurrent_ids(record: _ScannedOrRecord) -> list[str]:
    if isinstance(record, Record):
        return [bare_uri(value) for name, value in record.fields if name.lower() == "warc-concurrent-to"]
    head = record.member[: record.block_at].decode("latin-1")
    lines = (line.partition(":") for line in head.split("\n"))
    return [bare_uri(value.strip()) for name, _, value in lines if name.strip().lower() == "warc-concurrent-to"]
