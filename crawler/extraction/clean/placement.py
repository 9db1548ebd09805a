"""Location of an article on its page: head, prose and foot, as ranges of line indexes."""

import itertools
from collections.abc import Sequence

from msgspec import Struct

from crawler.extraction.clean.boilerplate import is_boilerplate
from crawler.extraction.layout.lines import TextLine
from crawler.extraction.layout.prose import is_prose

#: Number of lines above the title that belong to the head, and below the last paragraph that belong to the foot.
_HEAD_ABOVE_TITLE, _FOOT_BELOW_PROSE = 6, 25
#: Tags of cells, and most cells above a title that belong to the head.
_CELL_TAGS, _MOST_CELLS = frozenset({"td", "th", "dt", "dd"}), 40
#: Number of consecutive lines without prose after which the article has ended.
_LONGEST_GAP = 25
#: Length of the head and the foot (lines) if no prose follows the title.
_HEAD_WITHOUT_PROSE = 15
_FOOT_WITHOUT_PROSE = 100
#: Number of lines from the first prose line within which the first two consecutive paragraphs are looked for.
_STANDFIRST = 14
#: Number of lines below the title within which the prose must start.
_FARTHEST_PROSE = 80


class Placement(Struct, frozen=True):
    """Line indexes of an article: its title, its first and last paragraph, and the last line of the page.

    `head_end` is the last line of the head: the first paragraph, or a later one if the first is only a standfirst.
    `cells` are the cells directly above the title: of the table in which authorities describe a notice.
    """

    title: int | None
    prose_start: int
    prose_end: int
    last: int
    head_end: int
    cells: int = 0

    @property
    def head(self) -> range:
        """Lines of the head, from a few above the title."""
        anchor = self.prose_start - _HEAD_WITHOUT_PROSE if self.title is None else self.title
        return range(max(0, anchor - max(_HEAD_ABOVE_TITLE, self.cells)), min(self.head_end, self.last) + 1)

    @property
    def foot(self) -> range:
        """Lines from the last paragraph that may contain the sign-off."""
        return range(max(0, self.prose_end), min(self.prose_end + _FOOT_BELOW_PROSE, self.last) + 1)

    @property
    def story(self) -> range:
        """Lines from the first paragraph to the last."""
        return range(self.prose_start, self.prose_end + 1)


def locate_article(lines: Sequence[TextLine], title_line: int | None) -> Placement:
    """Return the placement of the article on the page; `title_line` is the index of the line that prints its title."""
    last = len(lines) - 1
    below = range(0 if title_line is None else title_line + 1, len(lines))
    start = next((index for index in below if is_prose(lines[index])), None)
    if start is None or (title_line is not None and start > title_line + _FARTHEST_PROSE):
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
        end -= 1  # drop what the site prints below every story
    return Placement(title_line, start, end, last, _find_head_end(lines, start), _count_cells(lines[: title_line or 0]))


def _count_cells(above: Sequence[TextLine]) -> int:
    """Return the number of cells at the end of the lines above a title."""
    return next((n for n, line in enumerate(reversed(above[-_MOST_CELLS:])) if line.tag not in _CELL_TAGS), _MOST_CELLS)


def _find_head_end(lines: Sequence[TextLine], start: int) -> int:
    """Return the first paragraph that another one follows immediately, else `start`."""
    prose = [index for index in range(start, min(start + _STANDFIRST, len(lines))) if is_prose(lines[index])]
    return next((index for index, following in itertools.pairwise(prose) if following == index + 1), start)
