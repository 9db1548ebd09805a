"""Reads records from WARC and ARC files: buffer, gzip members, record parser, unpacking of packages."""
