"""Documents: lines, parts, links, metadata, language and limits."""

import gc
import weakref

import pytest

from crawler.extraction import extract_from
from crawler.extraction.decode.input_limits import MAX_TAGS
from crawler.extraction.document import Document
from crawler.extraction.layout.lines import MAX_HREF


def page(body, head="", url="https://news.example/a/1.html"):
    return Document(f"<html><head>{head}</head><body>{body}</body></html>".encode(), url)


def texts(document):
    return [line.text for line in document.lines]


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("<p>one</p><p>two</p>", ["one", "two"]),
        ("<div>one<br>two<br/><br/>three</div>", ["one", "two", "three"]),
        ("<div>head <b>bold</b> tail<p>para</p>after</div>", ["head bold tail", "para", "after"]),
        ("<p>\u3000\u3000甲\xa0\xa0乙\u200b丙</p>", ["甲 乙丙"]),
        ("<pre>a\nb\n\nc</pre>", ["a", "b", "c"]),
        ("<ul><li>x</li><li>y</li></ul><table><tr><td>1</td><td>2</td></tr></table>", ["x", "y", "1", "2"]),
        ("<p>seen<script>no()</script><style>no{}</style><!-- no --></p><svg><text>no</text></svg>", ["seen"]),
        ("<p>seen</p><p style='display:none'>no</p><p hidden>no</p><div aria-hidden=true>no</div>", ["seen"]),
        ("<p>seen</p><div style='position:absolute; left:-9999px'><p>no</p></div>", ["seen"]),
        ("<p>seen</p><div style='height:1px;overflow:hidden'>no</div><noscript>no</noscript>", ["seen"]),
        ("<div style='height:0;padding-bottom:56%;overflow:hidden'>seen</div>", ["seen"]),
        ("", []),
    ],
)
def test_visible_text_is_split_into_lines_at_block_boundaries(body, lines):
    assert texts(page(body)) == lines
    assert [line.index for line in page(body).lines] == list(range(len(lines)))


def test_parts_separate_the_date_from_the_source_on_the_same_line():
    document = page(
        '<div class="info" id="top"><span class="date">2024-05-06 07:08</span> '
        '<a class="src" href="/x">晚报</a> 责编</div>'
    )
    (line,) = document.lines
    assert line.text == "2024-05-06 07:08 晚报 责编"
    assert [(p.text, p.tag, p.css_names, p.href) for p in line.parts] == [
        ("2024-05-06 07:08", "span", "date", None),
        ("晚报", "a", "src", "/x"),
        ("责编", "div", "", None),
    ]
    assert line.tag == "div"
    assert line.path == "div#top"
    assert line.nearby_css_names == "top info"
    assert line.link_chars == 2


def test_parts_keep_the_datetime_of_time_elements():
    (line,) = page('<p>on <time datetime="2024-05-06T07:08Z">6 May</time></p>').lines
    assert [(p.text, p.datetime) for p in line.parts] == [("on", None), ("6 May", "2024-05-06T07:08Z")]


def test_story_hidden_until_a_script_runs_is_read():
    story = "<p>" + "A long sentence of the story about the bridge. " * 6 + "</p>"
    document = page(f"<div>Menu</div><div style='visibility:hidden'>{story * 5}</div>")
    assert len(texts(document)) == 6


def test_meta_is_keyed_by_lower_case_name_and_keeps_each_value_once():
    document = page(
        "",
        '<meta name="Author" content="A"><meta property="og:Title" content="T"><meta name=author content="B">'
        '<meta name=author content="A"><meta name=empty content="">',
    )
    assert dict(document.meta) == {"author": ("A", "B"), "og:title": ("T",)}


@pytest.mark.parametrize(
    "script",
    [
        '{"@type":"NewsArticle","headline":"H"}',
        '[{"@type":"Organization"},{"@type":"NewsArticle","headline":"H"}]',
        '{"@graph":[{"@type":"WebPage"},{"@type":["Article","Thing"],"headline":"H"}]}',
        '{"@type":"WebPage","mainEntity":{"@type":"http://schema.org/NewsArticle","headline":"H"}}',
        '<!-- {"@type":"NewsArticle","headline":"H"} -->',
        '//<![CDATA[\n{"@type":"NewsArticle","headline":"H"}\n//]]>',
        '{"@type":"NewsArticle","headline":"H",}',
        '{"@type":"NewsArticle"\n"headline":"H"}',
        '{"@type":"NewsArticle","headline":"H","articleBody":"line\nbreak\tand \\x escape"}',
        '{"@type":"NewsArticle","headline":"H","description":"an "unescaped" quote"}',
        '{"@type":"NewsArticle","headline":"H","cut": [{"name":',
        '{"@type":"NewsArticle","headline":"H"};',
    ],
)
def test_article_node_is_found_in_valid_and_broken_jsonld(script):
    document = page("", f'<script type="application/ld+json">{script}</script>')
    assert document.article_ld is not None
    assert document.article_ld["headline"] == "H"


def test_jsonld_of_the_story_is_preferred_to_teasers_and_web_page():
    document = page(
        "",
        '<script type="application/ld+json">{"@type":"WebPage","headline":"page","datePublished":"2020-01-01"}</script>'
        '<script type="application/LD+JSON">[{"@type":"NewsArticle","headline":"teaser"},'
        '{"@type":"NewsArticle","headline":"story","datePublished":"2024-01-01","author":{"name":"A"}}]</script>',
    )
    assert document.article_ld["headline"] == "story"


@pytest.mark.parametrize("script", ["", "null", "[]", "not json at all", "[[[[" * 10_000, '{"a":' * 10_000])
def test_unreadable_jsonld_is_skipped(script):
    document = page("", f'<script type="application/ld+json">{script}</script>')
    assert document.article_ld is None


def test_followable_links_are_absolute_http_urls():
    document = page(
        '<a href="/b">B</a><a href="c.html" rel="nofollow">C <i>i</i></a><a href="javascript:void(0)">J</a>'
        '<a href="mailto:x@y">M</a><a>no target</a><a href="http://[bad">bad</a>',
        '<base href="https://news.example/dir/">',
    )
    links = document.followable_links()
    assert [(link.url, link.text, link.rel) for link in links] == [
        ("https://news.example/b", "B", ""),
        ("https://news.example/dir/c.html", "C i", "nofollow"),
    ]


@pytest.mark.parametrize(
    ("charset", "href", "url"),
    [
        ("gbk", "/show?title=水渠&n=1", "/show?title=%CB%AE%C7%FE&n=1"),
        ("gbk", "/show?title=%CB%AE#末", "/show?title=%CB%AE#末"),
        ("big5", "/show?t=水", "/show?t=%A4%F4"),
        ("utf-8", "/show?title=水渠", "/show?title=水渠"),
        ("gbk", "/水渠/1.html", "/水渠/1.html"),
    ],
)
def test_query_of_a_link_is_in_the_charset_of_the_page(charset, href, url):
    markup = f'<meta charset="{charset}"><p>水渠通水了，全村都很平安。</p><a href="{href}">水渠</a>'.encode(charset)
    [link] = Document(markup, "http://county.example/").followable_links()
    assert link.url == f"http://county.example{url}"


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("\\news\\1.html", "/news/1.html"),
        ("/a?q=x\\y", "/a?q=x\\y"),
        ("\\a#\\b", "/a#\\b"),
        ("http:///county.example/a", "/a"),
    ],
)
def test_slashes_of_a_link_are_read_as_in_browsers(href, url):
    [link] = Document(f'<a href="{href}">news</a>'.encode(), "http://county.example/").followable_links()
    assert link.url == f"http://county.example{url}"


@pytest.mark.parametrize(
    ("html", "language"),
    [
        ('<html lang="en"><p>' + "据了解，当地政府已经启动应急响应，组织力量开展救援工作。" * 3, "zh"),
        ('<html lang="zh-Hant"><p>' + "據了解，當地政府已經啟動應急響應。" * 3, "zh"),
        ("<p>" + "これは日本語の文章であり、漢字と仮名が混ざっています。" * 3, "ja"),
        ('<html lang="de-AT"><p>' + "Der Minister hat nicht gesagt, was es ist und wie. " * 5, "de"),
        ("<p>" + "The minister has not said what it is and for whom. " * 5, "en"),
        ("<p>" + "Le ministre est dans les rues pour une affaire qui dure. " * 5, "fr"),
        ('<html lang="uk"><p>' + "Міністр сказав, що це не так і буде інакше. " * 5, "uk"),
        ("<p>1 2 3", None),
    ],
)
def test_language_is_declared_or_detected(html, language):
    assert Document(html.encode(), "https://news.example/").language == language


def test_deep_nesting_is_read_without_recursion():
    document = Document(b"<div>" * 10_000 + b"deep", "https://news.example/")
    assert texts(document) == ["deep"]
    assert document.lines[0].path


def test_page_with_too_many_tags_is_truncated_and_marked():
    head = b"<p>The first words of the story.</p>"
    document = Document(head + b"<i></i>" * (MAX_TAGS // 2) + b"<h2>Unread</h2>", "https://news.example/")
    assert document.is_truncated
    assert texts(document) == ["The first words of the story."]
    assert document.tree.css_first("h2") is None


def test_page_nested_too_deeply_is_truncated_and_marked():
    document = Document(b"<p>head</p>" + b"<div><p></p></x>" * 50_000 + b"deep", "https://news.example/")
    assert texts(document) == ["head"]
    assert document.is_truncated


def test_many_sibling_tags_are_not_truncated():
    document = Document(b"<div><p>one<br>two<b>three</b></div>" * 6_000, "https://news.example/")
    assert len(texts(document)) == 12_000
    assert not document.is_truncated


@pytest.mark.parametrize("base", ["http://[x", "//[", "javascript:", "mailto:x@y", ""])
def test_invalid_base_url_is_ignored(base):
    document = page('<a href="b.html">B</a>', f'<base href="{base}">')
    assert [link.url for link in document.followable_links()] == ["https://news.example/a/b.html"]


def test_document_is_freed_without_garbage_collection():
    document = page("<article><h1>A title of a story</h1>" + "<p>A sentence that is long enough to count.</p>" * 9)
    reference = weakref.ref(document)
    gc.disable()
    try:
        extract_from(document)
        del document
        assert reference() is None
    finally:
        gc.enable()


def test_overlong_link_target_is_neither_kept_nor_followed() -> None:
    page = b"<p><a href='/%b'>endless</a> <a href='/2.html'>next</a></p>" % (b"x" * 100_000)
    document = Document(page, "https://news.example/1.html")
    assert max(len(anchor.href) for anchor in document.layout.links) <= MAX_HREF + 1
    assert [link.url for link in document.followable_links()] == ["https://news.example/2.html"]
