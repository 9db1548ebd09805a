"""What stands on a page and is not the story: the names such elements bear, the sentences such lines are made of."""

import re

#: Names of what is never the story, whatever is in it, unless nearly all the page's prose is.
_BESIDE = re.compile(
    r"(?<![a-z])(?<!with-)(?<!has-)(?<!no-)(?:nav|navbar|navigation|menus?|sub-?menu|breadcrumbs?|crumbs?|side-?bar|footer|foot"
    r"|related\w*|recommend\w*|recirc\w*|most-?(?:read|popular|viewed)|popular|trending|newsletters?|sign-?up|comments?"
    r"|disqus\w*|respond|repl(?:y|ies)|cookies?|consent|modal|popup|pop-up|overlay|tooltip|visually-?hidden|sr-only"
    r"|screen-?reader(?:-text)?|off-?screen|captions?|fig-?caption|hotnews|hot-?list|rank(?:ing)?|xiangguan|tuijian|pinglun)(?![a-z])"
)
#: Names of what stands in or by a story and is none of it; many a layout gives them to paragraphs too, so that a name
#: borne by much of a page's prose says nothing.
_WITHIN = re.compile(
    r"(?<![a-z])(?:share|sharing|social\w*|teasers?|promos?|promotion|subscri\w*|ads?|advert\w*|adbox|sponsor\w*|banner|widgets?|tags?|tag-?list"
    r"|credits?|copyright|disclaimers?|bios?|byline|author\w*|meta|metadata|meta-data|datelines?|timestamp|published|pubtime|date|time"
    r"|read-?(?:more|next|also)|more-?(?:from|on|news|stories|articles)|next-?prev|prev-?next|pager|pagination|paging|pages|login|register|search"
    r"|tool-?bar|tool-?box|tools|print|rating|poll|quiz|qrcode|ewm|erweima|fenxiang|zhuanti|photo|picture|image|img|gallery|slideshow|media-?info"
    r"|embed\w*|twitter-?tweet|instagram-?media|info-?box|fact-?box|notice|notifications?|paywall|barrier|regwall|capping|identity|offer|hidden"
    r"|follow|bottom|callout|affiliate|products?|pull-?quote|highlights|key-?points|player|video\w*|podcast\w*|audio\w*|whatsapp\S*|under-article"
    r"|post-?picker|donat\w*|support|feedback|correction|sign-?off|toc|table-of-contents)(?![a-z])"
)


def name_beside(own: str) -> str | None:
    """The name among an element's ids and classes that says it stands beside the story."""
    match = _BESIDE.search(own) if own else None
    return match[0] if match else None


def names_within(own: str) -> list[str]:
    """The names among an element's ids and classes that say it stands in the story and is none of it."""
    return _WITHIN.findall(own) if own else []


_LINES = re.compile(
    r"^[（(\[【]?\s*(?:原标题|原標題|原题|原題)\s*(?:为|為)?[:：]"
    r"|^[（(\[【]?\s*(?:责任编辑|責任編輯|责编|責編|编辑|編輯|责任校对|校对|来源|來源|稿源|作者|记者|监制|审核)\s*[:：|/丨]"
    r"|^\W*(?:版权|版權|免责|免責|特别|特別)(?:声明|聲明|提示)\s*[】\]:：]"
    r"|^(?:延伸阅读|延伸閱讀|相关阅读|相关新闻|相关链接|推荐阅读|此前报道|更多新闻|点击进入专题|返回.{0,12}首页|【纠错】|分享到|扫一扫|下一页|余下全文)"
    r"|^(?:【\d+】\s*)+$|^[\d\s]+下一页"
    r"|^(?:read more|read also|see also|related|share this|sign up|subscribe|advertisement|follow us|©|copyright)\b",
    re.I,
)


def is_boilerplate(text: str) -> bool:
    """Whether a line is known by its words to be none of the story's."""
    return _LINES.search(text) is not None
