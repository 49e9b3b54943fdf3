"""Software of others in a Python environment of its own, made once from pinned versions."""

import shutil
import subprocess
import sys
from pathlib import Path

PEERS = Path(__file__).parent / "peers"


def python_of(repository: Path, name: str) -> Path:
    """The Python that has what `peers/<name>.txt` names."""
    pins, home = PEERS / f"{name}.txt", repository / ".venv" / "peers" / name
    python, made = home / "bin" / "python", home / "made_from.txt"
    if not made.is_file() or made.read_text() != pins.read_text():
        uv = str(Path(sys.executable).with_name("uv"))
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, home], check=True, timeout=60)
        install = [uv, "pip", "install", "-q", "--python", python, "--no-deps", "-r", pins]
        subprocess.run(install, check=True, timeout=100)
        made.write_text(pins.read_text())
    return python
