"""Rewrites ``srcset``, the list of an image's candidates (HTML Standard, section 4.8.4.2)."""

import re
from collections.abc import Iterator

from archive.replay.address import IMAGE
from archive.replay.links import Candidate, Links

_BETWEEN = re.compile(r"[\s,]*")
_ADDRESS = re.compile(r"\S+")
_DESCRIPTOR = re.compile(r"(?:[^,(]|\([^)]*\)?)*")


def rewrite_srcset(srcset: str, links: Links) -> str:
    """Return the candidates that `links` chooses with rewritten addresses, without those that cannot be replayed."""
    written = []
    for address, descriptor in links.choose_candidates([*_parse(srcset)]):
        if target := links.resource_address(address, IMAGE):
            # Final commas are escaped, since an unescaped one would end the candidate.
            bare = target.rstrip(",")
            written.append(f"{bare}{'%2C' * (len(target) - len(bare))} {descriptor}".strip())
    return ", ".join(written)


def _parse(srcset: str) -> Iterator[Candidate]:
    position = 0
    while True:
        position = _BETWEEN.match(srcset, position).end()  # type: ignore[union-attr]
        address = _ADDRESS.match(srcset, position)
        if address is None:
            return
        position = address.end()
        descriptor = ""
        if not address[0].endswith(",") and (found := _DESCRIPTOR.match(srcset, position)):
            descriptor, position = found[0].strip(), found.end()
        yield address[0].rstrip(","), descriptor
