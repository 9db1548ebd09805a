"""The grammar of head and foot lines: labels and their values in one printed line.

A line comes as one string in which `MARK` separates its inline parts (a span, a link, an emphasis), because portals
often mark the end of a value by markup alone. The words come from the language tables. This module does not decide
which line belongs to the article.
"""

import re
from collections.abc import Iterator
from functools import cache

from msgspec import Struct
from msgspec.structs import replace

from crawler.extraction.data.byline_labels import Label, LabelMatcher, label_matcher
from crawler.extraction.data.date_words import NOTHING
from crawler.extraction.data.prefilter import any_of
from crawler.extraction.data.tables import Role, languages, words_of_all
from crawler.extraction.fields.date_grammar import read_dates
from crawler.extraction.fields.names import (
    CONTROL_WORDS,
    HAN,
    MARKS,
    OUTLET_ENDINGS,
    cannot_be_name,
    is_outlet_name,
    is_person_name,
)

#: Separates two inline parts of a line.
MARK = "\x1f"

_OPENERS, _CLOSERS = "（(【[〔［<＜〖{｛", "）)】]〕］>＞〗}｝"
_BARS = "|｜丨/／"
_QUOTES = "“\"'‘「『《〈"
_BULLETS = "·•●○◎■□◆◇★☆▲△▼▶※"
#: Colons of all scripts; the Tibetan shad ends a label too.
_COLONS = ":：᠄།"
_SEGMENT_START = set(_OPENERS + _CLOSERS + _BARS + MARK + _BULLETS + ",，;；:：、。.!！?？…-—–_~*+=" + "0123456789")
#: Quotes that some portals put around a whole sign-off: 『责任编辑：某某』.
_CLOSING_QUOTES = {"『": "』", "「": "」", "《": "》"}
#: The rank of an editor label that is never an everyday word (责任编辑), so that it needs no colon.
_UNAMBIGUOUS = 4
_CLOSER_AT_END = re.compile(rf"[{re.escape(_CLOSERS)}]\s*$")

#: Labels that outlets put their own name before: 某某新闻编辑：, 某某报记者：.
_EDITOR_AFTER_OUTLET = frozenset(words_of_all(lambda table: table.outlets.name_before_editor))
_REPORTER_AFTER_OUTLET = frozenset(words_of_all(lambda table: table.reporters.titles))
#: Labels whose first part may end an outlet's name, with the label that is left: 来源：东方在线编辑：某某.
_AMBIGUOUS = {label: rest for table in languages().values() for label, rest in table.outlets.ambiguous_labels.items()}
_SOURCE_OF_OTHER_THINGS = words_of_all(lambda table: table.outlets.source_of_other_things)
_OTHERS_WORK = words_of_all(lambda table: table.outlets.others_work)
_OUTLET_BEFORE_LABEL = re.compile(rf"(?:^|(?<=[\s{MARK}{re.escape(_OPENERS + _BULLETS)}]))[{HAN}]{{1,8}}$")


class LabelledValue(Struct, frozen=True):
    """A label in a line with the raw text of its value: all up to the next label, `MARK` included.

    `separator` is ``:`` for a colon, ``|`` for a bar or slash, and a space if only space or markup separates the value.
    """

    label: Label
    separator: str
    value: str
    start: int
    end: int
    is_bracketed: bool

    @property
    def role(self) -> Role:
        """The kind of value behind the label."""
        return self.label.role

    @property
    def rank(self) -> int:
        """The rank of the label among those of its role."""
        return self.label.rank


class _Accepted(Struct, frozen=True):
    """A label's word that is used as a label; `start` includes an outlet's name glued before it."""

    match: re.Match[str]
    label: Label
    start: int


@cache
def _label_pattern(matcher: LabelMatcher) -> re.Pattern[str]:
    """Return the pattern of a label and what ends it.

    That is a colon, a bar, a bracket around the label alone (【编辑】), space, markup or the end of the line.
    """
    return re.compile(
        rf"(?P<open>[{re.escape(_OPENERS)}]\s*)?(?P<label>{matcher.pattern})"
        rf"(?P<sep>[\s{MARK}]*[{_COLONS}]|[\s{MARK}]*[{re.escape(_BARS)}]"
        rf"|(?(open)\s*(?P<alone>[{re.escape(_CLOSERS)}])\s*[:：]?|(?!))|[\s{MARK}]+|$)"
    )


def read_labels(text: str, language: str | None = None) -> tuple[LabelledValue, ...]:
    """Return the labels of a line in order, each with its value.

    `language` is that of the page; without it only the labels that are read on every page are found.
    """
    matcher = label_matcher(language)
    if not matcher.may_match(text):
        return ()
    accepted = _accept_labels(text, matcher)
    found: list[LabelledValue] = []
    for position, (match, label, start) in enumerate((x.match, x.label, x.start) for x in accepted):
        end = accepted[position + 1].start if position + 1 < len(accepted) else len(text)
        value = text[match.end() : end]
        separator = _separator(match)
        separator = ":" if (separator and separator in _COLONS) or match["alone"] else "|" if separator else " "
        is_bracketed = bool(match["open"]) and not match["alone"]
        if separator == " " and is_bracketed and _is_unambiguous(label) and _CLOSER_AT_END.search(value):
            separator = ":"
        before = found[-1] if found else None
        if before and before.role is Role.EDITOR and before.separator == "|" and not before.value and separator == ":":
            found[-1] = replace(before, separator=separator, value=value)  # one person in two roles: 编辑/校对：某某
        found.append(LabelledValue(label, separator, value, start, end, is_bracketed))
    return tuple(found)


def _accept_labels(text: str, matcher: LabelMatcher) -> list[_Accepted]:
    pattern = _label_pattern(matcher)
    accepted: list[_Accepted] = []
    for match in pattern.finditer(text):
        label = matcher.label(match["label"])
        if label.text in _AMBIGUOUS and re.search(rf"[{HAN}]$", text[: match.start()]):
            label = matcher.label(_AMBIGUOUS[label.text])
            match = pattern.match(text, text.rfind(label.text[0], 0, match.end("label"))) or match
        previous_end = accepted[-1].match.end() if accepted else 0
        start = _find_outlet_start(text, match, label.text, previous_end)
        if start < match.start() or _is_used_as_label(text, match, label, is_after_label=bool(accepted)):
            accepted.append(_Accepted(match, label, start))
    return accepted


def _separator(match: re.Match[str]) -> str:
    return match["sep"].strip().strip(MARK).strip()


def _is_unambiguous(label: Label) -> bool:
    return label.role is Role.EDITOR and label.rank == _UNAMBIGUOUS


def _find_outlet_start(text: str, match: re.Match[str], label: str, previous_end: int) -> int:
    """Return the start of the outlet's name glued before a label, or the label's own start if there is no such name.

    `previous_end` is the end of the label before it: the name may as well be that label's value.
    """
    is_editor = label in _EDITOR_AFTER_OUTLET
    if not is_editor and label not in _REPORTER_AFTER_OUTLET:
        return match.start()
    name = _OUTLET_BEFORE_LABEL.search(text[: match.start()])
    if name is None:
        return match.start()
    has_separator = bool(match["sep"].strip(MARK + " \u3000\xa0"))
    if not has_separator and not (is_editor and _is_outlet_sign_off(name, match, text)):
        return match.start()
    is_value_before = previous_end and not text[previous_end : name.start()].strip(" " + MARK)
    return match.start() if name[0].endswith(_OTHERS_WORK) or is_value_before else name.start()


def _is_outlet_sign_off(name: re.Match[str], match: re.Match[str], text: str) -> bool:
    """True if a line is an outlet's own sign-off, where a space replaces the colon: 某某日报全媒体编辑 王某."""
    if name.start() or not name[0].endswith(OUTLET_ENDINGS):
        return False
    return is_person_name(text[match.end() :].strip(MARK + " "))


def _is_used_as_label(text: str, match: re.Match[str], label: Label, *, is_after_label: bool) -> bool:
    """True if a label's word is used as a label: at the start of a segment, with a separator behind it."""
    separator = _separator(match)
    if not separator and label.needs_separator:
        return False
    before = text[: match.start()]
    bare = before.rstrip(" \t\u3000\xa0" + MARK)
    gap = before[len(bare) :]
    previous = bare[-1:]
    if previous and previous in _QUOTES:
        closing = _CLOSING_QUOTES.get(previous) if label.role is Role.EDITOR else None
        return bool(closing and separator and text.rstrip(MARK + " ").endswith(closing))
    if label.role is Role.SOURCE and bare.rstrip("/／、").endswith(_SOURCE_OF_OTHER_THINGS):
        return False
    if not separator and gap and _needs_no_colon(bare, label):
        return True
    if not previous or match["open"] or previous in _SEGMENT_START:
        return bool(separator) or not previous or MARK in gap or previous in _BARS + _BULLETS
    if gap:
        return bool(separator) or MARK in gap or is_after_label
    # glued to the value of the label or the date before it: "12:11来源：新华社作者：王某"
    return bool(separator) and separator in _COLONS and (is_after_label or _ends_in_date(bare))


def _needs_no_colon(before: str, label: Label) -> bool:
    """True if a label between two spaces needs no colon: 责任编辑 anywhere, 来源于 right behind a date."""
    if label.role is Role.EDITOR:
        return _is_unambiguous(label)
    return label.role is Role.SOURCE and _ends_in_date(before)


def _ends_in_date(text: str) -> bool:
    tail = text[-30:]
    return bool(dates := read_dates(tail)) and dates[-1].end >= len(tail)


# --- sources ---------------------------------------------------------------------------------------------------

_REPORTER = any_of(sorted(_REPORTER_AFTER_OUTLET))
_WRAPPED = re.compile(rf"[{re.escape(_OPENERS)}]\s*([^{re.escape(_CLOSERS)}]+)[{re.escape(_CLOSERS)}]")
#: The end of a source label's value.
_SOURCE_END = re.compile(
    rf"[|｜]|\s丨|丨\s|[{re.escape(_CLOSERS)}](?=[{re.escape(_OPENERS)}\s]|$)|\u3000|\s{{2,}}|【|\["
)
#: Words of notices about sources in general: 本站部分内容来自互联网.
_NOTICE = re.compile(any_of(words_of_all(lambda table: table.outlets.notice_words)) or NOTHING, re.IGNORECASE)
_SHORTEST_NOTICE = 7
_NETWORKS = frozenset(words_of_all(lambda table: table.controls.networks))
_COUNTER = re.compile(rf"\d+\s?{any_of(words_of_all(lambda table: table.controls.counters))}")
#: The end of an outlet's name that a reporter's title follows directly, and what may be between them.
_OUTLET_END = (
    f"(?:{'|'.join(f'(?<={end})' for end in words_of_all(lambda table: table.outlets.before_reporter))})"
    f"(?:{any_of(words_of_all(lambda table: table.outlets.before_title))})?"
)
#: Left over behind an outlet: an open bracket, or the reporter's title.
_SOURCE_REST = re.compile(rf"[（(][^（）()]*$|{_OUTLET_END}{_REPORTER}$")


#: The end and the beginning of words in scripts with blanks between words.
_SPACED_END = re.compile(rf"[ -~]$|[^\W_{HAN}]$|[{MARKS}]$")
_SPACED_START = re.compile(rf"[^\W\d_{HAN}]")


#: The boundary of an inline part at a bracket, which is around that part: [<a>某某网</a>].
_BRACKET_BOUNDARY = re.compile(rf"(?<=[{re.escape(_OPENERS)}])\s*{MARK}|{MARK}\s*(?=[{re.escape(_CLOSERS)}])")


def _first_inline_text(raw: str) -> str:
    """Return the first inline part of a value that has text in it, with the brackets around it."""
    joined = _BRACKET_BOUNDARY.sub("", raw)
    return next((part for part in (piece.strip(" \t\u3000\xa0") for piece in joined.split(MARK)) if part), "")


def read_source(raw: str) -> str | None:
    """Return the outlet in the raw text behind a source label; ``None`` if it is empty, a control or prose."""
    value = _first_inline_text(raw)
    if not value or value[0] in _BARS + _CLOSERS:
        return None
    inside = _WRAPPED.match(value)
    value = _SOURCE_END.split(inside[1] if inside else value)[0].strip()
    dates = read_dates(value, order="ymd")
    if dates:
        value = value[: dates[0].start].strip(" \u3000(（[")
    value = _join_related_words(_COUNTER.split(value)[0]).strip(" \u3000\xa0,，;；:：、-—–·|>»")
    value = _strip_quotes(_SOURCE_REST.sub("", value).strip())
    if value in _NETWORKS and CONTROL_WORDS.isdisjoint(raw.replace(MARK, " ").split()[1:]):
        return value  # the outlet, not the first of the networks to share the story on
    if cannot_be_name(value) or not (2 <= len(value) <= 40 and re.search(r"[^\W\d_]", value)):
        return None
    if len(value) >= _SHORTEST_NOTICE and _NOTICE.search(value):
        return None
    return None if re.search(r"[。！？!?；]|，.{8,}", value) else value


def _strip_quotes(value: str) -> str:
    """Remove quotes around the whole value or left over at one end."""
    if value.count("“") != value.count("”") or (value[:1] == "“" and value.find("”") == len(value) - 1):
        value = value.strip("“”")
    return value.strip("\"'")


def _join_related_words(value: str) -> str:
    """Return the leading words of a value that belong together.

    A Han word after a space is something else, unless it is plainly an outlet. Words of scripts with blanks stay
    together, as do words around a dash or a middle dot.
    """
    words = value.split()
    kept = words[:1]
    for word in words[1:]:
        is_glued = re.search(r"[-—–·&/、+]$", kept[-1]) or re.match(r"[-—–·&/、+]", word)
        is_spaced_script = _SPACED_END.search(kept[-1]) and _SPACED_START.match(word)
        if word in CONTROL_WORDS or not (is_glued or is_spaced_script or is_outlet_name(word)):
            break
        kept.append(word)
    return " ".join(kept)


# --- editors ---------------------------------------------------------------------------------------------------

_NAME = re.compile(
    rf"[{HAN}]{{2,4}}(?:[·•‧][{HAN}]{{1,8}})*(?![{HAN}A-Za-z])"  # 李雅妮, 尼玛·次仁
    rf"|[{HAN}]\s[{HAN}](?![{HAN}])"  # 王 辉
    rf"|[{HAN}]{{1,3}}[A-Za-z]{{1,6}}[{HAN}]{{0,3}}(?![{HAN}])"  # a pen name of both scripts
    r"|[A-Za-z][\w.'’-]*(?:\s[A-Z][\w.'’-]*){0,2}"  # Demi Xia
)
_NAME_SEPARATOR = re.compile(r"\s*[、，,/／;；&]\s*|\s+")
_STAFF_CODE = re.compile(
    rf"\s*_\s?[A-Za-z]*\d*\w*|\s+[A-Z]{{1,4}}\d{{2,}}\b|\s*[(（][A-Z]*\d{{2,}}[)）]|(?<=[{HAN}])[A-Z]{{1,4}}\d{{3,}}"
    rf"|(?<=[{HAN}])\s+[A-Z]{{2,4}}$"
)
_NOT_EDITOR = re.compile(
    rf"{any_of(words_of_all(lambda table: table.people.not_editor_endings))}$"
    rf"|{any_of(words_of_all(lambda table: table.people.not_editor_words))}|@"
)
_LABEL_BEHIND = re.compile(
    rf"\d|{any_of(words_of_all(lambda table: table.people.labels_behind))}|[{HAN}]{{2,6}}\s?[:：]"
)
#: An editor's own address behind the name.
_MAIL = re.compile(rf"(?<=[{HAN}])\s*[\w.+-]+@[\w.-]+", re.ASCII)
_CAPITALISED = rf"[^\W\d_a-z{HAN}][\w.'’{MARKS}-]*"
_WESTERN_NAME = rf"{_CAPITALISED}(?:\s(?:[a-z]{{1,3}}\s){{0,3}}{_CAPITALISED}){{0,3}}"
#: Names as most languages write them, with particles or words for "and" between them: Juan Pérez y Ana de la Cruz.
_WESTERN_NAMES = re.compile(rf"{_WESTERN_NAME}(?:\s?[,&/]\s?{_WESTERN_NAME}){{0,4}}")


def read_editor(raw: str, name_shape: str = "han", *, is_sure: bool = True) -> str | None:
    """Return the editor or editors in the raw text behind a label, as printed, without brackets and staff code.

    `name_shape` is that of the label's language. `is_sure` means that a colon announced the value; without it every
    word must look like a person's name. ``None`` if the value is empty, a desk, an address or a headline.
    """
    value = _MAIL.sub("", _first_inline_text(raw).lstrip(_OPENERS + " "))
    if "@" in value:
        return None
    value = re.split(rf"[{re.escape(_CLOSERS)}|｜丨\u3000]|\s{{3,}}", value)[0].strip(" :：,，、;；")
    if re.fullmatch(r"[A-Z]{1,4}\d{2,}", value):  # only the staff code is printed
        return value if is_sure else None
    value = _STAFF_CODE.sub("", value).strip()
    if name_shape == "western" and (names := _WESTERN_NAMES.match(value)):
        return " ".join(names[0].split()) if _may_be_editor(names[0], is_sure=is_sure) else None
    first = _NAME.match(value)
    if not first or not _may_be_editor(first[0], is_sure=is_sure):
        return None
    end = first.end()
    for separator, name in _find_more_names(value, end):
        if (separator.isspace() and not is_person_name(name[0])) or cannot_be_name(name[0]):
            break
        end = name.end()
    rest = value[end:].strip()
    if rest and rest[0] not in "/，,。;；" and re.match(rf"[{HAN}\w]", rest) and not _may_follow_editor(rest):
        return None
    return re.sub(rf"^([{HAN}])\s([{HAN}])$", r"\1\2", re.sub(r"\s+", " ", value[:end])).strip()


def _may_be_editor(name: str, *, is_sure: bool) -> bool:
    return not cannot_be_name(name) and not _NOT_EDITOR.search(name) and (is_sure or is_person_name(name))


def _may_follow_editor(rest: str) -> bool:
    """True if the text behind a name may be printed there: a control, another label, a short word."""
    first = rest.split()[0]
    return first in CONTROL_WORDS or len(first) <= 12 or _LABEL_BEHIND.match(rest) is not None


def _find_more_names(value: str, start: int) -> Iterator[tuple[str, re.Match[str]]]:
    """Yield the further names of a list, each with the separator before it; a word before a colon is a label."""
    position = start
    while True:
        separator = _NAME_SEPARATOR.match(value, position)
        name = _NAME.match(value, separator.end()) if separator else None
        if not separator or not name or value[name.end() :].lstrip()[:1] in (":", "："):
            return
        yield separator[0], name
        position = name.end()


# --- authors ---------------------------------------------------------------------------------------------------

_AUTHOR_NAME = re.compile(
    rf"[{HAN}]{{2,4}}(?:[·•‧][{HAN}]{{1,8}})*|[A-Za-z][\w.'’-]*(?:\s[A-Z][\w.'’-]*){{0,3}}|[\w{HAN}·]{{2,12}}"
)
_AUTHORS_END = re.compile(rf"[|｜丨。！!？?{re.escape(_CLOSERS)}]|\s{{3,}}|\u3000{{2,}}")
_JOB_WORDS = re.compile(rf"(?:{any_of(words_of_all(lambda table: table.people.job_words))})+")
#: The outlet that a reporter is named with: 文/某某日报全媒体记者王某.
_REPORTERS_OUTLET = re.compile(rf"^[{HAN}A-Za-z·]{{4,16}}?{_REPORTER}(?=[{HAN}]{{2,4}}$|$)")


def read_authors(raw: str) -> tuple[str, ...]:
    """Return the names in the raw text behind an author label, where a blank ends a name."""
    value = " ".join(piece for piece in raw.split(MARK)[:6] if piece.strip()).strip()
    value = _AUTHORS_END.split(value.lstrip(_OPENERS + ":： "))[0]
    names: list[str] = []
    for piece in re.split(r"[、，,;；/／&\s]+", value)[:12]:
        name = _JOB_WORDS.sub("", _REPORTERS_OUTLET.sub("", piece)).strip("·:：_-—")
        if not name:
            continue
        if cannot_be_name(name) or not _AUTHOR_NAME.fullmatch(name) or re.search(r"\d{2,}", name):
            break
        if names and not (is_person_name(name) or re.search(r"[、，,/&]", value)):
            break
        names.append(name)
    return tuple(dict.fromkeys(names))
