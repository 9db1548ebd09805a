"""Outlets that no label announces: told by their names, links and hints beside the date, or between title and date."""

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from crawler.extraction.clean.injected import domain_of
from crawler.extraction.clean.placement import Placement
from crawler.extraction.document import Document, LinePart, TextLine
from crawler.extraction.fields.authors import AUTHORS_PAGE
from crawler.extraction.fields.byline_grammar import (
    MARK,
    is_control,
    is_furniture,
    is_outlet,
    is_person,
    read_labels,
    source_of,
)
from crawler.extraction.fields.date_grammar import read_dates

#: Ids and classes of elements that hold an outlet, and those of others beside them.
SOURCE_HINT = re.compile(r"(?:source|(?<![a-z])(?:laiyuan|ly|from|media(?:-|_)?name|pub-?name|origin))(?![a-z])")
_NOT_SOURCE_HINT = re.compile(
    r"author|editor|reporter|original|channel|column|nav|crumb|share|comment|count|read|view|tag|like|follow|btn|button"
    r"|share|tool|print|font|menu|video|audio|app|time|date|label|type|category|cate|section|topic|login"
)
#: What the name of an account looks like, as against what platforms print of it.
_ACCOUNT = re.compile(
    r"(?!.*(?:公司|作者|博主|达人|创作者|账号|领域|认证|频道|頻道|版块|专栏|栏目)$)[\u3400-\u9fffA-Za-z·]{3,14}"
)
#: A day without its year, or how long ago, and the longest line in which an outlet is told by one.
_LOOSE_TIME = re.compile(r"\d{1,2}[-/月.]\d{1,2}日?|\d{1,2}\s?(?:分钟|分鐘|小时|小時|天|日)前|昨天|今天|刚刚|剛剛")
_SHORT_LINE = 40
#: Where an account writes from, in elements that may as well hold the outlet.
_FROM = re.compile(r"(?:来自|來自|发自|發自|发布于|發佈於|IP)")
#: The address of an outlet's account on a platform.
_ACCOUNTS_PAGE = re.compile(r"/(?:media|mp|user|u|account|profile|home|space|source|author)[/?.]")
#: The address of a section of the site's, or of what is tagged with a word.
_SECTIONS_PAGE = re.compile(
    r"^(?:(?:https?:)?//[^/]+)?/?(?:[a-z]+/?)?$|/(?:tags?|topics?|keywords?|search|channel|column|category|zt|special)[/?.]"
)
#: The address of a site's home page, and the least characters of what a link there may name.
_HOME = re.compile(r"(?:https?:)?//[^/]+/?")
_SITES_NAME = 4
#: Words of Chinese, which stand together in no name with a space between.
_HAN_ALONE = re.compile(r"[\u3400-\u9fff ]+")
#: The day of the week behind a date.
_WEEKDAY = re.compile(r"^\s*[（(]?(?:星期|周|週)[一二三四五六日天][)）]?(?![\u3400-\u9fff])")
#: An outlet before its reporter: 某某報／記者王某／某地報導.
_BEFORE_REPORTER = re.compile(
    r"(?<![\u3400-\u9fff])([\u3400-\u9fff]{2,8})\s?[／/]\s?(?:记者|記者)\s?[\u3400-\u9fff]{2,4}\s?[／/]"
)
#: The same with spaces between, and no more before it than what says that a story is the outlet's own.
_SPACED_REPORTER = re.compile(
    r"(?:(?:原创|独家|原創|獨家)\s+)?([\u3400-\u9fff]{3,8})\s+(?:首席|见习|特约)?(?:记者|記者)\s+[\u3400-\u9fff]{2,4}(?!\S)"
)
#: What sections are called, as against outlets.
_SECTION = re.compile(
    r"(?:国内|国际|社会|财经|经济|科技|娱乐|体育|教育|健康|文化|旅游|军事|本地|地方|时政|图片|视频|热点|最新|國際|社會|財經|地方)?"
    r"(?:新闻|要闻|资讯|动态|时政|社会|国内|国际|财经|经济|科技|娱乐|体育|教育|健康|文化|旅游|汽车|房产|军事|本地|民生|评论|观点|头条|热点|公告|未分类"
    r"|新聞|要聞|資訊|動態|社會|國際|財經|娛樂|體育)"
)
#: Ends of outlets' names that sub-titles end with too, and the longest such name.
_WEAK_ENDING = re.compile(
    r"(?:(?<!融媒体)(?<!融媒)(?<!传媒)中心|新闻|新聞|在线|線上|视频|云|观察|头条|发布|资讯|财经|社|快讯|网络)$"
)
_LONGEST_WEAK = 8
#: What a name beside the date loses where it is the site's own: less than what parts it from one a line away.
_YIELDS = 0.4


class Candidate(Struct, frozen=True):
    """What a line may name: the value, how far it is to be believed, the rule that found it."""

    value: str
    score: float
    rule: str
    line: TextLine
    beside: str = ""  # the author printed together with an outlet


def marked(line: TextLine) -> str:
    """The line's text with `MARK` between its inline parts."""
    return line.text if len(line.runs) == 1 else MARK.join([part.text for part in line.parts])


def unlabelled_outlets(document: Document, placement: Placement, date: int | None) -> Iterator[Candidate]:
    """Outlets beside the date (the index of its line is `date`), or on lines of their own between title and date."""
    yield from _Head(document, placement, date).outlets()


class _Head:
    """The head of one page being read for outlets."""

    def __init__(self, document: Document, placement: Placement, date: int | None) -> None:
        self.document = document
        self.placement = placement
        self.date = date

    def outlets(self) -> Iterator[Candidate]:
        """What may be the story's outlet, unsorted."""
        anchor = self.date
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

    def _beside_the_date(self, line: TextLine) -> Iterator[Candidate]:
        whole = marked(line).replace(MARK, " ")
        if dates := read_dates(whole, order="ymd"):
            yield from self._around_the_date(whole, dates[0].start, dates[-1].end, line)
        if ("/" in whole or "／" in whole) and (named := _BEFORE_REPORTER.search(whole)) and _is_outlet(named[1]):
            yield Candidate(named[1], 6.0, "head.source.before_reporter", line)
        for part in line.parts:
            text = part.text.strip(" |｜·•-—()（）")
            dates = read_dates(text, order="ymd")
            if dates:
                continue
            hinted = bool(SOURCE_HINT.search(part.css_names)) and not is_control(text) and not _FROM.match(text)
            if (
                not 2 <= len(text) <= 24
                or is_furniture(text)
                or read_labels(text)
                or re.search(r".\d{2}|^\d{3}|[。，！？:：]", text)
            ):
                continue
            if _NOT_SOURCE_HINT.search(part.css_names) and not hinted:
                continue
            if hinted or _is_outlet(text) or (part.href and self._may_be_outlets(part) and not _is_section(text)):
                score = 7.0 if hinted else 6.0
                score -= _YIELDS if self._is_the_sites(text) else 0.0
                yield Candidate(text, score, "head.source.beside_date", line)
            elif _may_be_an_account(part, text) and not is_person(text) and self._is_alone(part, line):
                yield Candidate(text, 4.5, "head.source.account", line)

    @staticmethod
    def _beside_a_day_without_year(below: Sequence[TextLine]) -> Iterator[Candidate]:
        """An outlet beside what tells the time too loosely for a date, right below the title: 09-07, 3小时前."""
        for line in below:
            texts = [part.text.strip(" |｜·•") for part in line.parts] if len(line.text) <= _SHORT_LINE else []
            if any(_LOOSE_TIME.fullmatch(text) for text in texts) and not read_labels(marked(line)):
                for text in texts:
                    if _is_outlet(text):
                        yield Candidate(text, 5.0, "head.source.beside_loose_time", line)

    def _is_the_sites(self, text: str) -> bool:
        """Whether a name is the site's own by the page's title: where it leads to the section, another is credited."""
        element = self.document.tree.css_first("title")
        return element is not None and text in re.split(r"[\s_|｜—–-]+", element.text())

    def _may_be_outlets(self, part: LinePart) -> bool:
        """Whether a link may be an outlet's name: to another site, a home page or an account, and no control."""
        href, text = (part.href or "").strip().lower(), part.text.strip()
        if AUTHORS_PAGE.search(href) or len(text) > 12 or is_control(text):
            return False
        if _ACCOUNTS_PAGE.search(href):
            return len(text) >= _SITES_NAME and not is_person(text)
        there = domain_of(href)
        if there != domain_of(self.document.url):
            return bool(there)
        return len(text) >= _SITES_NAME and _HOME.fullmatch(href) is not None

    @staticmethod
    def _is_alone(part: LinePart, line: TextLine) -> bool:
        """Whether nothing but a date stands beside a part."""
        rest = (other.text.strip(" |·原创") for other in line.parts if other != part)
        return all(not text or is_furniture(text) or read_dates(text, order="ymd") for text in rest)

    def _around_the_date(self, text: str, start: int, end: int, line: TextLine) -> Iterator[Candidate]:
        """Names in the text run of the date itself: "2019-05-17 · 某某报道", "新华网 某某 2019-05-17"."""
        after = _WEEKDAY.sub("", text[end:], count=1).strip(" |｜·•-—:：,，")
        dotted = re.match(r"\s*[·•|｜]\s*", text[end:])
        if outlet := self._outlet_in(after):
            yield Candidate(outlet, 5.5, "head.source.beside_date", line)
        elif (
            dotted
            and re.fullmatch(r"[\u3400-\u9fffA-Za-z]{2,12}", after)
            and not (is_furniture(after) or _is_section(after))
        ):
            yield Candidate(after, 5.5, "head.source.beside_date", line)
        before = re.split(r"[\s|｜·•]+", text[:start].rstrip(" |｜·•"))
        outlet = before[-2] if len(before) > 1 and is_person(before[-1]) and not _is_outlet(before[-1]) else before[-1]
        if _is_outlet(outlet):
            yield Candidate(outlet, 5.0, "head.source.beside_date", line)

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

    def _on_its_own(self, line: TextLine, score: float) -> Iterator[Candidate]:
        text = line.text.strip()
        if len(text) <= _SHORT_LINE and ("记者" in text or "記者" in text):
            spaced = _SPACED_REPORTER.match(" ".join(marked(line).replace(MARK, " ").split()))
            if spaced and _is_outlet(spaced[1]):
                yield Candidate(spaced[1], score, "head.source.before_reporter", line)
        if not 2 <= len(text) <= 24 or read_labels(marked(line)) or is_furniture(text):
            return
        hints = line.element.css_names
        name, slash, outlet = text.partition("/")
        if slash and _is_outlet(outlet.strip()) and is_person(name.strip().split()[0] if name.strip() else ""):
            yield Candidate(outlet.strip(), score + 1, "head.source.after_author", line, name.strip())
        elif all(map(_is_outlet, text.split() if _HAN_ALONE.fullmatch(text) else [text])) and line.link_chars <= len(
            text
        ):
            yield Candidate(text, score, "head.source.own_line", line)
        elif SOURCE_HINT.search(hints) and not _NOT_SOURCE_HINT.search(hints) and (value := source_of(marked(line))):
            yield Candidate(value, score, "head.source.hint", line)


def _is_section(text: str) -> bool:
    """Whether a text names a section of the portal's own."""
    return (
        text.endswith(("频道", "頻道", "版块", "专栏", "栏目", "要闻", "要聞")) or _SECTION.fullmatch(text) is not None
    )


def _is_outlet(text: str) -> bool:
    """Whether a text that no label announces names an outlet."""
    if not is_outlet(text) or _is_section(text) or text[0] in "—–-":
        return False
    return len(text) <= _LONGEST_WEAK or not _WEAK_ENDING.search(text)


def _may_be_an_account(part: LinePart, text: str) -> bool:
    """Whether a part of a line reads like the name of an account, and is no link to a section or a topic."""
    if part.css_names or _ACCOUNT.fullmatch(text) is None or is_control(text):
        return False
    return not part.href or _ACCOUNTS_PAGE.search(part.href) is not None or not _SECTIONS_PAGE.search(part.href)
