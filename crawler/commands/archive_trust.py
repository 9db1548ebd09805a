"""The parts of ``broadsheet archive`` about long-term trust: the manifest chain and timestamps."""

from typing import Any

from archive import Collection
from archive.trust.check import TrustReport
from crawler.commands.output import print_text
from crawler.commands.tables import print_table, show_progress


def check_trust(collection: Collection) -> TrustReport:
    """Compare the files with the manifest."""
    return collection.check_trust(lambda files: show_progress(files, "files", len(files)))


def trust_as_dict(report: TrustReport) -> dict[str, Any]:
    """Return the parts of a report that are no findings, for ``--json``."""
    return {"files": len(report.digests), "chained": report.chained, "unknown": report.unknown}


def print_trust(report: TrustReport) -> None:
    """Print how many files are as the manifest states, and what is unknown."""
    print_text(f"{report.chained} of {len(report.digests)} files are as the manifest states")
    if report.unknown:
        print_table("Unknown", ["file", "what"], sorted(report.unknown.items()))
