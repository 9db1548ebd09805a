"""One address for one page: what is asked for without tracking, and the key that its twins share.

Two forms, since a server may mind what a key may not: `clean_url` leaves the order of a query and the host as they
are written, `url_key` forgets them.
"""

import re
from hashlib import blake2b
from urllib.parse import unquote_plus, urldefrag, urlsplit, urlunsplit

from w3lib.url import canonicalize_url, safe_url_string

#: Parameters that say where a reader came from, and change nothing of the page, whatever their value.
_TRACKING = re.compile(
    r"utm_\w+"  # Urchin and Google Analytics
    r"|(?:fb|g|dc|ms|y|tw|tt|ttc|wbra|gbra|li_fat_|epi)clid|gclsrc|li_fat_id"  # clicks on advertisements
    r"|_ga|_gl|_hs\w+|hsctatracking|mc_[ce]id|mkt_tok|oly_\w+|vero_id"  # mailings
    r"|wt_?mc\w*|piwik_\w+|mtm_\w+|pk_\w+|at_\w+"  # other counters of visits
    r"|spm(?:_id_from)?|scm|bd_vid|hmsr|hmpl|hmcu|hmkw|hmci|_hgutmcode"  # Alibaba, Baidu
    r"|share_(?:token|from|source|medium|tag|times|count|plat|id)|sharefrom"  # shared by a reader
    r"|isappinstalled|nsukey|weibo_id|wxfid"  # ... in WeChat, Weibo
    r"|igshid|ref_src|ref_url|cmpid|ocid|smid|ito|xtor|ncid|s_cid|sr_share|traffic_source",
    re.IGNORECASE,
)

#: Parameters that say so only with some of their values: elsewhere they number pages, or name a section.
_SOMETIMES = {
    "from": re.compile(r"(?:timeline|(?:single|group)message|weixin|wechat|weibo|qq|qrcode|rss|share|app|mobile)\w*"),
    "ref": re.compile(r"(?:rss|share|twitter|facebook|weibo|homepage|newsletter|nav)\w*"),
    "source": re.compile(r"(?:rss|feed|twitter|facebook|weibo|wechat|newsletter)\w*"),
    "src": re.compile(r"(?:rss|feed|twsrc|share)\w*"),
    "tdsourcetag": re.compile(r".*"),
}

#: A session in a query, or behind a semicolon: the same page under a new address for each visitor.
_SESSION_KEY = re.compile(r"(?:php|asp|j|cf)?sess(?:ion)?_?(?:id\w*)?|sid|cfid|cftoken", re.IGNORECASE)
_SESSION_VALUE = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[0-9A-Za-z_-]{16,}")
_SESSION_IN_PATH = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?#;]*", re.IGNORECASE)

#: An address that needs no cleaning, as most do: taking it apart would cost sixty times as much as this look.
_PLAIN = re.compile(r"https?://(?P<host>(?!\d)[a-z0-9-]+(?:\.[a-z0-9-]+)+)(?P<path>/[A-Za-z0-9/_-]*(?:\.[a-z]+)?)")

_DEFAULT_PORT = {"http": 80, "https": 443}
_TWIN_HOST = re.compile(r"^(?:www\d?|m|mobile|wap|amp|3g)\.(?=[^.]+\.)")


def clean_url(url: str) -> str:
    """The address that is asked for in place of `url`: no fragment, no tracking, no session, no default port.

    What cannot be read as an address is given back as it is.
    """
    return url if _PLAIN.fullmatch(url) else _cleaned(url)


def _cleaned(url: str) -> str:
    try:
        parts = urlsplit(urldefrag(safe_url_string(url)).url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return url
    if not host:
        return url
    # Parameter by parameter, each as it is written: taking a query apart and making a new one would recode it.
    kept = [one for one in parts.query.split("&") if one and not _says_nothing(one)] if parts.query else []
    netloc = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORT.get(parts.scheme):
        netloc = f"{netloc}:{port}"
    path = _SESSION_IN_PATH.sub("", parts.path) or "/"
    return urlunsplit((parts.scheme, netloc, path, "&".join(kept), ""))


def _says_nothing(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    name, value = unquote_plus(name).lower(), unquote_plus(value)
    if _TRACKING.fullmatch(name) or (name in _SOMETIMES and _SOMETIMES[name].fullmatch(value.lower())):
        return True
    return bool(_SESSION_KEY.fullmatch(name) and _SESSION_VALUE.fullmatch(value))


def url_key(url: str) -> bytes:
    """What addresses of one page have in common, 16 octets: http or https, ``www.`` or ``m.``, the order of the query,
    a slash at the end make no difference."""
    return blake2b(_comparable(url).encode(), digest_size=16).digest()


def _comparable(url: str) -> str:
    plain = _PLAIN.fullmatch(url)
    return _assembled(plain["host"], plain["path"]) if plain else _canonical(url)


def _canonical(url: str) -> str:
    try:
        parts = urlsplit(canonicalize_url(clean_url(url)))
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return url
    return _assembled(host, parts.path, parts.query, port)


def _assembled(host: str, path: str, query: str = "", port: int | None = None) -> str:
    place = without_twin(host) + (f":{port}" if port is not None else "")
    return f"{place}{path.rstrip('/') or '/'}?{query}"


def without_twin(host: str) -> str:
    """`host` without what tells a desktop's portal from a telephone's: ``www.``, ``m.`` and the like."""
    return _TWIN_HOST.sub("", host)
