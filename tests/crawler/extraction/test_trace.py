"""The trace of a page: the reason for every line, and the same article as without a trace."""

from crawler.extraction import Document, extract, trace_from

URL = "http://news.example/2024/05/06/bridge.html"
STORY = [
    "The county council voted on Tuesday to repair the old stone bridge, ending a debate that had lasted nine years.",
    "Engineers will close the crossing from March, and buses are to take the road through the neighbouring village.",
    "“We have waited long enough,” said the ferryman, who has carried passengers every weekend since the floods.",
]
PAGE = f"""<html lang=en><head><title>Bridge</title></head><body><nav><a href=/>Home</a></nav><h1>Bridge to reopen</h1>
<p>6 May 2024</p><div class=entry>{"".join(f"<p>{text}</p>" for text in STORY)}</div>
<div class="sidebar"><p>{STORY[0]} This is the summary of another story that the sidebar repeats.</p></div>
<div>Local weather</div><div style="display:none">Hidden text</div></body></html>""".encode()


def test_every_line_has_a_reason():
    trace = trace_from(Document(PAGE, URL))
    by_text = {line.text: line for line in trace.lines}
    assert [line.text for line in trace.lines if line.is_in] == STORY
    assert all(line.reason for line in trace.lines)
    assert by_text[STORY[0]].reason == "prose"
    assert by_text[STORY[0]].weight == len(STORY[0])
    assert by_text["Home"].reason.startswith("outside the story by the tag or name of nav")
    assert by_text["Local weather"].reason.startswith("outside the story's element")
    assert next(line for line in trace.lines if "sidebar repeats" in line.text).reason.endswith("div.sidebar")
    assert [block.text for block in trace.removed] == ["Hidden text"]


def test_trace_has_the_article_and_its_score():
    trace = trace_from(Document(PAGE, URL))
    assert trace.article == extract(PAGE, URL)
    assert 0.9 < trace.score < 1


def test_page_without_prose_has_a_trace():
    trace = trace_from(Document(b"<h1>Bridge</h1><a href=/a>Next</a>", URL))
    assert trace.score is None
    assert not any(line.is_in for line in trace.lines)
