"""A time-stamping authority on loopback: each answer is made by ``openssl ts -reply``."""

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CONFIG = """
[tsa]
default_tsa = conf
[conf]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
certs = ca.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
[ext]
extendedKeyUsage = critical,timeStamping
keyUsage = critical,digitalSignature
"""
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


class TimeAuthority:
    """The authority in `folder`: its URL, the file of its root, and the number of requests it got.

    `change` turns an answer into the one that is sent.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "ca.pem"
        self.url = ""
        self.requests = 0
        self.change: Callable[[bytes], bytes] = lambda answer: answer
        self._lock = threading.Lock()
        folder.mkdir(parents=True)
        (folder / "tsa.cnf").write_text(CONFIG)
        (folder / "serial").write_text("01\n")
        self.openssl("req", "-x509", *NEW_KEY, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Root of tests")
        self.openssl("req", *NEW_KEY, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Authority of tests")
        signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "tsa.cnf", "-extensions", "ext")
        self.openssl("x509", "-req", "-in", "tsa.csr", "-out", "tsa.pem", *signed)

    def openssl(self, *arguments: object) -> str:
        words = ["openssl", *map(str, arguments)]
        return subprocess.run(words, cwd=self.folder, check=True, capture_output=True, text=True).stdout

    def verify(self, data: Path, answer: Path) -> str:
        """Return what ``openssl ts -verify`` prints. Raises CalledProcessError if it refuses."""
        return self.openssl("ts", "-verify", "-data", data, "-in", answer, "-CAfile", self.root)

    def reply(self, query: bytes) -> bytes:
        with self._lock:
            self.requests += 1
            (self.folder / "query.tsq").write_bytes(query)
            self.openssl("ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query.tsq", "-out", "answer.tsr")
            return self.change((self.folder / "answer.tsr").read_bytes())


@contextmanager
def serve_authority(folder: Path) -> Iterator[TimeAuthority]:
    """Yield an authority that answers on loopback."""
    assert shutil.which("openssl"), "openssl is not installed"
    authority = TimeAuthority(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/timestamp-query"
            answer = authority.reply(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200 if answer else 503)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    authority.url = f"http://127.0.0.1:{server.server_address[1]}/tsr"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield authority
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
