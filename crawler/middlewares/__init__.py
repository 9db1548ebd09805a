"""Downloader and spider middlewares of a live crawl, one policy per file; `settings.live` lists them in order.

``throttle`` must be the innermost downloader middleware, so that every request to a socket waits its delay. ``scope``
comes before ``robots``, so that the robots.txt of a host out of scope is not requested. Scrapy's own
``OffsiteMiddleware`` and ``RobotsTxtMiddleware`` are switched off.
"""
