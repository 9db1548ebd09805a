"""Tests of list pagination."""

from urllib.parse import urljoin

import pytest

from crawler.discovery.list_pagination import find_next_page
from crawler.extraction.document import Document
from crawler.sites import Section

LIST = "http://paper.localhost/news/"


def next_page(body: str, *, next: str | None = None, number: int = 0, url: str = LIST) -> str | None:
    document = Document(f"<html><body>{body}</body></html>".encode(), url)
    return find_next_page(document, Section(LIST, next=next), number)


@pytest.mark.parametrize(
    "words",
    [
        "下一页",
        "下一頁 >",
        "下页",
        "Next »",
        "[Next page]",
        "Older posts",
        "›",
        "»",
        "次へ",
        "Suivant",
        "older stories ›",
    ],
)
def test_links_to_the_next_page_are_recognized(words):
    assert next_page(f'<p>1</p><a href="p2">{words}</a>') == f"{LIST}p2"


@pytest.mark.parametrize(
    "link",
    [
        '<a href="p0">上一页</a>',
        '<a href="p0">‹ Newer stories</a>',
        '<a href="#">›</a>',
        '<a href="javascript:next()">下一页</a>',
        '<a href="/story">Next year the bridge will open again</a>',
        '<div style="display:none"><a href="p2">下一页</a></div>',
    ],
)
def test_other_links_are_ignored(link):
    assert next_page(f"<p>words</p>{link}") is None


def test_markup_takes_precedence_over_link_text():
    assert next_page('<a href="w">›</a><a rel="next" href="m">3</a>') == f"{LIST}m"
    assert next_page('<a href="w">›</a><link rel="next" href="m">') == f"{LIST}m"


def test_selector_of_the_site_file_takes_precedence():
    assert next_page('<a rel="next" href="m">›</a><a class="more" href="s">more</a>', next="a.more") == f"{LIST}s"
    assert next_page('<a rel="next" href="m">›</a>', next="a.more") is None


@pytest.mark.parametrize(
    ("links", "number", "wanted"),
    [
        ("", 0, "index_1.html"),  # the page numbers are drawn by a script
        ('<a href="index_1.html">2</a>', 0, "index_1.html"),
        ('<a href="index.html">1</a><a href="index_1.html">2</a>', 1, None),
        ('<a href="index_1.html">2</a><a href="index_2.html">3</a>', 1, "index_2.html"),
        ('<a href="index_9.html">last</a>', 3, None),
    ],
)
def test_numbered_pages_end_at_the_last_linked_page(links, number, wanted):
    assert next_page(links, next="index_{n}.html", number=number) == (wanted and LIST + wanted)


@pytest.mark.parametrize(
    "words",
    [
        "« Older Entries",
        "» 下一页",
        "[下一页]",
        "后一页",
        "Siguiente »",
        "Página siguiente",
        "Entradas anteriores",
        "Selanjutnya",
        "Berikutnya ›",
        "Próxima",
        "Weiter",
        "Ältere Beiträge",
        "Page suivante",
        "Successiva",
        "Sonraki sayfa",
        "Далее",
        "Следующая →",
        "Наступна",
        "Trang sau",
        "ถัดไป",
        "التالي",
        "הבא",
        "अगला",
        "次のページ",
        "다음 페이지",
        "Volgende",
        "Nästa",
        "Næste",
        "Neste side",
        "Seuraava",
        "Następna",
        "Další",
        "Következő",
        "Επόμενη",
        "Următoarea",
        "Следваща",
        "Sljedeća",
        "بعدی",
        "اگلا",
        "Seterusnya",
        "[>]",
    ],
)
def test_next_words_of_many_languages_are_recognized(words):
    assert next_page(f'<p>1</p><a href="p2">{words}</a>') == f"{LIST}p2"


@pytest.mark.parametrize(
    ("script", "number", "wanted"),
    [
        ("createPageHTML(5, 0, 'index', 'html');", 0, "index_1.html"),
        ("createPageHTML(5, 3, 'index', 'html');", 3, "index_4.html"),
        ("createPageHTML(5, 4, 'index', 'html');", 4, None),
        ("createPageHTML('page_div',5, 1,'list','shtml',60);", 0, "list_2.shtml"),
        ("createPageHTML('page_div',5, 4,'list','shtml',60);", 3, "list_5.shtml"),
        ("createPageHTML('page_div',5, 5,'list','shtml',60);", 4, None),
        ("createPageHTML('7', '0', \"list\", \"htm\", 20);", 0, "list_1.htm"),
        ("createPageHTML2(3, 0, '../old/index', '.html');", 0, "../old/index_1.html"),
        ("var countPage = 4; var currentPage = 0;\ncreatePageHTML(countPage, currentPage, 'index', 'html');", 0,
         "index_1.html"),
        ("var currentPage = 1;//from 0\nvar countPage = 4//pages\n"
         "document.write(\"<a href=\\\"default\"+\"_\" + nextPage + \".\"+\"htm\\\">\");", 1, "default_2.htm"),
        ("var countPage = 2; var currentPage = 1; document.write('<a href=index_' + n + '.html>')", 1, None),
        ("Pager({size:5, current:0, prefix:'index',suffix:'html'});", 0, "index_1.html"),
        ("new Pager({ total: 5, current: 1, url: 'list.php?page={page}' })", 0, "list.php?page=2"),
        ("$('#p').pagination({pageCount: 3, current: 3, url: '/n/{page}.html'})", 2, None),
        ("//createPageHTML(5, 0, 'index', 'html');", 0, None),
        ("function createPageHTML(_nPageCount, _nCurrIndex, _sPageName, _sPageExt){ }", 0, None),
        ("createPageHTML(1, 0, 'index', 'html');", 0, None),
    ],
)  # fmt: skip
def test_pagers_printed_by_scripts_are_read(script, number, wanted):
    assert next_page(f"<p>news</p><script>{script}</script>", number=number) == (wanted and urljoin(LIST, wanted))


@pytest.mark.parametrize(
    "markup",
    [
        '<a href="#" onclick="location.href=\'index_2.html\'">下一页</a>',
        "<a href=\"javascript:window.location='/news/index_2.html';\">2</a>",
        "<button onclick=\"window.location.href = './index_2.html'; return false\">Next</button>",
        '<span onclick="go(2)">2</span><script>function go(n) { location.href = "index_" + n + ".html"; }</script>',
        "<a href=\"javascript:go('index_2.html')\">›</a><script>function go(u) { location.assign(u); }</script>",
        '<select><option value="index.html">1</option><option value="index_2.html">2</option></select>',
        '<a class="next" href="index_2.html"><i></i></a>',
        '<a href="index_2.html" title="Next page"><img src="r.png"></a>',
        '<b>1</b> <a href="index_2.html">2</a> <a href="index_3.html">3</a>',
        '<a href="index.html">[1]</a> <a href="index_2.html">[2]</a>',
    ],
)
def test_next_page_behind_scripts_buttons_and_numbers(markup):
    assert next_page(f"<p>news</p>{markup}") == f"{LIST}index_2.html"


def test_page_numbers_may_fall_while_labels_grow():
    pager = '<a href="list_41.html">2</a><a href="list_40.html">3</a><a href="list_39.html">4</a>'
    assert next_page(pager) == f"{LIST}list_41.html"
    assert next_page(pager, number=1, url=f"{LIST}list_41.html") == f"{LIST}list_40.html"


@pytest.mark.parametrize(
    "links",
    [
        # Days of a calendar, which are not below the list.
        "".join(f'<a href="/calendar/2025/6/{day}">{day}</a>' for day in range(1, 29)),
        # Counts of comments.
        '<a href="t20250303_71.html">3</a><a href="t20250303_95.html">2</a><a href="t20250301_64.html">7</a>',
        # Teasers that say "continue".
        "".join(f'<a href="story-{n}.html">Weiter</a>' for n in range(4)),
    ],
)
def test_numbers_and_words_of_other_things_are_no_pager(links):
    assert next_page(f"<p>news</p>{links}") is None


def test_numbers_that_count_down_lead_to_the_last_page():
    body = '<a href="/news/">1</a> <b>2</b> <a href="list_1.html">3</a>'
    document = Document(body.encode(), "http://a.example/news/list_2.html")
    assert find_next_page(document, Section("http://a.example/news/"), 1) == "http://a.example/news/list_1.html"
