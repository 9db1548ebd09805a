"""Where on a page the head, the prose and the foot of its article lie, as far as lines of text tell it."""

import itertools
from collections.abc import Sequence

from msgspec import Struct

from crawler.extraction.clean.boilerplate import is_boilerplate
from crawler.extraction.layout.lines import TextLine
from crawler.extraction.layout.prose import is_prose

#: Lines above the title that may still belong to the head, and below the last paragraph to the foot.
_ABOVE, _BELOW = 6, 25
#: Lines without prose after which the article is over.
_LONGEST_GAP = 25
#: Lines that are looked at under a title when no prose follows it.
_HEAD_WITHOUT_PROSE = 15
_FOOT_WITHOUT_PROSE = 100
#: Lines a standfirst and what stands between it and the first paragraph may take.
_STANDFIRST = 14


class Placement(Struct, frozen=True):
    """TextLine indexes: `title` of the title's line, `prose_start` and `prose_end` of the first and last paragraph.

    `head_end` is the last line of the head: the first paragraph, or one some lines on where that is but a standfirst.
    """

    title: int | None
    prose_start: int
    prose_end: int
    last: int
    head_end: int

    @property
    def head(self) -> range:
        """Lines of the head: from a few above the title on."""
        anchor = self.prose_start - _HEAD_WITHOUT_PROSE if self.title is None else self.title
        return range(max(0, anchor - _ABOVE), min(self.head_end, self.last) + 1)

    @property
    def foot(self) -> range:
        """Lines from the last paragraph on that may carry the sign-off."""
        return range(max(0, self.prose_end), min(self.prose_end + _BELOW, self.last) + 1)

    @property
    def story(self) -> range:
        """Lines from the first paragraph to the last."""
        return range(self.prose_start, self.prose_end + 1)


def locate_article(lines: Sequence[TextLine], title_line: int | None) -> Placement:
    """Where the article lies on the page."""
    last = len(lines) - 1
    below = range(0 if title_line is None else title_line + 1, len(lines))
    start = next((index for index in below if is_prose(lines[index])), None)
    if start is None or (title_line is not None and start > title_line + 80):
        anchor = title_line or 0
        near = min(anchor + _HEAD_WITHOUT_PROSE, last)
        return Placement(title_line, near, min(near + _FOOT_WITHOUT_PROSE, last), last, near)
    end = start
    for index in range(start, len(lines)):
        if is_prose(lines[index]):
            end = index
        elif index - end > _LONGEST_GAP:
            break
    while end > start and (not is_prose(lines[end]) or is_boilerplate(lines[end].text)):
        end -= 1  # what the site prints below every story is none of it
    return Placement(title_line, start, end, last, _head_end(lines, start))


def _head_end(lines: Sequence[TextLine], start: int) -> int:
    """Where the head ends: at the first paragraph that another follows at once, when that is near."""
    prose = [index for index in range(start, min(start + _STANDFIRST, len(lines))) if is_prose(lines[index])]
    return next((one for one, other in itertools.pairwise(prose) if other == one + 1), start)
