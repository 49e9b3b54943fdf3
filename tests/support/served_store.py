"""A store served on a Unix socket: in a thread of the test, or as a process of its own that can be killed.

As a program: `python -m tests.support.served_store FOLDER` owns FOLDER/readyby.duckdb until it is ended.
"""

import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from readyby.store import api
from readyby.store.engine import open_store
from readyby.store.service import create_service

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder whose name leaves room for a socket's."""
    folder = Path(tempfile.mkdtemp(prefix="rb"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _server(store: api.Store) -> uvicorn.Server:
    return uvicorn.Server(uvicorn.Config(create_service(store), log_level="critical", lifespan="off"))


def _listen(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(64)
    return listener


@contextmanager
def served(store: api.Store, path: Path) -> Iterator[None]:
    """Serve from a thread."""
    server = _server(store)
    listener = _listen(path)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


class OwnerProcess:
    """The owner as a process: killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.start()

    def start(self) -> None:
        program = [sys.executable, "-m", "tests.support.served_store", str(self.folder)]
        self._process = subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(10)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)


def main(folder: Path) -> None:
    store = open_store(folder / "readyby.duckdb", pepper="p", min_free_mb=0)
    listener = _listen(folder / "core.sock")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    _server(store).run(sockets=[listener])
    store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
