"""Signals of the project beside Scrapy's own."""

#: An article is on disk. Sent with `item`, `change` (`crawler.store.Change`) and `response`.
ARTICLE_STORED = object()

#: A URL of the frontier has its end state. Sent with `leased`, `fate` and `list_url`, the first page if it is a list's.
URL_SETTLED = object()

#: The report of a visit is complete, and not stored yet. Sent with `report` and `store`.
REPORT_COMPLETE = object()
