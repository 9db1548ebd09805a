"""Cleaning: the article's place on the page, and what is not part of it: boilerplate, related stories, link spam."""
