"""Index keys of requests other than GET: ``__wb_method=POST&…`` is added to the query, as pywb and cdxj-indexer do.

So a response to POST, HEAD or OPTIONS is never taken for the page at the URL. For POST and PUT the key equals that of
``cdxj-indexer -p``, which follows https://specs.webrecorder.net/request-body-canonicalization/latest/ and leaves the
other methods alone. Differences: AMF bodies count as binary, and a body longer than `MAX_BODY` is ignored.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus, urlencode

from archive.http import Head, parse_head

#: The name of the added query parameter.
METHOD_PARAMETER = "__wb_method"

#: Longest body that becomes part of a key, in bytes.
MAX_BODY = 4 << 20

#: Longest part of a key that comes from a body.
MAX_QUERY = 4096

_METHOD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) ")
_WITH_BODY = ("POST", "PUT")
# Bytes of the body that count if the head does not state its length.
_UNSTATED_LENGTH = 8192
_PART_NAME = re.compile(rb'\bname="([^"]*)"')
_FILE_NAME = re.compile(rb"\bfilename\*?=")


def is_get(request: bytes) -> bool:
    """True if the message is a GET request, or none at all."""
    return not request or request.startswith(b"GET ")


def url_with_method(url: str, request: bytes) -> str:
    """Return `url` with the method and the body of `request` (a whole message) in its query; unchanged for GET."""
    method = _METHOD.match(request)
    if is_get(request) or not method:
        return url
    name = method[1].decode("ascii").upper()
    query = f"{METHOD_PARAMETER}={name}"
    if name in _WITH_BODY:
        head = parse_head(request)
        if body_query := _read_query(head, request[head.length :]):
            query += f"&{body_query}"
    return f"{url}{'&' if '?' in url else '?'}{query}"


def _read_query(head: Head, body: bytes) -> str:
    """Return the body as a query: forms and JSON as parameters, anything else as base64."""
    stated = head.get(b"content-length")
    if stated is not None and not stated.isdigit():
        return ""
    body = body[: _UNSTATED_LENGTH if stated is None else int(stated)]
    if len(body) > MAX_BODY:
        return ""
    kind = (head.get(b"content-type") or b"").decode("latin-1")
    try:
        if kind.startswith("application/x-www-form-urlencoded"):
            query = unquote_plus(body.decode())
        elif kind.startswith("multipart/"):
            query = urlencode(list(_read_parts(body, kind.split("boundary=")[1].encode("latin-1"))))
        elif kind.startswith(("application/json", "text/plain")):
            query = _json_query(body)
        else:
            query = _binary_query(body)
    except (ValueError, IndexError, RecursionError):
        query = "" if kind.startswith("application/json") else _binary_query(body)
    return query[:MAX_QUERY]


def _binary_query(body: bytes) -> str:
    return f"__wb_post_data={b64encode(body).decode('ascii')}"


def _read_parts(body: bytes, boundary: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each part of a multipart form."""
    for part in body.split(b"--" + boundary.strip(b'"'))[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        if name := _PART_NAME.search(head):
            content = content.removesuffix(b"\r\n")
            if not _FILE_NAME.search(head):
                content = content.decode("utf-8", "strict").encode()
            yield name[1].decode(), content


def _json_query(body: bytes) -> str:
    """Return the values in JSON, or in lines of JSON, as parameters; a repeated name gets a number."""
    values: dict[str, str] = {}
    repeated: dict[str, int] = {}

    def add(value: Any, name: str = "") -> None:
        if isinstance(value, dict):
            for key, item in value.items():
                add(item, key)
        elif isinstance(value, list):
            for item in value:
                add(item, name)
        elif name:
            key = name
            if name in values:
                repeated[name] = repeated.get(name, 1) + 1
                key = f"{name}.{repeated[name]}_"
            values[key] = str(value)

    try:
        add(json.loads(body))
    except json.JSONDecodeError:
        if b"\n" not in body:
            raise
        for line in body.split(b"\n"):
            add(json.loads(line))
    return urlencode(values)
