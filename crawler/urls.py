"""URL normalization, so that each page is fetched under one URL and stored under one key.

There are two forms because servers care about details that a key must ignore: `clean_url` keeps the host and the order
of the query as written, `url_key` does not.
"""

import re
from hashlib import blake2b
from urllib.parse import unquote_plus, urldefrag, urlsplit, urlunsplit

from w3lib.url import canonicalize_url, safe_url_string

#: Tracking parameters: they record where a reader came from and never change the page, whatever their value.
_TRACKING = re.compile(
    r"utm_\w+"  # Urchin and Google Analytics
    r"|(?:fb|g|dc|ms|y|tw|tt|ttc|wbra|gbra|li_fat_|epi)clid|gclsrc|li_fat_id"  # ad clicks
    r"|_ga|_gl|_hs\w+|hsctatracking|mc_[ce]id|mkt_tok|oly_\w+|vero_id"  # e-mail campaigns
    r"|wt_?mc\w*|piwik_\w+|mtm_\w+|pk_\w+|at_\w+"  # other analytics
    r"|spm(?:_id_from)?|scm|bd_vid|hmsr|hmpl|hmcu|hmkw|hmci|_hgutmcode"  # Alibaba, Baidu
    r"|share_(?:token|from|source|medium|tag|times|count|plat|id)|sharefrom"  # shared by a reader
    r"|isappinstalled|nsukey|weibo_id|wxfid"  # ... in WeChat, Weibo
    r"|igshid|ref_src|ref_url|cmpid|ocid|smid|ito|xtor|ncid|s_cid|sr_share|traffic_source",
    re.IGNORECASE,
)

#: Parameters that track only with some values. With others they number pages or name a section.
_TRACKING_VALUES = {
    "from": re.compile(r"(?:timeline|(?:single|group)message|weixin|wechat|weibo|qq|qrcode|rss|share|app|mobile)\w*"),
    "ref": re.compile(r"(?:rss|share|twitter|facebook|weibo|homepage|newsletter|nav)\w*"),
    "source": re.compile(r"(?:rss|feed|twitter|facebook|weibo|wechat|newsletter)\w*"),
    "src": re.compile(r"(?:rss|feed|twsrc|share)\w*"),
    "div": re.compile(r"-1"),  # the place on the image of a newspaper's page
    "tdsourcetag": re.compile(r".*"),
}

#: Session ids in the query or after a semicolon, which give the same page a new URL for each visitor. One whose name
#: says so may have digits only.
_SESSION_KEY = re.compile(r"(?:(?P<sure>(?:php|asp|j|cf)?sess(?:ion)?_?(?:id\w*)?)|sid|cfid|cftoken)", re.IGNORECASE)
_SESSION_VALUE = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[0-9A-Za-z_-]{16,}")
_SURE_SESSION_VALUE = re.compile(r"(?=.*\d)[0-9A-Za-z_.,-]{10,}")
_SESSION_IN_PATH = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?#;]*", re.IGNORECASE)

#: A URL that needs no cleaning, as most do. Parsing it would take sixty times as long as this match.
_PLAIN = re.compile(r"https?://(?P<host>(?!\d)[a-z0-9-]+(?:\.[a-z0-9-]+)+)(?P<path>/[A-Za-z0-9/_-]*(?:\.[a-z]+)?)")

_DEFAULT_PORT = {"http": 80, "https": 443}
_DEVICE_PREFIX = re.compile(r"^(?:www\d?|m|mobile|wap|amp|3g)\.(?=[^.]+\.)")


def clean_url(url: str) -> str:
    """Return the URL to request instead of `url`: without fragment, tracking, session id and default port.

    Text that is not a valid URL is returned unchanged.
    """
    return url if _PLAIN.fullmatch(url) else _clean(url)


def _clean(url: str) -> str:
    try:
        parts = urlsplit(urldefrag(safe_url_string(url)).url)
        host, port = (parts.hostname or "").removesuffix("."), parts.port
    except ValueError:
        return url
    if not host:
        return url
    # Keep each parameter as written: parsing and rebuilding the query would re-encode it.
    kept = [one for one in parts.query.split("&") if one and not _is_tracking(one)] if parts.query else []
    netloc = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORT.get(parts.scheme):
        netloc = f"{netloc}:{port}"
    path = _SESSION_IN_PATH.sub("", parts.path) or "/"
    return urlunsplit((parts.scheme, netloc, path, "&".join(kept), ""))


def _is_tracking(parameter: str) -> bool:
    """True if a query parameter, as written, is only for tracking or holds a session id."""
    name, _, value = parameter.partition("=")
    name, value = unquote_plus(name).lower(), unquote_plus(value)
    if _TRACKING.fullmatch(name) or (name in _TRACKING_VALUES and _TRACKING_VALUES[name].fullmatch(value.lower())):
        return True
    return is_session_id(name, value)


def is_session_id(name: str, value: str) -> bool:
    """True if a query parameter, unescaped, holds a session id."""
    found = _SESSION_KEY.fullmatch(name)
    return bool(found and (_SURE_SESSION_VALUE if found["sure"] else _SESSION_VALUE).fullmatch(value))


def url_key(url: str) -> bytes:
    """Return the 16-byte key shared by all URLs of a page.

    It ignores the scheme, ``www.`` or ``m.``, the order of the query and a trailing slash.
    """
    return blake2b(_key_text(url).encode(), digest_size=16).digest()


def _key_text(url: str) -> str:
    plain = _PLAIN.fullmatch(url)
    return _join_key_parts(plain["host"], plain["path"]) if plain else _canonical_key_text(url)


def _canonical_key_text(url: str) -> str:
    try:
        parts = urlsplit(canonicalize_url(clean_url(url)))
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return url
    return _join_key_parts(host, parts.path, parts.query, port)


def _join_key_parts(host: str, path: str, query: str = "", port: int | None = None) -> str:
    host_and_port = strip_device_prefix(host) + (f":{port}" if port is not None else "")
    return f"{host_and_port}{path.rstrip('/') or '/'}?{query}"


def strip_device_prefix(host: str) -> str:
    """Remove ``www.``, ``m.`` and similar prefixes that distinguish a portal's desktop and mobile hosts."""
    return _DEVICE_PREFIX.sub("", host)
