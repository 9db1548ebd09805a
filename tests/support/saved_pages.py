"""The saved real pages in the shared folder, with their true fields."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def read_saved_pages(shared: Path, name: str, step: int = 1) -> Iterator[tuple[dict[str, Any], bytes]]:
    """Yield every `step`-th page of a saved set: its true fields and its HTML."""
    folder = shared / "data" / "pages"
    for line in (folder / f"{name}.jsonl").read_text("utf-8").splitlines()[::step]:
        truth = json.loads(line)
        yield truth, gzip.decompress((folder / truth["page"]).read_bytes())
