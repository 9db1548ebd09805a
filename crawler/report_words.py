"""Words and fixes for the reasons in a visit's report."""

from functools import cache
from pathlib import Path

from msgspec import Struct, toml

_FILE = Path(__file__).with_suffix(".toml")


class Words(Struct, frozen=True, forbid_unknown_fields=True):
    """A reason in words, and the fix. Both are parts of one line."""

    text: str
    fix: str = ""


def words_for(why: str) -> Words:
    """Return the words of a reason such as ``status.403``: its own, else those of its group, ``status``."""
    table = _load()
    group, _, rest = why.partition(".")
    if why in table:
        return table[why]
    general = table.get(group)
    return Words(general.text.replace("{}", rest or group), general.fix) if general else Words(why)


@cache
def _load() -> dict[str, Words]:
    return toml.decode(_FILE.read_bytes(), type=dict[str, Words])
