"""The list of an image's candidates in ``srcset`` (HTML Standard, section 4.8.4.2)."""

import re

from archive.replay.address import IMAGE
from archive.replay.links import Links

_BETWEEN = re.compile(r"[\s,]*")
_ADDRESS = re.compile(r"\S+")
_DESCRIPTOR = re.compile(r"(?:[^,(]|\([^)]*\)?)*")


def rewrite_srcset(srcset: str, links: Links) -> str:
    """The candidates with their addresses where `links` says; those that lead nowhere left out."""
    written: list[str] = []
    position = 0
    while True:
        position = _BETWEEN.match(srcset, position).end()  # type: ignore[union-attr]
        address = _ADDRESS.match(srcset, position)
        if address is None:
            return ", ".join(written)
        position = address.end()
        descriptor = ""
        if not address[0].endswith(",") and (found := _DESCRIPTOR.match(srcset, position)):
            descriptor, position = found[0].strip(), found.end()
        if target := links.part(address[0].rstrip(","), IMAGE):
            # A comma at an address's end would end it.
            head, commas = target.rstrip(","), len(target) - len(target.rstrip(","))
            written.append(f"{head}{'%2C' * commas} {descriptor}".strip())
