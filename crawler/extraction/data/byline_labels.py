"""Labels that announce who a story is from and when it appeared, compiled from the language tables.

A page is read with the labels of its own language and with those of the languages whose table says that they are used
on other pages too (`tables.Language.labels_on_other_pages`).
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Literal

from msgspec import Struct

from crawler.extraction.data.prefilter import any_of
from crawler.extraction.data.tables import Language, Role, language, languages

__all__ = ["Label", "LabelMatcher", "Role", "label_matcher"]

#: Joins the letters of a label that may be printed with a blank between any two of them.
_JOINT = "\x1f"


class Label(Struct, frozen=True):
    """A label, what it announces, and how its value is read."""

    text: str
    role: Role
    rank: int
    needs_separator: bool
    name_shape: Literal["han", "western"]
    gives_value: bool  #: false for a label of another language that only ends the value before it


class LabelMatcher:
    """The labels that are read on pages of one language.

    `pattern` is a regular expression that matches any of them, the longest where several do.
    """

    def __init__(self, code: str | None) -> None:
        labels = dict(_labels_for(code))
        self._by_letters: Mapping[str, Label] = {_letters(text): label for text, (label, _) in labels.items()}
        spellings = [_JOINT.join(text) if is_spaced else text for text, (_, is_spaced) in labels.items()]
        self.pattern = any_of(spellings, written_as={_JOINT: r"[\s\u3000]?"})
        self._any_label = re.compile(any_of(map(_letters, labels)))
        self._any_ascii_label = re.compile(any_of(filter(str.isascii, labels)))

    def label(self, matched: str) -> Label:
        """Return the label that `pattern` matched in a text."""
        return self._by_letters[_letters(matched)]

    def may_match(self, text: str) -> bool:
        """Return False if no label's letters are in a text: true of most lines, and found out quickly."""
        if text.isascii():
            return self._any_ascii_label.search(text) is not None
        return self._any_label.search(_letters(text)) is not None


@cache
def label_matcher(code: str | None) -> LabelMatcher:
    """Return the matcher for pages of the language `code`; ``None`` where the language is not known."""
    table = language(code)
    if code is not None and (not table.labels or table.labels_on_other_pages == "values"):
        return label_matcher(None)  # the same labels, compiled once
    return LabelMatcher(code)


def _labels_for(code: str | None) -> Iterator[tuple[str, tuple[Label, bool]]]:
    """Yield the labels for pages of a language, its own last: they replace those of the same text."""
    for other, table in languages().items():
        if other != code and table.labels_on_other_pages != "no":
            yield from _labels_of(table, gives_value=table.labels_on_other_pages == "values")
    yield from _labels_of(language(code), gives_value=True)


def _labels_of(table: Language, *, gives_value: bool) -> Iterator[tuple[str, tuple[Label, bool]]]:
    for group in table.labels:
        for text in group.words:
            label = Label(text, group.role, group.rank, group.needs_separator, table.name_shape, gives_value)
            yield text, (label, table.letters_may_be_spaced and not text.isascii())


def _letters(text: str) -> str:
    return "".join(text.split())


#: Words directly before 来源 that make it something else than the story's: a picture's, a video's, a number's.
FOREIGN_SOURCES = (
    "图片", "圖片", "资料", "資料", "数据", "數據", "视频", "視頻", "素材", "照片", "图", "圖", "部分", "音频",
    "配图", "封面",
    "题图", "文献", "收入", "资金", "经济", "主要", "能量", "灵感", "传染", "感染", "生活", "货源", "信号", "热量",
    "食物",
    "利润", "盈利", "供图", "影像", "截图", "注明", "註明", "标明", "注意", "明确", "标注", "网页", "无", "其他",
    "其它",
)  # fmt: skip

#: Words that are never a name or an outlet: what templates print beside them.
FURNITURE = frozenset(
    """
    打印 打印本页 打印本頁 打印文章 关闭 关闭窗口 关闭本页 收藏 收藏本文 分享 分享到 分享至 举报 投诉 纠错 我要纠错
    我要评论 发表评论 评论
    字号 字体 大 中 小 大号 小号 超大 标准 放大 缩小 正常 默认 复制 复制链接 链接 扫一扫 扫码 手机看 手机版 手机阅读
    手机浏览 微信 微博
    新浪微博 腾讯微博 朋友圈 空间 易信 订阅 关注 下载 下载客户端 客户端下载 返回 返回首页 返回顶部 首页 上一篇 下一篇
    上一页 下一页 更多
    更多>> 详情 查看 查看全文 查看详情 全文 阅读全文 阅读 阅读数 浏览 点击 点赞 点赞数 赞 顶 踩 参与 人参与 推荐
    推荐阅读 相关新闻 相关阅读
    相关链接 热点新闻 热门 广告 登录 注册 加载中 无障碍 语音播报 收听 朗读 听新闻 播报文章 原创 转载 听 打开 视频
    图片 图集 专题 邮箱
    我要投稿 投稿 信箱 编辑信箱 编辑部 编辑锁定 编辑推荐 小编推荐 联系我们 正文 新闻正文 本文 文章 小字号 大字号
    缩小字体 增大字体 直播 目录
    Print Share Email Facebook Twitter Comments Close Follow More Home
    """.split()  # noqa: SIM905
)

#: What a label is followed by when there is nothing to say.
NOTHING = frozenset(
    [
        "佚名",
        "未知",
        "不详",
        "无",
        "暂无",
        "无名",
        "匿名",
        "admin",
        "管理员",
        "系统管理员",
        "null",
        "undefined",
        "none",
        "-",
    ]
)

#: Ends of names of outlets, by which one is known where no label announces it.
OUTLET_ENDINGS = (
    "网", "網", "报", "報", "社", "日报", "日報", "晚报", "晚報", "晨报", "时报", "時報", "商报", "周刊", "週刊",
    "周报", "快报", "都市报",
    "早报", "早報", "青年报", "法制报", "电视台", "電視台", "广播电台", "电台", "卫视", "央视", "新闻", "新聞",
    "客户端", "在线", "線上",
    "传媒", "媒体", "频道", "杂志", "杂志社", "通讯社", "融媒体中心", "融媒体", "融媒", "中心", "发布", "资讯",
    "财经", "视频", "云", "观察",
    "头条", "公众号", "微信公众号", "政务", "政府网", "办公室", "委员会", "集团", "快讯", "委宣传部", "宣传部",
    "教育局", "公安局", "学会", "经济报道", "电讯", "气象局", "地震局", "税务局", "统计局", "管理局", "监管局",
    "法院", "检察院", "海关", "人民政府", "卫健委", "发改委", "教育部", "公安部", "应急管理部",
    "网站", "门户", "号外", "Daily", "News", "Times", "Post", "Online",
)  # fmt: skip

#: Common one-character surnames; a two-to-four character word that begins with one may be a person's name.
SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖"
    "邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐"
    "沿梅莫庄辛管祝左涂谷祁时舒耿牟卜路詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵欧阳解强柴华车冉房边"
    "辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来嵺苟全褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠连郜晏栾郁商蒙计喻揭窦迟宇敖糜鄢冷卓花仇艾蓝都巩稽井练仲乐虞"
    "卞封竺冼原官衣楚佟栗匡宗应台巫鞠僧桑荆谌银扬明沙薄伏岑习胥保和蔺張劉陳楊趙黃吳孫馬羅鄭謝韓馮蕭鄧許呂蘇盧蔣賈閻鍾譚鄒陸顧龍萬錢湯賴龔龐蘭"
    "葉莊紀項衛單嚴溫魯韋畢聶叢齊塗歐閔車邊饒禤尼扎次格索普达巴旦洛桑卓德白阿买木热帕"
)
