"""What a page, its headers, its host's files say against being indexed, kept, followed or mined.

Read from an exchange alone, so that what a capture says can be read again from the archive at any time:

- ``X-Robots-Tag`` headers, for everybody or for our product token, and ``<meta name="robots">`` or of our token
  (Google's "Robots meta tag" specification; neither is an RFC);
- TDM Reservation Protocol (W3C TDMRep, 2024): the ``tdm-reservation`` header and meta tag, and
  ``/.well-known/tdmrep.json``;
- ``Content-Signal`` lines (IETF draft-romm-aipref-contentsignals) and comments on AI use in robots.txt.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from html import unescape
from typing import Any

from crawler.politeness.robots import covers
from crawler.politeness.robots_lines import text_lines

#: Octets of a page in which meta tags are looked for: they belong into its head.
HEAD_LIMIT = 64 * 1024

_TAG = re.compile(rb"<meta\s[^<>]{1,2000}>", re.IGNORECASE)
_END_OF_HEAD = re.compile(rb"</head\s*>|<body[\s>]", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_ATTRIBUTE = re.compile(r"""([a-z][a-z-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_AGENT = re.compile(r"\s*([A-Za-z_-]+)\s*:\s*(.*)", re.DOTALL)
#: Words with a value of their own, which a colon does not make an agent's name.
_VALUED = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})
_SIGNAL = re.compile(r"\s*content-signal\s*:\s*(.*)", re.IGNORECASE)
_AI_COMMENT = re.compile(
    r"\b(?:AI|artificial intelligence|machine learning|LLMs?|language models?|text and data mining|TDM|data mining)\b"
    r"|人工智能|机器学习|数据挖掘|大模型"
)


class Signal(StrEnum):
    """What is asked for."""

    NOINDEX = "noindex"
    NOFOLLOW = "nofollow"
    NOARCHIVE = "noarchive"
    NOSNIPPET = "nosnippet"
    NOAI = "noai"
    TDM = "tdm"  # text and data mining is reserved
    AI_COMMENT = "ai-comment"  # a remark in robots.txt that a person should read


#: What the words of robots tags stand for.
_WORDS: Mapping[str, tuple[Signal, ...]] = {
    "noindex": (Signal.NOINDEX,),
    "nofollow": (Signal.NOFOLLOW,),
    "none": (Signal.NOINDEX, Signal.NOFOLLOW),
    "noarchive": (Signal.NOARCHIVE,),
    "nocache": (Signal.NOARCHIVE,),
    "nosnippet": (Signal.NOSNIPPET,),
    "noai": (Signal.NOAI,),
    "noimageai": (Signal.NOAI,),
    "noml": (Signal.NOAI,),
}

#: What the keys of Content-Signal stand for where they are set to ``no``.
_CONTENT_SIGNALS = {"search": Signal.NOINDEX, "ai-input": Signal.NOAI, "ai-train": Signal.NOAI}


@dataclass(frozen=True, slots=True)
class OptOut:
    """One wish: `signal`, the `place` it stands at (``X-Robots-Tag``, ``meta robots`` ...), its `text` as printed."""

    signal: Signal
    place: str
    text: str

    def as_dict(self) -> dict[str, str]:
        """The wish as plain JSON-ready values."""
        return {"signal": str(self.signal), "place": self.place, "text": self.text}


def find_opt_outs(
    headers: Iterable[tuple[bytes, bytes]], body: bytes, product_token: str, *, is_html: bool = True
) -> tuple[OptOut, ...]:
    """The wishes of one response: its `headers` (name, value) and its decoded `body`, as they concern the crawler
    named `product_token`. Each stands once, in the order found; bytes that make no sense make no wish."""
    found: list[OptOut] = []
    for name, value in headers:
        match name.lower():
            case b"x-robots-tag":
                found += _header_words(value.decode("latin-1"), product_token)
            case b"tdm-reservation" if value.strip() == b"1":
                found.append(OptOut(Signal.TDM, "tdm-reservation", "1"))
    if is_html:
        found += _meta(body, product_token)
    return tuple(dict.fromkeys(found))


def _header_words(value: str, product_token: str) -> Iterator[OptOut]:
    """The wishes of an X-Robots-Tag; those after another agent's name, up to the next name, are not for us."""
    for_us = True
    for part in value.split(","):
        if (named := _AGENT.fullmatch(part)) and named[1].lower() not in _VALUED:
            for_us, part = named[1].lower() == product_token.lower(), named[2]
        if for_us:
            for signal in _WORDS.get(part.strip().lower(), ()):
                yield OptOut(signal, "X-Robots-Tag", value.strip()[:200])


def _meta(body: bytes, product_token: str) -> Iterator[OptOut]:
    token = product_token.lower()
    end = body.find(b"</head>", 0, HEAD_LIMIT)  # as nearly all pages write it
    start = body[: HEAD_LIMIT if end < 0 else end].lower()
    if not any(name in start for name in (b"robots", b"tdm-reservation", token.encode())):
        return  # most pages say nothing, and a look for three words costs less than for tags
    for name, content in _meta_tags(body):
        if name in ("robots", token):
            for word in re.split(r"[,\s]+", content.lower()):
                for signal in _WORDS.get(word, ()):
                    yield OptOut(signal, f"meta {name}", content[:200])
        elif name == "tdm-reservation" and content.strip() == "1":
            yield OptOut(Signal.TDM, "meta tdm-reservation", "1")


def _meta_tags(body: bytes) -> Iterator[tuple[str, str]]:
    """Name (lower case) and content of the meta tags of a page's head.

    A page is parsed whole where its text is read; for a handful of tags in ASCII names that would be a waste.
    """
    head = body[:HEAD_LIMIT]
    if end := _END_OF_HEAD.search(head):
        head = head[: end.start()]
    for tag in _TAG.findall(_COMMENT.sub(b"", head)):
        attributes = {
            name.lower(): unescape(one or two or three)
            for name, one, two, three in _ATTRIBUTE.findall(tag.decode("utf-8", "replace"))
        }
        if name := attributes.get("name", "").strip().lower():
            yield name, attributes.get("content", "")


@lru_cache(maxsize=256)
def find_robots_txt_opt_outs(body: bytes) -> tuple[OptOut, ...]:
    """The wishes of a robots.txt beyond its rules: Content-Signal lines, and comments on AI use.

    A Content-Signal is taken for everybody's, whatever group it stands in: a wish too many harms nobody.
    """
    found = []
    for line in text_lines(body):
        rule, mark, comment = line.partition("#")
        if signal := _SIGNAL.match(rule):
            for pair in re.split(r"[,;\s]+", signal[1].strip()):
                key, _, value = pair.partition("=")
                if value.strip().lower() == "no" and (meant := _CONTENT_SIGNALS.get(key.strip().lower())):
                    found.append(OptOut(meant, "robots.txt Content-Signal", rule.strip()[:200]))
        if mark and _AI_COMMENT.search(comment):
            found.append(OptOut(Signal.AI_COMMENT, "robots.txt comment", comment.strip()[:200]))
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class TdmRules:
    """A ``tdmrep.json``: (location, reserved), in the file's order; the first that covers a path decides."""

    rules: tuple[tuple[str, bool], ...] = ()

    @classmethod
    def parse(cls, body: bytes) -> "TdmRules":
        """The rules in `body`. Never fails: entries that are none are passed over (TDMRep, section 6.1)."""
        try:
            entries: Any = json.loads(body)
        except (ValueError, RecursionError):
            return cls()
        rules = []
        for entry in entries if isinstance(entries, list) else [entries]:
            if isinstance(entry, dict) and isinstance(entry.get("location"), str):
                rules.append((entry["location"], entry.get("tdm-reservation") in (1, "1")))
        return cls(tuple(rules))

    def opt_out(self, url: str) -> OptOut | None:
        """The reservation that covers `url`, ``None`` where there is none."""
        for location, reserved in self.rules:
            if covers(location, url):
                return OptOut(Signal.TDM, "tdmrep.json", location[:200]) if reserved else None
        return None
