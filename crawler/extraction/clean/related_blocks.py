"""Blocks of related stories and comments, recognized by their headings ("Related stories", "网友评论").

Ids and classes differ from portal to portal, but most use the same few headings above other stories and comments. A
block starts at such a heading and ends with the element around it, or where the story continues.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache

from crawler.extraction.data.prefilter import by_first_letter
from crawler.extraction.layout.lines import Element, TextLine

#: Longest heading (characters).
_LONGEST = 48
#: Number of ancestors of a heading among which the element of the block is looked for.
_MAX_CLIMB = 4
#: Number of lines below a heading that show what kind of block it is.
_LOOK_AHEAD = 4
#: Least weight of the prose above a heading: with less, the story may still follow.
_MIN_STORY_WEIGHT = 100.0

#: Headings above other stories, in languages with Latin letters and in others.
_RELATED = (
    # English
    r"(?:related|recommended|suggested|similar|popular|trending|latest|recent|top|featured|more|other|sponsored"
    r"|editor'?s|must)(?:[- ](?:for you|now|today|this week|stories|story|articles?|posts?|news|content|coverage"
    r"|topics|links?|reads?|reading|headlines|videos?|picks?|choice|headlines)){1,2}",
    r"related|recommended|trending|(?:more (?:from|on|in|about) [^.]{2,30})|more like this|most (?:read"
    r"|popular|viewed"
    r"|shared|commented|recent)(?: \w+){0,2}|you (?:may|might) (?:also )?(?:like|enjoy|be interested in).{0,16}",
    r"(?:read|see|up|what to read|keep|also) (?:also|next|more|this)|keep reading|around the web"
    r"|from (?:around )?the"
    r" web|don'?t miss|in other news|elsewhere on .{2,24}|from our partners|about the authors?",
    # German, Dutch, Nordic
    r"mehr (?:zum thema|zu .{2,24}|aus .{2,24}|nachrichten|artikel)|weitere (?:artikel|nachrichten|meldungen"
    r"|themen|beiträge)"
    r"|das könnte (?:sie|dich) .{0,8}interessieren|auch interessant|meist ?gelesen.{0,8}|beliebt.{0,10}"
    r"|ähnliche (?:artikel|beiträge)"
    r"|(?:aktuelle|neueste|verwandte) (?:meldungen|nachrichten|beiträge|artikel)|lesen sie auch|passend dazu"
    r"|empfehlungen",
    r"lees ook|meest gelezen|meer (?:nieuws|over .{2,20})|gerelateerd.{0,12}|les også|läs (?:också|mer|även)"
    r"|læs også"
    r"|mest (?:lest|läst|læste|populære).{0,8}|relaterade? \w{3,10}|flere (?:saker|nyheter|artikler)"
    r"|fler (?:artiklar|nyheter)",
    # Romance languages
    r"(?:à )?lire (?:aussi|également)|sur le même (?:sujet|thème)|articles? (?:liés|similaires|connexes"
    r"|recommandés|récents|associés)"
    r"|(?:les )?plus (?:lus|populaires|consultés)|vous aimerez (?:aussi|peut-être)|dernières? (?:actualités"
    r"|nouvelles|infos|articles)"
    r"|à (?:découvrir|ne pas manquer)|nos recommandations",
    r"(?:noticias|artículos|notas|entradas|temas|contenidos?) (?:relacionad[oa]s?|recientes|destacad[oa]s)"
    r"|relacionad[oa]s"
    r"|(?:también )?te (?:puede|podría) interesar|lo más (?:leído|visto|popular)|más (?:noticias|leíd[oa]s"
    r"|vist[oa]s|información)"
    r"|últimas noticias|lee también|le puede interesar",
    r"leggi anche|(?:articoli|notizie) (?:correlat[ei]|recenti|simili)"
    r"|(?:ti )?potrebbe(?:ro)? interessarti.{0,6}|i più letti"
    r"|ultime notizie|altre notizie|le più lette",
    r"leia (?:também|mais)|veja (?:também|mais)|(?:notícias|artigos|matérias|posts"
    r"|conteúdos?) relacionad[oa]s?|(?:as )?mais lidas"
    r"|últimas notícias|recomendad[oa]s(?: para você)?",
    # Polish, Czech, Turkish, Indonesian, Vietnamese
    r"czytaj (?:także|też|również)|powiązane .{0,12}|polecane .{0,10}|najpopularniejsze|najczęściej czytane"
    r"|zobacz także"
    r"|související .{2,10}|nejčtenější|ilgili haberler|en çok okunan(?:lar)?|son haberler|benzer haberler"
    r"|berita (?:terkait|terbaru|lainnya)|baca juga|terpopuler|artikel terkait|tin (?:liên quan|mới"
    r"|cùng chuyên mục)|đọc thêm",
)
_RELATED_BEYOND_LATIN = (
    # Chinese, Simplified and Traditional
    r"(?:相关|相關|热门|熱門|热点|熱點|推荐|推薦|最新|更多|精彩|其他|其它|今日|延伸|猜你|图片|圖片|今日|本周|滚动|編輯|编辑|为您|為您|頭條|头条)"
    r"(?:新闻|新聞|阅读|閱讀|链接|鏈接|連結|文章|报道|報道|報導|资讯|資訊|推荐|推薦|内容|內容|消息|专题|專題|喜欢|喜歡|看点|热点|热文|视频|影片|稿件|信息)",
    r"(?:阅读|点击|點擊|新闻|热点|热文|人氣|人气|周|月|日)?排行(?:榜)?|大家都在看|24小时(?:热文|热点|新闻)|你可能(?:感兴趣|喜欢).{0,6}|相关(?:专题)?",
    # Russian
    r"читайте также|(?:материалы )?по теме|похожие (?:новости|статьи|материалы|записи)|популярн(?:ое"
    r"|ые .{2,12})|самое читаемое"
    r"|последние новости|новости партн[её]ров|смотрите также|другие новости|рекомендуем|лента новостей"
    r"|ещё по теме",
    # Japanese, Korean, Arabic, Thai
    r"関連(?:記事|ニュース|リンク|キーワード)?|人気(?:記事|の記事|ランキング)|(?:おすすめ|新着|最新|注目)の?(?:記事|ニュース)?|(?:アクセス)?ランキング|あわせて読みたい",
    r"관련\s?(?:기사|뉴스)|많이 본 (?:뉴스|기사)|(?:인기|추천|최신|주요|다른)\s?(?:기사|뉴스)",
    r"(?:اقرأ|إقرأ|شاهد) (?:أيضا|أيضًا|أيضاً|المزيد)|(?:أخبار|مواضيع|مقالات|موضوعات) (?:ذات صلة|متعلقة|مشابهة)"
    r"|الأكثر (?:قراءة|مشاهدة)"
    r"|قد يعجبك (?:أيضا|أيضًا|أيضاً)|(?:آخر|أحدث) الأخبار|المزيد من .{2,20}",
    r"(?:ข่าว|บทความ)(?:ที่เกี่ยวข้อง|ล่าสุด|ยอดนิยม|แนะนำ|อื่นๆ)|อ่านเพิ่มเติม",
)
_COMMENTS = (
    r"(?:reader |user |all |leave a |post a |add a |write a )?(?:comments?|replies|responses|reply)(?: section)?"
    r"|join the (?:conversation|discussion|debate)|leave a reply|have your say|what do you think\??",
    r"(?:leser)?kommentare?|ihre meinung|(?:vos )?commentaires?|réagir|vos réactions|comentarios|deja (?:un"
    r"|tu) comentario|opiniones"
    r"|commenti|lascia un commento|comentários|deixe (?:um|seu) comentário|reacties|kommentarer|komentar(?:ze"
    r"|e|z)?|yorumlar",
)
_COMMENTS_BEYOND_LATIN = (
    r"(?:网友|網友|最新|全部|发表|發表|精彩|热门|熱門|用户|读者|讀者|我要|文明上网)?(?:评论|評論|留言|跟帖|跟贴|回應)(?:区|區|列表)?",
    r"комментарии|обсуждение|оставить комментарий|коментарі|コメント|댓글|의견|(?:ال)?تعليقات|أضف تعليق(?:ا|اً)?"
    r"|ความคิดเห็น|bình luận",
)
_FRINGE = r"[\W_]*(?:[(（]?\d[\d,.]*[)）]?[\W_]*(?:条|條|件|个|個)?)?[\W_]*"
#: The "show all" link at the end of many headings.
_SHOW_ALL = (
    r"(?:(?:(?:查看|显示|我要|发表|發表)?(?:全部|更多|评论|評論)"
    r"|(?:view|see|show) (?:all|more)|all|more|alle)[\W_]*)?"
)


def _heading_pattern(related: Iterable[str], comments: Iterable[str]) -> str:
    """Return the expression for both kinds of headings, to be matched against lower-case text.

    With re.IGNORECASE the regex engine could not rule out branches by their first letter.
    """
    kinds = {"related": "|".join(related), "comments": "|".join(comments)}
    named = "|".join(f"(?P<{kind}>{branches})" for kind, branches in kinds.items() if branches)
    return rf"(?:{named}){_FRINGE}{_SHOW_ALL}"


_HEADINGS = re.compile(
    _FRINGE + _heading_pattern((*_RELATED, *_RELATED_BEYOND_LATIN), (*_COMMENTS, *_COMMENTS_BEYOND_LATIN))
)
_PREFIX = re.compile(_FRINGE)
_LATIN_RELATED, _LATIN_COMMENTS = by_first_letter(_RELATED), by_first_letter(_COMMENTS)


@cache
def _latin_headings(letter: str) -> re.Pattern[str] | None:
    """Return the expression for headings in Latin letters that start with a letter."""
    related, comments = _LATIN_RELATED.get(letter, ()), _LATIN_COMMENTS.get(letter, ())
    return re.compile(_heading_pattern(related, comments)) if related or comments else None


_LETTER = re.compile(r"[^\W\d_]")
_LAST_LATIN = "\u024f"


def find_related_lines(lines: Sequence[TextLine], weights: Sequence[float], title: int | None) -> set[int]:
    """Return the indexes of lines in blocks of related stories or comments, headings included.

    `weights` are the prose weights by line index; `title` is the index of the title's line. A heading with little
    prose between the title and itself is ignored.
    """
    found: set[int] = set()
    weight_above, start = 0.0, -1 if title is None else title
    for position, line in enumerate(lines):
        if line.index <= start or line.index in found:
            continue
        if weight := weights[line.index]:
            weight_above += weight
        elif weight_above < _MIN_STORY_WEIGHT or len(line.text) > _LONGEST:
            continue
        elif kind := _find_heading_kind(line.text):
            found.update(x.index for x in _find_block(lines, weights, position, kind, start))
    return found


def _find_heading_kind(text: str) -> str | None:
    """Return ``related`` or ``comments`` if the line is such a heading, else ``None``."""
    text = text.lower()
    start = 0
    if not text[:1].isalpha():
        letter = _LETTER.search(text)
        if letter is None:
            return None
        start = letter.start()
    first = text[start]
    if first > _LAST_LATIN:
        match = _HEADINGS.fullmatch(text)
    elif (headings := _latin_headings(first)) and (not start or _PREFIX.fullmatch(text, 0, start)):
        match = headings.fullmatch(text, start)
    else:
        return None
    return match.lastgroup if match else None


def _find_block(
    lines: Sequence[TextLine], weights: Sequence[float], heading: int, kind: str, start: int
) -> list[TextLine]:
    """Return the lines of a block: from its heading to the end of their element, or to where the story continues."""
    following = lines[heading + 1 : heading + 1 + _LOOK_AHEAD]
    box = _find_box(lines[heading], following[0]) if following else None
    if box is None or weights[following[0].index] or following[0].tag == "figcaption":
        return []
    if kind == "related" and not any(2 * line.link_chars > len(line.text) for line in following):
        return []
    story_parents = {line.element.parent for line in lines[:heading] if weights[line.index] and line.index > start}
    has_story_in_box = any(element is not None and element.is_within(box) for element in story_parents)
    block = [lines[heading]]
    for line in lines[heading + 1 :]:
        if not line.element.is_within(box):
            break
        if has_story_in_box and weights[line.index] and (kind == "related" or line.element.parent in story_parents):
            break
        block.append(line)
    return block


def _find_box(heading: TextLine, following: TextLine) -> Element | None:
    """Return the smallest of the heading's nearest ancestors that contains the following line too."""
    near = heading.element.ancestors()[1 : 1 + _MAX_CLIMB]
    return next((element for element in near if following.element.is_within(element)), None)
