"""Sign-offs that need no colon: "Edited by Jane Doe", "(Reporting by A. Roe; Editing by J. Doe)"."""

import re

from crawler.extraction.data.prefilter import any_of
from crawler.extraction.data.tables import words_of_all

_NAME = r"[^\W\d_a-z][\w.'’-]*(?:\s(?:[a-z]{1,3}\s){0,2}[^\W\d_a-z][\w.'’-]*){1,3}"
_AND = any_of([*words_of_all(lambda table: table.bylines.and_words), "&"])
_NAMES = rf"(?P<names>{_NAME}(?:(?:,\s|,?\s{_AND}\s){_NAME}){{0,4}})"
_OPENER = any_of(words_of_all(lambda table: table.bylines.editor_sign_offs), written_as={" ": r"\s+"})
_ANY_OPENER = re.compile(_OPENER)
#: On a line of its own, or behind the reporters' part of it.
_OWN_LINE = re.compile(rf"(?:[^.;]{{0,120}};\s*)?{_OPENER}\s+{_NAMES}\s*\.?")
#: In brackets at the end of a line or a paragraph.
_IN_BRACKETS = re.compile(rf"[(\[](?:[^()\[\]]{{0,200}}[;,.]\s*)?{_OPENER}\s+{_NAMES}\s*\.?\s*[)\]]\s*$")
#: Characters at the end of a paragraph that are searched for a sign-off.
_TAIL = 300


def read_signed_editor(text: str) -> str | None:
    """Return the editor or editors of a sign-off at the end of `text`, as printed; ``None`` if no sign-off is found.

    A single word is not a name here ("Edited by hand"), and a sentence that goes on is not a sign-off.
    """
    if not _ANY_OPENER.search(text[-_TAIL:]):
        return None
    found = _OWN_LINE.fullmatch(text) or _IN_BRACKETS.search(text[-_TAIL:])
    return found["names"].rstrip(".") if found else None
