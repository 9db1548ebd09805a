"""Source, editor and authors of whole pages: all printed variants, and pages without them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.extraction.clean.placement import locate_article
from crawler.extraction.document import Document
from crawler.extraction.fields.bylines import Bylines, find_bylines
from crawler.extraction.fields.dates import find_dates
from crawler.extraction.fields.title import find_title

TITLE = "县城新修的图书馆本周向读者开放"
PROSE = (
    "<p>本周三上午，县城新修的图书馆正式向读者开放，首日共有两千三百多名读者前来借阅，馆内座位在一小时内坐满。</p>"
    "<p>馆长介绍说，新馆的藏书比旧馆多出一倍，并为视障读者配备了专门的阅览设备，每天开放十二个小时，周末不休息。</p>"
)


def page(head: str, foot: str = "", *, before: str = "", after: str = "", meta: str = "", prose: str = PROSE) -> bytes:
    """Return a portal's article page with a head line and a foot line."""
    return (
        f'<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>{TITLE}_某某门户</title>{meta}'
        f'</head><body><ul class="nav"><li><a href="/">首页</a></li><li><a href="/n/">新闻</a></li>'
        f'<li><a href="/b/">编辑部</a></li></ul>'
        f'{before}<h1>{TITLE}</h1>{head}<div class="content">{prose}{foot}</div>{after}'
        f'<div class="links"><a href="/1.html">相关新闻一则：道路维修</a>'
        f'<a href="/2.html">相关新闻二则：水库蓄水</a></div>'
        f"</body></html>"
    ).encode()


def read(html: bytes) -> Bylines:
    document = Document(html, "https://news.example.com/a/1.html")
    title = find_title(document)
    placement = locate_article(document.lines, title.line if title else None)
    return find_bylines(document, placement=placement, dates=find_dates(document, placement=placement))


SOURCES = [
    ("<div>2019-09-07 13:43:45 来源：江城晚报</div>", "江城晚报"),
    ("<div>2019-09-07 13:43:45&nbsp;来源: 江城晚报</div>", "江城晚报"),
    ("<div>来源：江城晚报　　2019年09月07日 13:43</div>", "江城晚报"),
    ("<div>2019-09-07 13:43　来 源：江城晚报　作者：张三</div>", "江城晚报"),
    ("<div>2019-09-07 13:43来源：江城晚报作者：张三</div>", "江城晚报"),
    ("<div>2019年09月07日13:43 | 来源：<a href='http://x.example/'>江城晚报</a></div>", "江城晚报"),
    ("<div><span>2019-09-07 13:43</span> <span>来源：</span><em> 江城晚报 </em></div>", "江城晚报"),
    ("<div>发表于<span>2019-09-07 13:43</span>| 来源<span>CSDN</span>| 作者<span>魏某</span></div>", "CSDN"),
    ("<div>2019-09-07 13:43 来源：<!-- a --><span><!-- b -->江城晚报<!-- c --></span></div>", "江城晚报"),
    ("<div>2019-09-07 来源：<img src='/logo.png'><a href='/'>江城晚报</a></div>", "江城晚报"),
    ("<p>发布日期：2019-09-07</p><p>信息来源：江城发改委</p>", "江城发改委"),
    ("<p>时间：2019-09-07 06:23</p><p>来源：江城晚报 打印 字体：放大 正常</p>", "江城晚报"),
    ("<div>发布时间：2019-09-07 稿源：江城晚报 【字号：大 中 小】</div>", "江城晚报"),
    ("<div>出处：江城晚报 | 2019-09-07</div>", "江城晚报"),
    ("<div>来自：江城晚报 2019-09-07</div>", "江城晚报"),
    ("<div>來源：江城晚報 發佈時間：2019-09-07</div>", "江城晚報"),
    ("<div>2019-09-07 来源：人民网-文化频道</div>", "人民网-文化频道"),
    ("<div>2019-09-07 来源：江城财经-自媒体综合 我要评论</div>", "江城财经-自媒体综合"),
    ("<div>2019-09-07 来源：江城新闻·江城号·政务</div>", "江城新闻·江城号·政务"),
    ("<div>2019-09-07 来源：China Daily 作者：王某</div>", "China Daily"),
    ("<div>2019-09-07 来源：《江城晚报》</div>", "《江城晚报》"),
    ("<div>2019-09-07 来源：江城晚报 阅读：123 评论：5</div>", "江城晚报"),
    ("<div>2019-09-07 13:43 来源：江城晚报<span>分享到：</span><a href='#'>微信</a></div>", "江城晚报"),
    ("<div>发布时间：2019-09-07</div><div>来源：江城晚报客户端</div>", "江城晚报客户端"),
    ("<table><tr><td>来源于：</td><td>江城晚报</td></tr><tr><td>2019-09-07</td></tr></table>", "江城晚报"),
    # unlabelled
    ("<div><span class='date'>2019-09-07 13:43</span> <a class='source' href='/x'>江城在线</a></div>", "江城在线"),
    ("<div><i class='date'>2019-09-07 13:43</i> <i class='source ent-source'>老江湖说事</i></div>", "老江湖说事"),
    ("<div><span>2019-09-07 13:43</span> <a href='http://x.example/'>江城晚报</a></div>", "江城晚报"),
    ("<div>江城晚报 2019-09-07 13:43</div>", "江城晚报"),
    ("<div>国内 江城晚报 2019-09-07 13:43</div>", "江城晚报"),
    ("<div>江城晚报 王小明 2019-09-07 13:43</div>", "江城晚报"),
    ("<p>江城晚报</p><p>2019-09-07 13:43</p>", "江城晚报"),
    ("<p>石佳/江城青年报</p><p>2019-09-07 13:43</p>", "江城青年报"),
    ("<p>2019-09-07 · 江淮城市圈</p>", "江淮城市圈"),
    ("<p><span>2019-09-07</span><i>·</i><span>江淮城市圈</span></p>", "江淮城市圈"),
]  # fmt: skip


@pytest.mark.parametrize(("head", "expected"), SOURCES)
def test_source_is_read_from_the_head(head: str, expected: str) -> None:
    found = read(page(head))
    assert found.source == expected
    assert found.source_evidence is not None
    assert found.source_evidence.rule.startswith("head.source")


FOOT_SOURCES = [
    ("<p>本文来源：江城晚报</p><p>责任编辑：李四</p>", "江城晚报"),
    ("<p>（来源：江城晚报）</p>", "江城晚报"),
    ("<p>来源：江城晚报</p>", "江城晚报"),
    ("<p>编辑|禤某某<br>责编|陈某某<br>校对|黄某某<br>来源|广州参考、羊城晚报</p>", "广州参考、羊城晚报"),
]


@pytest.mark.parametrize(("foot", "expected"), FOOT_SOURCES)
def test_source_is_read_from_the_foot(foot: str, expected: str) -> None:
    assert read(page("<div>2019-09-07 13:43</div>", foot)).source == expected


def test_source_in_the_head_beats_the_foot() -> None:
    found = read(page("<div>2019-09-07 来源：江城晚报</div>", "<p>来源：别家日报</p>"))
    assert found.source == "江城晚报"
    assert found.source_evidence is not None
    assert ("foot.source.labelled", "别家日报") in found.source_evidence.others


NO_SOURCE = [
    page("<div>2019-09-07 13:43</div>"),
    page("<div>来源: | 发布时间: 2018-05-17 | 浏览次数: </div>"),
    page("<div>来源：　　发布时间：2018-05-17　　点击：</div>"),
    page("<div>2019-09-07 来源：<a href='#'>打印</a> <a href='#'>关闭窗口</a></div>"),
    page("<div>2019-09-07</div>", "<p>图片来源：江城晚报</p>"),
    page("<div>2019-09-07</div><p>图片来源：江城晚报</p>"),
    page("<div>2019-09-07</div><div class='video'><p>（来源：江视频）</p></div>"),
    page("<div>2019-09-07</div>", "<p>（资料来源：江城晚报、海外网等）</p>"),
    page("<div>2019-09-07</div>", "<p>数据来源：国家统计局</p>"),
    page("<div>2019-09-07</div>", "<p>信息来源于网络</p>"),
    page("<div>2019-09-07</div>", "<p>图片来自网络，如有侵权请联系我们</p>"),
    page("<div>2019-09-07</div>", "<p>(本文来自江城新闻，更多原创资讯请下载“江城新闻”APP)</p>"),
    page("<div>2019-09-07</div>", "<p>凡本网注明“来源：XXX”的作品，版权均属于本网，转载请注明来源：某某门户</p>"),
    page("<div>2019-09-07</div>", "<p>版权声明：凡注明“来源：江城晚报”的所有作品，版权归江城晚报社所有</p>"),
    page("<div>2019-09-07</div>", prose=PROSE + "<p>建筑造型的灵感来源于鲸鱼，来自北京大学的学者参加了仪式。</p>"),
    page("<div><span class='time'>2019-09-07 13:43</span> <span class='author-name'>加拿大必读</span></div>"),
    page("<div><span>2019-09-07 13:43</span> <span class='original'>叨叨姐 胡一刀 李小刀</span></div>"),
    page("<div>2019-09-07 13:43 <img alt='来源：别家日报'></div>"),
    page("<div>2019-09-07 13:43</div>", meta='<meta name="source" content="别家日报">'),
    page("<div>2019-09-07 来源：未知</div>"),
    page("<div>2019-09-07 来源：</div>"),
    page("<div>2019-09-07</div>", "<p>来源：</p>", after="<p>全省道路维修工程全面启动</p>"),
]  # fmt: skip


@pytest.mark.parametrize("html", NO_SOURCE)
def test_other_text_is_not_a_source(html: bytes) -> None:
    assert read(html).source is None


def test_english_credit_of_a_video_is_not_the_source() -> None:
    prose = (
        "<p>The ferry will run again from Monday, the county said, after its engine was repaired in the yard.</p>" * 2
    )
    video = "<div class=video-credit>03:29 - Source: Upland TV</div>"
    head = "<h1>Ferry to run</h1><div>March 3, 2026 10:00 am</div>"
    html = f"<html lang=en><title>Ferry to run</title>{head}{{}}<div>{prose}</div>"
    assert read(html.format(video).encode()).source is None
    assert read(html.format("<div>Source: Upland TV</div>").encode()).source == "Upland TV"


EDITORS = [
    ("<p>责任编辑：李雅妮</p>", "李雅妮"),
    ("<p>责任编辑: 李雅妮</p>", "李雅妮"),
    ("<p>责 任 编 辑：李雅妮</p>", "李雅妮"),
    ("<p>（责任编辑：李雅妮）</p>", "李雅妮"),
    ("<p>(责编: 李雅妮 )</p>", "李雅妮"),
    ("<p>[责任编辑：李雅妮]</p>", "李雅妮"),
    ("<p>【编辑：李雅妮】</p>", "李雅妮"),
    ("<p>【编辑:李雅妮】</p>", "李雅妮"),
    ("<p>〔责任编辑：李雅妮〕</p>", "李雅妮"),
    ("<p>編輯：李雅妮</p>", "李雅妮"),
    ("<p>責任編輯：李雅妮</p>", "李雅妮"),
    ("<p>責編：李雅妮</p>", "李雅妮"),
    ("<p>编辑|李雅妮</p>", "李雅妮"),
    ("<p>编辑丨李雅妮</p>", "李雅妮"),
    ("<p>编辑/李雅妮</p>", "李雅妮"),
    ("<p>编辑 刘晓阳 校对 李铭</p>", "刘晓阳"),
    ("<p>(责编：牛镛、岳弘彬)</p>", "牛镛、岳弘彬"),
    ("<p>（编辑：严玉洁 王辉）</p>", "严玉洁 王辉"),
    ("<p>责任编辑：王 辉</p>", "王辉"),
    ("<p>编辑：Demi Xia</p>", "Demi Xia"),
    ("<p>编辑：尼玛·次仁</p>", "尼玛·次仁"),
    ("<p>责任编辑：杨倩_NF4425</p>", "杨倩"),
    ("<p>[责任编辑：韩保林 PK155]</p>", "韩保林"),
    ("<p>（责任编辑：韩保林 hanbaolin@example.cn）</p>", "韩保林"),
    ("<p>（责任编辑： HN666）</p>", "HN666"),
    ("<p>责任编辑：<span>李雅妮</span></p>", "李雅妮"),
    ("<p>责任编辑：<a href='/e/'>李雅妮</a> <a href='#'>纠错</a></p>", "李雅妮"),
    ("<div><span>责任编辑：</span><span>李雅妮</span></div>", "李雅妮"),
    ("<p>责任编辑：李雅妮 分享到：</p>", "李雅妮"),
    ("<p>责任编辑：李雅妮 打印 收藏</p>", "李雅妮"),
    ("<p>来源：江城晚报 编辑：李雅妮 审核：王五</p>", "李雅妮"),
    ("<p>发布日期：2019-03-06<br>责任编辑：李雅妮</p>", "李雅妮"),
    ("<p>编辑：刘晓阳</p><p>本文来源：江城晚报 责任编辑：姚立伟_NT6056</p>", "姚立伟"),
    ("<p>编辑|禤志杰<br>责编|陈梦莹<br>校对|黄慧敏</p>", "陈梦莹"),
    ("<p>责任编辑：李雅妮</p><p>美术编辑：王五 视频编辑：赵六</p>", "李雅妮"),
    ("<table><tr><td>责任编辑：李雅妮</td><td>校对：王五</td></tr></table>", "李雅妮"),
]


@pytest.mark.parametrize(("foot", "expected"), EDITORS)
def test_editor_is_read_from_the_foot(foot: str, expected: str) -> None:
    assert read(page("<div>2019-09-07 13:43 来源：江城晚报</div>", foot)).editor == expected


@pytest.mark.parametrize(("foot", "expected"), EDITORS[:8])
def test_editor_is_read_below_the_story(foot: str, expected: str) -> None:
    assert read(page("<div>2019-09-07 13:43</div>", after=foot)).editor == expected


def test_editor_is_read_from_the_head() -> None:
    assert read(page("<div>2019-09-07 来源：江城晚报 作者：张三 责任编辑：李雅妮</div>")).editor == "李雅妮"


def test_editor_is_read_at_the_end_of_the_last_paragraph() -> None:
    prose = PROSE.removesuffix("</p>") + "（责任编辑：李雅妮）</p>"
    assert read(page("<div>2019-09-07</div>", prose=prose)).editor == "李雅妮"


NO_EDITOR = [
    "",
    "<p>责任编辑：</p>",
    "<p>责任编辑：</p><p>全省道路维修工程全面启动</p>",
    "<p>（责任编辑：）</p>",
    "<p>责任编辑：<a href='#'>打印</a></p>",
    "<p>编辑部</p>",
    "<p>编辑信箱：news@example.com</p>",
    "<p>编辑推荐</p><p>全省道路维修</p>",
    "<p>责任编辑：编辑部</p>",
    "<p>（记者 张三）</p>",
    "<p>采写：本报记者 张三</p>",
    "<p>执笔/叨叨姐、胡一刀</p>",
    "<p>文/图 张三</p>",
    "<p>摄影/张三</p>",
    "<p>校对：李铭</p>",
    "<p>主编：王五</p>",
    "<p>美术编辑：王五</p>",
    "<p>总编辑：王五</p>",
    "<p>编辑锁定</p>",
    "<p>编辑：杨某新剧开播引发热议网友纷纷点赞</p>",
]


@pytest.mark.parametrize("foot", NO_EDITOR)
def test_other_text_is_not_an_editor(foot: str) -> None:
    assert read(page("<div>2019-09-07 13:43 来源：江城晚报</div>", foot)).editor is None


AUTHORS = [
    ("<div>2019-09-07 来源：江城晚报 作者：张三</div>", "", ("张三",)),
    ("<div>2019-09-07 作者：张三、李四</div>", "", ("张三", "李四")),
    ("<p>江城新闻记者 贺梨萍</p><div>2019-09-07</div>", "", ("贺梨萍",)),
    ("<div>2019-09-07</div><p>文/张三 图/李四</p>", "", ("张三",)),
    ("<div>2019-09-07</div>", "<p>（记者 张三、李四）</p>", ("张三", "李四")),
    ("<div>2019-09-07 责任编辑：王五</div>", "", ()),
]


@pytest.mark.parametrize(("head", "foot", "expected"), AUTHORS)
def test_reporters_are_authors(head: str, foot: str, expected: tuple[str, ...]) -> None:
    assert read(page(head, foot)).authors == expected


def test_head_and_foot_lines_are_reported_for_removal_from_the_body() -> None:
    html = page("<div>2019-09-07 13:43 来源：江城晚报</div>", "<p>责任编辑：李雅妮</p>")
    document = Document(html, "https://news.example.com/a/1.html")
    lines = {document.lines[index].text for index in read(html).lines}
    assert {"2019-09-07 13:43 来源：江城晚报", "责任编辑：李雅妮"} <= lines
    assert not any("图书馆正式" in text for text in lines)


def test_glossed_labels_are_read() -> None:
    html = page(
        "<div>發(fā)布時(shí)間: 2025-05-22 09:22:00 來(lái)源: 西藏商報(bào)</div>", "<p>(責(zé)編: 李雅妮 )</p>"
    )
    found = read(html)
    assert (found.source, found.editor) == ("西藏商報", "李雅妮")


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="来源：责任编辑作者记者2019-0713:43 |（）()[]、<p>/网报abcX", max_size=120))
def test_any_line_is_read_without_raising(text: str) -> None:
    found = read(page(f"<div>{text}</div>", f"<p>{text}</p>"))
    assert found.source is None or 2 <= len(found.source) <= 40
    assert found.editor is None or found.editor.strip() == found.editor != ""


SPANISH = [
    ("<p>Autor: Ana Ruiz</p><p>7 de marzo de 2026</p><p>Fuente: EFE</p>", "<p>Edición: Juan Pérez</p>"),
    ("<p>Autora: Ana Ruiz | Fuente: EFE | Edición: Juan Pérez</p><p>7 de marzo de 2026</p>", ""),
    ("<p>Autor:Ana Ruiz</p><p>Fuente:EFE</p><p>Edición:Juan Pérez</p><p>Publicado: 7 de marzo de 2026</p>", ""),
]


@pytest.mark.parametrize(("head", "foot"), SPANISH)
def test_spanish_labels_are_read(head: str, foot: str) -> None:
    prose = "<p>La biblioteca municipal reabrió sus puertas este miércoles, con más de dos mil visitantes.</p>" * 3
    found = read(
        f"<html lang=es><meta charset=utf-8><title>La biblioteca reabre</title><h1>La biblioteca reabre</h1>{head}"
        f"<div>{prose}{foot}</div>".encode()
    )
    assert found.source == "EFE"
    assert found.editor == "Juan Pérez"
    assert found.authors == ("Ana Ruiz",)


@pytest.mark.parametrize(
    "printed", ["Íñigo de la Cruz Marín", "Juan Pérez y Ana Ruiz", "Ana Ruiz, Juan Pérez", "Ángel Óscar Núñez-Vela"]
)
def test_western_names_of_editors_are_read_whole(printed: str) -> None:
    prose = "<p>La biblioteca municipal reabrió sus puertas este miércoles, con más de dos mil visitantes.</p>" * 3
    foot = f"<p>Edición: {printed}</p>"
    assert read(f"<html lang=es><meta charset=utf-8><h1>Libros</h1><div>{prose}{foot}</div>".encode()).editor == printed


@pytest.mark.parametrize("printed", ["Agencia Única", "El País", "Europa Press", "Télam Córdoba Última Hora"])
def test_western_sources_are_read_whole(printed: str) -> None:
    prose = "<p>La biblioteca municipal reabrió sus puertas este miércoles, con más de dos mil visitantes.</p>" * 3
    head = f"<h1>Libros</h1><p>7 de marzo de 2026 | Fuente: {printed}</p>"
    assert read(f"<html lang=es><meta charset=utf-8>{head}<div>{prose}</div>".encode()).source == printed
