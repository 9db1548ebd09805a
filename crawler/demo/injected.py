"""Blocks of injected links, in the forms found on mirrored and hacked pages."""

import random
from functools import cache
from pathlib import Path

#: Harmless words instead of what such blocks advertise.
_WORDS = Path(__file__).parent / "texts" / "injected.txt"

_STYLES = (
    '<div class="links">{}</div>',
    '<div style="display:none">{}</div>',
    '<div style="position:absolute;left:-9999px;top:-9999px">{}</div>',
    '<div id="pl_css_ganrao" style="display: none;">{}</div>',
    '<div style="font-size:0;line-height:0;width:0;height:0;overflow:hidden">{}</div>',
)


def injected_block(seed: str, port: int) -> str:
    """Return the block for the page named by `seed`. Its links lead to other hosts, and to /spam/ on the same host."""
    rng = random.Random(f"injected {seed}")
    words = _read_words()
    links = []
    for number, word in enumerate(rng.sample(words, rng.randint(18, len(words)))):
        foreign = f"http://spam-{rng.randint(1, 40)}.localhost:{port}/{rng.randint(1000, 9999)}/"
        href = f"/spam/{rng.randint(1000, 9999)}.html" if number % 4 == 3 else foreign
        links.append(f'<a href="{href}" target="_blank">{word}</a>| ')
    return rng.choice(_STYLES).format("主站蜘蛛池模板: " + "".join(links))


@cache
def _read_words() -> list[str]:
    return _WORDS.read_text(encoding="utf-8").split()
