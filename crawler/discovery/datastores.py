"""Lists in XML datastores, as the Hanweb CMS and its jpage script keep them.

The page holds the first entries as markup in the records of a ``<datastore>`` element, within a script of type
text/xml. The link of its ``nextgroup`` leads to a response that is such a datastore itself.
"""

import html
import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from crawler.discovery.page_scripts import STRING, unquote
from crawler.extraction.document import Document

_DATASTORE = re.compile(r"<datastore\b.*?(?:</datastore>|\Z)", re.IGNORECASE | re.DOTALL)
_CDATA = r"\s*(?:<!\[CDATA\[)?(.*?)(?:\]\]>)?\s*"
_RECORD = re.compile(rf"<record>{_CDATA}</record>", re.IGNORECASE | re.DOTALL)
_NEXT_GROUP = re.compile(r"<nextgroup>.*?href\s*=\s*[\"']([^\"']+)[\"'].*?</nextgroup>", re.IGNORECASE | re.DOTALL)
_TOTAL = re.compile(r"<totalrecord>\s*(\d+)|\btotalrecord['\"]?\s*[:=]\s*['\"]?(\d+)", re.IGNORECASE)
#: The script's own entries: dataStore = ["<li>…</li>", …].
_ARRAY = re.compile(r"\bdatastore\s*=\s*(\[.*?\])\s*;", re.IGNORECASE | re.DOTALL)
#: The script's settings: URL of the proxy, entries per page, and the object with the parameters of its requests.
_PROXY = re.compile(r"['\"]([^'\"\s]*dataproxy\.jsp)[^'\"]*['\"]", re.IGNORECASE)
_PER_PAGE = re.compile(r"\bperpage['\"]?\s*[:=]\s*['\"]?(\d+)", re.IGNORECASE)
_PARAMETERS = re.compile(r"\{([^{}]*\bcolumnid\b[^{}]*)\}", re.IGNORECASE)
_PARAMETER = re.compile(r"['\"]?(\w+)['\"]?\s*:\s*(?:'([^']*)'|\"([^\"]*)\"|(\w+))")
#: Pages of entries that the script requests at a time.
_PAGES_PER_REQUEST = 3


def expand_datastore(document: Document) -> Document:
    """Return the page with the entries of its datastore as visible markup, and a link to the next group.

    Return `document` itself if it has no datastore.
    """
    text = document.text
    if "datastore" not in text and "dataStore" not in text and "DATASTORE" not in text:
        return document
    stores = _DATASTORE.findall(text)
    records = [record for store in stores for record in _RECORD.findall(store)] or list(_find_array_entries(text))
    if not records:
        return document
    following = dict.fromkeys(url for store in stores for url in _NEXT_GROUP.findall(store))
    computed = _compute_next(document.url, text, len(records)) if not following else None
    urls = [html.unescape(url) for url in following] + ([computed] if computed else [])
    links = "".join(f'<a rel="next" href="{html.escape(url)}"></a>' for url in urls)
    entries = f'<div class="datastore">{"".join(records)}</div>{links}'
    shell = _DATASTORE.sub("", text)
    body, end, rest = shell.rpartition("</body>")
    markup = f"{body}{entries}{end}{rest}" if end else f"{shell}{entries}"
    return Document(
        markup.encode(),
        document.url,
        content_type="text/html; charset=utf-8",
        captured_at=document.captured_at,
        is_list=document.is_list,
    )


def _find_array_entries(text: str) -> Iterator[str]:
    for array in _ARRAY.findall(text):
        entries = (unquote(token) for token in STRING.findall(array))
        yield from (entry for entry in entries if entry and "<a" in entry)


def _compute_next(url: str, text: str, shown: int) -> str | None:
    """Return the URL of the entries behind those shown, from the last request or from the script's settings."""
    total = next((int(one or other) for one, other in _TOTAL.findall(text)), 0)
    query = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    if query.get("endrecord", "").isdecimal() and query.get("startrecord", "").isdecimal():
        end, size = int(query["endrecord"]), int(query["endrecord"]) - int(query["startrecord"]) + 1
        following = {**query, "startrecord": str(end + 1), "endrecord": str(end + size)}
        return f"{url.partition('?')[0]}?{urlencode(following)}" if end < total else None
    proxy, settings = _PROXY.search(text), _PARAMETERS.search(text)
    if proxy is None or settings is None or shown >= total:
        return None
    size = next(map(int, _PER_PAGE.findall(text)), shown)
    parameters = {name: one or other or third for name, one, other, third in _PARAMETER.findall(settings[1])}
    span = {"startrecord": shown + 1, "endrecord": shown + _PAGES_PER_REQUEST * size, "perpage": size}
    return urljoin(url, f"{proxy[1]}?{urlencode({**span, **parameters})}")
