"""Measures extraction on changed pages, as an estimate for unknown portals.

Each saved page is changed (class names removed or replaced, wrappers added, metadata removed, paragraphs marked up
differently, other stories inserted, labels replaced by synonyms) and read again. The scorer of the saved pages rates
every field.

    python benchmarks/extraction_robustness.py [--set zh-portals] [--only names.renamed] [--wrong]

The pages are the saved real ones under BROADSHEET_SHARED, or by default ``../shared``.
"""

import argparse
import os
import random
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("BROADSHEET_SHARED", ROOT.parent / "shared"))
sys.path[:0] = [str(ROOT), str(SHARED / "data")]

try:
    import score  # type: ignore[import-not-found]  # the scorer is stored with the pages
except ImportError:
    sys.exit(f"{SHARED / 'data'}: no saved pages there; set BROADSHEET_SHARED to the folder that has data/pages")

from crawler.extraction import extract  # noqa: E402

#: Takes the text of a page and its record, and returns the changed text.
Change = Callable[[str, Mapping[str, Any]], str]

_NAMES = re.compile(
    r"\s(class|id|itemprop|itemtype|itemscope|role|data-[\w-]+)\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>]+)", re.I
)
_METADATA = re.compile(r"<meta(?![^>]*(?:charset|http-equiv))[^>]*>", re.I)
_SCRIPTS = re.compile(r"<script\b.*?</script\s*>", re.I | re.S)
_STATED = re.compile(r"<script\b[^>]*ld\+json.*?</script\s*>", re.I | re.S)


def without_names(page: str, _: Mapping[str, Any]) -> str:
    return _NAMES.sub("", page)


def rename_classes(page: str, _: Mapping[str, Any]) -> str:
    """Replace every class and id consistently by random letters, as build tools do."""

    def replace_names(match: re.Match[str]) -> str:
        words = match[2].strip("\"'").split()
        return (
            f' {match[1]}="{" ".join(_random_name(word) for word in words)}"'
            if match[1].lower() in ("class", "id")
            else ""
        )

    return _NAMES.sub(replace_names, page)


def _random_name(word: str) -> str:
    return "".join(random.Random(word).choices("bcdfghjklmnpqrstvwxz", k=6))


def without_metadata(page: str, _: Mapping[str, Any]) -> str:
    return _SCRIPTS.sub("", _METADATA.sub("", page))


def without_json_ld(page: str, _: Mapping[str, Any]) -> str:
    return _STATED.sub("", page)


def without_headings(page: str, _: Mapping[str, Any]) -> str:
    return re.sub(r"<(/?)h[1-6]\b", r"<\1div", page, flags=re.I)


def without_semantics(page: str, _: Mapping[str, Any]) -> str:
    return re.sub(
        r"<(/?)(?:article|main|section|aside|nav|header|footer|figure|figcaption|time)\b", r"<\1div", page, flags=re.I
    )


def wrap_blocks(page: str, _: Mapping[str, Any]) -> str:
    """Wrap every division and paragraph in two more divisions."""
    page = re.sub(r"<(p|div)\b", r"<div><div><\1", page, flags=re.I)
    return re.sub(r"</(p|div)\s*>", r"</\1></div></div>", page, flags=re.I)


def paragraphs_as_divisions(page: str, _: Mapping[str, Any]) -> str:
    return re.sub(r"<(/?)p\b", r"<\1div", page, flags=re.I)


def paragraphs_as_breaks(page: str, _: Mapping[str, Any]) -> str:
    return re.sub(r"</p\s*>", "<br><br>", re.sub(r"<p\b[^>]*>", "", page, flags=re.I), flags=re.I)


def _other_paragraphs(record: Mapping[str, Any], paragraphs: int) -> list[str]:
    """Return paragraphs of other stories of the same set, always the same ones for the same page."""
    others = [text for text in _STORIES.get(record["set"], []) if text not in (record.get("body") or "")]
    return random.Random(record["id"]).sample(others, min(paragraphs, len(others)))


def with_sidebar(page: str, record: Mapping[str, Any]) -> str:
    """Insert a column of teasers (headline and first sentences) before everything else, longer than the story."""
    story = len(record.get("body") or "")
    teasers, length = [], 0
    for number, text in enumerate(_other_paragraphs(record, 60)):
        teasers.append(f'<div><a href="/other/{number}.html"><b>{text[:30]}</b></a><div>{text[:160]}</div></div>')
        length += len(text[:160])
        if length > 1.2 * story:
            break
    return re.sub(r"(<body\b[^>]*>)", lambda m: f"{m[0]}<div>{''.join(teasers)}</div>", page, count=1, flags=re.I)


def with_comments(page: str, record: Mapping[str, Any]) -> str:
    """Append readers' comments, longer than the story."""
    story, comments, length = len(record.get("body") or ""), [], 0
    for number, text in enumerate(_other_paragraphs(record, 60)):
        head = f"<b>reader{number}</b> <span>2024-05-{number % 28 + 1:02} 08:15</span>"
        comments.append(f"<div>{head}<p>{text}</p><a href=#>Reply</a></div>")
        length += len(text)
        if length > 1.2 * story:
            break
    at = page.lower().rfind("</body")
    return f"{page[:at]}<div><h3>{len(comments)} comments</h3>{''.join(comments)}</div>{page[at:]}" if at >= 0 else page


def with_cards(page: str, record: Mapping[str, Any]) -> str:
    """Insert three cards of other stories (picture, headline, first words) in the middle of this one."""
    paragraphs = [text for text in (record.get("body") or "").split("\n") if len(text) > 30]
    for text in paragraphs[len(paragraphs) // 2 :]:
        at = page.find(text[:24])
        end = re.compile(r"</p\s*>", re.I).search(page, at) if at > 0 else None
        if end:
            cards = "".join(
                f'<a href="/other/{n}.html"><img src="/{n}.jpg"><div>{text[:40]}</div><div>{text[:110]}</div></a>'
                for n, text in enumerate(_other_paragraphs(record, 3))
            )
            return f"{page[: end.end()]}<div>{cards}</div>{page[end.end() :]}"
    return page


_SYNONYMS = (
    ({"来源": "稿源", "责任编辑": "责编", "发布时间": "时间"}, "labels.short"),
    ({"来源": "信息来源", "责编": "责任编辑", "编辑": "编辑", "时间": "时间"}, "labels.long"),
    (
        {"来源": "來源", "责任编辑": "責任編輯", "编辑": "編輯", "责编": "責編", "发布": "發布", "时间": "時間"},
        "labels.hant",
    ),
)


def replace_labels(words: Mapping[str, str]) -> Change:
    pattern = re.compile(
        "|".join(sorted((f"(?<![\\u4e00-\\u9fff]){word}(?=\\s*[:：])" for word in words), key=len, reverse=True))
    )
    return lambda page, _: pattern.sub(lambda match: words[match[0]], page)


CHANGES: dict[str, Change] = {
    "as saved": lambda page, _: page,
    "names.stripped": without_names,
    "names.renamed": rename_classes,
    "semantics.stripped": without_semantics,
    "bare": lambda page, record: without_semantics(
        without_headings(without_metadata(without_names(page, record), record), record), record
    ),
    "metadata.stripped": without_metadata,
    "jsonld.stripped": without_json_ld,
    "headings.stripped": without_headings,
    "wrapped": wrap_blocks,
    "paragraphs.div": paragraphs_as_divisions,
    "paragraphs.br": paragraphs_as_breaks,
    "sidebar": with_sidebar,
    "comments": with_comments,
    "cards": with_cards,
    "bare.cards": lambda page, record: without_names(with_cards(page, record), record),
    **{name: replace_labels(words) for words, name in _SYNONYMS},
}
_STORIES: dict[str, list[str]] = {}
_SHOWN = ("title", "day", "minute", "source", "editor", "author")


def changed_pages(name: str, change: Change) -> Iterator[tuple[dict[str, Any], bytes]]:
    """Yield the records of a set with their changed pages."""
    from crawler.extraction.decode.charset import decode

    for record, html in _load(name):
        text = decode(html)[0]
        yield record, change(text, {**record, "set": name}).encode("utf-8", "replace")


_load = score.load


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=score.SETS, action="append")
    parser.add_argument("--only", action="append", choices=CHANGES)
    parser.add_argument("--wrong", action="store_true", help="list the differences")
    options = parser.parse_args()
    for name in options.set or score.SETS:
        _STORIES[name] = [p for record, _ in _load(name) for p in (record.get("body") or "").split("\n") if len(p) > 90]
        print(
            f"{name:20} {'body':>6} {'<.5':>4} " + " ".join(f"{field:>6}" for field in _SHOWN) + "  boilerplate",
            flush=True,
        )
        for label in options.only or CHANGES:
            score.load = lambda name, label=label: changed_pages(name, CHANGES[label])
            table = score.score(name, extract, options.wrong)
            fields = " ".join(f"{table[field][0]:6.3f}" if field in table else f"{'-':>6}" for field in _SHOWN)
            body = f"{table['body_f1']:6.3f} {table['bodies_below_half']:4}"
            print(f"{label:20} {body} {fields}  {table.get('boilerplate_let_in', '')}", flush=True)


if __name__ == "__main__":
    main()
