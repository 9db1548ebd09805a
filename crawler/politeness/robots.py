"""The rules of a robots.txt file, as RFC 9309 reads them.

The matcher is our own because a refusal must name its line, and because the available libraries split groups at unknown
lines and match product tokens by prefix.
"""

import math
import re
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from urllib.parse import urlsplit

from crawler.politeness.robots_lines import Directive, RobotsLine, read_lines

#: Bytes parsed of a file: section 2.5 requires at least 500 KiB; the rest of a hostile file is ignored.
PARSE_LIMIT = 512 * 1024

_TOKEN = re.compile(r"[A-Za-z_-]+")
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})|([^\x21-\x7e])")
_RESERVED_ESCAPE = re.compile(r"%(?:2[1356789BCF]|3[ABDF]|40|5[BD])")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def _canonicalize(data: bytes) -> str:
    """Return `data` with one spelling per character (section 2.2.2): unreserved unescaped, others in upper case."""

    def spell(found: re.Match[bytes]) -> bytes:
        byte = int(found[1], 16) if found[1] else found[2][0]
        return bytes([byte]) if byte in _UNRESERVED else b"%%%02X" % byte

    return _ESCAPE.sub(spell, data).decode("ascii")


def _unescape_query(text: str) -> str:
    """Return `text` with the reserved characters of its query unescaped: ``:`` and ``%3A`` are equal there (2.2.2).

    ``*`` and ``$`` stay escaped, as they are special in a rule (section 2.2.3).
    """
    path, mark, query = text.partition("?")
    return path + mark + _RESERVED_ESCAPE.sub(lambda found: chr(int(found[0][1:], 16)), query)


def _target_of(url: str) -> str:
    """Return the part of `url` that rules are compared with: path and query, ``*`` and ``$`` escaped as in rules."""
    parts = urlsplit(url)
    mark = "?" if "?" in url.partition("#")[0] else ""  # an empty query counts too, for rules such as /*?
    path = (parts.path or "/") + mark + parts.query
    return _canonicalize(path.encode("utf-8", "surrogateescape")).replace("*", "%2A").replace("$", "%24")


@dataclass(frozen=True)
class Rule:
    """One Allow or Disallow line: `number` counts lines from 1, `text` is the line as written."""

    allow: bool
    pattern: str
    number: int
    text: str

    @property
    def precedence(self) -> tuple[int, bool]:
        """Return the sort key: the longest pattern wins, at equal length the Allow (section 2.2.2)."""
        return len(self.pattern), self.allow

    @cached_property
    def _parts(self) -> tuple[list[str], bool]:
        ends = self.pattern.endswith("$")
        return (self.pattern[:-1] if ends else self.pattern).replace("$", "%24").split("*"), ends

    @cached_property
    def unescaped(self) -> "Rule":
        """Return the rule with the reserved characters of its query unescaped."""
        return replace(self, pattern=_unescape_query(self.pattern))

    def matches(self, target: str) -> bool:
        """True if the pattern covers `target`, a path and query in canonical spelling."""
        (head, *parts), ends = self._parts
        if not target.startswith(head):
            return False
        if not parts:
            return not ends or len(target) == len(head)
        position = len(head)
        *middle, tail = parts
        for part in middle:
            found = target.find(part, position)
            if found < 0:
                return False
            position = found + len(part)
        if ends:
            return len(target) - len(tail) >= position and target.endswith(tail)
        return target.find(tail, position) >= 0


def covers(pattern: str, url: str) -> bool:
    """True if a path pattern in robots.txt notation covers `url`; other file formats use the notation too."""
    return _parse_pattern(pattern).matches(_target_of(url))


@lru_cache(maxsize=1024)
def _parse_pattern(pattern: str) -> Rule:
    return Rule(True, _canonicalize(pattern.encode("utf-8", "surrogatepass")), 0, pattern)


@dataclass(frozen=True)
class RobotsRules:
    """The rules of one robots.txt for one product token.

    `rules` are in order of precedence. `group` is the token of the group that applies (``*`` for all crawlers, ``None``
    if no group does). `crawl_delay` is in seconds, the largest of several. `sitemaps` are URLs as written. Crawl-delay
    and Sitemap are "other records" (section 2.2.4), which do not end a group.
    """

    rules: tuple[Rule, ...] = ()
    group: str | None = None
    crawl_delay: float | None = None
    sitemaps: tuple[str, ...] = ()

    def matched(self, url: str) -> Rule | None:
        """Return the rule that applies to `url`, ``None`` if there is no such rule."""
        target = _target_of(url)
        if target == "/robots.txt":  # always allowed, section 2.2.2
            return None
        unescaped = _unescape_query(target)
        for rule in self.rules:
            if rule.matches(target):
                return rule
            if (unescaped != target or "%" in rule.pattern) and rule.unescaped.matches(unescaped):
                return rule
        return None

    def allowed(self, url: str) -> bool:
        """True if `url` may be fetched."""
        rule = self.matched(url)
        return rule is None or rule.allow


def _parse_agent(value: bytes) -> str | None:
    """Return the product token of a User-agent line in lower case, ``*`` for all crawlers, ``None`` without a token."""
    text = value.decode("latin-1")
    if text == "*" or text[:2] in ("* ", "*\t"):
        return "*"
    token = _TOKEN.match(text)
    return token[0].lower() if token else None


def _parse_delay(value: bytes) -> float | None:
    """Return the seconds of a Crawl-delay line, ``None`` if it is not a valid number."""
    try:
        seconds = float(value.split()[0])
    except (ValueError, IndexError):
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _parse_rules(line: RobotsLine) -> list[Rule]:
    """Return the rules of one Allow or Disallow line: an empty line has no rule, an allowed index page two."""
    pattern = _canonicalize(line.value)
    if not pattern:
        return []
    allow = line.directive is Directive.ALLOW
    rules = [Rule(allow, pattern, line.number, line.text)]
    folder, slash, page = pattern.rpartition("/")
    if allow and slash and page.startswith("index.htm"):
        # Allowing a folder's index page allows the folder too, as with Google; RFC 9309 leaves it open.
        rules.append(Rule(True, f"{folder}/$", line.number, line.text))
    return rules


def parse(body: bytes, product_token: str) -> RobotsRules:
    """Return the rules in the bytes of a robots.txt for the crawler named `product_token`.

    Never fails: unreadable lines are skipped (section 2.2). Groups of the same token are merged, and the ``*`` group
    applies only if no group names the token (section 2.2.1).
    """
    ours = product_token.lower()
    rules: dict[str, list[Rule]] = {}
    delays: dict[str, float] = {}
    sitemaps: list[str] = []
    agents: set[str] = set()
    in_rules = False
    for line in read_lines(body[:PARSE_LIMIT], cut=len(body) > PARSE_LIMIT):
        match line.directive:
            case Directive.USER_AGENT:
                if in_rules:
                    agents, in_rules = set(), False
                agent = _parse_agent(line.value)
                if agent in (ours, "*"):
                    agents.add(agent)
                    rules.setdefault(agent, [])
            case Directive.ALLOW | Directive.DISALLOW:
                in_rules = True
                for agent in agents:
                    rules[agent].extend(_parse_rules(line))
            case Directive.CRAWL_DELAY:
                seconds = _parse_delay(line.value)
                for agent in agents if seconds is not None else ():
                    delays[agent] = max(seconds or 0.0, delays.get(agent, 0.0))
            case Directive.SITEMAP:
                sitemaps.append(line.value.decode("utf-8", "replace"))
    group = ours if ours in rules else "*" if "*" in rules else None
    ordered = sorted(rules.get(group or "", ()), key=lambda rule: rule.precedence, reverse=True)
    return RobotsRules(tuple(ordered), group, delays.get(group or ""), tuple(sitemaps))
