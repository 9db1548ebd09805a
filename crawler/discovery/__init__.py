"""Finds article and list URLs: feeds, URL patterns, pagination, multi-page articles, soft 404s. No I/O, no Scrapy."""
