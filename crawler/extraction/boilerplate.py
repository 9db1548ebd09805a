"""What stands on a page and is not the story: the names such elements bear, the sentences such lines are made of."""

import re

_ASIDE = re.compile(
    r"(?<![a-z])(?:nav|navbar|navigation|menu|sub-?menu|breadcrumbs?|crumbs?|side-?bar|footer|foot|social|share|sharing|shar(?:e|ing)-?\w*"
    r"|related\w*|recommend\w*|recirc\w*|most-?(?:read|popular|viewed)|popular|trending|teasers?|promos?|newsletters?|subscri\w*"
    r"|sign-?up|comments?|comment-?(?:list|area|section|box)|disqus\w*|respond|repl(?:y|ies)|ads?|advert\w*|adbox|sponsor\w*|banner"
    r"|cookies?|consent|modal|popup|overlay|tooltip|widget|tags?|tag-?list|taglist|captions?|credits?|copyright|disclaimer"
    r"|author-?(?:bio|box|info|card)|bio|about-?author|byline|read-?(?:more|next|also)|more-?(?:from|on|news|stories|articles)"
    r"|next-?prev|prev-?next|pager|pagination|paging|pages|login|register|search|toolbar|tools|print|rating|poll|quiz"
    r"|hotnews|hot-?list|rank\w*|qrcode|ewm|erweima|xiangguan|tuijian|pinglun|fenxiang|zhuanti)(?![a-z])"
)


def names_aside(own: str) -> bool:
    """Whether an element's ids and classes say that it stands beside the story."""
    return bool(own) and _ASIDE.search(own) is not None


_LINES = re.compile(
    r"^[（(\[【]?\s*(?:原标题|原標題|原题|原題)\s*(?:为|為)?[:：]"
    r"|^[（(\[【]?\s*(?:责任编辑|責任編輯|责编|責編|编辑|編輯|责任校对|校对|来源|來源|稿源|作者|记者|监制|审核)\s*[:：|/丨]"
    r"|(?:版权声明|版權聲明|免责声明|免責聲明|特别声明|特別聲明)\s*[:：]"
    r"|^(?:延伸阅读|延伸閱讀|相关阅读|相关新闻|相关链接|推荐阅读|此前报道|更多新闻|点击进入专题|返回.{0,12}首页|【纠错】|分享到|扫一扫|下一页|余下全文)"
    r"|^(?:【\d+】\s*)+$|^[\d\s]+下一页"
    r"|^(?:read more|read also|see also|related|share this|sign up|subscribe|advertisement|follow us|©|copyright)\b",
    re.I,
)


def is_boilerplate(text: str) -> bool:
    """Whether a line is known by its words to be none of the story's."""
    return _LINES.search(text) is not None
