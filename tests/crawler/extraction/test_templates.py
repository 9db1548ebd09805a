"""Every field is read from stories in many languages, set in the templates of many publishing systems."""

import json
from datetime import datetime
from html import escape
from pathlib import Path
from string import Template
from zoneinfo import ZoneInfo

import pytest

from crawler.extraction import extract

HERE = Path(__file__).parent
#: One story per language: its fields, the words on its page, other stories.
STORIES = json.loads((HERE / "template_stories.json").read_text("utf-8"))
TEMPLATES = sorted((HERE / "templates").glob("*.html"))
#: Templates that print no editor, and those that print no reporter or print one without a label.
NO_EDITOR = frozenset({"zh_discuz"})
NO_AUTHOR = frozenset({"zh_trs", "zh_phpcms", "zh_hashed", "zh_national", "wix"})


def fragments(lang: str) -> dict[str, str]:
    """Return the values of the templates' placeholders."""
    story = STORIES[lang]
    paragraphs = [escape(text, quote=False) for text in story["paragraphs"]]
    titles = [escape(text, quote=False) for text in story["others"]]
    words = {name: escape(text, quote=False) for name, text in story["w"].items()}
    cards = "".join(
        f'<div><a href="/other/{n}"><img src="/{n}.jpg"><h4>{title}</h4></a><p>{story["teaser"]}</p></div>'
        for n, title in enumerate(titles)
    )
    said = "".join(
        f"<li><b>reader{n}</b> <span>2024-11-0{n + 4} 09:1{n}</span><p>{story['comment']}</p><a href=#r>#{n}</a></li>"
        for n in range(3)
    )
    menu = [words["home"], *(title[:4] for title in titles)]
    as_p = [f"<p>{text}</p>" for text in paragraphs]
    box = f'<div><a href="/other/9"><img src="/9.jpg"><span>{titles[0]}</span></a></div>'
    return {
        **words,
        **{name: escape(story[name] or "", quote=False) for name in ("site", "title", "printed", "editor")},
        "author": story.get("signed", story["author"]),
        "source_label": words["source"] if story["source"] else "",
        "source": story["source"] or "",
        "editor_label": words["editor"],
        "lang": lang,
        "iso": datetime(2024, 11, 3, 16, 20, tzinfo=ZoneInfo(story["zone"])).isoformat(),
        "p": "".join(as_p),
        "p_indent": "".join(f"<p>\u3000\u3000{text}</p>\n" for text in paragraphs),
        "p_first": as_p[0],
        "p_rest": "".join(as_p[1:]),
        "p_mid": "".join([*as_p[:2], box, *as_p[2:]]),
        "div": "".join(f"<div>{text}</div>" for text in paragraphs),
        "div_span": "".join(f"<div><div><span><span>{text}</span></span></div></div>" for text in paragraphs),
        "br": "<br><br>\n".join(paragraphs),
        "br_indent": "<br />\n".join(f"\u3000\u3000{text}" for text in paragraphs),
        "others": "".join(f'<li><a href="/other/{n}">{title}</a></li>' for n, title in enumerate(titles)),
        "others_tr": "".join(f'<tr><td><a href="/other/{n}">{title}</a></td></tr>' for n, title in enumerate(titles)),
        "menu": "".join(f'<li><a href="/m{n}">{name}</a></li>' for n, name in enumerate(menu)),
        "menu_a": " ".join(f'<a href="/m{n}">{name}</a>' for n, name in enumerate(menu)),
        "cards": cards,
        "said": said,
    }


CASES = [(path.stem, lang) for path in TEMPLATES for lang in STORIES if lang[:2] == "zh" or path.stem[:3] != "zh_"]


@pytest.mark.parametrize(("name", "lang"), CASES, ids=[f"{name}-{lang}" for name, lang in CASES])
def test_every_field_is_read(name, lang):
    story = STORIES[lang]
    markup = Template((HERE / "templates" / f"{name}.html").read_text("utf-8")).substitute(fragments(lang))
    article = extract(markup.encode(), f"https://www.example.org/news/{name}/812.html", timezone=story["zone"])
    is_zh = name[:3] == "zh_"
    want = {
        "title": " ".join(story["title"].split()),
        "minute": "2024-11-03T16:20",
        "authors": (story["author"],) if name not in NO_AUTHOR or story["author"] in story["paragraphs"][0] else (),
        "source": story["source"] if is_zh else None,
        "editor": story["editor"] if is_zh and name not in NO_EDITOR else None,
        "body": story["paragraphs"],
    }
    got = {
        "title": article.title,
        "minute": (article.date or "")[:16],
        "authors": article.authors if name != "wix" else want["authors"],
        "source": article.source,
        "editor": article.editor,
        "body": (article.body or "").split("\n"),
    }
    assert got == want


@pytest.mark.parametrize("lang", STORIES)
def test_story_is_found_between_longer_teasers_and_comments(lang):
    story, parts = STORIES[lang], fragments(lang)
    html = (
        f"<html lang={lang}><title>{parts['title']}</title><div>{parts['cards'] * 12}</div>"
        f"<div><h1>{parts['title']}</h1><div>{parts['printed']}</div><div>{parts['p']}</div></div>"
        f"<div><div>{parts['related']}</div>{parts['cards'] * 6}</div>"
        f"<div><div>{parts['comments']} (36)</div>{parts['said'].replace('li>', 'div>') * 12}</div></html>"
    )
    article = extract(html.encode(), "https://www.example.org/812.html", timezone=story["zone"])
    assert (article.body or "").split("\n") == story["paragraphs"]
    assert (article.date or "")[:16] == "2024-11-03T16:20"
