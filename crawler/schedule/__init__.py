"""Scheduled crawls: computing when sites are due, and the workers that visit them."""
