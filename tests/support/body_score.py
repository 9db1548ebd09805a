"""The score of an extracted body."""

from collections import Counter


def body_f1(body: str | None, expected: str | None) -> float:
    """Return the F1 of two texts' character 4-grams (as multisets), ignoring white space: 1.0 for equal texts."""
    got, want = _four_grams(body), _four_grams(expected)
    return 2 * (got & want).total() / max(1, got.total() + want.total())


def _four_grams(text: str | None) -> Counter[str]:
    squeezed = "".join((text or "").split())
    return Counter(squeezed[i : i + 4] for i in range(len(squeezed) - 3))
