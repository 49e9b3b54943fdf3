"""The SQL of the store: one statement a file, found by its place under `sql/`."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

FOLDER = Path(__file__).parent / "sql"


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlFile:
    """A named statement and the checksum of its text."""

    name: str
    text: str

    @property
    def checksum(self) -> str:
        return sha256(self.text.encode()).hexdigest()


@cache
def statement(name: str) -> str:
    """The text of `sql/<name>.sql`, e.g. `commands/insert_request`."""
    return (FOLDER / f"{name}.sql").read_text()


@cache
def folder(name: str) -> tuple[SqlFile, ...]:
    """All statements of a folder under `sql/`, by file name."""
    files = sorted((FOLDER / name).glob("*.sql"))
    return tuple(SqlFile(name=file.stem, text=file.read_text()) for file in files)
