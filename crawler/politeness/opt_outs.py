"""Opt-outs of a page from being indexed, followed, kept or mined: in the page, its headers and its host's files.

Those of an exchange depend on its bytes alone, so they can be read from the archive again at any time. Sources:

- ``X-Robots-Tag`` headers for all crawlers or our product token, and ``<meta name="robots">`` or one named by our token
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

#: Bytes of a page that are searched for meta tags, which belong in its head.
HEAD_LIMIT = 64 * 1024

_TAG = re.compile(rb"<meta\s[^<>]{1,2000}>", re.IGNORECASE)
_END_OF_HEAD = re.compile(rb"</head\s*>|<body[\s>]", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_ATTRIBUTE = re.compile(r"""([a-z][a-z-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_AGENT = re.compile(r"\s*([A-Za-z_-]+)\s*:\s*(.*)", re.DOTALL)
#: Words that are followed by a colon and a value, and so are not the name of an agent.
_VALUED = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})
_SIGNAL = re.compile(r"\s*content-signal\s*:\s*(.*)", re.IGNORECASE)
_AI_COMMENT = re.compile(
    r"\b(?:AI|artificial intelligence|machine learning|LLMs?|language models?|text and data mining|TDM|data mining)\b"
    r"|人工智能|机器学习|数据挖掘|大模型"
)


class Signal(StrEnum):
    """A kind of opt-out."""

    NOINDEX = "noindex"
    NOFOLLOW = "nofollow"
    NOARCHIVE = "noarchive"
    NOSNIPPET = "nosnippet"
    NOAI = "noai"
    TDM = "tdm"  # text and data mining is reserved
    AI_COMMENT = "ai-comment"  # a comment in robots.txt that a person should read


#: Signals of the words in robots tags.
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

#: Signals of the keys in Content-Signal lines, if set to ``no``.
_CONTENT_SIGNALS = {"search": Signal.NOINDEX, "ai-input": Signal.NOAI, "ai-train": Signal.NOAI}


@dataclass(frozen=True, slots=True)
class OptOut:
    """One opt-out: its `signal`, the `place` it was found at (``X-Robots-Tag``, ``meta robots`` ...), its `text`."""

    signal: Signal
    place: str
    text: str

    def as_dict(self) -> dict[str, str]:
        """Return the opt-out as JSON-ready values."""
        return {"signal": str(self.signal), "place": self.place, "text": self.text}


def find_opt_outs(
    headers: Iterable[tuple[bytes, bytes]], body: bytes, product_token: str, *, is_html: bool = True
) -> tuple[OptOut, ...]:
    """Return the opt-outs that one response states for the crawler named `product_token`.

    They come from its `headers` (name, value) and its decoded `body`, each once, in the order found. Malformed input is
    ignored.
    """
    found: list[OptOut] = []
    for name, value in headers:
        match name.lower():
            case b"x-robots-tag":
                found += _read_header(value.decode("latin-1"), product_token)
            case b"tdm-reservation" if value.strip() == b"1":
                found.append(OptOut(Signal.TDM, "tdm-reservation", "1"))
    if is_html:
        found += _read_meta_tags(body, product_token)
    return tuple(dict.fromkeys(found))


def _read_header(value: str, product_token: str) -> Iterator[OptOut]:
    """Yield the opt-outs of an X-Robots-Tag. Those after another agent's name, up to the next name, are skipped."""
    for_us = True
    for part in value.split(","):
        if (named := _AGENT.fullmatch(part)) and named[1].lower() not in _VALUED:
            for_us, part = named[1].lower() == product_token.lower(), named[2]
        if for_us:
            for signal in _WORDS.get(part.strip().lower(), ()):
                yield OptOut(signal, "X-Robots-Tag", value.strip()[:200])


def _read_meta_tags(body: bytes, product_token: str) -> Iterator[OptOut]:
    """Yield the opt-outs of a page's meta tags."""
    token = product_token.lower()
    end = body.find(b"</head>", 0, HEAD_LIMIT)  # as nearly all pages write it
    start = body[: HEAD_LIMIT if end < 0 else end].lower()
    if not any(name in start for name in (b"robots", b"tdm-reservation", token.encode())):
        return  # most pages have none, and searching for three words costs less than for tags
    for name, content in _find_meta_tags(body):
        if name in ("robots", token):
            for word in re.split(r"[,\s]+", content.lower()):
                for signal in _WORDS.get(word, ()):
                    yield OptOut(signal, f"meta {name}", content[:200])
        elif name == "tdm-reservation" and content.strip() == "1":
            yield OptOut(Signal.TDM, "meta tdm-reservation", "1")


def _find_meta_tags(body: bytes) -> Iterator[tuple[str, str]]:
    """Yield name (lower case) and content of the meta tags in a page's head.

    Regular expressions suffice for a few tags with ASCII names; extraction parses the whole page.
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
    """Return the opt-outs of a robots.txt apart from its rules: Content-Signal lines, and comments on AI use.

    A Content-Signal counts for all crawlers, whatever group it is in: an opt-out too many does no harm.
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
    """The rules of a ``tdmrep.json``: (location, reserved) in the file's order. The first that covers a path counts."""

    rules: tuple[tuple[str, bool], ...] = ()

    @classmethod
    def parse(cls, body: bytes) -> "TdmRules":
        """Parse `body`. Never fails: malformed entries are skipped (TDMRep, section 6.1)."""
        try:
            entries: Any = json.loads(body)
        except (ValueError, RecursionError):
            return cls()
        rules = []
        for entry in entries if isinstance(entries, list) else [entries]:
            if isinstance(entry, dict) and isinstance(entry.get("location"), str):
                rules.append((entry["location"], entry.get("tdm-reservation") in (1, "1")))
        return cls(tuple(rules))

    def find_opt_out(self, url: str) -> OptOut | None:
        """Return the reservation that covers `url`, if any."""
        for location, reserved in self.rules:
            if covers(location, url):
                return OptOut(Signal.TDM, "tdmrep.json", location[:200]) if reserved else None
        return None
