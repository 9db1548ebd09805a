"""Broadsheet: a polite news crawler and archiver on Scrapy."""

__version__ = "0.1.0"
