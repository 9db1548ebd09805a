"""Copies found among the stored articles, on SQLite and PostgreSQL."""

from itertools import combinations

import pytest
from copied_stories import make_stories
from sqlalchemy import func, select

from crawler.items import Provenance
from crawler.store import Store
from crawler.store.copy_updates import MAX_HOLDERS
from crawler.store.schema import copy_keys, copy_links, copy_queue

BODY = (
    "大桥在关闭九个月之后于星期一重新开放通车。\n石匠们更换了四百块石头，并保留了前人的记号。\n"
    "西岸的商户说，封闭期间生意少了三分之一。\n县里支付了大部分费用，其余由一家基金会承担。"
)


def save(store, make_article, name, body=BODY, *, record=None, **fields):
    record = Provenance(record or name, "a.warc.gz", 0, "sha1:A", fields.pop("at", "2026-03-01T08:00:00Z"))
    url = f"http://{name}.example/1"
    store.articles.save(make_article(url=url, site=name, body=body, provenance=record, **fields))
    return url


def urls_of(group):
    return [one.article.url for one in group]


def find_pairs(store, stories):
    return {
        frozenset((story.url, found.article.url)) for story in stories for found in store.copies.find(story.url)[1:]
    }


def score(store, stories, batch):
    """Return precision and recall of the pairs of copies."""
    for story in stories:
        store.articles.save(story.as_article())
    while store.copies.update(limit=batch):
        pass
    found = find_pairs(store, stories)
    true = {frozenset((one.url, other.url)) for one, other in combinations(stories, 2) if one.story == other.story}
    return len(found & true) / len(found), len(found & true) / len(true)


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "instalments", "batch"), [(1, 8, 200), (2, 8, 7), (3, 3, 200)])
def test_copies_among_200_stories_are_found(store, seed, instalments, batch):
    precision, recall = score(store, make_stories(seed, instalments=instalments), batch)
    assert precision >= 0.98
    assert recall >= 0.98


@pytest.mark.postgresql
def test_copies_are_found_on_postgresql(database):
    with Store.open(database) as store:
        precision, recall = score(store, make_stories(4, copies=20, total=80, instalments=3), 30)
        assert min(precision, recall) >= 0.95


def test_copy_with_another_title_is_found_from_both_sides(store, make_article):
    first = save(store, make_article, "first")
    second = save(store, make_article, "second", BODY.replace("桥", "橋"), title="Other")
    save(store, make_article, "third", "市民在新落成的图书馆里度过了周末。\n馆长说，借书的人比去年多了一倍。")
    assert store.copies.count_queued() == 3
    assert store.copies.update() == 3
    assert urls_of(store.copies.find(first)) == [first, second]
    assert urls_of(store.copies.find(second)) == [second, first]
    assert len(store.copies.find("http://third.example/1")) == 1
    assert store.copies.find("http://unknown.example/") == []
    assert store.copies.update() == 0


def test_stories_of_a_digest_are_no_copies_of_one_another(store, make_article):
    other = "图书馆在周末迎来了第一批读者，队伍排到了街角。\n馆长说，借书的人比去年同期多了整整一倍。"
    first, second = save(store, make_article, "first"), save(store, make_article, "second", other)
    digest = save(store, make_article, "digest", f"{BODY}\n{other}")
    store.copies.update()
    assert urls_of(store.copies.find(first)) == [first, digest]
    assert set(urls_of(store.copies.find(digest))) == {digest, first, second}


def test_copy_of_an_earlier_version_stays_linked(store, make_article):
    first, second = save(store, make_article, "first"), save(store, make_article, "second")
    changed = "全文已经撤下，本报对此深表歉意，请读者谅解。"
    save(store, make_article, "first", changed, record="later", at="2026-03-02T08:00:00Z")
    store.copies.update()
    assert urls_of(store.copies.find(second)) == [second, first]


def test_groups_are_listed_once_by_site_and_time(store, make_article):
    first, second = save(store, make_article, "first"), save(store, make_article, "second")
    save(store, make_article, "alone", "市民在新落成的图书馆里度过了周末时光。")
    store.copies.update()
    assert [urls_of(group) for group in store.copies.groups()] == [[first, second]]
    assert [urls_of(group) for group in store.copies.groups(site="second")] == [[second, first]]
    assert list(store.copies.groups(site="alone")) == []


def test_withheld_articles_are_left_out(store, make_article):
    first, second = save(store, make_article, "first"), save(store, make_article, "second")
    store.copies.update()
    withhold(store, second)
    assert urls_of(store.copies.find(first)) == [first]
    assert list(store.copies.groups()) == []


def withhold(store, url):
    with store._database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO opt_outs (url, site, seen_at, found, withheld) VALUES (?, 'x', '2026-03-01', '[]', 1)", (url,)
        )


def test_frequent_sentences_are_kept_for_a_few_versions_only(store, make_article):
    for number in range(MAX_HOLDERS + 8):
        body = f"本网提醒市民朋友注意防寒保暖，出行请留意路况。\n今日第{number}号稿件的其余内容与别的稿件各不相同。"
        save(store, make_article, f"paper{number}", body)
    store.copies.update()
    with store._database.read() as connection:
        most = select(func.count().label("n")).select_from(copy_keys).group_by(copy_keys.c.key).subquery()
        assert connection.scalar(select(func.max(most.c.n))) == MAX_HOLDERS


def test_dropped_version_leaves_nothing_behind(store, make_article):
    save(store, make_article, "first", record="r")
    save(store, make_article, "second")
    store.copies.update()
    save(store, make_article, "first", "规则变了，正文也就变了，从前的版本不再存在。", record="r")
    store.copies.update()
    with store._database.read() as connection:
        left = {
            table.name: connection.scalar(select(func.count()).select_from(table)) for table in (copy_links, copy_queue)
        }
    assert left == {"copy_links": 0, "copy_queue": 0}
