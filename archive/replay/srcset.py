"""Rewrites ``srcset``, the list of an image's candidates (HTML Standard, section 4.8.4.2)."""

import re

from archive.replay.address import IMAGE
from archive.replay.links import Links

_BETWEEN = re.compile(r"[\s,]*")
_ADDRESS = re.compile(r"\S+")
_DESCRIPTOR = re.compile(r"(?:[^,(]|\([^)]*\)?)*")


def rewrite_srcset(srcset: str, links: Links) -> str:
    """Return the candidates with rewritten addresses, without those that cannot be replayed."""
    candidates: list[str] = []
    position = 0
    while True:
        position = _BETWEEN.match(srcset, position).end()  # type: ignore[union-attr]
        address = _ADDRESS.match(srcset, position)
        if address is None:
            return ", ".join(candidates)
        position = address.end()
        descriptor = ""
        if not address[0].endswith(",") and (found := _DESCRIPTOR.match(srcset, position)):
            descriptor, position = found[0].strip(), found.end()
        if target := links.resource_address(address[0].rstrip(","), IMAGE):
            # Final commas are escaped, since an unescaped one would end the candidate.
            bare = target.rstrip(",")
            candidates.append(f"{bare}{'%2C' * (len(target) - len(bare))} {descriptor}".strip())
