"""One rule set per field: title, dates, bylines, body, language, metadata."""
