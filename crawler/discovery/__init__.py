"""Pure rules for finding articles: feeds, URL patterns, list pagination, multi-page articles, soft 404s."""
