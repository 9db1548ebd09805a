"""Sign-offs that need no colon: "Edited by Jane Doe", "(Reporting by A. Roe; Editing by J. Doe)"."""

import re

_NAME = r"[^\W\d_a-z][\w.'’-]*(?:\s(?:[a-z]{1,3}\s){0,2}[^\W\d_a-z][\w.'’-]*){1,3}"
_NAMES = rf"(?P<names>{_NAME}(?:(?:,\s|,?\s(?:and|&)\s){_NAME}){{0,4}})"
_EDITED = r"(?:[Ee]dited|[Ee]diting)\s+by\s+"
#: On a line of its own, at most behind what the reporters did.
_OWN_LINE = re.compile(rf"(?:[^.;]{{0,120}};\s*)?{_EDITED}{_NAMES}\s*\.?")
#: In brackets at the end of a line or a paragraph.
_IN_BRACKETS = re.compile(rf"[(\[](?:[^()\[\]]{{0,200}}[;,.]\s*)?{_EDITED}{_NAMES}\s*\.?\s*[)\]]\s*$")
#: Characters at the end of a paragraph in which a sign-off is looked for.
_TAIL = 300


def signed_editor(text: str) -> str | None:
    """The editor or editors that an English sign-off names, as printed; ``None`` where `text` ends with none.

    A single word is no name here ("Edited by hand"), and a sentence of the story that goes on is no sign-off.
    """
    if "dit" not in text[-_TAIL:]:
        return None
    found = _OWN_LINE.fullmatch(text) or _IN_BRACKETS.search(text[-_TAIL:])
    return found["names"].rstrip(".") if found else None
