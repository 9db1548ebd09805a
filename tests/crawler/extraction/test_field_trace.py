"""The trace of a page's fields."""

from crawler.extraction import Document, trace_from
from crawler.extraction.data.rule_scores import load_scores, score_of_rule

STORY = (
    "<p>本周三上午，县城新修的图书馆正式向读者开放，首日共有两千三百多名读者前来借阅，馆内座位很快坐满。</p>"
    "<p>馆长介绍说，新馆的藏书比旧馆多出一倍，并为视障读者配备了专门的阅览设备，每天开放十二个小时。</p>"
)
PAGE = (
    "<html lang=zh><head><title>县城图书馆开放_江城网</title>"
    "<meta property='article:published_time' content='2024-05-01'></head>"
    "<body><h1>县城图书馆开放</h1><div>2024-05-06 09:12 来源：江城日报 作者：王明</div>"
    f"<div>{STORY}</div><p>2024-05-08</p><p>来源：江城网</p><p>责任编辑：李红 编辑：张伟</p></body></html>"
)


def test_trace_has_every_candidate_and_the_reason_why_it_lost() -> None:
    traced = trace_from(Document(PAGE.encode(), "http://news.county.example/2024/05/07/1.html")).fields
    assert list(traced) == ["title", "date", "source", "editor", "authors"]
    chosen = {name: candidates[0] for name, candidates in traced.items()}
    assert {one.outcome for one in chosen.values()} == {"chosen"}
    assert [one.value for one in chosen.values()] == [
        "县城图书馆开放", "2024-05-06T09:12+08:00", "江城日报", "李红", "王明"
    ]  # fmt: skip
    assert all(one.score is not None for name, one in chosen.items() if name != "authors")
    lost = {(name, one.value): one.outcome for name, candidates in traced.items() for one in candidates[1:]}
    assert lost["source", "江城网"] == "another candidate has a higher score"
    assert lost["editor", "张伟"] == "another candidate has a higher score"
    assert lost["date", "2024-05-01"] == "a printed date wins, or a more trusted statement"
    assert lost["date", "2024-05-08"] == "below the story, or beside other text: a last resort"
    assert lost["date", "2024-05-07"] == "a printed date wins, or a more trusted statement"
    assert lost["title", "县城图书馆开放_江城网"] == "a printed heading wins"


def test_page_without_fields_has_no_candidates() -> None:
    traced = trace_from(Document(b"<p>x</p>", "http://news.county.example/")).fields
    assert set(traced.values()) == {()}


def test_score_of_a_rule_is_that_of_its_longest_beginning() -> None:
    scores = load_scores()
    assert score_of_rule("head.date.labelled.year") == scores["head.date.labelled"]
    assert score_of_rule("head.date+jsonld.datePublished") == scores["head.date"]
    assert score_of_rule("page.title") == scores["page"]
    assert score_of_rule("body.density") is None
    assert all(0 < score < 1 for score in scores.values())
