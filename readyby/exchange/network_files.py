"""What an operator says of a charging network: `<state_dir>/networks/<name>.toml`, and its secret beside it.

The secret (an OCPI token A, or a ChargePoint license key and password) comes by the environment, or lies in
`<name>.secret`, readable by its owner only. It is in no settings file, no store, and no log.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from readyby.errors import BadInput, Misconfigured, NotFound

FOLDER: Final = "networks"
SUFFIXES: Final = (".toml", ".secret", ".credentials.json", ".sqlite", ".sqlite-wal", ".sqlite-shm")

Model = TypeVar("Model", bound=BaseModel)


def network_path(state_dir: Path, name: str) -> Path:
    """The file of a network's settings."""
    return state_dir / FOLDER / f"{name}.toml"


def read_network_file(state_dir: Path, name: str, model: type[Model]) -> Model:
    """A network's settings.

    Raises:
        NotFound: there is no such file.
        BadInput: it is no TOML, or a field is unknown, missing or out of range; names the first one.
    """
    path = network_path(state_dir, name)
    if not path.is_file():
        raise NotFound(f"network: {name!r} has no file {path}: run readyby network add")
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(str(path), "(text)", f"correct the TOML: {error}") from None
    return checked(model, {"name": name, **fields}, str(path))


def checked(model: type[Model], fields: Mapping[str, object], where: str) -> Model:
    """Fields as a model.

    Raises:
        BadInput: names the first field that is wrong, and never its value.
    """
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in fault["loc"])
        raise BadInput(f"{where}: {field}", "(see the file)", fault["msg"]) from None


def forget_network(state_dir: Path, name: str) -> None:
    """Remove a network's settings, secret, credentials and state, with what SQLite keeps beside."""
    for suffix in SUFFIXES:
        (state_dir / FOLDER / f"{name}{suffix}").unlink(missing_ok=True)


def secret_path(state_dir: Path, name: str) -> Path:
    """The file of a network's secret."""
    return state_dir / FOLDER / f"{name}.secret"


def read_network_secret(state_dir: Path, name: str, variable: str) -> str:
    """A network's secret: the environment's, else the file's, else empty.

    Raises:
        Misconfigured: others may read the file.
    """
    if given := os.environ.get(variable):
        return given
    path = secret_path(state_dir, name)
    if not path.is_file():
        return ""
    if path.stat().st_mode & 0o077:
        raise Misconfigured(f"{path}: others may read it: chmod 600 {path}")
    return path.read_text(encoding="utf-8").strip()


def write_private(path: Path, text: str) -> None:
    """Write a file that its owner alone may read: whole, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
