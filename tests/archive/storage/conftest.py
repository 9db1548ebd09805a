"""Fixtures: an S3 server on loopback, and a proxy in front of it that can break connections."""

import contextlib
import secrets
import socket
import threading

import pytest

pytest.importorskip("boto3", reason="needs boto3: pip install 'broadsheet[s3]'")
moto_server = pytest.importorskip("moto.server", reason="needs moto, an S3 server for tests")


@pytest.fixture(scope="session")
def s3_server():
    server = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def _keys(monkeypatch, tmp_path):
    """Set keys for the server, and keep boto3 from searching the user's configuration or the network for others."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))


@pytest.fixture
def bucket(s3_server):
    """Return a client of the server and the name of a new bucket."""
    import boto3

    client = boto3.client("s3", endpoint_url=s3_server)
    name = f"bucket-{secrets.token_hex(6)}"
    client.create_bucket(Bucket=name)
    return client, name


class Cable:
    """A TCP proxy in front of the server that can break connections.

    `cuts` is the number of connections still to be broken, by direction, each after `after` bytes in that direction.
    `done` counts the broken ones. Nothing is forwarded while `open` is not set.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.cuts = {"up": 0, "down": 0}
        self.after = 1 << 60
        self.done = 0
        self.passed = 0
        self.open = threading.Event()
        self.open.set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, direction: str, *, after: int, times: int) -> None:
        self.cuts[direction], self.after, self.done = times, after, 0

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._target)
                for direction, source, target in (("up", near, far), ("down", far, near)):
                    threading.Thread(target=self._forward, args=(direction, source, target), daemon=True).start()

    def _forward(self, direction: str, source: socket.socket, target: socket.socket) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 14):
                passed += len(data)
                with self._lock:
                    cut = self.cuts[direction] > 0 and passed > self.after
                    if cut:
                        self.cuts[direction] -= 1
                        self.done += 1
                    self.passed += len(data)
                if cut:
                    break
                self.open.wait()
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def cable(s3_server):
    host, port = s3_server.removeprefix("http://").split(":")
    cable = Cable((host, int(port)))
    yield cable
    cable.close()
