"""Writes the site files of served portals, so that they can be crawled like any site."""

import json
from pathlib import Path
from urllib.parse import urljoin

from crawler.demo.portal import Portal
from crawler.demo.server import DemoServer


def write_site_files(server: DemoServer, folder: Path) -> list[Path]:
    """Write ``<name>.toml`` into `folder` for each portal of a running server, and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for portal in server.portals.values():
        file = folder / f"{portal.name}.toml"
        file.write_text(render_site_file(portal, server.url(portal)), encoding="utf-8")
        files.append(file)
    return files


def render_site_file(portal: Portal, home: str) -> str:
    """Return the site file of `portal`, whose front page is at `home`, as TOML."""
    lines = [f"name = {_toml(portal.name)}", f"title = {_toml(portal.title)}", f"home = {_toml(home)}"]
    lines.append(f"hosts = [{_toml(portal.host)}]")
    lines += [f"{key} = {_toml(value)}" for key in ("language", "timezone") if (value := getattr(portal, key))]
    for key, paths in (("feeds", portal.feeds), ("sitemaps", portal.sitemaps)):
        if paths:
            lines.append(f"{key} = {_toml([urljoin(home, path) for path in paths])}")
    for section in portal.sections:
        lines += ["", "[[sections]]", f"url = {_toml(urljoin(home, section.path))}"]
        lines += [f"{key} = {_toml(value)}" for key in ("links", "next") if (value := getattr(section, key))]
    if portal.article_pattern:
        lines += ["", "[articles]", f"path = {_toml(portal.article_pattern)}"]
    lines += ["", "[crawl]", f"delay = {portal.delay}", f"max_pages = {portal.max_pages}"]
    lines += ["requisites = true"] if portal.requisites else []
    return "\n".join(lines) + "\n"


def _toml(value: str | list[str]) -> str:
    # JSON strings and lists of them are also valid TOML.
    return json.dumps(value, ensure_ascii=False)
