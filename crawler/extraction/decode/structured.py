"""What a page states about itself in markup: meta tags and JSON-LD, the broken kind too."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode

#: Characters of one JSON-LD script that are read, and nodes of all that are kept: more is an attack, not a page.
MAX_JSONLD = 1_000_000
MAX_NODES = 2_000

#: schema.org types that stand for the story a page tells, the most telling first.
ARTICLE_TYPES = (
    "NewsArticle", "ReportageNewsArticle", "AnalysisNewsArticle", "OpinionNewsArticle", "ReviewNewsArticle",
    "BackgroundNewsArticle", "AskPublicNewsArticle", "LiveBlogPosting", "Article", "BlogPosting", "Report",
    "SocialMediaPosting", "AdvertiserContentArticle", "SatiricalArticle", "TechArticle", "ScholarlyArticle", "Review",
    "NewsVideo", "VideoObject", "WebPage",
)  # fmt: skip

#: What scripts are wrapped in; white space has a bound here and below, lest a run of it take time by its square.
_OPENING = re.compile(r"(?:<!--|//\s{0,9}<!\[CDATA\[|/\*\s{0,9}<!\[CDATA\[\s{0,9}\*/|<!\[CDATA\[)")
_CLOSING = re.compile(r"(?:-->|//\s{0,9}\]\]>|/\*\s{0,9}\]\]>\s{0,9}\*/|\]\]>)\s{0,9};?$")
#: Characters at a script's end in which its wrapping's end is looked for.
_LONGEST_CLOSING = 60
_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")
_MISSING_COMMA = re.compile(r'(?<=["}\]])([^\S\n]*\n\s*)(?=")')
_BAD_ESCAPE = re.compile(r'\\(?!["\\/bfnrtu])|\\u(?![0-9a-fA-F]{4})')
_STATING = 'meta[content], link[itemprop], link[rel~="canonical" i][href], base[href], script[type*="ld+json" i]'
_PAIR = re.compile(
    r'"(@type|headline|datePublished|dateModified|name|articleBody|description)"\s*:\s*"((?:[^"\\]++|\\.)*+)"'
)


class MetadataNodes(NamedTuple):
    """The nodes of a page in which it may state something of itself, in page order."""

    meta: list[LexborNode]
    jsonld: list[LexborNode]
    canonical: list[LexborNode]
    base: list[LexborNode]


def find_metadata_nodes(tree: LexborHTMLParser) -> MetadataNodes:
    """All of them, found in one look at the tree."""
    found = MetadataNodes([], [], [], [])
    kinds = {"meta": found.meta, "script": found.jsonld, "base": found.base}
    for node in tree.css(_STATING):
        if node.tag != "link":
            kinds[node.tag or ""].append(node)
        else:
            attributes = node.attributes
            if "itemprop" in attributes:
                found.meta.append(node)
            if "canonical" in (attributes.get("rel") or "").lower().split() and "href" in attributes:
                found.canonical.append(node)
    return found


def read_meta(nodes: Iterable[LexborNode]) -> Mapping[str, tuple[str, ...]]:
    """Contents of the page's meta tags by lower-cased ``name``, ``property``, ``itemprop`` or ``http-equiv``.

    Microdata given as ``<meta itemprop>`` and ``<link itemprop href>`` within the body count too.
    """
    found: dict[str, dict[str, None]] = {}
    for node in nodes:
        attributes = node.attributes
        content = (attributes.get("content") or attributes.get("href") or "").strip()
        if not content:
            continue
        for kind in ("property", "name", "itemprop", "http-equiv"):
            if (named := attributes.get(kind)) and (key := named.strip().lower()):
                found.setdefault(key, {})[content] = None
    return {key: tuple(values) for key, values in found.items()}


def read_jsonld(scripts: Iterable[LexborNode]) -> tuple[dict[str, Any], ...]:
    """Every node of the page's JSON-LD scripts, lists and ``@graph`` flattened; what no mending helps is left out."""
    nodes: list[dict[str, Any]] = []
    for script in scripts:
        source = (script.text(deep=True) or "")[:MAX_JSONLD]
        nodes.extend(_flatten(parse_jsonld(source)))
        if len(nodes) >= MAX_NODES:
            break
    return tuple(nodes[:MAX_NODES])


def parse_jsonld(source: str) -> Any:
    """The value of a JSON-LD script, read leniently: raw line ends, trailing and missing commas, bad escapes, comments.

    A script beyond mending gives a single node of the plain string pairs it holds; one without any, ``None``.
    """
    source = source.strip()
    if source[:1] not in ("{", "[") or source[-1:] not in ("}", "]"):
        source = _OPENING.sub("", source, count=1) if _OPENING.match(source) else source
        tail = source[-_LONGEST_CLOSING:]
        source = (source[: len(source) - len(tail)] + _CLOSING.sub("", tail)).strip().rstrip(";")
    mended = source
    for mend in (_as_is, _mend_commas, _mend_escapes):
        mended = mend(mended)
        try:
            return json.loads(mended, strict=False)
        except (ValueError, RecursionError):
            continue
    pairs: dict[str, Any] = {}
    for key, value in _PAIR.findall(source):
        pairs.setdefault(key, value.replace('\\"', '"').replace("\\/", "/").replace("\\n", "\n"))
    return pairs or None


def _as_is(source: str) -> str:
    return source


def _mend_commas(source: str) -> str:
    return _TRAILING_COMMA.sub("", _MISSING_COMMA.sub(r",\1", source))


def _mend_escapes(source: str) -> str:
    return _BAD_ESCAPE.sub(r"\\\\", source)


def _flatten(value: Any) -> Iterator[dict[str, Any]]:
    """Nodes of a JSON-LD value in document order, an article inside another node's ``mainEntity`` included."""
    stack, seen = [value], 0
    while stack and seen < MAX_NODES:
        item = stack.pop()
        seen += 1
        if isinstance(item, list):
            stack.extend(reversed(item))
        elif isinstance(item, dict):
            yield item
            for key in ("mainEntity", "mainEntityOfPage", "hasPart", "@graph"):
                if isinstance(item.get(key), dict | list):
                    stack.append(item[key])


def schema_types(node: Mapping[str, Any]) -> tuple[str, ...]:
    """The node's schema.org types without their address."""
    value = node.get("@type")
    kinds = value if isinstance(value, list) else [value]
    return tuple(k.rsplit("/", 1)[-1].rsplit(":", 1)[-1] for k in kinds if isinstance(k, str))


def find_article_node(nodes: tuple[dict[str, Any], ...]) -> dict[str, Any] | None:
    """The node that stands for the page's own story: the most telling type, then the most fields, then the first."""
    ranked = []
    for position, node in enumerate(nodes):
        ranks = [ARTICLE_TYPES.index(kind) for kind in schema_types(node) if kind in ARTICLE_TYPES]
        if not ranks:
            continue
        telling = sum(key in node for key in ("headline", "datePublished", "author", "articleBody", "publisher"))
        if min(ranks) >= ARTICLE_TYPES.index("NewsVideo") and not ("datePublished" in node or "headline" in node):
            continue
        family = 0 if min(ranks) < ARTICLE_TYPES.index("Review") else min(ranks)
        ranked.append((family, -telling, position))
    return nodes[min(ranked)[2]] if ranked else None
