"""Survey of an unknown portal: draft its site file from a few requests.

The package makes no requests itself. `crawler.spiders.survey` asks a `Survey` for leads and hands back the responses.
From these, `Findings` derives feeds, sitemaps, sections and their pagination, the pattern of article URLs, language and
time zone. `site_file` writes the TOML text, with a comment on each line saying where its value was found.
"""
