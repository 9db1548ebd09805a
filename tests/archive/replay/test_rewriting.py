"""Rewritten pages and style sheets: they look the same, and nothing in them runs or loads from the web."""

import re
import tomllib
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
import tinycss2
from hypothesis import example, given, settings
from hypothesis import strategies as st

from archive.replay import Links, page_requisites, rewrite_css, rewrite_html, stylesheet_requisites
from archive.replay.lazy import TABLE

LAZY = tomllib.loads(TABLE.read_text(encoding="utf-8"))
ROOT = "/replay/20260522120000"


def links(modifier: str = "", **options: str) -> Links:
    return Links("http://n.test/a/b.html", "20260522120000", "/replay", modifier=modifier, frame="/view", **options)


def body_of(markup: str) -> str:
    found = re.search(r"<body[^>]*>(.*)</body>", rewrite_html(markup, links()), re.S)
    return found[1] if found else ""


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        ('<a href="c.html#x">', f'<a href="{ROOT}/http://n.test/a/c.html#x"></a>'),
        ('<a href="#x" onclick="f()" target="_blank" ping="//e.test">', '<a href="#x"></a>'),
        ('<a href=" java\nscript:f()">x</a>', "<a>x</a>"),
        ('<a href="mailto:a@b.test">x</a>', "<a>x</a>"),
        (r'<a href="\\e.test\x">x</a>', f'<a href="{ROOT}/http://e.test/x">x</a>'),
        ('<a href="http://[bad">x</a>', "<a>x</a>"),
        ('<img src="i.png" srcset="i.png 1x, //c.test/i,2.png 2x,">',
         f'<img src="{ROOT}im_/http://n.test/a/i.png" '
         f'srcset="{ROOT}im_/http://n.test/a/i.png 1x, {ROOT}im_/http://c.test/i,2.png 2x">'),
        ('<img data-src="i.png">', f'<img data-src="i.png" src="{ROOT}im_/http://n.test/a/i.png">'),
        ('<img src="data:image/gif;base64,AA==">', '<img src="data:image/gif;base64,AA==">'),
        ('<img src="data:text/html,x">', "<img>"),
        ('<iframe src="f.html" srcdoc="<script>">', f'<iframe src="{ROOT}if_/http://n.test/a/f.html"></iframe>'),
        ('<form action="//e.test" method="post"><input name="q" formaction="x"></form>',
         '<form><input name="q"></form>'),
        ('<td background="b.gif">', ""),
        ('<table background="b.gif"></table>', f'<table background="{ROOT}im_/http://n.test/a/b.gif"></table>'),
        ('<object data="x.swf"><p>in its place</p></object>', ""),
        ("<noscript><p>without script</p></noscript>", "<p>without script</p>"),
        ("<p>one<script>two</script><!-- three --></p>", "<p>one</p>"),
        ('<p style="background:url(//e.test/x)">', f'<p style="background:url(&quot;{ROOT}ce_/http://e.test/x&quot;)"></p>'),
        ("<svg><a xlink:href='//e.test'><set attributeName='href' to='//f.test'/></a></svg>",
         f'<svg><a xlink:href="{ROOT}/http://e.test"></a></svg>'),
        ("<svg><style>&lt;/style>&lt;img src=x></style></svg>",
         "<svg><style>&lt;/style&gt;&lt;img src=x&gt;</style></svg>"),
        ("<svg><use href='#i'/><rect fill='url(//e.test/#a)'/></svg>",
         f'<svg><use href="#i"></use><rect fill="url(&quot;{ROOT}ce_/http://e.test/#a&quot;)"></rect></svg>'),
        ("<pre>\n\nx</pre>", "<pre>\n\nx</pre>"),
        ("<textarea></textarea><xmp><b></xmp>", "<textarea>\n</textarea><pre>\n&lt;b&gt;</pre>"),
        ("<video src=v.mp4 autoplay poster=p.jpg></video>",
         f'<video src="{ROOT}oe_/http://n.test/a/v.mp4" poster="{ROOT}im_/http://n.test/a/p.jpg"></video>'),
    ],
)  # fmt: skip
def test_elements_are_rewritten(markup, shown):
    assert body_of(markup) == shown


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        ('<link rel="stylesheet" href="s.css" integrity="x" media="print">',
         f'<link rel="stylesheet" href="{ROOT}cs_/http://n.test/a/s.css" media="print">'),
        ('<link rel="shortcut icon" href="/i.ico">', f'<link rel="shortcut icon" href="{ROOT}im_/http://n.test/i.ico">'),
        ('<link rel="preload" as="image" href="x"><link rel="dns-prefetch" href="//e.test"><link rel=manifest href=m>',
         ""),
        ('<meta http-equiv="refresh" content="3;URL=\'//e.test/x\'">',
         f'<meta http-equiv="refresh" content="3; url={ROOT}/http://e.test/x">'),
        ('<meta http-equiv="refresh" content="0;/x">',
         f'<meta http-equiv="refresh" content="0; url={ROOT}/http://n.test/x">'),
        ('<meta http-equiv="refresh" content="300"><meta http-equiv="set-cookie" content="a=b"><meta charset="gbk">',
         ""),
        ("<style>@import 'x.css';a{b:c}</style>", f'<style>@import "{ROOT}cs_/http://n.test/a/x.css";a{{b:c}}</style>'),
        ("<base href='http://o.test/q/'><link rel=icon href=i>", f'<link rel="icon" href="{ROOT}im_/http://o.test/q/i">'),
    ],
)  # fmt: skip
def test_elements_of_the_head_are_rewritten(markup, shown):
    assert re.search(r"<head>(.*)</head>", rewrite_html(f"<head>{markup}</head>", links()), re.S)[1] == shown


def test_doctype_is_preserved():
    old = '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN">'
    assert rewrite_html(f"<!-- x -->\n{old}<p>", links()).startswith(old)
    assert rewrite_html("<p>", links()).startswith("<html>")


def test_links_in_a_framed_page_leave_the_frame():
    assert '<a href="/view/20260522120000/http://n.test/x" target="_top">' in rewrite_html("<a href=/x>", links("mp_"))


@pytest.mark.parametrize(
    ("sheet", "shown"),
    [
        ("a{b:url(x.png)}", f'a{{b:url("{ROOT}ce_/http://n.test/a/x.png")}}'),
        ("a{b:URL( 'x y.png' )}", f'a{{b:URL( "{ROOT}ce_/http://n.test/a/x%20y.png" )}}'),
        (r"a{b:u\72 l(//e.test/x\29.png)}", f'a{{b:url("{ROOT}ce_/http://e.test/x).png")}}'),
        (r'@\69mport "//e.test/x";', rf'@\69mport "{ROOT}cs_/http://e.test/x";'),
        ("@import url(x) screen;", f'@import url("{ROOT}cs_/http://n.test/a/x") screen;'),
        ("a{b:-webkit-image-set('x' 1x, \"y\" type('image/png'))}",
         f"a{{b:-webkit-image-set(\"{ROOT}ce_/http://n.test/a/x\" 1x, "
         f"\"{ROOT}ce_/http://n.test/a/y\" type('image/png'))}}"),
        ("/* url(x) */ a{content:'url(x)'}", "/* url(x) */ a{content:'url(x)'}"),
        ("a{b:url(bad url)} c{d:url(x)}", f'a{{b:url("about:invalid")}} c{{d:url("{ROOT}ce_/http://n.test/a/x")}}'),
        ("a{b:url(javascript:x)}", 'a{b:url("about:invalid")}'),
        ("a{b:url(#m)} c{d:url()}", 'a{b:url("#m")} c{d:url("about:invalid")}'),
        ("a{b:url(data:image/gif;base64,AA==)}", 'a{b:url("data:image/gif;base64,AA==")}'),
        ("@import 'data:text/css,x'", '@import "about:invalid"'),
        ("<!--url(//e.test/x)", f'<!--url("{ROOT}ce_/http://e.test/x")'),
        ("a{b:image-set(} 'x')}", f"a{{b:image-set(}} \"{ROOT}ce_/http://n.test/a/x\")}}"),
        ("a{b:url(x", f'a{{b:url("{ROOT}ce_/http://n.test/a/x")'),
    ],
)  # fmt: skip
def test_style_sheets_are_rewritten(sheet, shown):
    assert rewrite_css(sheet, links().resource_address) == shown


TAGS = ["a", "img", "svg", "math", "style", "title", "noscript", "template", "iframe", "xmp", "table", "td", "select",
        "option", "p", "b", "form", "foreignObject", "mtext", "annotation-xml", "image", "use", "link", "meta", "base",
        "script", "textarea", "plaintext", "desc", "object", "frameset", "animate"]  # fmt: skip
NAMES = ["href", "src", "srcset", "style", "onclick", "xlink:href", "background", "data", "action", "poster", "content",
         "http-equiv", "rel", "to", "from", "fill", "srcdoc", "formaction", "ping", "class"]  # fmt: skip
VALUES = ["//e.test/x", "https://e.test/", "javascript:alert(1)", "url(//e.test/x)", "u\\72l(http://e.test)", "refresh",
          "0;url=//e.test", "stylesheet", "data:text/html,<b>", "e.test, //e.test 2x", "</style><script>", "\\\\e.test",
          "@import '//e.test'", "ht\ntp://e.test", "&#106;avascript:x", '"><img src=//e.test>', "x"]  # fmt: skip

attribute = st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES)).map(lambda a: f" {a[0]}='{a[1]}'")
opening = st.tuples(st.sampled_from(TAGS), st.lists(attribute, max_size=3)).map(lambda t: f"<{t[0]}{''.join(t[1])}>")
closing = st.sampled_from(TAGS).map(lambda tag: f"</{tag}>")
stray = st.sampled_from([*VALUES, "<!--", "-->", "<![CDATA[", "]]>", "<!doctype x>", "</", "<", "&lt;"])
hostile = st.lists(st.one_of(opening, closing, stray), max_size=14).map("".join)

FETCHING = {"href", "src", "xlink:href", "background", "poster", "action", "formaction", "data", "ping", "srcset"}
ALLOWED = ("/replay/", "#", "data:image/", "about:invalid")


def find_outside(css: str) -> list[str]:
    """Return the addresses in a style sheet that are outside replay, found by an independent parser."""
    return [found for found in _addresses(tinycss2.parse_component_value_list(css)) if not found.startswith(ALLOWED)]


def _addresses(tokens, function: str = "") -> Iterator[str]:
    imports = False
    fetches = re.sub("^-[a-z]+-", "", function) in ("url", "src", "image", "image-set", "cross-fade")
    for token in tokens:
        if token.type == "url" or (token.type == "string" and (imports or fetches)):
            yield token.value
        elif token.type == "function":
            yield from _addresses(token.arguments, token.lower_name)
        elif token.type.endswith("block"):
            yield from _addresses(token.content)
        if token.type not in ("whitespace", "comment"):
            imports = not function and token.type == "at-keyword" and token.lower_value == "import"


class _FaultFinder(HTMLParser):
    """Finds scripts and addresses outside replay in markup, with an independent parser."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[object] = []
        self.in_style = False

    def handle_starttag(self, tag, attrs):
        self.in_style = tag == "style"
        if tag in ("script", "base", "object", "embed", "template", "animate", "set"):
            self.faults.append(tag)
        for name, value in attrs:
            is_allowed = (value or "").startswith(("/replay/", "#", "data:image/"))
            if name.startswith("on") or name == "srcdoc" or (name in FETCHING and not is_allowed):
                self.faults.append((tag, name, value))
            if name == "style" and find_outside(value or ""):
                self.faults.append((tag, name, value))
            if tag == "meta" and name == "content" and "url=" in (value or "") and "url=/replay/" not in value:
                self.faults.append((tag, name, value))

    def handle_data(self, data):
        if self.in_style and find_outside(data):
            self.faults.append(data)
        self.in_style = False


@settings(max_examples=150, deadline=None)
@given(hostile)
@example("<svg><style><a href='//e.test'></style>")
@example("<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=//e.test&gt;'>")
@example("<form><div></form><form><svg><desc><title><a href=//e.test>")
def test_no_rewritten_page_has_addresses_outside_replay(markup):
    shown = rewrite_html(markup, links())
    for written in (shown, rewrite_html(shown, _unchanged_links())):
        finder = _FaultFinder()
        finder.feed(written)
        finder.close()
        assert not finder.faults, written


class _UnchangedLinks(Links):
    """Leaves all addresses unchanged."""

    def link_address(self, address):
        return address

    def resource_address(self, address, modifier):
        return address


def _unchanged_links() -> Links:
    return _UnchangedLinks("http://n.test/", "20260522120000", "/replay")


@settings(max_examples=100, deadline=None)
@given(st.text("<>/'\"= abp!-&;#x\n", max_size=60))
def test_rewriting_twice_gives_the_same_markup(markup):
    once = rewrite_html(f"<!DOCTYPE html><body>{markup}", _unchanged_links())
    assert rewrite_html(once, _unchanged_links()) == once


css_pieces = st.sampled_from(
    [
        "url(",
        ")",
        "'",
        '"',
        "@import",
        " ",
        ";",
        "{",
        "}",
        "//e.test",
        "\\",
        "\n",
        "/*",
        "*/",
        "u\\72l(",
        "image-set(",
        ",",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(css_pieces, max_size=16).map("".join))
def test_rewriting_broken_style_sheets_twice_gives_the_same(sheet):
    once = rewrite_css(sheet, links().resource_address)
    assert rewrite_css(once, lambda address, modifier: address) == once
    assert find_outside(once) == []


def test_time_is_not_quadratic_in_the_size_of_a_page():
    deep = "<!DOCTYPE x>" + "<!-- -- >" * 20_000
    assert rewrite_html(deep, links())
    assert rewrite_css("url(" * 50_000 + "\\" * 50_000, links().resource_address)
    assert rewrite_html("<img srcset='" + ", (" * 50_000 + "'>", links())


def test_requisites_are_what_replay_will_request():
    markup = (
        '<link rel=stylesheet href="/s.css"><link rel=icon href="i.ico"><style>p{background:url(b.png)}</style>'
        '<img src="i.png#x" srcset="i.png, j.png 2x"><img src="data:image/gif;base64,AA=="><use href="#x"/>'
        '<video src=v.mp4 poster=p.jpg></video><iframe src=f.html></iframe><script src=s.js></script>'
        '<a href="other.html">x</a><img src="mailto:x">'
    )  # fmt: skip
    requisites = page_requisites(markup, "http://n.test/a/")
    assert [(found.url.removeprefix("http://n.test"), found.kind.name) for found in requisites] == [
        ("/s.css", "STYLE_SHEET"), ("/a/i.ico", "IMAGE"), ("/a/b.png", "STYLE_RESOURCE"), ("/a/i.png", "IMAGE"),
        ("/a/j.png", "IMAGE"), ("/a/v.mp4", "MEDIA"), ("/a/p.jpg", "IMAGE"), ("/a/f.html", "FRAME"),
    ]  # fmt: skip
    sizes = page_requisites('<img srcset="s.png 320w, l.png 1280w, m.png 640w, x.png 1.2x">', "http://n.test/")
    assert [found.url for found in sizes] == ["http://n.test/l.png"], "the largest once"
    sheet = "@import 'more.css'; @font-face{src:url(f.woff2)} p{content:'url(x)'}"
    assert [(found.url, found.kind.name) for found in stylesheet_requisites(sheet, "http://n.test/css/s.css")] == [
        ("http://n.test/css/more.css", "STYLE_SHEET"), ("http://n.test/css/f.woff2", "STYLE_RESOURCE"),
    ]  # fmt: skip


def test_only_captured_sizes_of_an_image_are_offered():
    some = links(has_capture=lambda url: url.endswith("/b.png"))
    shown = body_of(rewrite_html('<img src="c.png" srcset="a.png 1x, b.png 2x">', some))
    assert "a.png" not in shown
    assert "b.png 2x" in shown
    none = links(has_capture=lambda url: False)
    assert "srcset" not in rewrite_html('<img src="c.png" srcset="a.png 1x, b.png 2x">', none)


def image_of(markup: str) -> dict[str, str]:
    """Return the attributes of the only image that is shown, with its address as in the page."""
    (found,) = re.findall(r"<img ([^>]*)>", body_of(markup))
    shown = dict(re.findall(r'([\w-]+)="([^"]*)"', found))
    return {key: value.replace(f"{ROOT}im_/http://n.test/a/", "") for key, value in shown.items()}


@pytest.mark.parametrize("name", [*LAZY["image"]["certain"], *LAZY["image"]["likely"]])
@pytest.mark.parametrize("placeholder", ["", 'src=""', "src=grey.gif", "src=data:image/gif;base64,AA=="])
def test_real_image_is_shown_in_place_of_its_placeholder(name, placeholder):
    assert image_of(f'<img {placeholder} {name}="real.jpg">')["src"] == "real.jpg"


@pytest.mark.parametrize(
    ("attributes", "shown"),
    [
        ("src=a.jpg data-url=page.html", "a.jpg"),
        ("src=a.jpg data-lazy=true", "a.jpg"),
        ('src=a.jpg data-src=\'{"w": "1.5"}\'', "a.jpg"),
        ("src=a.jpg data-original=''", "a.jpg"),
        ("src=a.jpg original=1.5", "a.jpg"),
        ("src=grey.gif data-url=/get?id=5 data-original=b.jpg", "b.jpg"),
        ("data-url=/get?id=5", f"{ROOT}im_/http://n.test/get?id=5"),
        ("src=grey.gif file='b.png!large'", "b.png!large"),
    ],
)
def test_other_attributes_do_not_replace_an_image(attributes, shown):
    assert image_of(f"<img {attributes}>")["src"] == shown


@pytest.mark.parametrize("name", LAZY["image"]["candidates"])
def test_lazy_candidates_replace_a_placeholder(name):
    markup = f'<img src="grey.gif" srcset="data:image/gif;base64,AA== 1w" {name}="s.jpg 300w, l.jpg 600w">'
    shown = image_of(markup)
    assert (shown["src"], shown["srcset"]) == ("s.jpg", "s.jpg 300w, l.jpg 600w")
    assert [one.url for one in page_requisites(markup, "http://n.test/a/b.html")] == [
        "http://n.test/a/s.jpg",
        "http://n.test/a/l.jpg",
    ]
    source = body_of(f'<picture><source {name}="p.webp"><img src="i.jpg"></picture>')
    assert f'srcset="{ROOT}im_/http://n.test/a/p.webp"' in source


def test_image_that_a_noscript_element_repeats_is_shown_once():
    twins = '<img class=lazy src=grey.gif data-src=i.jpg><noscript><p>x</p><img src="./i.jpg"></noscript>'
    assert image_of(twins)["src"] == "i.jpg"
    assert "<p>x</p>" in body_of(twins)
    assert body_of("<img src=grey.gif><noscript><img src=i.jpg></noscript>").count("<img") == 2


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        ("<iframe data-src=f.html></iframe>", f'src="{ROOT}if_/http://n.test/a/f.html"'),
        ("<iframe src=about:blank data-src=f.html></iframe>", f'src="{ROOT}if_/http://n.test/a/f.html"'),
        ("<video data-src=v.mp4 data-poster=p.jpg></video>", f'src="{ROOT}oe_/http://n.test/a/v.mp4"'),
        ("<video data-src=v.mp4 data-poster=p.jpg></video>", f'poster="{ROOT}im_/http://n.test/a/p.jpg"'),
        ("<div data-bg=b.jpg style='color:red;'></div>",
         f'style="color:red;background-image:url(&quot;{ROOT}ce_/http://n.test/a/b.jpg&quot;)"'),
        ("<div data-bg='url(b.jpg)'></div>", f'url(&quot;{ROOT}ce_/http://n.test/a/b.jpg&quot;)'),
        ("<div class=lazy data-original=b.jpg></div>", f'url(&quot;{ROOT}ce_/http://n.test/a/b.jpg&quot;)'),
        ("<amp-img src=i.jpg width=9><noscript><img src=i.jpg></noscript></amp-img>",
         f'<img src="{ROOT}im_/http://n.test/a/i.jpg" width="9">'),
    ],
)  # fmt: skip
def test_lazy_frames_media_and_backgrounds_are_loaded(markup, shown):
    assert shown in body_of(markup)


def test_gallery_links_get_no_background():
    assert "style" not in body_of("<a data-src=big.jpg href=big.jpg>x</a>")


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        ("rel=stylesheet media=print href=s.css onload=\"this.media='all'\"", 'media="all"'),
        ("rel=preload as=style href=s.css onload=\"this.onload=null;this.rel='stylesheet'\"", 'rel="stylesheet"'),
    ],
)
def test_style_sheets_that_a_script_applies_are_applied(link, shown):
    page = rewrite_html(f"<link {link}>", links())
    assert shown in page
    assert f"{ROOT}cs_/http://n.test/a/s.css" in page
    assert "onload" not in page


def test_hostile_lazy_attributes_stay_within_their_values():
    markup = "<div data-bg='x.png\"); } </style><script>f()</script>'></div><img data-src='java\nscript:f()//x.jpg'>"
    assert "<script" not in body_of(markup)
    assert "script:" not in body_of(markup).replace('data-src="java\nscript:', "")
