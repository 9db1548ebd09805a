"""The sort-friendly key of a URL (SURT), identical to that of pywb, cdxj-indexer and the Wayback Machine.

URLs that differ only in details that seldom matter (scheme, ``www.``, case, session id, order of query arguments) have
the same key. Keys of a host and its subdomains sort together: ``com,example)/news?a=1&b=2``. The rules are those of the
Wayback Machine: Google's Safe Browsing canonicalization, then the Internet Archive's.
"""

import re
import socket
from urllib.parse import quote_from_bytes, unquote_to_bytes

# Most URLs only need lower case: they have no escapes, dot segments, query, port or IP address.
_PLAIN = re.compile(
    r"https?://(?:www\d*\.)?((?!www\d*\.)[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z-][a-z0-9-]*)((?:/[\w~!$,@'*-][\w~!$,@'*.-]*)*)/?",
    re.ASCII,
)

_SPLIT = re.compile(rb"(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?", re.DOTALL)
_WWW = re.compile(rb"www\d*\.")
_DEFAULT_PORTS = {b"http": 80, b"https": 443}
_SAFE = "!\"$&'()*+,-./:;<=>?@[\\]^_`{|}~"

_PATH_SESSIONS = (
    re.compile(rb"(.*/)\((?:[a-z]\([0-9a-z]{24}\))+\)/([^?]+\.aspx.*)", re.IGNORECASE | re.DOTALL),
    re.compile(rb"(.*/)\([0-9a-z]{24}\)/([^?]+\.aspx.*)", re.IGNORECASE | re.DOTALL),
)
_QUERY_SESSIONS = tuple(
    re.compile(rb"(.*)" + key + rb"(?:&(.*))?", re.IGNORECASE | re.DOTALL)
    for key in (
        rb"jsessionid=[0-9a-z]{32}",
        rb"phpsessid=[0-9a-z]{32}",
        rb"sid=[0-9a-z]{32}",
        rb"aspsessionid[a-z]{8}=[a-z]{24}",
        rb"cfid=[^&]+&cftoken=[^&]+",
    )
)


def surt(url: str) -> str:
    """Return the key of `url`. A URL that cannot be parsed is its own key; that of an empty URL is ``-``."""
    plain = _PLAIN.fullmatch(url)
    if plain:
        host, path = plain.groups()
        return f"{','.join(reversed(host.split('.')))}){path.lower() or '/'}"
    try:
        return _canonicalize(url.encode()).decode("utf-8", "replace")
    except ValueError:
        return url


def _canonicalize(url: bytes) -> bytes:
    if not url or url.startswith(b"filedesc"):
        return url or b"-"
    url = re.sub(rb"[\n\r\t]", b"", url.strip())
    if not re.match(rb"[a-zA-Z][a-zA-Z0-9+.-]*:", url):
        url = b"http://" + url
    url = re.sub(rb"^(https?://)+", rb"\1", url)
    match = _SPLIT.fullmatch(url)
    if match is None:
        raise ValueError("not a URL")
    scheme, authority, path, query = (part or b"" for part in match.group(1, 2, 3, 4))
    host, port = _split_authority(authority)
    if not host and scheme.startswith(b"http"):
        host, _, path = path.lstrip(b"/").partition(b"/")
        path = b"/" + path if host else b""
    if not host:
        path = _normalize_path(path) if path.startswith(b"/") else _escape(path).lower()
        return scheme + b":" + path + _normalize_query(query[1:])
    host = _reverse_host(host)
    if port is not None and port != _DEFAULT_PORTS.get(scheme.lower()):
        host += b":%d" % port
    return host + b")" + _normalize_path(_remove_dot_segments(_unescape(path))) + _normalize_query(query[1:])


def _split_authority(authority: bytes) -> tuple[bytes, int | None]:
    authority = authority.rpartition(b"@")[2].rstrip(b":")
    bracketed = re.fullmatch(rb"\[([^\]]*)\](?::(.*))?", authority)
    host, port = bracketed.group(1, 2) if bracketed else _split_port(authority)
    if not port:
        return host.lower(), None
    if not port.isdigit() or int(port) > 65535:
        raise ValueError("port out of range")
    return host.lower(), int(port)


def _split_port(authority: bytes) -> tuple[bytes, bytes]:
    host, _, port = authority.partition(b":")
    return host, port


def _reverse_host(host: bytes) -> bytes:
    """Return the host in lower-case ASCII without ``www``, its labels reversed and joined by commas."""
    host = _unescape(host)
    if not host.isascii():
        host = host.decode("utf-8", "ignore").encode("idna")
    host = host.replace(b"..", b".").strip(b".")
    host = _dotted_quad(host) or quote_from_bytes(host.lower(), safe=_SAFE).encode("ascii")
    if www := _WWW.match(host):
        host = host[www.end() :]
    return b",".join(reversed(host.split(b".")))


def _dotted_quad(host: bytes) -> bytes | None:
    """Return the dotted quad of a host that is an IPv4 address in any of the old notations, else ``None``."""
    if host.isdigit():
        return socket.inet_ntoa((int(host) & 0xFFFFFFFF).to_bytes(4, "big")).encode("ascii")
    if not re.fullmatch(rb"\d+(?:\.\d+){1,3}", host):
        return None
    try:
        return socket.inet_ntoa(socket.inet_aton(host.decode("ascii"))).encode("ascii")
    except OSError:
        return None


def _remove_dot_segments(path: bytes) -> bytes:
    """Return `path` without empty, ``.`` and ``..`` segments."""
    kept: list[bytes] = []
    for segment in path.split(b"/")[1:]:
        if segment == b".":
            continue
        if segment != b"..":
            kept.append(segment)
        elif kept:
            kept.pop()
        else:
            kept.append(segment)
    return b"/" + b"/".join([segment for segment in kept[:-1] if segment] + kept[-1:])


def _normalize_path(path: bytes) -> bytes:
    path = _escape(path).lower()
    for session in _PATH_SESSIONS:
        if match := session.fullmatch(path):
            path = match[1] + match[2]
    return path[:-1] if path.endswith(b"/") and len(path) > 1 else path


def _normalize_query(query: bytes) -> bytes:
    query = _escape(query)
    for session in _QUERY_SESSIONS:
        if match := session.fullmatch(query):
            query = match[1] + (match[2] or b"")
    if not query:
        return b""
    arguments = sorted(tuple(argument.split(b"=", 1)) for argument in query.lower().split(b"&"))
    return b"?" + b"&".join(b"=".join(argument) for argument in arguments)


def _unescape(data: bytes) -> bytes:
    """Percent-decode `data` until it no longer changes."""
    while (plain := unquote_to_bytes(data)) != data:
        data = plain
    return data


def _escape(data: bytes) -> bytes:
    """Return `data` with only those bytes percent-encoded that have to be."""
    return quote_from_bytes(_unescape(data), safe=_SAFE).encode("ascii")
