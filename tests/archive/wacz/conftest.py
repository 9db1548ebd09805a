"""Fixtures: a collection with a few captures, and a reader of packages that only uses the standard library."""

import gzip
import hashlib
import json
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from archive import Collection


@pytest.fixture
def collection(tmp_path):
    with Collection(tmp_path) as collection:
        yield collection


@pytest.fixture
def store(collection, make_capture):
    """Store captures of `urls`, an hour apart, in a new file whose name begins with `prefix`."""

    def store(prefix: str, *urls: str):
        locations = []
        with collection.writer(prefix, {"software": "Test/1.0"}) as writer:
            for number, url in enumerate(urls):
                began = make_capture().started_at + timedelta(hours=number)
                body = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\npage {url}".encode()
                locations.append(writer.write(make_capture(url=url, started_at=began, response=body)))
        return locations

    return store


class OpenedWacz:
    """A WACZ read by independent code, which checks every digest and size in its manifest."""

    def __init__(self, path: Path) -> None:
        with zipfile.ZipFile(path) as file:
            assert file.testzip() is None
            self.infos = {info.filename: info for info in file.infolist()}
            self.files = {name: file.read(name) for name in self.infos}
        self.manifest = json.loads(self.files["datapackage.json"])
        self.digest = json.loads(self.files["datapackage-digest.json"])
        self.pages = [json.loads(line) for line in self.files["pages/pages.jsonl"].splitlines()]
        self.index = [
            (*line.split(" ", 2)[:2], json.loads(line.split(" ", 2)[2]))
            for line in gzip.decompress(self.files["indexes/index.cdx.gz"]).decode().splitlines()
        ]
        stated = {one["path"]: (one["hash"], one["bytes"]) for one in self.manifest["resources"]}
        assert stated == {
            name: (f"sha256:{hashlib.sha256(data).hexdigest()}", len(data))
            for name, data in self.files.items()
            if not name.startswith("datapackage")
        }
        assert self.digest["hash"] == f"sha256:{hashlib.sha256(self.files['datapackage.json']).hexdigest()}"

    def record(self, fields: dict[str, str]) -> bytes:
        """Return the record of an index line, decompressed on its own."""
        data = self.files[f"archive/{fields['filename']}"]
        start = int(fields["offset"])
        return gzip.decompress(data[start : start + int(fields["length"])])


@pytest.fixture
def opened():
    return OpenedWacz
