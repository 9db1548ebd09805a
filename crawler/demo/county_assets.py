"""The style sheets and images of The Harrow County Courier, by path."""

from collections.abc import Iterator, Mapping

_SHEET = """\
@import url("colors.css");
body { margin: 0 auto; max-width: 46rem; padding: 0 1rem 3rem; font: 1.05rem/1.6 Georgia, "Times New Roman", serif;
  color: var(--ink); background: var(--paper) url("/looks/linen.svg"); }
nav { display: flex; align-items: center; gap: 1rem; padding: 1rem 0; border-bottom: 4px double var(--ink); }
nav a:nth-of-type(1) { font-size: 1.9rem; font-weight: bold; text-decoration: none; }
nav img { width: 3.2rem; height: 3.2rem; }
a { color: var(--link); }
h1 { line-height: 1.2; margin-bottom: .3rem; }
.kicker { text-transform: uppercase; letter-spacing: .1em; font-size: .8rem; margin-bottom: 0; }
.byline, .credit, .dateline, .edited { color: var(--faint); font-size: .9rem; margin: .2rem 0; }
.picture { display: block; width: 100%; margin: 1rem 0; }
.more, footer { border-top: 1px solid var(--faint); margin-top: 2rem; font-size: .9rem; }
"""
_COLORS = ":root { --ink: #20242b; --paper: #f7f3e9; --link: #1d4f73; --faint: #6d6a61; }\n"

_CREST = (
    '<circle cx="32" cy="32" r="31" fill="#1d4f73"/><path d="M8 44l14-20 9 12 8-9 17 17z" fill="#f7f3e9"/>'
    '<circle cx="45" cy="18" r="5" fill="#e5b94f"/>'
)
_LINEN = '<path d="M0 2h8M2 0v8" stroke="#efe8d8" stroke-width=".6"/>'

#: Section -> colours of sky and land, and the shape of a building or mountain.
_SCENES = {
    "government": ("#b9cfe0", "#7d8c6a", '<path d="M250 190h140v-50l-70-40-70 40z" fill="#f3ecdc"/>'),
    "schools": ("#cfe0e8", "#8ea36b", '<path d="M210 190h220v-60h-220zM300 130l20-50 20 50z" fill="#a5523f"/>'),
    "business": ("#dbe3e6", "#9a927f", '<path d="M180 190h90v-80h-90zM280 190h150v-110h-150z" fill="#67748a"/>'),
    "outdoors": ("#a9cbe0", "#5d8250", '<path d="M120 190l90-120 60 70 50-60 130 110z" fill="#4b6473"/>'),
}

#: Path -> media type and text of the file.
FILES: Mapping[str, tuple[str, str]]


def _drawing(width: int, height: int, shapes: str) -> tuple[str, str]:
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">{shapes}</svg>\n'
    return "image/svg+xml", svg


def _scenes() -> Iterator[tuple[str, tuple[str, str]]]:
    for section, (sky, land, shape) in _SCENES.items():
        shapes = f'<rect width="640" height="240" fill="{sky}"/>{shape}<path d="M0 190h640v50H0z" fill="{land}"/>'
        yield f"/looks/{section}.svg", _drawing(640, 240, shapes)


FILES = {
    "/looks/paper.css": ("text/css", _SHEET),
    "/looks/colors.css": ("text/css", _COLORS),
    "/looks/crest.svg": _drawing(64, 64, _CREST),
    "/looks/linen.svg": _drawing(8, 8, _LINEN),
    **dict(_scenes()),
}
