"""Page numbering of a list, read from the links and scripts of its first page."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawler.extraction import Document
from crawler.extraction.data.link_texts import is_next_page
from crawler.survey.links import find_links

_LABEL = re.compile(r"\d{1,4}")
#: The pagination script of a widely used Chinese CMS; arguments: page count, current page, file name, extension.
_SCRIPT = re.compile(
    r"createPageHTML\w*\(\s*['\"]?(\d+)['\"]?\s*,\s*['\"]?0['\"]?\s*,\s*['\"](\w+)['\"]\s*,\s*['\"](\w+)['\"]"
)
#: A number in a URL may count entries only if a page has at least so many.
_MIN_ENTRIES = 5


@dataclass(frozen=True, slots=True)
class Numbering:
    """The URL template of a list's further pages, as in `crawler.sites.Section`, and where it was found."""

    template: str
    origin: str


def find_numbering(document: Document) -> Numbering | None:
    """Return the numbering of the list whose first page is `document`; ``None`` if its pages are not numbered."""
    votes = Counter(
        template
        for label, page in _find_numbered_links(document)
        for template in _guess_templates(document.url, label, page)
    )
    if votes:
        template, number = votes.most_common(1)[0]
        return Numbering(template, f"the links to its pages, {number} of them match")
    for script in _SCRIPT.finditer(document.text):
        if int(script[1]) > 1:
            return Numbering(f"{script[2]}_{{n}}.{script[3]}", f"its script {script[0][:14]}, {script[1]} pages")
    return None


def has_next_link(document: Document) -> bool:
    """True if a link is marked as leading to the next page, by its text or by ``rel=next``."""
    return any(is_next_page(link.text) for link in find_links(document)) or bool(
        document.tree.css_first('link[rel~="next" i][href], a[rel~="next" i][href]')
    )


def _find_numbered_links(document: Document) -> Iterator[tuple[int, str]]:
    """Yield the linked pages of a list, each with its number; the page after the first is 2."""
    for link in find_links(document):
        if _LABEL.fullmatch(link.text) and int(link.text) > 1:
            yield int(link.text), link.url
        elif is_next_page(link.text):
            yield 2, link.url


def _guess_templates(first: str, number: int, page: str) -> Iterator[str]:
    """Yield templates for the URL of page `number`: each has one number in the URL replaced by a placeholder."""
    name = _make_relative(first, page)
    if name is None:
        return
    for found in re.finditer(r"(?<!\d)[1-9]\d*(?!\d)", name):
        placeholder = _choose_placeholder(number, int(found[0]))
        if placeholder:
            yield name[: found.start()] + placeholder + name[found.end() :]


def _choose_placeholder(number: int, written: int) -> str | None:
    if written == number - 1:
        return "{n}"
    if written == number:
        return "{n+1}"
    entries, rest = divmod(written, number - 1)
    return f"{{n*{entries}}}" if rest == 0 and entries >= _MIN_ENTRIES else None


def _make_relative(first: str, page: str) -> str | None:
    """Return the shortest relative URL from `first` to `page`; ``None`` if they are on different hosts."""
    base, target = urlsplit(first), urlsplit(page)
    if base.netloc != target.netloc:
        return None
    query = f"?{target.query}" if target.query else ""
    if base.path == target.path and query:
        return query
    folder = base.path.rpartition("/")[0] + "/"
    path = target.path.removeprefix(folder) if target.path.startswith(folder) else target.path
    return path + query if path + query else None
