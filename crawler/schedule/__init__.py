"""Scheduled crawls: when a site is due, and the workers that visit it."""
