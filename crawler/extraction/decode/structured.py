"""Metadata in a page's markup: meta tags and JSON-LD, read leniently."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode

#: Longest part of a JSON-LD script (characters) that is read, and most nodes of a page: more is an attack, not a page.
MAX_JSONLD = 1_000_000
MAX_NODES = 2_000

#: schema.org types of a page's story, the most specific first.
ARTICLE_TYPES = (
    "NewsArticle", "ReportageNewsArticle", "AnalysisNewsArticle", "OpinionNewsArticle", "ReviewNewsArticle",
    "BackgroundNewsArticle", "AskPublicNewsArticle", "LiveBlogPosting", "Article", "BlogPosting", "Report",
    "SocialMediaPosting", "AdvertiserContentArticle", "SatiricalArticle", "TechArticle", "ScholarlyArticle", "Review",
    "NewsVideo", "VideoObject", "WebPage",
)  # fmt: skip

#: Comments and CDATA marks around scripts. White space is bounded here and below, since unbounded repetition would take
#: quadratic time on a long run of it.
_WRAPPER_START = re.compile(r"(?:<!--|//\s{0,9}<!\[CDATA\[|/\*\s{0,9}<!\[CDATA\[\s{0,9}\*/|<!\[CDATA\[)")
_WRAPPER_END = re.compile(r"(?:-->|//\s{0,9}\]\]>|/\*\s{0,9}\]\]>\s{0,9}\*/|\]\]>)\s{0,9};?$")
#: Length (characters) of a script's end that is searched for the end of its wrapper.
_LONGEST_WRAPPER_END = 60
_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")
_MISSING_COMMA = re.compile(r'(?<=["}\]])([^\S\n]*\n\s*)(?=")')
_BAD_ESCAPE = re.compile(r'\\(?!["\\/bfnrtu])|\\u(?![0-9a-fA-F]{4})')
_METADATA_SELECTOR = (
    'meta[content], link[itemprop], link[rel~="canonical" i][href], base[href], script[type*="ld+json" i]'
)
_STRING_PAIR = re.compile(
    r'"(@type|headline|datePublished|dateModified|name|articleBody|description)"\s*:\s*"((?:[^"\\]++|\\.)*+)"'
)


class MetadataNodes(NamedTuple):
    """The nodes of a page that may contain metadata, in page order."""

    meta: list[LexborNode]
    jsonld: list[LexborNode]
    canonical: list[LexborNode]
    base: list[LexborNode]


def find_metadata_nodes(tree: LexborHTMLParser) -> MetadataNodes:
    """Return the metadata nodes of a page, found in one query of the tree."""
    found = MetadataNodes([], [], [], [])
    kinds = {"meta": found.meta, "script": found.jsonld, "base": found.base}
    for node in tree.css(_METADATA_SELECTOR):
        if node.tag != "link":
            kinds[node.tag or ""].append(node)
        else:
            attributes = node.attributes
            if "itemprop" in attributes:
                found.meta.append(node)
            if "canonical" in (attributes.get("rel") or "").lower().split() and "href" in attributes:
                found.canonical.append(node)
    return found


def read_meta(
    nodes: Iterable[LexborNode], holders: tuple[str, ...] = ("content", "href")
) -> Mapping[str, tuple[str, ...]]:
    """Return the contents of the page's meta tags by lower-case ``name``, ``property``, ``itemprop`` or ``http-equiv``.

    Includes microdata in the body: ``<meta itemprop>`` and ``<link itemprop href>``. `holders` are the attributes that
    may hold the content, in the order in which they count.
    """
    found: dict[str, dict[str, None]] = {}
    for node in nodes:
        attributes = node.attributes
        content = next((value.strip() for name in holders if (value := attributes.get(name))), "")
        if not content:
            continue
        for kind in ("property", "name", "itemprop", "http-equiv"):
            if (named := attributes.get(kind)) and (key := named.strip().lower()):
                found.setdefault(key, {})[content] = None
    return {key: tuple(values) for key, values in found.items()}


def read_jsonld(scripts: Iterable[LexborNode]) -> tuple[dict[str, Any], ...]:
    """Return all nodes of the page's JSON-LD, lists and ``@graph`` flattened; unreadable scripts are skipped."""
    nodes: list[dict[str, Any]] = []
    for script in scripts:
        source = (script.text(deep=True) or "")[:MAX_JSONLD]
        nodes.extend(_flatten(parse_jsonld(source)))
        if len(nodes) >= MAX_NODES:
            break
    return tuple(nodes[:MAX_NODES])


def parse_jsonld(source: str) -> Any:
    """Return the value of a JSON-LD script.

    Accepts raw line breaks, trailing and missing commas, bad escapes and comments. A script that is still invalid gives
    one node with its plain string pairs, or ``None`` if it has none.
    """
    source = source.strip()
    if source[:1] not in ("{", "[") or source[-1:] not in ("}", "]"):
        source = _WRAPPER_START.sub("", source, count=1) if _WRAPPER_START.match(source) else source
        tail = source[-_LONGEST_WRAPPER_END:]
        source = (source[: len(source) - len(tail)] + _WRAPPER_END.sub("", tail)).strip().rstrip(";")
    repaired = source
    for repair in (_keep, _repair_commas, _repair_escapes):
        repaired = repair(repaired)
        try:
            return json.loads(repaired, strict=False)
        except (ValueError, RecursionError):
            continue
    pairs: dict[str, Any] = {}
    for key, value in _STRING_PAIR.findall(source):
        pairs.setdefault(key, value.replace('\\"', '"').replace("\\/", "/").replace("\\n", "\n"))
    return pairs or None


def _keep(source: str) -> str:
    return source


def _repair_commas(source: str) -> str:
    return _TRAILING_COMMA.sub("", _MISSING_COMMA.sub(r",\1", source))


def _repair_escapes(source: str) -> str:
    return _BAD_ESCAPE.sub(r"\\\\", source)


def _flatten(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the nodes of a JSON-LD value in document order, those nested in ``mainEntity`` or ``hasPart`` included."""
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
    """Return the node's schema.org types without namespace."""
    value = node.get("@type")
    kinds = value if isinstance(value, list) else [value]
    return tuple(k.rsplit("/", 1)[-1].rsplit(":", 1)[-1] for k in kinds if isinstance(k, str))


def find_article_node(nodes: tuple[dict[str, Any], ...]) -> dict[str, Any] | None:
    """Return the node of the page's own story: article types first, then the most fields, then the first in order."""
    ranked = []
    for position, node in enumerate(nodes):
        ranks = [ARTICLE_TYPES.index(kind) for kind in schema_types(node) if kind in ARTICLE_TYPES]
        if not ranks:
            continue
        fields = sum(key in node for key in ("headline", "datePublished", "author", "articleBody", "publisher"))
        if min(ranks) >= ARTICLE_TYPES.index("NewsVideo") and not ("datePublished" in node or "headline" in node):
            continue
        family = 0 if min(ranks) < ARTICLE_TYPES.index("Review") else min(ranks)
        ranked.append((family, -fields, position))
    return nodes[min(ranked)[2]] if ranked else None
