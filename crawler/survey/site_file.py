"""Writing of a site file from the findings of a survey, with a comment on each line saying where it was found."""

import json
from collections.abc import Iterator, Sequence
from datetime import date

from crawler.sites import DEFAULT_MAX_PAGES
from crawler.sites.issue_url import ISSUE_DATE
from crawler.survey.findings import Findings, SectionValues, SurveyValue
from crawler.survey.script_lists import ScriptList

#: The column where comments begin, unless the line is longer.
_COMMENT_COLUMN = 44


def format_site_file(findings: Findings, *, name: str, hosts: Sequence[str], delay: float, day: date) -> str:
    """Return the TOML text of the site file, dated `day`."""
    return "\n".join(_format_lines(findings, name, hosts, delay, day)) + "\n"


def _format_lines(findings: Findings, name: str, hosts: Sequence[str], delay: float, day: date) -> Iterator[str]:
    yield f"# Written on {day} by `broadsheet site add`: comments say where each value was found."
    yield f"# Review and correct it, then run: broadsheet site check {name}"
    yield _format_line("name", name, "the name in commands: broadsheet crawl " + name)
    yield _format_value("title", findings.title, "not found: <title> and og:site_name are empty")
    yield _format_line("home", findings.home.value, findings.home.origin)
    yield _format_line("hosts", list(hosts), "the front page's domain, with all its subdomains")
    yield _format_value("language", findings.language, "the articles do not say")
    zone = findings.timezone
    if zone:
        yield _format_line(
            "timezone", zone.name, zone.origin + ("; a guess, compare with an article's time" if zone.is_guess else "")
        )
    else:
        yield '# timezone = ""  # not found; set it, as in Europe/London, or times are taken as printed'
    yield from _format_list("feeds", findings.feeds, "the front page names no readable feed")
    yield from _format_list(
        "sitemaps", findings.sitemaps, "robots.txt names no readable sitemap, and /sitemap.xml is not one"
    )
    for section in findings.sections:
        yield from _format_section(section)
    if not findings.sections:
        yield "\n# [[sections]]: no list of articles was found"
    path = findings.article_path
    yield "\n[articles]"
    yield _format_value("path", path, "paths do not distinguish articles from lists here", literal=True)
    yield "\n[crawl]"
    requested = findings.crawl_delay
    robots = f"robots.txt asks for {requested:g}; the longer one applies" if requested else "robots.txt asks for none"
    yield _format_line("delay", delay, f"seconds from the end of a response to the next request; {robots}")
    yield _format_line("cadence", "adaptive", "or a cron line in the site's time zone: 0 6,18 * * *")
    yield _format_line("max_pages", DEFAULT_MAX_PAGES, "budget of a visit")


def _format_section(section: SectionValues) -> Iterator[str]:
    yield "\n[[sections]]"
    yield _format_line("url", section.url.value, section.url.origin)
    if section.json:
        yield from _format_json_list(section.json)
        return
    if ISSUE_DATE.search(section.url.value):
        yield "# all pages of each issue are followed, back to `since`: add it above, as in since = 2015-01-01"
        return
    if section.links:
        yield _format_line("links", section.links.value, section.links.origin)
    else:
        yield "# links: all links with the path of an article"
    if section.next:
        yield _format_line("next", section.next.value, section.next.origin)
    else:
        yield "# next: links to the next page are followed automatically"


def _format_json_list(found: ScriptList) -> Iterator[str]:
    described, read = found.described, f"found on {len(found.pages)} pages that were read"
    yield _format_line("json", described.url, "the request that its script makes")
    if described.post is not None:
        yield _format_line("post", described.post, "the body of the request")
    for key in ("items", "link", "title", "date"):
        if value := getattr(described, key):
            yield _format_line(key, value, read)


def _format_list(key: str, values: Sequence[SurveyValue], why_empty: str) -> Iterator[str]:
    if not values:
        yield f"{key} = []".ljust(_COMMENT_COLUMN) + f"# {why_empty}"
        return
    yield f"{key} = ["
    for one in values:
        yield f"    {_to_toml(one.value)},".ljust(_COMMENT_COLUMN) + f"  # {_clean_comment(one.origin)}"
    yield "]"


def _format_value(key: str, value: SurveyValue | None, why_missing: str, *, literal: bool = False) -> str:
    if value is None:
        return f"# {key}: {why_missing}"
    return _format_line(key, value.value, value.origin, literal=literal)


def _format_line(key: str, value: object, comment: str, *, literal: bool = False) -> str:
    text = f"'{value}'" if literal and "'" not in str(value) else _to_toml(value)
    return f"{key} = {text}".ljust(_COMMENT_COLUMN) + f"  # {_clean_comment(comment)}"


def _to_toml(value: object) -> str:
    # JSON strings, numbers and lists of strings are valid TOML, except that TOML requires DEL to be escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _clean_comment(text: str) -> str:
    """Return `text` on one line without control characters, as a TOML comment must be."""
    return "".join(char if char.isprintable() else " " for char in text)
