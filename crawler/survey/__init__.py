"""A survey of a portal: what few requests tell of it, so that a site file can be written.

Pure: the requests are made by `crawler.spiders.survey`, which asks a `Survey` what to look at next and hands it what
came. From that, offline: feeds, sitemaps, sections and their numbered pages, what article addresses have in common,
language and time zone; and the site file, with a comment at each line on where it was found.
"""
