"""The seed page: the first mirror page the project was built to read, its text set in a template."""

from collections.abc import Callable
from html import escape

import pytest


@pytest.fixture(scope="session")
def seed_page(shared) -> Callable[..., bytes]:
    """Return a function that renders the seed page in the portal's template, or in a bare one.

    The portal's dateline begins with an empty span, which `first_span` leaves out.
    """
    rows = [row.strip() for row in (shared / "seed" / "tibet-cn-20250522.txt").read_text("utf-8").splitlines()]
    site, home, title, dateline, *paragraphs, editor, notice, email, tail = [row for row in rows if row]
    moment, _, source = dateline.partition("來")
    words = [word.strip() for word in tail.partition(":")[2].split("|") if word.strip()]
    links = "| ".join(f'<a href="http://www.s{n}.example/">{escape(w)}</a>' for n, w in enumerate(words))
    spam = f"{tail.partition(':')[0]}: {links}|"

    def make(*, bare: bool = False, first_span: bool = True) -> bytes:
        body = "\n".join(f"<p>\u3000\u3000{escape(text)}</p>" for text in paragraphs)
        if bare:
            head = f"<div>{escape(title)}</div><div>{escape(dateline)}</div>"
            story = f"{body}<p>{escape(editor)}</p><p>{escape(notice)}</p>"
        else:
            head = (
                f'<div class="title_box"><h2>{escape(title)}</h2><div>{"<span></span>" * first_span}'
                f"<span>{escape(moment)}</span><span>來{escape(source)}</span></div></div>"
            )
            story = f'<div class="text botborder">{body}<p>{escape(editor)}</p></div><div>{escape(notice)}</div>'
        return (
            f"<!DOCTYPE html><html><head><meta charset=utf-8><title>{escape(title)}</title></head><body>"
            f"<div>{escape(site)}</div><a href=/>{escape(home)}</a>{head}{story}<div>{escape(email)}</div>"
            f"<div>{spam}</div></body></html>"
        ).encode()

    return make
