"""Proof that closed files are as they were written: the manifest chain and timestamps of a time-stamping authority."""

from archive.trust.manifest import FileEvent, Manifest, ManifestEntry

__all__ = ["FileEvent", "Manifest", "ManifestEntry"]
