"""Tests of lists in XML datastores."""

from crawler.discovery.datastores import expand_datastore
from crawler.discovery.list_pagination import find_next_page
from crawler.extraction.document import Document
from crawler.sites import Section

LIST = "http://county.localhost/col/col12/index.html"
ENTRY = "<li><a href='/art/2025/3/4/art_12_34.html' title='水渠通水'>水渠通水</a><span>2025-03-04</span></li>"


def store(inner: str, records: int = 2) -> str:
    return f"<datastore>{inner}<recordset>{f'<record><![CDATA[{ENTRY}]]></record>' * records}</recordset></datastore>"


def page(markup: str, url: str = LIST) -> Document:
    return expand_datastore(Document(f"<html><body>{markup}</body></html>".encode(), url))


def test_entries_become_links_and_the_next_group_the_next_page():
    group = '<nextgroup><![CDATA[<a href="/module/web/jpage/dataproxy.jsp?page=1&columnid=12"></a>]]></nextgroup>'
    document = page(f'<script type="text/xml">{store(group)}</script>')
    assert [link.text for link in document.followable_links()][:1] == ["水渠通水"]
    following = find_next_page(document, Section(LIST), 0)
    assert following == "http://county.localhost/module/web/jpage/dataproxy.jsp?page=1&columnid=12"


def test_next_entries_are_requested_by_the_settings_of_the_script():
    settings = (
        "<script>var p = {col:1,webid:'67',columnid:12};"
        "$('#a').jpage({perPage:2, totalRecord:9, proxyUrl:'/jpage/dataproxy.jsp', proxyParam:p});</script>"
    )
    document = page(f'<script type="text/xml">{store("")}</script>{settings}')
    following = find_next_page(document, Section(LIST), 0)
    proxy = "http://county.localhost/jpage/dataproxy.jsp"
    assert following == f"{proxy}?startrecord=3&endrecord=8&perpage=2&col=1&webid=67&columnid=12"
    last = expand_datastore(Document(store("<totalrecord>9</totalrecord>", 6).encode(), following))
    assert find_next_page(last, Section(LIST), 1) == following.replace("=3&", "=9&").replace("=8&", "=14&")
    end = expand_datastore(
        Document(store("<totalrecord>9</totalrecord>", 1).encode(), f"{proxy}?startrecord=9&endrecord=14")
    )
    assert find_next_page(end, Section(LIST), 2) is None


def test_array_of_a_script_is_a_datastore_too():
    document = page(f'<script>var dataStore = ["{ENTRY}", "{ENTRY.replace("34", "35")}"];</script>')
    assert [link.url[-11:] for link in document.followable_links()] == [
        "/art_12_34.html"[-11:],
        "/art_12_35.html"[-11:],
    ]


def test_page_without_datastore_stays_as_it_is():
    document = Document(b"<html><body><a href='/a'>x</a></body></html>", LIST)
    assert expand_datastore(document) is document
