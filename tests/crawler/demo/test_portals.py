"""The bundled portals: enough articles, always the same, and pages that match the expected fields."""

import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from html import unescape

import pytest
from pypinyin import Style, pinyin

from crawler.demo import Chengshi, County, Gaoyuan, GaoyuanMirror, Reply, Request, sample_portals
from crawler.demo.injected import injected_block
from crawler.demo.traditional import gloss, to_traditional
from crawler.demo.writer import PARAGRAPH, Writer, read_texts

PORTALS = [Gaoyuan, GaoyuanMirror, Chengshi, County]


@pytest.fixture
def get() -> Callable[..., Reply]:
    """Return a function that gets a portal's reply to a GET, without a socket."""

    def get(portal, path: str, *fields: str) -> Reply:
        head = "\r\n".join([f"GET {path} HTTP/1.1", f"Host: {portal.host}:8080", *fields, "", ""])
        return portal.answer(Request.parse(head.encode(), 8080))

    return get


def words(html: str) -> str:
    """Return the text of a page without tags."""
    return unescape(re.sub(r"<[^>]*>", "", html))


@pytest.mark.parametrize("made", PORTALS)
class TestEveryPortal:
    def test_has_at_least_forty_articles_newest_first(self, made):
        articles = made().articles
        assert len(articles) >= 40
        dates = [article.date for article in articles]
        assert [date[:10] for date in dates] == sorted((date[:10] for date in dates), reverse=True)

    def test_articles_and_pages_are_reproducible(self, made, get):
        first, second = made(), made()
        assert first.articles == second.articles
        for path in ["/", *(article.path for article in first.articles)]:
            assert get(first, path) == get(second, path)

    def test_articles_are_different(self, made):
        articles = made().articles
        for field in ("path", "title", "body"):
            assert len({getattr(article, field) for article in articles}) == len(articles), field
        paragraphs = Counter(paragraph for article in articles for paragraph in article.paragraphs)
        # At most one paragraph in a hundred may occur twice, which only happens to short ones.
        assert sum(count - 1 for count in paragraphs.values()) <= len(paragraphs) / 100

    def test_bodies_have_many_lengths(self, made):
        counts = {len(article.paragraphs) for article in made().articles}
        assert counts <= set(range(3, 13))
        assert len(counts) >= 7
        shortest, longest = PARAGRAPH
        assert all(shortest <= len(text) <= longest for article in made().articles for text in article.paragraphs)

    def test_dates_have_their_precision(self, made):
        for article in made().articles:
            when = datetime.fromisoformat(article.date)
            form = {"second": when.isoformat(), "minute": when.isoformat(timespec="minutes"), "day": article.date[:10]}
            assert article.date == form[article.date_precision]
            assert (when.tzinfo is None) == (article.date_precision == "day")

    def test_every_article_is_linked_from_its_list_pages(self, made, get):
        portal = made()
        linked = set()
        for section in portal.sections:
            path, number = section.path, 0
            while (reply := get(portal, path)).status == 200:
                linked |= set(
                    re.findall(r'href="([^"]+)"', reply.body.decode("gb18030" if made is Chengshi else "utf-8"))
                )
                number += 1
                if section.next is None:
                    break
                path = section.path + section.next.replace("{n}", str(number))
            assert number == (1 if section.next is None else 2)
        assert {article.path for article in portal.articles} <= linked

    def test_article_pattern_matches_only_articles(self, made):
        portal = made()
        assert all(re.search(portal.article_pattern, article.path) for article in portal.articles)
        others = ["/", "/robots.txt", *(section.path for section in portal.sections)]
        assert not any(re.search(portal.article_pattern, path) for path in others)

    def test_unknown_path_is_404(self, made, get):
        portal = made()
        for path in ("/nothing", "/cn/news/yc/index_99.html", "/minsheng/index_99.html", "/news/nothing/"):
            assert get(portal, path).status == 404


def test_sample_portals_have_different_names_and_hosts():
    portals = sample_portals()
    assert len({portal.name for portal in portals}) == len({portal.host for portal in portals}) == len(PORTALS)
    assert all(portal.host.endswith(".localhost") for portal in portals)


@pytest.mark.parametrize("name", ["gaoyuan", "chengshi", "county"])
def test_every_title_has_many_variants(name):
    texts = read_texts(name)
    assert all(len(topic.titles) == len(topic.leads) for topic in texts.topics)
    assert all("{" in title for topic in texts.topics for title in topic.titles)
    slots = {slot for part in texts.topics for field in (part.titles, part.leads, part.facts, part.closings)
             for line in field for slot in re.findall(r"\{([a-z]+)\d?\}", line)}  # fmt: skip
    assert slots <= set(texts.words)


@pytest.mark.parametrize("seed", range(5))
def test_paragraph_lengths_are_within_bounds_for_any_seed(seed):
    import random

    writer = Writer(read_texts("gaoyuan"), random.Random(seed))
    for number in range(60):
        count = 3 + number % 10
        story = writer.write_story(read_texts("gaoyuan").topics[number % 6], count)
        assert len(story.paragraphs) == count
        assert all(PARAGRAPH[0] <= len(paragraph) <= PARAGRAPH[1] for paragraph in story.paragraphs)
        assert not re.search(r"[{}]", story.title + "".join(story.paragraphs))


class TestGaoyuan:
    def test_article_page_contains_the_expected_fields(self, get):
        portal = Gaoyuan()
        for article in portal.articles:
            html = get(portal, article.path).body.decode()
            [head] = re.findall(r'<div class="title_box">\s*<h2>(.*?)</h2>\s*<div>(.*?)</div>', html, re.S)
            spans = [words(span).strip() for span in re.findall(r"<span.*?</span>", head[1])]
            assert unescape(head[0]) == article.title
            printed = article.date[:19].replace("T", " ")
            assert spans[1:] == [f"发布时间: {printed}", f"来源: {article.source or ''}".strip()]
            assert article.date.endswith("+08:00")
            [text] = re.findall(r'<div class="text botborder">\n(.*?)\n</div>', html, re.S)
            assert words(text).replace("\u3000", "") == article.body
            assert (f"(责编: {article.editor} )" in html) == (article.editor is not None)

    def test_paths_contain_month_day_and_number(self):
        for article in Gaoyuan().articles:
            month, day = article.date[:7].replace("-", ""), article.date[:10].replace("-", "")
            assert re.search(rf"^/cn/.+/{month}/t{day}_\d+\.html$", article.path)

    def test_robots_txt_does_not_exist(self, get):
        assert get(Gaoyuan(), "/robots.txt").status == 404


class TestMirror:
    def test_expected_fields_are_in_traditional_chinese(self):
        for article in GaoyuanMirror().articles:
            text = article.title + article.body + (article.source or "") + (article.editor or "")
            # Simplified forms are not in Big5, except for a few rare ones. 氌 is Traditional and not in Big5.
            assert not [char for char in text if not char.encode("big5", "ignore") and char != "氌"]
            assert set(article.flags) == {"pinyin_gloss", "injected_links"}

    def test_pages_are_the_original_with_glosses(self, get):
        mirror, original = GaoyuanMirror(), Gaoyuan()
        for article, simplified in zip(mirror.articles, original.articles, strict=True):
            html = get(mirror, article.path).body.decode()
            assert gloss(simplified.title) in html
            assert simplified.title not in html
            # Without the glosses the text is as expected. "人(次)" is in the original text.
            plain = re.sub(r"\([a-zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜü]+\)", "", html)
            assert all(paragraph in plain for paragraph in article.paragraphs)
            assert plain.count("(次)") >= article.body.count("(次)")

    def test_glosses_are_readings_of_the_preceding_character(self):
        found = {pair for article in Gaoyuan().articles for pair in re.findall(r"(.)\(([^)]+)\)", gloss(article.body))}
        found.discard(("人", "次"))
        assert len(found) > 200
        assert all(reading in pinyin(char, style=Style.TONE, heteronym=True)[0] for char, reading in found)

    @pytest.mark.parametrize(
        ("simplified", "glossed"),
        [
            ("高原在线", "高原在線(xiàn)"),
            ("公里", "公里"),
            ("村里", "村裡(lǐ)"),
            ("银行 A股(gǔ)", "银行 A股(gǔ)"),
            ("来源: ", "來(lái)源: "),
            ("困难儿童", "困難兒童"),
            ("ABC 123", "ABC 123"),
        ],
    )
    def test_gloss_follows_changed_characters(self, simplified, glossed):
        assert gloss(simplified) == glossed
        assert len(to_traditional(simplified)) == len(simplified)

    def test_every_page_has_a_block_of_injected_links(self, get):
        mirror = GaoyuanMirror()
        forms = Counter()
        for path in ["/", "/cn/ecology/", *(article.path for article in mirror.articles)]:
            html = get(mirror, path).body.decode()
            [tag] = re.findall(r"(<div[^>]*>)主站蜘蛛池模板: ", html)
            forms[tag] += 1
            block = html[html.index(tag) :]
            assert len(re.findall(r'href="http://spam-\d+\.localhost:8080/', block)) >= 10
            paths = re.findall(r'href="(/[^"]*)"', block)
            assert paths
            assert all(mirror.is_forbidden(path) for path in paths)
        assert len(forms) == 5

    def test_block_is_reproducible(self):
        assert injected_block("/x", 80) == injected_block("/x", 80) != injected_block("/y", 80)


class TestChengshi:
    def test_pages_are_gb18030_declared_as_gb2312(self, get):
        portal = Chengshi()
        beyond = 0
        for article in portal.articles:
            reply = get(portal, article.path)
            assert ("Content-Type", "text/html") in reply.headers
            assert b"charset=gb2312" in reply.body
            assert article.title in reply.body.decode("gb18030")
            beyond += not _is_gb2312(reply.body)
        assert beyond >= 30

    def test_source_follows_date_without_label_and_editors_are_in_brackets(self, get):
        portal = Chengshi()
        forms = Counter()
        for article in portal.articles:
            html = get(portal, article.path).body.decode("gb18030")
            assert "来源" not in html
            [info] = re.findall(r'class="info">(.*?)</TD>', html, re.S)
            printed = re.fullmatch(r"(\d{4})年(\d\d)月(\d\d)日(?: (\d\d:\d\d))?[\s\xa0]*(\S*)", words(info))
            year, month, day, clock, source = printed.groups()
            assert article.date.startswith(f"{year}-{month}-{day}" + (f"T{clock}" if clock else ""))
            assert (clock is None) == (article.date_precision == "day")
            assert (source or None) == article.source
            forms[re.sub(r">[^<]*<", "><", info)[:6]] += 1
            last = article.path if article.pages == 1 else article.path.replace(".html", f"_{article.pages}.html")
            closing = get(portal, last).body.decode("gb18030")
            assert (f"【责任编辑：{article.editor}】" in closing) == (article.editor is not None)
        assert any(" " in (article.editor or "") for article in portal.articles)

    def test_multi_page_articles_are_complete_over_their_pages(self, get):
        portal = Chengshi()
        counts = Counter(article.pages for article in portal.articles)
        assert {1, 2, 3} == set(counts)
        for article in portal.articles:
            path, paragraphs, seen = article.path, [], 0
            while path:
                html = get(portal, path).body.decode("gb18030")
                paragraphs += [words(text).strip("\u3000") for text in re.findall(r"<P>(.*?)</P>", html)]
                path = next(iter(re.findall(r'<A href="([^"]+)">下一页</A>', html)), None)
                seen += 1
            assert seen == article.pages
            assert "\n".join(paragraphs) == article.body
            assert ("multi_page" in article.flags) == (seen > 1)
            assert get(portal, article.path.replace(".html", f"_{seen + 1}.html")).status == 404

    def test_robots_txt_is_served(self, get):
        portal = Chengshi()
        rules = get(portal, "/robots.txt").body.decode()
        assert all(f"Disallow: {prefix}\n" in rules for prefix in portal.forbidden)
        assert all(
            f'"{prefix}' in get(portal, portal.articles[0].path).body.decode("gb18030") for prefix in portal.forbidden
        )


def _is_gb2312(body: bytes) -> bool:
    try:
        body.decode("gb2312")
    except UnicodeDecodeError:
        return False
    return True
