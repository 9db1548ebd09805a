"""The rules of a robots.txt file, as RFC 9309 reads them.

The matcher is our own, not a library's, since a refusal must name the line behind it and since the libraries at hand
split groups at unknown lines and match product tokens by prefix.
"""

import math
import re
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from urllib.parse import urlsplit

from crawler.politeness.robots_lines import Directive, Line, read_lines

#: Octets read of a file: the 500 KiB section 2.5 asks for and a little more; the rest of a hostile file is left.
PARSE_LIMIT = 512 * 1024

_TOKEN = re.compile(r"[A-Za-z_-]+")
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})|([^\x21-\x7e])")
_RESERVED_ESCAPE = re.compile(r"%(?:2[1356789BCF]|3[ABDF]|40|5[BD])")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def _canonical(octets: bytes) -> str:
    """`octets` with one spelling for each character (section 2.2.2): escapes in upper case, unreserved ones undone."""

    def spell(found: re.Match[bytes]) -> bytes:
        octet = int(found[1], 16) if found[1] else found[2][0]
        return bytes([octet]) if octet in _UNRESERVED else b"%%%02X" % octet

    return _ESCAPE.sub(spell, octets).decode("ascii")


def _open_query(text: str) -> str:
    """`text` with reserved characters of its query unescaped: there ``:`` and ``%3A`` are the same to section 2.2.2.

    ``*`` and ``$`` stay escaped, as they are special in a rule (section 2.2.3).
    """
    path, mark, query = text.partition("?")
    return path + mark + _RESERVED_ESCAPE.sub(lambda found: chr(int(found[0][1:], 16)), query)


def _target(url: str) -> str:
    """The part of `url` rules are compared with: path and query, ``*`` and ``$`` escaped as in rules."""
    parts = urlsplit(url)
    mark = "?" if "?" in url.partition("#")[0] else ""  # an empty query is one too: rules such as /*? mean it
    path = (parts.path or "/") + mark + parts.query
    return _canonical(path.encode("utf-8", "surrogateescape")).replace("*", "%2A").replace("$", "%24")


@dataclass(frozen=True)
class Rule:
    """One Allow or Disallow line: `number` counts lines from 1, `text` is the line as it stands in the file."""

    allow: bool
    pattern: str
    number: int
    text: str

    @property
    def precedence(self) -> tuple[int, bool]:
        """The longest pattern counts; at equal length the Allow (section 2.2.2)."""
        return len(self.pattern), self.allow

    @cached_property
    def _parts(self) -> tuple[list[str], bool]:
        ends = self.pattern.endswith("$")
        return (self.pattern[:-1] if ends else self.pattern).replace("$", "%24").split("*"), ends

    @cached_property
    def opened(self) -> "Rule":
        """The same rule with reserved characters of its query unescaped."""
        return replace(self, pattern=_open_query(self.pattern))

    def matches(self, target: str) -> bool:
        """Whether the pattern covers `target`, a path and query in canonical spelling."""
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
    """Whether a path `pattern` as robots.txt writes them covers `url`: other files have borrowed the notation."""
    return _rule_of(pattern).matches(_target(url))


@lru_cache(maxsize=1024)
def _rule_of(pattern: str) -> Rule:
    return Rule(True, _canonical(pattern.encode("utf-8", "surrogatepass")), 0, pattern)


@dataclass(frozen=True)
class RobotsRules:
    """What one robots.txt says to one product token.

    `rules` are in order of precedence; `group` is the token of the group that speaks to us (``*`` for everybody's,
    ``None`` where no group does); `crawl_delay` is in seconds, the largest where several stand; `sitemaps` are
    addresses as printed. Crawl-delay and Sitemap are "other records" (section 2.2.4): no group ends at them.
    """

    rules: tuple[Rule, ...] = ()
    group: str | None = None
    crawl_delay: float | None = None
    sitemaps: tuple[str, ...] = ()

    def matched(self, url: str) -> Rule | None:
        """The rule that decides on `url`, ``None`` where none speaks of it."""
        target = _target(url)
        if target == "/robots.txt":  # always allowed, section 2.2.2
            return None
        opened = _open_query(target)
        for rule in self.rules:
            if rule.matches(target):
                return rule
            if (opened != target or "%" in rule.pattern) and rule.opened.matches(opened):
                return rule
        return None

    def allowed(self, url: str) -> bool:
        """Whether `url` may be fetched."""
        rule = self.matched(url)
        return rule is None or rule.allow


def _agent(value: bytes) -> str | None:
    """The product token of a User-agent line in lower case, ``*`` for everybody, ``None`` for no token at all."""
    text = value.decode("latin-1")
    if text == "*" or text[:2] in ("* ", "*\t"):
        return "*"
    token = _TOKEN.match(text)
    return token[0].lower() if token else None


def _delay(value: bytes) -> float | None:
    """Seconds of a Crawl-delay line, ``None`` where it gives no sensible number."""
    try:
        seconds = float(value.split()[0])
    except (ValueError, IndexError):
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _rules_of(line: Line) -> list[Rule]:
    """The rules one Allow or Disallow line makes: none where it is empty, two for an allowed index page."""
    pattern = _canonical(line.value)
    if not pattern:
        return []
    allow = line.directive is Directive.ALLOW
    rules = [Rule(allow, pattern, line.number, line.text)]
    folder, slash, page = pattern.rpartition("/")
    if allow and slash and page.startswith("index.htm"):
        # Whoever allows a folder's index page allows the folder: a kindness of Google's that RFC 9309 leaves open.
        rules.append(Rule(True, f"{folder}/$", line.number, line.text))
    return rules


def parse(body: bytes, product_token: str) -> RobotsRules:
    """The rules `body`, the octets of a robots.txt, holds for the crawler named `product_token`.

    Never fails: what cannot be read is passed over line by line (section 2.2). Groups of the same token are merged,
    and everybody's rules count only where no group names the token (section 2.2.1).
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
                agent = _agent(line.value)
                if agent in (ours, "*"):
                    agents.add(agent)
                    rules.setdefault(agent, [])
            case Directive.ALLOW | Directive.DISALLOW:
                in_rules = True
                for agent in agents:
                    rules[agent].extend(_rules_of(line))
            case Directive.CRAWL_DELAY:
                seconds = _delay(line.value)
                for agent in agents if seconds is not None else ():
                    delays[agent] = max(seconds or 0.0, delays.get(agent, 0.0))
            case Directive.SITEMAP:
                sitemaps.append(line.value.decode("utf-8", "replace"))
    group = ours if ours in rules else "*" if "*" in rules else None
    ordered = sorted(rules.get(group or "", ()), key=lambda rule: rule.precedence, reverse=True)
    return RobotsRules(tuple(ordered), group, delays.get(group or ""), tuple(sitemaps))
