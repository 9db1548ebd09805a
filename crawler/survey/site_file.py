"""The site file a survey's findings make, a comment at each line on where it was found."""

import json
from collections.abc import Iterator, Sequence
from datetime import date

from crawler.sites import DEFAULT_MAX_PAGES
from crawler.survey.findings import Findings, ListFound, Told

#: Where comments begin, unless the line is longer.
_COLUMN = 44


def site_file(findings: Findings, *, name: str, hosts: Sequence[str], delay: float, day: date) -> str:
    """The TOML text of the site file, written on `day`."""
    return "\n".join(_lines(findings, name, hosts, delay, day)) + "\n"


def _lines(findings: Findings, name: str, hosts: Sequence[str], delay: float, day: date) -> Iterator[str]:
    yield f"# Written on {day} by `broadsheet site add`: each comment says where its line was found."
    yield f"# Read it through, mend what is wrong, then: broadsheet site check {name}"
    yield _line("name", name, "what you call it: broadsheet crawl " + name)
    yield _told("title", findings.title, "not found: <title> and og:site_name are empty")
    yield _line("home", findings.home.value, findings.home.found)
    yield _line("hosts", list(hosts), "the front page's domain, with all its subdomains")
    yield _told("language", findings.language, "not told by the articles")
    zone = findings.timezone
    if zone:
        yield _line(
            "timezone", zone.name, zone.found + ("; a guess, look at an article's time" if zone.is_guess else "")
        )
    else:
        yield '# timezone = ""  # not told by anything; name it as in Europe/London, else times are taken as printed'
    yield from _list("feeds", findings.feeds, "the front page names none that could be read")
    yield from _list(
        "sitemaps", findings.sitemaps, "robots.txt names none that could be read, and /sitemap.xml is none"
    )
    for section in findings.sections:
        yield from _section(section)
    if not findings.sections:
        yield "\n# [[sections]]: no page with a list of articles was found"
    path = findings.article_path
    yield "\n[articles]"
    yield _told("path", path, "paths do not tell articles from lists here", literal=True)
    yield "\n[crawl]"
    wanted = findings.crawl_delay
    robots = f"robots.txt wants {wanted:g}, and the longer one counts" if wanted else "robots.txt asks for none"
    yield _line("delay", delay, f"seconds from the end of an answer to the next request; {robots}")
    yield _line("cadence", "adaptive", "or a cron line in the site's time zone: 0 6,18 * * *")
    yield _line("max_pages", DEFAULT_MAX_PAGES, "a visit's budget")


def _section(section: ListFound) -> Iterator[str]:
    yield "\n[[sections]]"
    yield _line("url", section.url.value, section.url.found)
    if section.links:
        yield _line("links", section.links.value, section.links.found)
    else:
        yield "# links: all links whose path is an article's"
    if section.next:
        yield _line("next", section.next.value, section.next.found)
    else:
        yield "# next: links to the next page are followed by themselves"


def _list(key: str, found: Sequence[Told], why_none: str) -> Iterator[str]:
    if not found:
        yield f"{key} = []".ljust(_COLUMN) + f"# {why_none}"
        return
    yield f"{key} = ["
    for one in found:
        yield f"    {_toml(one.value)},".ljust(_COLUMN) + f"  # {_comment(one.found)}"
    yield "]"


def _told(key: str, told: Told | None, why_none: str, *, literal: bool = False) -> str:
    if told is None:
        return f"# {key}: {why_none}"
    return _line(key, told.value, told.found, literal=literal)


def _line(key: str, value: object, comment: str, *, literal: bool = False) -> str:
    written = f"'{value}'" if literal and "'" not in str(value) else _toml(value)
    return f"{key} = {written}".ljust(_COLUMN) + f"  # {_comment(comment)}"


def _toml(value: object) -> str:
    # A JSON string, number and list of strings is TOML as well; DEL alone TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _comment(text: str) -> str:
    """`text` on one line: TOML's comments end with it, and know no control characters."""
    return "".join(one if one.isprintable() else " " for one in text)
