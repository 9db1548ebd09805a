"""White space in extracted text: normalised for output, removed for comparisons."""

_ZERO_WIDTH = str.maketrans({"\u200b": None, "\ufeff": None, "\xad": None, "\u2060": None})


def normalise(text: str) -> str:
    """`text` with each run of white space (no-break and ideographic space too) one space, zero-width marks dropped."""
    text = " ".join(text.split())
    if text.isascii():
        return text
    if "\u200b" in text or "\ufeff" in text or "\xad" in text or "\u2060" in text:
        text = " ".join(text.translate(_ZERO_WIDTH).split())
    return text


def squeeze(text: str) -> str:
    """Return `text` without white space and in folded case, to compare two prints of the same text."""
    return "".join(text.split()).casefold()
