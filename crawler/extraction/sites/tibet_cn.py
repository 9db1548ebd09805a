"""中国西藏网 and its mirrors: the layout of 2018, as documented by public spiders of that time."""

from crawler.extraction.page import ArticlePage, css
from crawler.extraction.registry import pages


@pages.handles("tibet.cn")
class TibetCnPage(ArticlePage):
    """Title and dateline in ``div.title_box``, story in ``div.text.botborder``."""

    timezone = "Asia/Shanghai"
    title = css("div.title_box > h2")
    date = css("div.title_box > div > span:nth-child(2)")
    source = css("div.title_box > div > span:nth-child(3)")
    paragraphs = css("div.text.botborder > p")
