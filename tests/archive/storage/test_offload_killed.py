"""A move to a bucket that is killed during the upload: the local file is intact, and the next call moves it."""

import os
import signal
import subprocess
import sys
import time

import pytest

from archive.offload import Receipts, offload
from archive.storage.s3 import S3Storage

NAME = "site-20260301120000250-00000-host-0011aabb.warc.gz"
CHILD = """
import sys
from pathlib import Path
from archive.storage import s3
from archive.offload import Receipts, offload
s3.PART_SIZE = 5 << 20
folder, bucket, endpoint = sys.argv[1:]
remote = s3.S3Storage(bucket, endpoint=endpoint)
list(offload(Path(folder), [NAME], remote, Receipts(Path(folder, "receipts")), keep_local=False))
"""


@pytest.mark.slow
@pytest.mark.parametrize("size", [3 << 20, 12 << 20], ids=["whole", "in parts"])
def test_killed_upload_is_repeated(tmp_path, bucket, cable, s3_server, size):
    client, name = bucket
    data = os.urandom(size)
    (tmp_path / NAME).write_bytes(data)
    code = CHILD.replace("NAME", repr(NAME))
    child = subprocess.Popen([sys.executable, "-c", code, str(tmp_path), name, cable.url], start_new_session=True)
    try:
        until = time.monotonic() + 30
        while cable.passed < size * 3 // 4 and child.poll() is None and time.monotonic() < until:
            time.sleep(0.002)
        cable.open.clear()
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    cable.open.set()
    assert child.returncode == -signal.SIGKILL, "it was killed while the upload ran"
    assert (tmp_path / NAME).read_bytes() == data
    receipts = Receipts(tmp_path / "receipts")
    remote = S3Storage(name, endpoint=s3_server)
    (move,) = offload(tmp_path, [NAME], remote, receipts, keep_local=False)
    assert (move.uploaded, move.dropped) == (True, True)
    assert not (tmp_path / NAME).exists()
    assert receipts.read()[NAME].size == size
    assert "Uploads" not in client.list_multipart_uploads(Bucket=name)
    with remote.open(NAME) as file:
        assert file.read() == data
