"""The vocabulary of link spam: what nobody links to from a news story, by trade.

Each entry is common in injected blocks and rare as the text of a news page's link to another site. Words that news
uses daily (lottery results, loans, games) stand here only in the compounds that sellers use.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain, product

from ahocorasick_rs import AhoCorasick, Implementation

from crawler.extraction.data.prefilter import any_of

_CHINESE = (
    # gambling
    "彩票平台 在线彩票 彩票网 彩票app 彩票计划 网上彩票 时时彩 快三 六合彩 六合开奖 开奖直播 赛车开奖 北京赛车 "
    "pk10 快乐十分 百家乐 老虎机 捕鱼达人 "
    "捕鱼游戏 棋牌 斗地主下载 真钱 真人娱乐 娱乐城 娱乐场 赌场 赌博网 赌球 博彩 投注 下注 澳门新葡京 葡京 金沙网 "
    "威尼斯人 太阳城 皇冠体育 必威 "
    "亚博 bet365 电竞投注 体育投注 足球外围 外围网 盘口 菠菜网 彩金 注册送 白菜网 轮盘 牌九 电子游艺 "
    # pornography
    "色情 成人电影 成人影院 成人视频 成人网站 黄色网站 av在线 无码 有码 伦理片 三级片 激情视频 激情小说 裸聊 "
    "约炮 一夜情 a片 福利视频 午夜福利 "
    "国产精品 欧美精品 日韩精品 久久精品 亚洲一区 亚洲精品 麻豆 做爱 自拍偷拍 欧美性 援交 小姐服务 夜总会招聘 "
    # money
    "信用卡套现 套现 贷款秒批 秒批 无抵押贷款 黑户贷款 小额贷款公司 网贷口子 股票配资 配资 资金盘 币圈 炒币 网赚 "
    "返利网 日赚 兼职刷 刷单 充值打折 "
    "高利贷 提额 养卡 代还 "
    # forged papers, trade in offences, fakes
    "发票代开 代开发票 开发票 办证 刻章 假证 假币 代孕 私家侦探 窃听 迷药 迷奸 枪支 仿真枪 弩 毒品 k粉 冰毒 高仿 "
    "仿牌 精仿 a货 莆田鞋 代写论文 论文代写 "
    "代考 替考 学历代办 文凭办理 "
    # medicine
    "伟哥 壮阳 催情 减肥药 丰胸 性药 增大 早泄 阳痿 白癜风医院 牛皮癣医院 癫痫医院 妇科医院 无痛人流 "
    # search spam and grey software
    "蜘蛛池 站群 黑帽 seo优化 快速排名 关键词排名 网站排名 排名优化 泛目录 寄生虫程序 友链买卖 外链代发 "
    "友情链接平台 买粉丝 刷粉 刷钻 刷赞 投票刷票 刷票 "
    "私服 外挂 辅助网 卡盟 开服表 破解版下载 传奇sf 单职业传奇 单职业 网站建设公司 主站蜘蛛池模板 "
    # the same in Traditional
    "線上娛樂 娛樂城 百家樂 博弈 運彩 時時彩 賭場 棋牌遊戲 外圍網 信用卡換現 刷卡換現 小額借款 援交 情趣用品 "
    "徵信社 代寫論文 減肥藥 壯陽 催情藥 開發票 "
)
_OTHER = (
    # English
    "casino casinos slots slot-online online-slots jackpot-city poker-online online-poker roulette blackjack "
    "baccarat sportsbook betting-site "
    "betting-sites free-spins no-deposit-bonus viagra cialis levitra tramadol xanax phentermine online-pharmacy "
    "cheap-meds weight-loss-pills "
    "payday-loan payday-loans cash-advance quick-loans replica-watches replica-handbags fake-rolex rolex-replica "
    "louis-vuitton-outlet "
    "cheap-jerseys michael-kors-outlet ugg-outlet nike-outlet porn xxx sex-videos sex-cam webcam-sex live-sex "
    "escort escorts escort-service "
    "adult-dating hookup essay-writing-service essay-writing buy-essay write-my-essay buy-backlinks backlinks "
    "seo-services buy-followers "
    "instagram-followers forex-signals crypto-doubler binary-options work-from-home-job earn-money-fast "
    "cheap-viagra buy-viagra penis-enlargement "
    "cbd-gummies keto-gummies free-v-bucks fake-id buy-cheap "
    # Indonesian, Thai, Vietnamese, Japanese, Korean, Russian, Turkish, German, French, Spanish, Portuguese
    "judi-online judi slot-gacor gacor togel situs-slot bandar-bola agen-bola sbobet slot88 maxwin บาคาร่า สล็อต "
    "คาสิโน แทงบอล เว็บพนัน "
    "cá-cược nhà-cái soi-kèo lô-đề ブランドコピー 出会い系 無修正 オンラインカジノ 카지노 바카라 토토사이트 먹튀 "
    "출장안마 казино рулетка порно виагра "
    "займ-онлайн canlı-bahis bahis kaçak-bahis deneme-bonusu escort-bayan spielautomaten online-casinos "
    "kredit-ohne-schufa casino-en-ligne "
    "casino-en-línea apuestas-deportivas cassino"
)


#: Headings under which such blocks stand, never used by an honest page for its readers.
_HEADINGS = (
    "蜘蛛池 站群导航 友链买卖 友链出售 链接买卖 链接出租 主站模板 blackhat black-hat seolinks seo-links".split()  # noqa: SIM905
)
#: Ids and classes such blocks bear.
_NAMES = (
    "pl_css_ ganrao zhizhu spiderpool spider_pool blacklink black_link hidlink hid_link hiddenlink hidden_link "  # noqa: SIM905
    "darklink dark_link anlian an_lian seolink seo_link".split()
)

#: What a hyphen of the vocabulary stands for: as part of a regular expression, and each way to write it.
_JOINT, _JOINTS = {"-": r"[\s_+-]?"}, ("", " ", "\n", "_", "+", "-")
_CHINESE_WORDS = re.compile(any_of(_CHINESE.split()))
_OTHER_WORDS = re.compile(rf"\b{any_of(_OTHER.split(), written_as=_JOINT)}(?!\w)")
_HEADING = re.compile(any_of(_HEADINGS, written_as=_JOINT))


def _ways(words: Iterable[str]) -> Iterator[str]:
    """Every way to write the words, whatever stands for their hyphens."""
    for first, *rest in (word.split("-") for word in words):
        for joints in product(_JOINTS, repeat=len(rest)):
            yield first + "".join(chain.from_iterable(zip(joints, rest, strict=True)))


_WHOLE_WORDS = list(_ways(_OTHER.split()))
#: All of them looked for at once, at a few nanoseconds a letter; the table that takes half the time has 8 MB.
_SIGNS = AhoCorasick([*_WHOLE_WORDS, *_CHINESE.split(), *_ways(_HEADINGS)], implementation=Implementation.DFA)
_NAME_SIGNS = AhoCorasick(_NAMES)


#: Hosts that honest pages link to from anywhere: networks to share in, stores of apps, registries of licences.
KNOWN_HOSTS = re.compile(
    r"(?:^|\.)(?:facebook|fb|twitter|x|t|instagram|threads|youtube|youtu|linkedin|pinterest|whatsapp|wa|telegram|tiktok|reddit|snapchat"
    r"|flipboard|bsky|mastodon|tumblr|vk|ok|xing|line|weibo|weixin|wechat|qq|douban|douyin|zhihu|bilibili|renren|google|apple|microsoft"
    r"|windows|amazon|spotify|wikipedia|archive|creativecommons|w3|wordpress|disqus|outbrain|taboola|addthis|sharethis|addtoany|mozilla"
    r"|cloudflare|miibeian|miit|12377|beian|12321|bjjubao|isc|cyberpolice|gov)\.[a-z.]+$"
)
#: Frames without size that honest pages carry: measuring, advertising, consent.
TRACKERS = re.compile(
    r"google|doubleclick|facebook|adnxs|criteo|scorecard|quantserve|pubmatic|rubicon|openx|casalemedia|amazon|yahoo|twitter|youtube|bing"
    r"|taboola|outbrain|track|pixel|sync|analytics|stat|counter|consent|cmp|recaptcha|ads?[.\-_/]|cookie|login|sso|passport|auth|about:",
    re.IGNORECASE,
)
#: Elements in which hidden lists of links are part of a page's own furniture.
PAGE_PARTS = frozenset({"nav", "header", "footer", "menu", "aside"})


def may_be_spam(text: str) -> bool:
    """Whether a text in lower case has a word of the vocabulary or a heading: told for a whole page at little cost."""
    return any(
        sign >= len(_WHOLE_WORDS) or not _goes_on(text, start, end)
        for sign, start, end in _SIGNS.find_matches_as_indexes(text, overlapping=True)
    )


def _goes_on(text: str, start: int, end: int) -> bool:
    """Whether a part of a text is but part of a longer word."""
    return any(char == "_" or char.isalnum() for char in (text[start - 1 : start], text[end : end + 1]))


def spam_words(text: str) -> list[str]:
    """The words of the vocabulary that a text in lower case has, each as often as it stands there."""
    return [*_CHINESE_WORDS.findall(text), *_OTHER_WORDS.findall(text)]


def has_spam_heading(text: str) -> bool:
    """Whether a heading of such blocks stands in a text in lower case."""
    return _HEADING.search(text) is not None


def has_spam_name(names: str) -> bool:
    """Whether one of the ids and classes that elements bear, lower-case, is one of such blocks."""
    return bool(_NAME_SIGNS.find_matches_as_indexes(names))
