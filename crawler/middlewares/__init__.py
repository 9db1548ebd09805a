"""Downloader middlewares of a live crawl, one policy a file.

From the engine's side to the socket's, with the numbers they are meant for: ``scope`` 50, ``robots`` 100, ``budget``
150, ``conditional_get`` 450, Scrapy's retries 550 and redirects 600, ``retry_after`` 940, ``pace`` 950. The pace must
be the innermost of all; scope comes before robots, since nothing is asked of a host that is out of scope. Scrapy's own
``OffsiteMiddleware`` and ``RobotsTxtMiddleware`` are switched off.
"""
