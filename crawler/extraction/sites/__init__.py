"""Page classes of portals with unusual layouts, one module per site. `crawler.extraction.registry` finds them here."""
