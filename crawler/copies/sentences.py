"""The sentences of a text in a comparable form, and their MinHash keys.

Portals that copy a story keep most of its sentences, whatever they add, cut or reorder. The sentence is therefore the
unit: a brief copied into a long story shares sentences with it, although the two texts as a whole are not alike.
"""

import re
import struct
import unicodedata
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path

from rensa import RMinHash

from crawler.extraction.decode.glosses import remove_glosses

#: Longer texts are cut to this many characters before they are compared.
MAX_TEXT = 30_000

#: The most keys per text. Of a longer text the smallest are taken, so that two texts choose the same ones.
MAX_KEYS = 64

#: The fewest units (Chinese characters, or words) of a sentence that gets a key: shorter ones are common property.
_MIN_UNITS = {True: 10, False: 6}

#: Adjacent units per shingle.
_SHINGLE = {True: 4, False: 2}

#: MinHash values per key. Two sentences with a share s of common shingles have the same key with probability s³.
_VALUES_PER_KEY = 3

#: Characters that show whether a text is written without spaces.
_SAMPLE = 300

#: The seed of the hash functions. Keys are stored: another seed would make them useless.
_SEED = 17

#: A sentence with its closing marks. A full stop ends it only before a blank.
_SENTENCE = re.compile(
    r"[^。！？!?；;।۔؟።.\n]+(?:\.+(?=[^\s.])[^。！？!?；;।۔؟።.\n]*)*[。！？!?；;।۔؟።.]*[”’」』\"')）]*"
)
_SPACELESS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]"
)
#: Everything that is neither a letter, a mark nor a digit in the texts of newspapers.
_PUNCTUATION = re.compile(
    "[\\x00-\\x09\\x0b-/:-@\\[-`{-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u0589\u05be\u05f3\u05f4\u060c\u061b\u061f\u0640\u066a-\u066c"
    "\u06d4\u0964\u0965\u0f0b-\u0f14\u104a\u104b\u1361-\u1368\u17d4-\u17da\u2000-\u206f\u2190-\u2bff\u3000-\u3004"
    "\u3008-\u3020\u3030\u303d-\u303f\u30fb\ufe00-\ufe6f\ufeff\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]+"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as printed, and folded: without punctuation, case, width and the difference of Chinese scripts.

    `units` are its characters in scripts without spaces, its words in others; `weight` is its length in characters of
    a Chinese text, to which a word counts as two.
    """

    printed: str
    folded: str
    is_spaceless: bool

    @property
    def units(self) -> list[str]:
        """The characters or words of the sentence; a number is one unit."""
        return re.findall(r"\d+|\D", self.folded) if self.is_spaceless else self.folded.split()

    @property
    def weight(self) -> int:
        """Its length in Chinese characters; a word counts as two."""
        return len(self.folded) if self.is_spaceless else 2 * len(self.folded.split())

    @property
    def shingles(self) -> set[str]:
        """The runs of adjacent units, of which two similar sentences have many in common."""
        return set(_make_shingles(self.folded, self.is_spaceless))


def fold(text: str) -> str:
    """Return `text` in lower case and normal width, and in simplified characters."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    simplified = _load_simplified()
    for traditional in _load_traditional().intersection(folded):
        folded = folded.replace(traditional, simplified[traditional])
    return folded


def split_sentences(text: str) -> list[Sentence]:
    """Return the sentences of `text` that contain letters or digits, in order."""
    printed = _SENTENCE.findall(remove_glosses(text[:MAX_TEXT])[0])
    if not printed:
        return []
    is_spaceless = len(_SPACELESS.findall(text, 0, _SAMPLE)) * 2 > min(len(text), _SAMPLE)
    # Without punctuation in full width, most texts are normalized already, which is cheap to see.
    folded = fold(_PUNCTUATION.sub("" if is_spaceless else " ", "\n".join(printed))).split("\n")
    return [
        Sentence(shown.strip(), one, is_spaceless)
        for shown, line in zip(printed, folded, strict=True)
        if (one := line.strip())
    ]


def make_keys(sentences: list[Sentence]) -> list[int | None]:
    """Return the key of each sentence (64 bits, signed), ``None`` for those that are too short or too many."""
    long = {one.folded: _make_shingles(one.folded, one.is_spaceless) for one in sentences if _is_long(one)}
    digests = RMinHash.digests_from_token_sets(list(long.values()), _VALUES_PER_KEY, _SEED)
    keys = {folded: _pack_key(digest) for folded, digest in zip(long, digests, strict=True)}
    kept = set(sorted(keys.values())[:MAX_KEYS])
    return [key if (key := keys.get(one.folded)) in kept else None for one in sentences]


def _is_long(sentence: Sentence) -> bool:
    units = len(sentence.folded) if sentence.is_spaceless else sentence.folded.count(" ") + 1
    return units >= _MIN_UNITS[sentence.is_spaceless]


def _make_shingles(folded: str, is_spaceless: bool) -> list[str]:
    if is_spaceless:
        size = _SHINGLE[True]
        return [folded[at : at + size] for at in range(max(len(folded) - size + 1, 1))]
    words = folded.split()
    return [" ".join(pair) for pair in pairwise(words)] or words


def _pack_key(digest: list[int]) -> int:
    packed = struct.pack(f"<{_VALUES_PER_KEY}Q", *digest)
    return int.from_bytes(blake2b(packed, digest_size=8).digest(), "big", signed=True)


@cache
def _load_simplified() -> dict[str, str]:
    """Return the simplified form of each traditional character and variant: OpenCC's TSCharacters (Apache-2.0)."""
    pairs = (Path(__file__).parent / "simplified.txt").read_text(encoding="utf-8").split()
    return {pair[0]: pair[1] for pair in pairs}


@cache
def _load_traditional() -> frozenset[str]:
    return frozenset(_load_simplified())
