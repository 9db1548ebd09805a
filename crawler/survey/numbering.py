"""How the pages of a list are numbered, read from the links and scripts of its first page."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawler.extraction import Document
from crawler.survey.links import NEXT, links_of

_LABEL = re.compile(r"\d{1,4}")
#: What a widely used Chinese content system has a script make of the page's numbers: count, this one, name, extension.
_SCRIPT = re.compile(
    r"createPageHTML\w*\(\s*['\"]?(\d+)['\"]?\s*,\s*['\"]?0['\"]?\s*,\s*['\"](\w+)['\"]\s*,\s*['\"](\w+)['\"]"
)
#: Entries of a page from which a number in an address may count entries.
_FEWEST_ENTRIES = 5


@dataclass(frozen=True, slots=True)
class Numbering:
    """The name of a list's further pages as a site file has it (`crawler.sites.Section`), and where it was found."""

    template: str
    found: str


def numbering_of(document: Document) -> Numbering | None:
    """The numbering of the list whose first page is `document`; ``None`` where its pages have no numbers."""
    votes = Counter(template for label, page in _pages(document) for template in _templates(document.url, label, page))
    if votes:
        template, number = votes.most_common(1)[0]
        return Numbering(template, f"the links of its pages, {number} that fit")
    for script in _SCRIPT.finditer(document.text):
        if int(script[1]) > 1:
            return Numbering(f"{script[2]}_{{n}}.{script[3]}", f"its script {script[0][:14]}, {script[1]} pages")
    return None


def has_next_link(document: Document) -> bool:
    """Whether a link of the page calls itself the way to the next one."""
    return any(NEXT.fullmatch(link.text) for link in links_of(document)) or bool(
        document.tree.css_first('link[rel~="next" i][href], a[rel~="next" i][href]')
    )


def _pages(document: Document) -> Iterator[tuple[int, str]]:
    """The linked pages of a list, each with its number as people count: 2 is the one after the first."""
    for link in links_of(document):
        if _LABEL.fullmatch(link.text) and int(link.text) > 1:
            yield int(link.text), link.url
        elif NEXT.fullmatch(link.text):
            yield 2, link.url


def _templates(first: str, number: int, page: str) -> Iterator[str]:
    """What the address of a page may be made from, given that of the first: a number of it made a place holder."""
    name = _relative(first, page)
    if name is None:
        return
    for found in re.finditer(r"(?<!\d)[1-9]\d*(?!\d)", name):
        token = _token(number, int(found[0]))
        if token:
            yield name[: found.start()] + token + name[found.end() :]


def _token(number: int, written: int) -> str | None:
    if written == number - 1:
        return "{n}"
    if written == number:
        return "{n+1}"
    entries, rest = divmod(written, number - 1)
    return f"{{n*{entries}}}" if rest == 0 and entries >= _FEWEST_ENTRIES else None


def _relative(first: str, page: str) -> str | None:
    """The address of a page, relative to the list's, as short as it can be; ``None`` where it is another host's."""
    one, other = urlsplit(first), urlsplit(page)
    if one.netloc != other.netloc:
        return None
    query = f"?{other.query}" if other.query else ""
    if one.path == other.path and query:
        return query
    folder = one.path.rpartition("/")[0] + "/"
    path = other.path.removeprefix(folder) if other.path.startswith(folder) else other.path
    return path + query if path + query else None
