"""Boilerplate by words: ids and classes of elements outside the story, and opening words of lines outside it."""

import re
from functools import cache, lru_cache

from crawler.extraction.data.prefilter import ANY, by_first_letter

#: Names of elements that are never part of the story, unless they contain nearly all the page's prose.
_OUTSIDE = re.compile(
    r"(?<![a-z])(?<!with-)(?<!has-)(?<!no-)(?:nav|navbar|navigation|menus?|sub-?menu|breadcrumbs?|crumbs?"
    r"|side-?bar|footer|foot"
    r"|related\w*|recommend\w*|recirc\w*|most-?(?:read|popular|viewed)|popular|trending|newsletters?"
    r"|sign-?up|comments?"
    r"|disqus\w*|respond|repl(?:y|ies)|cookies?|consent|modal|popup|pop-up|overlay|tooltip|visually-?hidden|sr-only"
    r"|screen-?reader(?:-text)?|off-?screen|captions?|fig-?caption|hotnews|hot-?list|rank(?:ing)?"
    r"|xiangguan|tuijian|pinglun)(?![a-z])"
)
#: Names of elements within or next to a story that are not part of it. Some layouts give them to paragraphs too, so
#: callers ignore a name that much of a page's prose bears.
_INLINE = re.compile(
    r"(?<![a-z])(?:share|sharing|social\w*|teasers?|promos?|promotion|subscri\w*|ads?|advert\w*|adbox"
    r"|sponsor\w*|banner|widgets?|tags?|tag-?list"
    r"|credits?|copyright|disclaimers?|bios?|byline|author\w*|meta|metadata|meta-data|datelines?|timestamp"
    r"|published|pubtime|date|time"
    r"|read-?(?:more|next|also)|more-?(?:from|on|news|stories|articles)|next-?prev|prev-?next|pager"
    r"|pagination|paging|pages|login|register|search"
    r"|tool-?bar|tool-?box|tools|print|rating|poll|quiz|qrcode|ewm|erweima|fenxiang|zhuanti|photo|picture"
    r"|image|img|gallery|slideshow|media-?info"
    r"|embed\w*|twitter-?tweet|instagram-?media|info-?box|fact-?box|notice|notifications?|paywall|barrier"
    r"|regwall|capping|identity|offer|hidden"
    r"|follow|bottom|callout|affiliate|products?|pull-?quote|highlights|key-?points|player|video\w*"
    r"|podcast\w*|audio\w*|whatsapp\S*|under-article"
    r"|post-?picker|donat\w*|support|feedback|correction|sign-?off|toc|table-of-contents)(?![a-z])"
)


@lru_cache(maxsize=2_000)
def find_outside_name(css_names: str) -> str | None:
    """Return the name among an element's ids and classes that marks it as outside the story, or ``None``."""
    match = _OUTSIDE.search(css_names) if css_names else None
    return match[0] if match else None


@lru_cache(maxsize=2_000)
def find_inline_names(css_names: str) -> frozenset[str]:
    """Return the names among an element's ids and classes that mark boilerplate within the story."""
    return frozenset(_INLINE.findall(css_names)) if css_names else frozenset()


#: Openings of boilerplate lines by language, matched at the start of a line after brackets and bullets.
_OPENINGS_IN_HAN = (
    # Simplified and Traditional Chinese
    r"(?:本文)?原(?:标题|標題|题|題|文标题)\s*(?:为|為|是)?\s*[:：《“「]",
    r"(?:责任编辑|責任編輯|责编|責編|编辑|編輯|责任校对|校对|校對|来源|來源|稿源|作者|监制|审核|审校"
    r"|值班编委|流程编辑)\s*[:：|/丨]",
    r"(?:封面|题|題|头|配|首)?(?:图片|圖片|图|圖|資料|资料|数据|視頻|视频|照片)(?:均)?(?:来源|來源|来自|來自)(?:于|於)?\s*[:：]?.{0,20}$",
    r"(?:文中|本文|以上)?(?:图片|图文|视频|素材|内容)(?:均)?(?:来自|来源于|源自|源于)(?:网络|互联网|網路)",
    r"本文(?:来自|转自|转载自|首发于|系).{0,40}(?:更多|下载|下載|作者|授权|不代表|未经)",
    r"(?:版权|版權|免责|免責|特别|特別|郑重|法律)(?:声明|聲明|提示|所有)",
    r"(?:[①-⑩\d一二三四五][、.．)）]?\s*)?凡(?:是|属)?(?:本网|本站|本报|本報|本平台|注明|標明|标明|转载|来源).{0,30}"
    r"(?:转载|轉載|版权|版權|来源|來源|作品|稿件|文章)",
    r"(?:[^，。：:]{1,12})?(?:版权|版權|免责|免責)(?:与|及|和|與)(?:版权|版權|免责|免責)(?:声明|聲明)",
    r"(?:[①-⑩\d][、.．)）]?\s*)?(?:声明|聲明|说明|提示|注|版权|风险提示|免责条款|温馨提示)\s*[:：].{0,300}(?:转载|轉載|侵权|侵犯|侵權|版权|版權|立场|立場"
    r"|观点|删除|刪除|投资|投資|原创|不构成)",
    r"[^，。：:]{2,10}(?:(?:声明|聲明)\s*[:：].{0,300}(?:转载|轉載|侵权|侵權|版权|版權|立场|立場|观点|觀點|投资|投資)"
    r"|广告合作[，,]?请|(?:今天|今日)刊登了《.{2,80}》一文)",
    r"(?:此|本|以上)(?:内容|文|文章|作品|稿件?).{0,16}(?:原创|原創|著作权|著作權|版权|版權).{0,6}(?:归|歸|属|屬)",
    r"(?:想|我要)爆料[？?]"
    r"|本文(?:属于|为|系).{0,4}原创.{0,8}(?:如若|如需|未经)?转载"
    r"|(?:特别提醒|特别提示)\s*[:：].{0,40}(?:与本站联系|联系我们|索取稿酬|撤下)"
    r"|本文(?:已?[经获].{0,12})?授权(?:转载|发布|刊发)|点(?:个|亮|击)?[“\"「]?(?:在看|好看)"
    r"|喜歡這篇(?:文章|報導)嗎|喜欢这篇文章吗",
    r"(?:[①-⑩\d][、.．)）]?\s*)?(?:如|若|因|本网|本站|部分).{0,40}(?:侵权|侵犯|侵權|版权|版權|作品内容).{0,60}(?:请|請|本网|本站|我们|小编)"
    r".{0,40}(?:联系|聯絡|聯繫|删除|刪除|处理|告知|通知|进行)",
    r"(?:[①-⑩\d][、.．)）]?\s*)?(?:本文|文章|以上|上述|本网|本站|本报|本平台|文中|该文|此文|作品).{0,40}不代表.{0,24}(?:立场|立場|观点|觀點|意见)",
    r"(?:以上|上述|本文|文章|文中|此文|本资讯).{0,30}(?:仅供.{0,8}参考|不构成.{0,12}(?:建议|依据)|信息存储(?:空间)?服务)",
    r"(?:风险提示\s*[:：])?投资有风险.{0,12}谨慎",
    r"[^，。：:]{2,12}[，,]?未经.{0,6}(?:授权|许可|允许)[，,]?(?:不得|请勿|禁止|严禁)(?:转载|使用|复制)",
    r"(?:下载|打开).{2,14}(?:报料|爆料)有奖|[^，。：:]{0,10}(?:报料|爆料|投稿)(?:热线|电话|邮箱|微信|方式|qq|平台)?\s*[:：]?\s*[\d+@a-z]",
    r"(?:用|使用|打开|请用)?(?:微信|手机)[^，。]{0,6}[“\"「]?(?:扫一扫|扫码|掃一掃)",
    r"(?:邮箱|邮箱地址|電郵|电子邮件|联系邮箱|联系方式|e-?mail)\s*[:：]\s*[\w.-]+[@#]",
    r"本文(?:链接|地址|网址|鏈接)\s*[:：]|转载请(?:注明|附上|标明|联系)|轉載請(?:註明|附上)",
    r"(?:网友|網友)(?:评论|評論)(?:仅|僅)|(?:跟帖|评论)用户自律|本文(?:为|為).{2,12}(?:原创|原創)(?:文章|内容|作品)",
    r"(?:未经|未經).{0,12}(?:授权|許可|许可|允许).{0,12}(?:转载|轉載|使用)",
    r"(?:延伸|相关|相關|推荐|推薦|拓展|更多|热门|熱門|猜你喜欢)(?:阅读|閱讀|新闻|新聞|链接|連結|文章|推荐"
    r"|报道|報道|内容)\s*[:：]?\s*$",
    r"(?:延伸|相关|相關|推荐|推薦|拓展)(?:阅读|閱讀|新闻|新聞|链接|連結|文章|报道|報道)\s*[:：丨|]",
    r"(?:此前报道|点击进入专题|點擊進入專題|分享到|分享至|分享让更多|扫一扫|掃一掃|【?纠错】?|举报/?反馈"
    r"|举报|打印|收藏|点赞)\s*[:：]?",
    r"(?:扫描|掃描|扫码|掃碼|长按|長按|识别).{0,12}(?:二维码|二維碼|关注|關注|下载|阅读)",
    r"(?:\d+[、.．])?回复【.{1,12}】",
    r"(?:点击|點擊).{0,12}(?:阅读原文|閱讀原文|查看更多|下载|下載|关注|订阅)",
    r"(?:欢迎|歡迎|敬请|請)?(?:关注|關注|订阅).{0,20}(?:公众号|公眾號|微信|微博|客户端|频道)",
    r"(?:更多精彩|更多内容|更多资讯|更多新闻).{0,16}(?:请|敬请|关注|点击|下载)",
    r"(?:主办|承办|技术支持|主办单位|承办单位|协办单位|备案号|网站标识码)(?:单位)?\s*[:：]",
    r"(?:上一篇|下一篇|上一页|下一页|返回|余下全文|点击加载|展开全文|查看全文|阅读全文|全文完)[:：>»]?",
    r"(?:【\d{1,2}】\s*)+$",
    r"(?:\d{1,2}\s+){1,12}(?:下一页|下一頁|尾页)",
    r"(?:新闻热线|报料热线|联系电话|投稿邮箱|电子邮箱)\s*[:：]",
    # Japanese, Korean
    r"(?:関連記事|あわせて読みたい|この記事を(?:シェア|書いた)|有料会員|会員登録|続きを読む|無断転載)",
    r"(?:무단\s?전재|관련\s?기사|저작권자|ⓒ|기자\s?구독|▶\s?관련)",
)
_OPENINGS = (
    # English
    r"(?:read|see|watch|listen|also read|recommended)(?: more| also| next| this)?\s*(?::|\||>|$)",
    r"(?:read more|read also|also read|see also|related(?: (?:stories|articles|content|posts|topics"
    r"|news))?|more (?:from|on|stories))\b.{0,3}(?::|$)",
    r"(?:sign up|subscribe|register)(?: now)?(?: (?:to|for|here|today)\b.{0,80}|)$",
    r"(?:share|tweet|print|email|comments?|advertisement|sponsored|loading|close|copy link"
    r"|story continues below)\b.{0,25}$",
    r"(?:follow|like|join) (?:us|me|@|\w+ on)\b",
    r"notice: the content above",
    r"(?:like this story|enjoyed this|thank you for (?:registering|signing)|please refresh the page"
    r"|click here|tap here)\b",
    r"(?:get|receive) .{0,60}(?:newsletter|in(?:to)? your inbox|delivered|every month|every morning)",
    r"(?:copyright|©|\(c\)|all rights reserved)",
    r"(?:this (?:story|article) (?:was originally|originally|has been updated|first appeared))",
    r"(?:by submitting|we may earn|we use your|our journalists|your email address|this site is protected"
    r"|article content$)",
    # German, French, Spanish, Italian, Portuguese, Dutch, Nordic
    r"(?:lesen sie auch|auch interessant|mehr zum thema|mehr dazu|das könnte sie auch"
    r"|empfohlener (?:redaktioneller )?(?:inhalt|externer)|anzeige$)",
    r"(?:an dieser stelle (?:findest|finden) |ich bin damit einverstanden, dass|mit dem abschicken"
    r"|personenbezogene daten k)",
    r"(?:lire aussi|à lire aussi|voir aussi|lire plus|article réservé|temps de lecture"
    r"|il vous reste .{0,12}% de cet|contenus? sponsorisé)",
    r"(?:lea también|lee también|leer más|te puede interesar|síguenos|suscríbe|ver más|relacionad[ao]s?$)",
    r"(?:leggi anche|leggi pure|ti potrebbe interessare|riproduzione riservata|continua a leggere)",
    r"(?:leia (?:também|mais)|veja também|saiba mais|siga o|receba as)",
    r"(?:lees ook|lees meer|lees verder|meer over)",
    r"(?:les også|läs också|læs også|les mer|saken oppdateres|lue myös|annonse$)",
    r"الآراء الواردة|التعليقات (?:الواردة|المنشورة)",
    r"(?:czytaj też|czytaj także|zobacz też|čtěte také|baca juga|baca selengkapnya|ayrıca bakınız)",
)
#: Matched against lower-case text: with re.IGNORECASE the regex engine could not rule out branches by first letter.
_BY_LETTER = by_first_letter(_OPENINGS)
_NO_LETTER = re.compile(rf"^[\W_]{{0,4}}(?:{'|'.join(_BY_LETTER[ANY])})")
_FRINGE = re.compile(r"[\W_]{0,4}")
_LINE_IN_HAN = re.compile(rf"^[\W_]{{0,4}}(?:{'|'.join(_OPENINGS_IN_HAN)})")
#: "Select the text and press Ctrl+Enter" in any language.
_CTRL_ENTER = re.compile(r"\bctrl\s?\+\s?enter\b")
#: A line that matches _LINE_IN_HAN has one of these within its first _PREFIX_LENGTH characters.
_EAST_ASIAN = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uac00-\ud7afⓒ▶]")
_PREFIX_LENGTH = 80
#: Longest boilerplate line (characters).
_LONGEST = 400

_SIGNING = r"(?:本文)?(?:责任编辑|責任編輯|责编|責編|编辑|編輯|校对|校對|审核|審核|来源|來源)"
#: Removed from the end of a paragraph: sign-offs in brackets or after the last sentence, links back, page numbers.
_TAIL = re.compile(
    rf"\s*(?:[（(\[【〔［〖『「《{{<＜](?:{_SIGNING}|(?:本文)?(?:原标题|原標題|原题|原題|原題为|原题为))\s*[:：为].{{1,60}}?[）)\]】〕］〗』」》}}>＞]"
    rf"|(?<=[。！？!?”’」』…）)])[\s●○◎■□◆◇★▲▼▶—–_-]*{_SIGNING}\s*[:：|｜丨/／]\s*[^。！？；，]{{1,60}}"
    r"|[—–-]*(?:责任编辑|責任編輯|责编|責編)\s*[:：]\s*\S{2,12}"
    r"|(?:>+\s*)?返回.{1,12}首页\s*[>》»]*|(?:【\d{1,2}】\s*)+|【?(?:纠错|责任编辑.{0,20})】"
    r"|\[?(?:编辑|責編)\]?\s*[:：]\s*\S{2,6})\s*$"
)
_HEAD = re.compile(r"^\s*[（(\[【](?:本文)?(?:原标题|原標題|原题|原題)\s*(?:为|為)?\s*[:：《].{1,80}?[）)\]】]\s*")
#: Cheap checks before the two expressions above: characters that every match contains.
_TAIL_WORDS = re.compile(r"[编編责責原校来來返纠【]")
_TAIL_SIGNS = re.compile(r"[:：|｜丨/／】为]|首页")
_HEAD_BRACKET = re.compile(r"\s*[（(\[【]")
#: Length (characters) of a paragraph's end that is searched for a sign-off.
_LONGEST_TAIL = 200


@cache
def _openings_by_letter(letter: str) -> re.Pattern[str] | None:
    """Return the openings of boilerplate lines that start with a letter, as one expression."""
    return re.compile("|".join(_BY_LETTER[letter])) if letter in _BY_LETTER else None


def is_boilerplate(text: str) -> bool:
    """True if the words of a line mark it as boilerplate."""
    return len(text) <= _LONGEST and _has_boilerplate_words(text)


@lru_cache(maxsize=500)
def _has_boilerplate_words(text: str) -> bool:
    text = text.lower()
    start = fringe.end() if not text[:1].isalnum() and (fringe := _FRINGE.match(text)) else 0
    if (opening := _openings_by_letter(text[start : start + 1])) is not None and opening.match(text, start) is not None:
        return True
    if start and _NO_LETTER.match(text) is not None:
        return True
    if "ctrl" in text and _CTRL_ENTER.search(text) is not None:
        return True
    if text.isascii() or _EAST_ASIAN.search(text, 0, _PREFIX_LENGTH) is None:
        return False
    return _LINE_IN_HAN.match(text) is not None


def remove_sign_off(text: str) -> str:
    """Return a paragraph without the original title at its start and the sign-off or link back at its end."""
    head = _HEAD.sub("", text) if _HEAD_BRACKET.match(text) else text
    tail = head[-_LONGEST_TAIL:]
    if not tail.isascii() and _TAIL_WORDS.search(tail) and _TAIL_SIGNS.search(tail):
        head = head[: len(head) - len(tail)] + _TAIL.sub("", tail)
    return head.strip()
