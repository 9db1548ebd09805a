"""The grammar of Chinese head and foot lines: labels and their values in one line of print.

A line comes as one string in which `MARK` stands between two inline parts (a span, a link, an emphasis), because
portals often tell the end of a value by markup alone. Nothing is decided here about which line is the article's.
"""

import re
from collections.abc import Iterator
from functools import cache

from msgspec import Struct
from msgspec.structs import replace

from crawler.extraction.data.byline_labels import (
    FOREIGN_SOURCES,
    FURNITURE,
    NOTHING,
    OUTLET_ENDINGS,
    SURNAMES,
    Label,
    LabelMatcher,
    Role,
    label_matcher,
)
from crawler.extraction.fields.date_grammar import read_dates

#: Stands between two inline parts of a line.
MARK = "\x1f"

_HAN = "\u3400-\u9fff\uf900-\ufaff"
_OPENERS, _CLOSERS = "（(【[〔［<＜〖{｛", "）)】]〕］>＞〗}｝"
_BARS = "|｜丨/／"
_QUOTES = "“\"'‘「『《〈"
_BULLETS = "·•●○◎■□◆◇★☆▲△▼▶※"
_SEGMENT_START = set(_OPENERS + _CLOSERS + _BARS + MARK + _BULLETS + ",，;；:：、。.!！?？…-—–_~*+=" + "0123456789")
#: Quotes that some put around a whole sign-off: 『责任编辑：某某』.
_AROUND = {"『": "』", "「": "」", "《": "》"}


class LabelledValue(Struct, frozen=True):
    """A label in a line with the raw text of its value (up to the next label; `MARK` still in it).

    `sep` is ``:`` for a colon, ``|`` for a bar or slash, a space where only space or markup separates the value.
    """

    label: Label
    sep: str
    value: str
    start: int
    end: int
    bracketed: bool

    @property
    def role(self) -> Role:
        """What the label announces."""
        return self.label.role

    @property
    def rank(self) -> int:
        """The rank of the label among those of its role."""
        return self.label.rank


#: Labels that begin as the names of outlets end, up to the label that is left: 来源：东方在线编辑：某某.
_LIKE_OUTLETS = {label: label[-2:] for label in ("在线编辑", "网站编辑", "網站編輯", "网络编辑", "新媒体编辑")}
#: The rank of the labels that say 责任编辑, which is no everyday word.
_OF_THE_DESK = 4
_CLOSED = re.compile(rf"[{re.escape(_CLOSERS)}]\s*$")
#: Labels that outlets put their name before (某某新闻编辑：), the name, and the words that make it another's work.
_EDITS = frozenset({"编辑", "編輯"})
_OWN = _EDITS | {"记者", "記者"}
_OUTLETS_NAME = re.compile(rf"(?:^|(?<=[\s{MARK}{re.escape(_OPENERS + _BULLETS)}]))[{_HAN}]{{1,8}}$")
_OTHERS_WORK = re.compile(
    r"(?:图片|图像|摄影|视频|音频|视觉|美术|美工|版面|版式|设计|文案|流程|技术|数据|制图|特约|最后|最近|上次)$"
)


@cache
def _label_pattern(matcher: LabelMatcher) -> re.Pattern[str]:
    """Return the pattern of a label and what ends it.

    That is a colon, a bar, a bracket around the label alone (【编辑】), space, markup or the end of the line.
    """
    return re.compile(
        rf"(?P<open>[{re.escape(_OPENERS)}]\s*)?(?P<label>{matcher.pattern})"
        rf"(?P<sep>[\s{MARK}]*[:：]|[\s{MARK}]*[{re.escape(_BARS)}]"
        rf"|(?(open)\s*(?P<alone>[{re.escape(_CLOSERS)}])\s*[:：]?|(?!))|[\s{MARK}]+|$)"
    )


def read_labels(text: str, language: str | None = None) -> tuple[LabelledValue, ...]:
    """Return the labels of a line in order, each with its value.

    `language` is that of the page; without it only the labels that are read on every page are found.
    """
    matcher = label_matcher(language)
    if not matcher.may_match(text):
        return ()
    pattern = _label_pattern(matcher)
    accepted: list[tuple[re.Match[str], Label, int]] = []
    for match in pattern.finditer(text):
        label = matcher.label(match["label"])
        if label.text in _LIKE_OUTLETS and re.search(rf"[{_HAN}]$", text[: match.start()]):
            label = matcher.label(_LIKE_OUTLETS[label.text])
            match = pattern.match(text, text.rfind(label.text[0], 0, match.end("label"))) or match
        start = _start_of_outlets(text, match, label.text, accepted[-1][0].end() if accepted else 0)
        if start < match.start() or _stands(text, match, label, bool(accepted)):
            accepted.append((match, label, start))
    out: list[LabelledValue] = []
    for position, (match, label, start) in enumerate(accepted):
        end = accepted[position + 1][2] if position + 1 < len(accepted) else len(text)
        sep = match["sep"].strip().strip(MARK).strip()
        sep = ":" if sep in (":", "：") or match["alone"] else "|" if sep else " "
        value = text[match.end() : end]
        bracketed = bool(match["open"]) and not match["alone"]
        is_desk = label.rank == _OF_THE_DESK and label.role is Role.EDITOR
        if sep == " " and bracketed and is_desk and _CLOSED.search(value):
            sep = ":"
        if out and out[-1].role is Role.EDITOR and out[-1].sep == "|" and not out[-1].value and sep == ":":
            out[-1] = replace(out[-1], sep=sep, value=value)  # one person in two roles: 编辑/校对：某某
        out.append(LabelledValue(label, sep, value, start, end, bracketed))
    return tuple(out)


def _start_of_outlets(text: str, match: re.Match[str], label: str, after: int) -> int:
    """Where the outlet's name glued before a label begins; the label's own start where there is none.

    `after` is the end of the label before it, whose value such a name may as well be.
    """
    if label not in _OWN:
        return match.start()
    name = _OUTLETS_NAME.search(text[: match.start()])
    if name and not match["sep"].strip(MARK + " \u3000\xa0") and not (label in _EDITS and _signs(name, match, text)):
        return match.start()
    if name is None or _OTHERS_WORK.search(name[0]) or (after and not text[after : name.start()].strip(" " + MARK)):
        return match.start()
    return name.start()


def _signs(name: re.Match[str], match: re.Match[str], text: str) -> bool:
    """Whether a line is an outlet's own sign-off, in which a space does for the colon: 某某日报全媒体编辑 王某."""
    return not name.start() and name[0].endswith(OUTLET_ENDINGS) and is_person(text[match.end() :].strip(MARK + " "))


def _stands(text: str, match: re.Match[str], label: Label, after_label: bool) -> bool:
    """Whether a label's word stands there as a label: at the start of a segment, with a separator behind it."""
    sep = match["sep"].strip().strip(MARK).strip()
    if not sep and label.needs_separator:
        return False
    start = match.start()
    before = text[:start]
    bare = before.rstrip(" \t\u3000\xa0" + MARK)
    previous = bare[-1:] if bare else ""
    if previous and previous in _QUOTES:
        around = label.role is Role.EDITOR and _AROUND.get(previous)
        return bool(around and sep and text.rstrip(MARK + " ").endswith(around))
    if label.role is Role.SOURCE and bare.rstrip("/／、").endswith(FOREIGN_SOURCES):
        return False
    if not sep and len(bare) < len(before) and _stands_alone(bare, label):
        return True
    if not previous or match["open"] or previous in _SEGMENT_START:
        return bool(sep) or not previous or MARK in before[len(bare) :] or previous in _BARS + _BULLETS
    if len(bare) < len(before):  # a space or a markup boundary before it
        return bool(sep) or MARK in before[len(bare) :] or after_label
    # glued to the value of the label or the date before it: "12:11来源：新华社作者：王某"
    return sep in (":", "：") and (after_label or _ends_in_a_date(bare))


def _stands_alone(before: str, label: Label) -> bool:
    """Whether a label between two spaces needs no colon: 责任编辑 anywhere, 来源于 right behind a date."""
    if label.role is Role.EDITOR:
        return label.rank == _OF_THE_DESK
    return label.role is Role.SOURCE and _ends_in_a_date(before)


def _ends_in_a_date(text: str) -> bool:
    tail = text[-30:]
    return bool(dates := read_dates(tail)) and dates[-1].end >= len(tail)


# --- values ----------------------------------------------------------------------------------------------------


def _first_part(raw: str) -> str:
    """The value as far as one inline part goes: the first that has text in it."""
    return next((part for part in (piece.strip(" \t\u3000\xa0") for piece in raw.split(MARK)) if part), "")


def is_furniture(text: str) -> bool:
    return text in FURNITURE or text.lower() in NOTHING or not re.search(r"[^\W_]", text)


_WRAPPED = re.compile(rf"[{re.escape(_OPENERS)}]\s*([^{re.escape(_CLOSERS)}]+)[{re.escape(_CLOSERS)}]")
#: Where the value of a source label ends.
_VALUE_END = re.compile(
    rf"[|｜]|\s丨|丨\s|[{re.escape(_CLOSERS)}](?=[{re.escape(_OPENERS)}\s]|$)|\u3000|\s{{2,}}|【|\["
)
_PLACES = frozenset({"新浪微博", "腾讯微博", "微博", "微信"})
_COUNTER = re.compile(r"\d+\s?(?:人参与|人评论|条评论|评论|阅读|次)")


def source_of(raw: str) -> str | None:
    """The outlet in the raw text behind a source label; ``None`` when it is empty, furniture or prose."""
    value = _first_part(raw)
    if not value or value[0] in _BARS + _CLOSERS:
        return None
    inside = _WRAPPED.match(value)
    value = _VALUE_END.split(inside[1] if inside else value)[0].strip()
    dates = read_dates(value, order="ymd")
    if dates:
        value = value[: dates[0].start].strip(" \u3000(（[")
    value = _joined_words(_COUNTER.split(value)[0]).strip(" \u3000\xa0,，;；:：、-—–·|>»")
    value = _unquoted(re.sub(r"[（(][^（）()]*$|(?<=[报報社网網台])(?:全媒体)?(?:记者|記者)$", "", value).strip())
    if value in _PLACES and FURNITURE.isdisjoint(raw.replace(MARK, " ").split()[1:]):
        return value  # as an outlet, not as the first of the places to share a story on
    if (
        is_furniture(value)
        or not (2 <= len(value) <= 40 and re.search(r"[^\W\d_]", value))
        or re.search(r"[。！？!?；]|，.{8,}", value)
    ):
        return None
    return value


def _unquoted(value: str) -> str:
    """The value without quotes around the whole of it or left over at an end."""
    if value.count("“") != value.count("”") or (value[:1] == "“" and value.find("”") == len(value) - 1):
        value = value.strip("“”")
    return value.strip("\"'")


def _joined_words(value: str) -> str:
    """The words of a value as far as they belong together: a Han word after a space is something else.

    Latin words stay together, as do words around a dash or a middle dot, and a second word that is plainly an outlet.
    """
    words = value.split()
    kept = words[:1]
    for word in words[1:]:
        glue = re.search(r"[-—–·&/、+]$", kept[-1]) or re.match(r"[-—–·&/、+]", word)
        latin = kept[-1][-1:].isascii() and word[:1].isascii() and word[:1].isalpha()
        if word in FURNITURE or not (glue or latin or is_outlet(word)):
            break
        kept.append(word)
    return " ".join(kept)


#: How the words on a page's controls begin.
_CONTROL = re.compile(
    r"手机|扫|分享|下载|关注|订阅|返回|更多|我要|查看|点击|参与|评论|打开|进入|欢迎|相关|热门|推荐|最新|今日"
    r"|转发|官方|更换|投稿|违法|不良|设为|加入|意见|报错|纠错|登录|注册|帮助|收听|记者"
    r"|\d+\s?[条條篇个個次人则則]|阅读(?:原文|全文)|查看|原文|iphone|ipad|android|(?:安卓|苹果|电脑|网页)(?:版|端|客户端)",
    re.IGNORECASE,
)
#: And how they end.
_CONTROLS_END = re.compile(
    r"(?:订阅|评论|留言|跟帖|分享|收藏|打印|下载|关注|举报|纠错|投稿|链接|手机版|客户端下载|app)(?:[（(]\d*[)）]?)?$",
    re.IGNORECASE,
)


def is_control(text: str) -> bool:
    """Whether a text is what a page prints on its controls."""
    return _CONTROL.match(text) is not None or _CONTROLS_END.search(text) is not None


def is_outlet(text: str) -> bool:
    """Whether a text is plainly an outlet's name by its ending."""
    return (
        2 < len(text) <= 24
        and text.endswith(OUTLET_ENDINGS)
        and not is_furniture(text)
        and not _CONTROL.match(text)
        and not re.search(r"[。，！？：]", text)
    )


_NAME = re.compile(
    rf"[{_HAN}]{{2,4}}(?:[·•‧][{_HAN}]{{1,8}})*(?![{_HAN}A-Za-z])"  # 李雅妮, 尼玛·次仁
    rf"|[{_HAN}]\s[{_HAN}](?![{_HAN}])"  # 王 辉
    rf"|[{_HAN}]{{1,3}}[A-Za-z]{{1,6}}[{_HAN}]{{0,3}}(?![{_HAN}])"  # a pen name of both scripts
    r"|[A-Za-z][\w.'’-]*(?:\s[A-Z][\w.'’-]*){0,2}"  # Demi Xia
)
_STAFF_CODE = re.compile(
    r"\s*_\s?[A-Za-z]*\d*\w*|\s+[A-Z]{1,4}\d{2,}\b|\s*[(（][A-Z]*\d{2,}[)）]|(?<=[\u3400-\u9fff])[A-Z]{1,4}\d{3,}"
    r"|(?<=[\u3400-\u9fff])\s+[A-Z]{2,4}$"
)
_NOT_EDITOR = re.compile(
    r"[部室局处办组]$|(?:宣传|信息|综合)科$|电台$|电视台$|信箱|邮箱|推荐|锁定|热线|电话|整理|中心$|投稿|联系|微信|@|网$"
)


#: An editor's own address behind the name.
_MAIL = re.compile(rf"(?<=[{_HAN}])\s*[\w.+-]+@[\w.-]+", re.ASCII)


_CAPITALISED = rf"[^\W\d_a-z{_HAN}][\w.'’-]*"
_WESTERN_NAME = rf"{_CAPITALISED}(?:\s(?:[a-z]{{1,3}}\s){{0,3}}{_CAPITALISED}){{0,3}}"
#: Names as most languages write them, with particles or words for "and" between them: Juan Pérez y Ana de la Cruz.
_WESTERN_NAMES = re.compile(rf"{_WESTERN_NAME}(?:\s?[,&/]\s?{_WESTERN_NAME}){{0,4}}")


def editor_of(raw: str, name_shape: str = "han", *, sure: bool = True) -> str | None:
    """Return the editor or editors in the raw text behind a label, as printed, without brackets and staff code.

    `name_shape` is that of the label's language. `sure` says that a colon announced the value; without it every word
    must look like a person's name. ``None`` if the value is empty, a desk, an address or a headline.
    """
    value = _MAIL.sub("", _first_part(raw).lstrip(_OPENERS + " "))
    if "@" in value:
        return None
    value = re.split(rf"[{re.escape(_CLOSERS)}|｜丨\u3000]|\s{{3,}}", value)[0].strip(" :：,，、;；")
    if re.fullmatch(r"[A-Z]{1,4}\d{2,}", value):  # a code is all that is printed
        return value if sure else None
    value = _STAFF_CODE.sub("", value).strip()
    if name_shape == "western" and (names := _WESTERN_NAMES.match(value)):
        is_name = not is_furniture(names[0]) and not _NOT_EDITOR.search(names[0])
        return " ".join(names[0].split()) if is_name else None
    first = _NAME.match(value)
    if not first or is_furniture(first[0]) or _NOT_EDITOR.search(first[0]):
        return None
    if not sure and not is_person(first[0]):
        return None
    end = first.end()
    for separator, name in _more_names(value, end):
        if (separator.isspace() and not is_person(name[0])) or is_furniture(name[0]):
            break
        end = name.end()
    rest = value[end:].strip()
    if rest and rest[0] not in "/，,。;；" and re.match(rf"[{_HAN}\w]", rest) and not _leads_furniture(rest):
        return None
    kept = value[:end]
    return re.sub(rf"^([{_HAN}])\s([{_HAN}])$", r"\1\2", re.sub(r"\s+", " ", kept)).strip()


def _leads_furniture(rest: str) -> bool:
    return (
        rest.split()[0] in FURNITURE
        or bool(re.match(rf"\d|来源|作者|校对|审核|时间|[{_HAN}]{{2,6}}\s?[:：]", rest))
        or len(rest.split()[0]) <= 12
    )


def _more_names(value: str, start: int) -> Iterator[tuple[str, re.Match[str]]]:
    position = start
    while True:
        separator = re.compile(r"\s*[、，,/／;；&]\s*|\s+").match(value, position)
        name = _NAME.match(value, separator.end()) if separator else None
        if not separator or not name or value[name.end() :].lstrip()[:1] in (":", "："):
            return
        yield separator[0], name
        position = name.end()


def is_person(text: str) -> bool:
    han = re.fullmatch(rf"[{_HAN}·•‧]+|[{_HAN}]\s[{_HAN}]", text)
    if not han:
        return bool(re.match(r"[A-Z]", text))
    return (text[0] in SURNAMES and len(text) <= 4) or "·" in text


_NAMES_IN = re.compile(rf"[{_HAN}]{{2,4}}(?:[·•‧][{_HAN}]{{1,8}})*|[A-Za-z][\w.'’-]*(?:\s[A-Z][\w.'’-]*){{0,3}}")
_ROLE_WORDS = re.compile(
    r"(?:本报|本网|本台|实习|见习|特约|首席|全媒体|融媒体|通讯员|记者|編輯|编辑|作者|文字|摄影|撰文|采写|整理|报道|综合)+"
)
#: The outlet that a reporter is named with: 文/某某日报全媒体记者王某.
_OF_OUTLET = re.compile(rf"^[{_HAN}A-Za-z·]{{4,16}}?(?:记者|記者)(?=[{_HAN}]{{2,4}}$|$)")


def authors_of(raw: str) -> tuple[str, ...]:
    """The names in the raw text behind an author label; empty when none of it is a name."""
    value = " ".join(piece for piece in raw.split(MARK)[:6] if piece.strip()).strip()
    value = re.split(rf"[|｜丨。！!？?{re.escape(_CLOSERS)}]|\s{{3,}}|\u3000{{2,}}", value.lstrip(_OPENERS + ":： "))[0]
    names: list[str] = []
    for piece in re.split(r"[、，,;；/／&\s]+", value)[:12]:
        piece = _ROLE_WORDS.sub("", _OF_OUTLET.sub("", piece)).strip("·:：_-—")
        if not piece:
            continue
        if is_furniture(piece) or not re.fullmatch(_NAMES_IN.pattern + rf"|[\w{_HAN}·]{{2,12}}", piece):
            break
        if names and not (is_person(piece) or re.search(r"[、，,/&]", value)):
            break
        if re.search(r"\d{2,}", piece):
            break
        names.append(piece)
    return tuple(dict.fromkeys(names))
