"""Prose weight: how much of a story's text a line carries, zero for a line that does not read like a paragraph."""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from crawler.extraction.clean import boilerplate
from crawler.extraction.clean.boilerplate_blocks import find_teaser_lists
from crawler.extraction.data.tables import language, languages
from crawler.extraction.document import TextLine
from crawler.extraction.layout.content_density import SENTENCE_WEIGHT
from crawler.extraction.layout.text import squeeze

#: Weight of a character in the densest script, used for text of an unknown language.
_DENSEST = max(one.writing.character_weight for one in languages().values())
#: Weight from which a line is prose even without a punctuation mark.
_LONG = 120.0
_IDEOGRAPH = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"\w")
_PUNCTUATION = re.compile(r"[.!?。！？…；;,，、:：।۔؟،။።][\"'”’»」』）)\]]*(?:\s|$)|[。！？；，、：…།]")
_FULL_STOP = re.compile(r"[.。！？…।။۔][\"'”’»」』）)\]]*$")
HEADING_TAGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


class ProseScorer:
    """Weighs the lines of one page as prose and recognizes lines that cannot be the story's.

    `code` is the page's language, `title` the squeezed title of the article, `field_lines` the indexes of lines read as
    other fields, `repeated` the squeezed paragraphs that the site prints in every story.
    """

    def __init__(self, code: str | None, title: str, field_lines: frozenset[int], repeated: AbstractSet[str]) -> None:
        writing = language(code).writing
        self._is_known_language = code is not None
        self._character_weight = writing.character_weight
        self._has_full_stops = writing.has_full_stops
        self.title = title
        self._field_lines = field_lines
        self._repeated = repeated

    def weigh_lines(self, lines: Sequence[TextLine], count: int) -> list[float]:
        """Return the weight of each of the page's `count` lines by index; a line missing from `lines` weighs 0."""
        weights = [0.0] * count
        teaser_lists = find_teaser_lists(lines)
        # A line with fewer characters is not prose even in the densest script the page may be written in.
        least = SENTENCE_WEIGHT / (self._character_weight if self._is_known_language else _DENSEST)
        for line in lines:
            if len(line.text) - 2 * line.link_chars >= least and line.element.parent not in teaser_lists:
                weights[line.index] = self._weigh_line(line)
        return weights

    def _weigh_line(self, line: TextLine) -> float:
        weight = (len(line.text) - 2 * line.link_chars) * self._density(line)
        if weight < SENTENCE_WEIGHT or self._is_other_field(line):
            return 0.0
        if weight < _LONG and not _PUNCTUATION.search(line.text):
            return 0.0
        if boilerplate.is_boilerplate(line.text) or (line.tag in HEADING_TAGS and not _is_paragraph(line, weight)):
            return 0.0
        if self._repeated and squeeze(line.text) in self._repeated:
            return 0.0
        return weight

    def _density(self, line: TextLine) -> float:
        """Return the weight of the line's characters: by the page's language, or by script if that is unknown."""
        is_han = not self._is_known_language and _IDEOGRAPH.search(line.text)
        return _DENSEST if is_han else self._character_weight

    def _is_other_field(self, line: TextLine) -> bool:
        """True if the line is read as another field and no sentence of the story comes before that field in it."""
        if line.index not in self._field_lines:
            return False
        text = boilerplate.remove_sign_off(line.text)
        is_short = text == line.text or len(text) * self._character_weight < SENTENCE_WEIGHT
        return is_short or not _PUNCTUATION.search(text[-2:])

    def can_be_story(self, line: TextLine) -> bool:
        """True unless the line's words rule it out: another field, boilerplate, the title, a repeated paragraph."""
        if self._is_other_field(line) or boilerplate.is_boilerplate(line.text) or not _WORD.search(line.text):
            return False
        if not self._repeated and line.text[0].casefold()[:1] != self.title[:1]:
            return True
        text = squeeze(line.text)
        return text != self.title and text not in self._repeated

    def is_sentence(self, line: TextLine) -> bool:
        """True if the line, however short, ends like a sentence; any line does in a script without full stops."""
        is_ended = not self._has_full_stops or bool(_PUNCTUATION.search(line.text[-2:]))
        return is_ended and len(line.text) * self._density(line) > 3


def _is_paragraph(line: TextLine, weight: float) -> bool:
    """True if a heading is as long as a paragraph and ends like one: some editors mark paragraphs up that way."""
    return weight >= _LONG and not line.link_chars and bool(_FULL_STOP.search(line.text))
