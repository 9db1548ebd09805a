"""Sign-offs that need no colon: "Edited by Jane Doe", "(Reporting by A. Roe; Editing by J. Doe)"."""

import re

_NAME = r"[^\W\d_a-z][\w.'’-]*(?:\s(?:[a-z]{1,3}\s){0,2}[^\W\d_a-z][\w.'’-]*){1,3}"
_NAMES = rf"(?P<names>{_NAME}(?:(?:,\s|,?\s(?:and|&)\s){_NAME}){{0,4}})"
_EDITED = r"(?:[Ee]dited|[Ee]diting)\s+by\s+"
#: On a line of its own, or behind the reporters' part of it.
_OWN_LINE = re.compile(rf"(?:[^.;]{{0,120}};\s*)?{_EDITED}{_NAMES}\s*\.?")
#: In brackets at the end of a line or a paragraph.
_IN_BRACKETS = re.compile(rf"[(\[](?:[^()\[\]]{{0,200}}[;,.]\s*)?{_EDITED}{_NAMES}\s*\.?\s*[)\]]\s*$")
#: Characters at the end of a paragraph that are searched for a sign-off.
_TAIL = 300


def read_signed_editor(text: str) -> str | None:
    """Return the editor or editors of an English sign-off at the end of `text`, as printed; ``None`` if there is none.

    A single word is not a name here ("Edited by hand"), and a sentence that goes on is not a sign-off.
    """
    if "dit" not in text[-_TAIL:]:
        return None
    found = _OWN_LINE.fullmatch(text) or _IN_BRACKETS.search(text[-_TAIL:])
    return found["names"].rstrip(".") if found else None
