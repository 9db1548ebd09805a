"""Who a story is from: the outlet its portal credits, the desk editor, the authors, each as the page prints it."""

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from msgspec import Struct

from crawler.extraction.authors import AUTHORS_PAGE, find_authors
from crawler.extraction.byline_grammar import (
    MARK,
    Labelled,
    editor_of,
    is_control,
    is_furniture,
    is_outlet,
    is_person,
    read_labels,
    source_of,
)
from crawler.extraction.byline_labels import Role
from crawler.extraction.date_grammar import read_dates
from crawler.extraction.dates import Dates
from crawler.extraction.document import Document, Line, Part
from crawler.extraction.found import evidence
from crawler.extraction.placement import Placement, is_prose, placement_of
from crawler.extraction.sign_offs import signed_editor
from crawler.items import Evidence

#: Ids and classes that name an element for what it holds.
_SOURCE_HINT = re.compile(r"(?:source|(?<![a-z])(?:laiyuan|ly|from|media(?:-|_)?name|pub-?name|origin))(?![a-z])")
_EDITOR_HINT = re.compile(r"(?<![a-z])(?:editor(?:_baidu|name)?|ep-editor|bianji|zebian|zrbj)(?![a-z])")
_NOT_SOURCE_HINT = re.compile(
    r"author|editor|reporter|original|channel|column|nav|crumb|share|comment|count|read|view|tag|like|follow|btn|button"
    r"|share|tool|print|font|menu|video|audio|app|time|date|label|type|category|cate|section|topic|login"
)
#: Ids and classes of what a picture's or a video's credit stands in, which outside of Chinese is labelled as a source.
_PICTURE_HINT = re.compile(r"video|caption|gallery")
#: What the name of an account looks like, as against what platforms print of it.
_ACCOUNT = re.compile(
    r"(?!.*(?:公司|作者|博主|达人|创作者|账号|领域|认证|频道|頻道|版块|专栏|栏目)$)[\u3400-\u9fffA-Za-z·]{3,14}"
)
#: A day without its year, or how long ago, and the longest line in which an outlet is told by one.
_LOOSE_TIME = re.compile(r"\d{1,2}[-/月.]\d{1,2}日?|\d{1,2}\s?(?:分钟|分鐘|小时|小時|天|日)前|昨天|今天|刚刚|剛剛")
_SHORT_LINE = 40
#: The same with spaces between, and no more before it than what says that a story is the outlet's own.
_SPACED_REPORTER = re.compile(
    r"(?:(?:原创|独家|原創|獨家)\s+)?([\u3400-\u9fff]{3,8})\s+(?:首席|见习|特约)?(?:记者|記者)\s+[\u3400-\u9fff]{2,4}(?!\S)"
)
#: The address of an outlet's account on a platform.
_ACCOUNTS_PAGE = re.compile(r"/(?:media|mp|user|u|account|profile|home|space|source|author)[/?.]")
#: The address of a section of the site's, or of what is tagged with a word.
_SECTIONS_PAGE = re.compile(
    r"^(?:(?:https?:)?//[^/]+)?/?(?:[a-z]+/?)?$|/(?:tags?|topics?|keywords?|search|channel|column|category|zt|special)[/?.]"
)
#: Labels below a country's under which sites are registered.
_SECOND_LEVEL = frozenset({"com", "net", "org", "gov", "edu", "co", "ac"})
#: How a line begins that credits an account, its author and its editor in one sentence.
_CREDIT = re.compile(r"(?:本文|文章)?(?:来自|转自|来源)微信公众号\s*[:：]")
#: An outlet before its reporter: 某某報／記者王某／某地報導.
_BEFORE_REPORTER = re.compile(
    r"(?<![\u3400-\u9fff])([\u3400-\u9fff]{2,8})\s?[／/]\s?(?:记者|記者)\s?[\u3400-\u9fff]{2,4}\s?[／/]"
)
#: What sections are called, as against outlets.
_SECTION = re.compile(
    r"(?:国内|国际|社会|财经|经济|科技|娱乐|体育|教育|健康|文化|旅游|军事|本地|地方|时政|图片|视频|热点|最新|國際|社會|財經|地方)?"
    r"(?:新闻|要闻|资讯|动态|时政|社会|国内|国际|财经|经济|科技|娱乐|体育|教育|健康|文化|旅游|汽车|房产|军事|本地|民生|评论|观点|头条|热点|公告|未分类"
    r"|新聞|要聞|資訊|動態|社會|國際|財經|娛樂|體育)"
)
#: Longest line that can be a head or foot line; a longer one is a paragraph, whose end may still hold a sign-off.
_LONGEST_LINE = 160
#: What a name beside the date loses where it is the site's own: less than what parts it from one a line away.
_YIELDS = 0.4
#: Cells of tables and lists, where a label without a colon may stand alone.
_CELLS = frozenset({"td", "th", "dt"})
#: Scripts in which an outlet is told by where its name stands, without a label.
_UNLABELLED = ("zh",)


class Bylines(Struct, frozen=True):
    """The outlet (来源), the desk editor (责编) and the authors, each with why; ``None`` or empty where there is none.

    `lines` are the lines of head and foot that hold them, so that they are no part of the story.
    """

    source: str | None = None
    editor: str | None = None
    authors: tuple[str, ...] = ()
    source_evidence: Evidence | None = None
    editor_evidence: Evidence | None = None
    authors_evidence: Evidence | None = None
    lines: frozenset[int] = frozenset()


class _Candidate(Struct, frozen=True):
    value: str
    score: float
    rule: str
    line: Line
    beside: str = ""  # the author printed together with an outlet


class _Label(Struct, frozen=True):
    """A label with the line it stands in, where on the page that is, and the line of its value."""

    label: Labelled
    line: Line
    where: str
    value_line: Line


def find_bylines(document: Document, *, placement: Placement | None = None, dates: Dates | None = None) -> Bylines:
    """Source, editor and authors of the page's article. Metadata is not asked for a source: it names other outlets.

    `placement` says where the article lies; left out, the page's lines alone tell it.
    """
    return _Reading(document, placement or placement_of(document, None), dates or Dates()).bylines()


def marked(line: Line) -> str:
    """The line's text with `MARK` between its inline parts."""
    return line.text if len(line.runs) == 1 else MARK.join([part.text for part in line.raw_parts])


class _Reading:
    """One page's bylines being read."""

    def __init__(self, document: Document, placement: Placement, dates: Dates) -> None:
        self.document = document
        self.dates = dates
        self.chinese = document.language in _UNLABELLED
        self.placement = placement
        self.labels = list(self._labels())

    def bylines(self) -> Bylines:
        sources = sorted(self._sources(), key=lambda c: -c.score)
        editors = sorted(self._editors(), key=lambda c: (-c.score, -c.line.index))
        beside = [(c.beside, c.line) for c in sources[:1] if c.beside]
        labels = [(x.label, x.line) for x in self.labels]
        authors = find_authors(self.document, self.placement, labels, beside)
        lines = {x.line.index for x in self.labels if not is_prose(x.line) or len(x.line.text) < 60}
        lines |= {x.value_line.index for x in self.labels}
        lines |= {c.line.index for c in (*sources[:1], *editors[:1]) if not is_prose(c.line)}
        return Bylines(
            source=sources[0].value if sources else None,
            editor=editors[0].value if editors else None,
            authors=authors.names,
            source_evidence=_why(sources),
            editor_evidence=_why(editors),
            authors_evidence=authors.evidence,
            lines=frozenset(lines | authors.lines),
        )

    # --- labels ----------------------------------------------------------------------------------------------

    def _labels(self) -> Iterator[_Label]:
        lines = self.document.lines
        place = self.placement
        if not lines:
            return
        head, foot = place.head, place.foot
        for index in range(head.start, max(foot.stop, head.stop)):
            line = lines[index]
            told = is_prose(line)
            in_head = index < place.prose_start or (index in head and not told)
            where = "head" if in_head else "foot" if index in foot else "story"
            if (told and not _CREDIT.match(line.text)) or len(line.text) > _LONGEST_LINE:
                yield from self._at_the_end(line, where)
                continue
            text = marked(line)
            for label in read_labels(text):
                if not self.chinese and (not label.label.isascii() or label.sep == " "):
                    continue
                yield self._with_next_line(label, line, where)

    def _at_the_end(self, line: Line, where: str) -> Iterator[_Label]:
        """Labels in the last few words of a paragraph: "...新臺階。（責編：李雅妮）"."""
        if not self.chinese:
            return
        tail = marked(line)[-60:]
        cut = max([tail.rfind(stop) for stop in "。！？”…(（[【"])
        if cut < 0:
            return
        cut += tail[cut] not in "(（[【"
        for label in read_labels(tail[cut:]):
            if label.sep == ":" and label.role in (Role.EDITOR, Role.SOURCE):
                yield _Label(label, line, where, line)

    def _with_next_line(self, label: Labelled, line: Line, where: str) -> _Label:
        """A label at the end of its line takes the next line for its value when that stands in the same box."""
        as_is = _Label(label, line, where, line)
        in_cell = line.tag in _CELLS and label.label == line.text
        if label.value.strip(MARK + " ") or not (label.sep == ":" or in_cell):
            return as_is
        if line.index + 1 >= len(self.document.lines):
            return as_is
        after = self.document.lines[line.index + 1]
        value = marked(after)
        short = len(after.text) <= 24 and not read_labels(value) and not read_dates(after.text)
        if not short or not _share_a_box(line, after):
            return as_is
        if label.role is Role.SOURCE and not (is_outlet(value) or _SOURCE_HINT.search(after.element.own)):
            return as_is
        # a name it must be: behind an empty label the next line may as well be a headline
        taken = Labelled(label.role, label.label, label.rank, " ", value, label.start, label.end, label.bracketed)
        return _Label(taken, line, where, after if is_person(after.text) or label.role is Role.SOURCE else line)

    # --- source ----------------------------------------------------------------------------------------------

    def _sources(self) -> Iterator[_Candidate]:
        announced = False
        for x in self.labels:
            if x.label.role is not Role.SOURCE:
                continue
            value = source_of(x.label.value)
            alone = x.label.bracketed and not re.search(r"\d", x.line.text)
            announced |= x.where == "head" and not alone
            if value is None or self._is_caption(x, alone):
                continue
            score = {"head": 10.0, "story": 2.0, "foot": 5.0}[x.where] + x.label.rank
            score -= abs(x.line.index - self._anchor()) * (0.1 if x.where == "head" else 0.0)
            yield _Candidate(value, score, f"{x.where}.source.labelled", x.line)
        if not announced and self.chinese:
            yield from self._unlabelled()

    def _is_caption(self, x: _Label, alone: bool) -> bool:
        """Whether a source label belongs to a picture or a video: in brackets of its own above the end of the story."""
        if x.where == "story":
            return x.line.index < self.placement.prose_end - 1
        if x.where != "head":
            return False
        if not self.chinese and _PICTURE_HINT.search(x.line.hints):
            return True
        return alone or re.search(r"[。！？图圖]", x.line.text[: max(x.label.start, 0)]) is not None

    def _anchor(self) -> int:
        if self.dates.line is not None:
            return self.dates.line
        return self.placement.title if self.placement.title is not None else self.placement.prose_start

    def _unlabelled(self) -> Iterator[_Candidate]:
        """An outlet that no label announces: beside the date, or on a line of its own between title and date."""
        anchor = self.dates.line
        lines = self.document.lines
        if anchor is None and self.placement.title is not None:
            yield from self._beside_a_day_without_year(lines[self.placement.title + 1 : self.placement.title + 3])
        if anchor is None or anchor not in self.placement.head:
            return
        yield from self._beside_the_date(lines[anchor])
        top = self.placement.title if self.placement.title is not None else anchor - 3
        for index in (*range(anchor - 1, max(top, anchor - 4), -1), anchor + 1, anchor + 2):
            if 0 <= index < min(len(lines), self.placement.prose_start) and index != top:
                yield from self._on_its_own(lines[index], 4.0 - 0.2 * abs(index - anchor))

    def _beside_the_date(self, line: Line) -> Iterator[_Candidate]:
        whole = marked(line).replace(MARK, " ")
        if dates := read_dates(whole, order="ymd"):
            yield from self._around_the_date(whole, dates[0].start, dates[-1].end, line)
        if (named := _BEFORE_REPORTER.search(whole)) and _is_outlet(named[1]):
            yield _Candidate(named[1], 6.0, "head.source.before_reporter", line)
        for part in line.raw_parts:
            text = part.text.strip(" |｜·•-—()（）")
            dates = read_dates(text, order="ymd")
            if dates:
                continue
            hinted = bool(_SOURCE_HINT.search(part.hints))
            if (
                not 2 <= len(text) <= 24
                or is_furniture(text)
                or read_labels(text)
                or re.search(r".\d{2}|^\d{3}|[。，！？:：]", text)
            ):
                continue
            if _NOT_SOURCE_HINT.search(part.hints) and not hinted:
                continue
            if hinted or _is_outlet(text) or (part.href and self._may_be_outlets(part) and not _is_section(text)):
                score = 7.0 if hinted else 6.0
                score -= _YIELDS if self._is_the_sites(text) else 0.0
                yield _Candidate(text, score, "head.source.beside_date", line)
            elif _may_be_an_account(part, text) and not is_person(text) and self._is_alone(part, line):
                yield _Candidate(text, 4.5, "head.source.account", line)

    @staticmethod
    def _beside_a_day_without_year(below: Sequence[Line]) -> Iterator[_Candidate]:
        """An outlet beside what tells the time too loosely for a date, right below the title: 09-07, 3小时前."""
        for line in below:
            texts = [part.text.strip(" |｜·•") for part in line.raw_parts] if len(line.text) <= _SHORT_LINE else []
            if any(_LOOSE_TIME.fullmatch(text) for text in texts) and not read_labels(marked(line)):
                for text in texts:
                    if _is_outlet(text):
                        yield _Candidate(text, 5.0, "head.source.beside_loose_time", line)

    def _is_the_sites(self, text: str) -> bool:
        """Whether a name is the site's own by the page's title: where it leads to the section, another is credited."""
        element = self.document.tree.css_first("title")
        return element is not None and text in re.split(r"[\s_|｜—–-]+", element.text())

    def _may_be_outlets(self, part: Part) -> bool:
        """Whether a link may be an outlet's name: it leads to another site or to an account, and is no control."""
        href, text = (part.href or "").strip().lower(), part.text.strip()
        if AUTHORS_PAGE.search(href) or len(text) > 12 or is_control(text):
            return False
        if _ACCOUNTS_PAGE.search(href):
            return True
        there = _site(href)
        return there is not None and there != _site(self.document.url)

    @staticmethod
    def _is_alone(part: Part, line: Line) -> bool:
        """Whether nothing but a date stands beside a part."""
        rest = (other.text.strip(" |·原创") for other in line.raw_parts if other != part)
        return all(not text or is_furniture(text) or read_dates(text, order="ymd") for text in rest)

    def _around_the_date(self, text: str, start: int, end: int, line: Line) -> Iterator[_Candidate]:
        """Names in the text run of the date itself: "2019-05-17 · 某某报道", "国际 新华网 2019-05-17"."""
        after = text[end:].strip(" |｜·•-—:：,，")
        dotted = re.match(r"\s*[·•|｜]\s*", text[end:])
        if outlet := self._outlet_in(after):
            yield _Candidate(outlet, 5.5, "head.source.beside_date", line)
        elif (
            dotted
            and re.fullmatch(r"[\u3400-\u9fffA-Za-z]{2,12}", after)
            and not (is_furniture(after) or _is_section(after))
        ):
            yield _Candidate(after, 5.5, "head.source.beside_date", line)
        before = re.split(r"[\s|｜·•]+", text[:start].rstrip(" |｜·•"))
        if _is_outlet(before[-1]):
            yield _Candidate(before[-1], 5.0, "head.source.beside_date", line)

    @staticmethod
    def _outlet_in(after: str) -> str | None:
        """The outlet behind a date: the text as far as a label, or its first word, or the one behind a name."""
        labels = read_labels(after)
        after = after[: labels[0].start].strip(" |｜·•-—:：,，") if labels else after
        words = [word.strip("[]【】()（）") for word in re.split(r"\s*[|｜]\s*|\s+(?:[·•]\s+)?", after)]
        if len(words) == 1 or after.isascii():
            return after if _is_outlet(after) else None
        position = 1 if is_person(words[0]) and not _is_outlet(words[0]) else 0
        return words[position] if _is_outlet(words[position]) else None

    def _on_its_own(self, line: Line, score: float) -> Iterator[_Candidate]:
        text = line.text.strip()
        spaced = _SPACED_REPORTER.match(" ".join(marked(line).replace(MARK, " ").split()))
        if spaced and len(text) <= _SHORT_LINE and _is_outlet(spaced[1]):
            yield _Candidate(spaced[1], score, "head.source.before_reporter", line)
        if not 2 <= len(text) <= 24 or read_labels(marked(line)) or is_furniture(text):
            return
        hints = line.element.own
        name, slash, outlet = text.partition("/")
        if slash and _is_outlet(outlet.strip()) and is_person(name.strip().split()[0] if name.strip() else ""):
            yield _Candidate(outlet.strip(), score + 1, "head.source.after_author", line, name.strip())
        elif _is_outlet(text) and line.link_chars <= len(text):
            yield _Candidate(text, score, "head.source.own_line", line)
        elif _SOURCE_HINT.search(hints) and not _NOT_SOURCE_HINT.search(hints) and (value := source_of(marked(line))):
            yield _Candidate(value, score, "head.source.hint", line)

    # --- editor ----------------------------------------------------------------------------------------------

    def _editors(self) -> Iterator[_Candidate]:
        for x in self.labels:
            if x.label.role is not Role.EDITOR:
                continue
            value = editor_of(x.label.value, sure=x.label.sep != " ")
            if value is not None:
                score = x.label.rank * 2.0 + (1.0 if x.where != "story" else 0.0)
                yield _Candidate(value, score, f"{x.where}.editor.labelled", x.line)
        if not self.document.lines:
            return
        place = self.placement
        for index in (*range(place.head.start, place.prose_start), *place.foot):
            line = self.document.lines[index]
            if not self.chinese:
                if editor := signed_editor(line.text):
                    yield _Candidate(editor, 3.0, "foot.editor.signed", line)
                continue
            for part in line.raw_parts:
                text = part.text.strip(" ()（）[]【】")
                if part.hints and _EDITOR_HINT.search(part.hints) and is_person(text) and not is_furniture(text):
                    yield _Candidate(text, 1.0, "foot.editor.hint", line)


def _is_section(text: str) -> bool:
    """Whether a text names a section of the portal's own."""
    return (
        text.endswith(("频道", "頻道", "版块", "专栏", "栏目", "要闻", "要聞")) or _SECTION.fullmatch(text) is not None
    )


def _is_outlet(text: str) -> bool:
    """Whether a text that no label announces names an outlet."""
    return is_outlet(text) and not _is_section(text)


def _may_be_an_account(part: Part, text: str) -> bool:
    """Whether a part of a line reads like the name of an account, and is no link to a section or a topic."""
    if part.hints or _ACCOUNT.fullmatch(text) is None or is_control(text):
        return False
    return not part.href or _ACCOUNTS_PAGE.search(part.href) is not None or not _SECTIONS_PAGE.search(part.href)


def _site(url: str) -> tuple[str, ...] | None:
    """The labels of the host by which two addresses are told to be of one site; ``None`` without a host."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return None
    labels = host.split(".") if host else ()
    return tuple(labels[-3 if len(labels) > 2 and labels[-2] in _SECOND_LEVEL else -2 :]) or None


def _share_a_box(one: Line, other: Line) -> bool:
    """Whether two lines stand in one element, or in two that have the same parent."""
    a, b = one.element, other.element
    return a is b or (a.parent is not None and a.parent is b.parent) or a.parent is b or b.parent is a


def _why(candidates: list[_Candidate]) -> Evidence | None:
    if not candidates:
        return None
    best = candidates[0]
    others = tuple(dict.fromkeys((c.rule, c.value) for c in candidates[1:6] if c.value != best.value))
    return evidence(best.rule, best.line.path, best.line.text, others)
