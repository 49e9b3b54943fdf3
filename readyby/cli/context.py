"""What commands share: settings, with errors that name the remedy."""

from typing import TYPE_CHECKING

from readyby.errors import Misconfigured

if TYPE_CHECKING:
    from readyby.settings import Settings


def load_settings() -> "Settings":
    """Settings of the environment and readyby.toml, with an absolute state folder.

    Raises:
        Misconfigured: a setting has a wrong value; names each and where to put it right.
    """
    from pydantic import ValidationError

    from readyby.settings import Settings

    try:
        settings = Settings()
    except ValidationError as error:
        problems = "; ".join(
            f"READYBY_{'__'.join(str(part) for part in problem['loc']).upper()}: {problem['msg']}"
            for problem in error.errors(include_input=False, include_url=False)
        )
        raise Misconfigured(f"settings: {problems}; see `readyby config show`") from error
    except (ValueError, OSError) as error:
        raise Misconfigured(f"readyby.toml: {error}; put it right or remove it") from error
    return settings.model_copy(update={"state_dir": settings.state_dir.absolute()})
