"""Drift: what a site's articles looked like so far, and the alarm when they look different.

Pure: the crawl feeds it (`crawler.drift_watch`), the store keeps its counters and alarms.
"""
