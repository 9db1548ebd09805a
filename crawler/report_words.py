"""Words and fixes for the reasons in a visit's report."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from msgspec import Struct, toml

_FILE = Path(__file__).with_suffix(".toml")


#: The beginning of a cause's text, by its state.
SUBJECTS: Mapping[str, str] = {
    "error": "",
    "stopped": "the visit ended early: ",
    "unreadable": "{count} list{s} could not be read: ",
    "empty": "no article link on {count} list{s}: ",
    "list_damaged": "{count} damaged list{s}: ",
    "list_left": "{count} list{s} not read: ",
    "list_gone": "{count} list{s} of an index not read: ",
    "list_refused": "{count} list{s} refused: ",
    "lost": "{lost} of {found} articles lost: ",
    "partial": "{count} article{s} stored without a part of it: ",
    "refused": "{count} refused: ",
    "not_article": "{count} not an article: ",
    "gone": "{count} gone: ",
    "left": "{count} left for a later visit: ",
}


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
