"""The machine and the installation: what must be right before anything is started."""

import os
import platform
import shutil
import stat
import sys
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from readyby.demo.ports import FIELDS, holder, is_free
from readyby.doctor.findings import Finding, fail, ok, warn
from readyby.secrets_file import read_secrets, secrets_path
from readyby.setting_sources import unknown_variables
from readyby.settings import Settings

OLDEST_PYTHON = (3, 11)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MB = 2**20


def check_python(_settings: Settings) -> Finding:
    version = platform.python_version()
    if sys.version_info < OLDEST_PYTHON:
        oldest = ".".join(str(part) for part in OLDEST_PYTHON)
        return fail("python", version, f"install Python {oldest} or newer, then run `make setup` again")
    return ok("python", version)


def check_packages(_settings: Settings) -> Finding:
    """The versions that pyproject.toml asks for: some newer ones install well and then do not work."""
    wrong = [told for text in metadata.requires("readyby") or () if (told := _wrong(Requirement(text)))]
    if wrong:
        return fail("packages", "; ".join(wrong), "run `make setup`: it installs requirements.lock")
    return ok("packages", "all as pyproject.toml asks for")


def _wrong(requirement: Requirement) -> str:
    if requirement.marker and not requirement.marker.evaluate():
        return ""
    try:
        installed = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return f"{requirement.name} is missing"
    if not requirement.specifier.contains(installed, prereleases=True):
        return f"{requirement.name} is {installed}, needed is {requirement.specifier}"
    return ""


def check_settings(_settings: Settings) -> Finding:
    unknown = unknown_variables()
    if unknown:
        return warn(
            "settings", f"no setting reads {', '.join(unknown)}", "look for a typing error in the name"
        )
    return ok("settings", "every READYBY_* variable is known")


def check_state_dir(settings: Settings) -> Finding:
    folder = settings.state_dir
    if not folder.exists():
        parent = next(path for path in folder.parents if path.exists())
        if not os.access(parent, os.W_OK):
            return fail(
                "state_dir",
                f"{folder} is not there, and {parent} cannot be written",
                "name a folder of yours with READYBY_STATE_DIR",
            )
        return ok("state_dir", f"{folder} will be made at the first start")
    if not os.access(folder, os.W_OK | os.X_OK):
        return fail("state_dir", f"{folder} cannot be written", f"run: chown {os.getuid()} {folder}")
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        return warn("state_dir", f"others may look into {folder}", f"run: chmod 700 {folder}")
    return ok("state_dir", str(folder))


def check_secrets(settings: Settings) -> Finding:
    path = secrets_path(settings)
    if not path.exists():
        return ok("secrets", "will be made at the first start")
    read_secrets(settings)
    return ok("secrets", f"{path}, readable by its owner only")


def check_disk(settings: Settings) -> Finding:
    folder = next(path for path in (settings.state_dir, *settings.state_dir.parents) if path.exists())
    free_mb = shutil.disk_usage(folder).free // MB
    detail = f"{free_mb} MB free at {folder}"
    if free_mb < settings.min_free_mb:
        return fail(
            "disk",
            f"{detail}, the store stops below {settings.min_free_mb} MB",
            "free disk space, or lower READYBY_MIN_FREE_MB",
        )
    if free_mb < 4 * settings.min_free_mb:
        return warn("disk", detail, f"free some: the store stops below {settings.min_free_mb} MB")
    return ok("disk", detail)


def check_ports(settings: Settings) -> Finding:
    taken = [
        f"{field.upper()} {port}{holder(port)}"
        for field in FIELDS.values()
        if not is_free(port := getattr(settings, field))
    ]
    if taken:
        return warn(
            "ports",
            f"in use: {', '.join(taken)}",
            "if that is not this ReadyBy, stop the program or set READYBY_*_PORT; the demo moves by itself",
        )
    return ok("ports", "all free")


def check_browser(_settings: Settings) -> Finding:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        return warn(
            "browser",
            "no Chromium or Chrome: browser tests are left out",
            "apt install chromium (tests only)",
        )
    return ok("browser", found)


def check_messages(settings: Settings) -> Finding:
    if settings.sms != "twilio":
        return ok("messages", f"carried by {settings.sms}: no text reaches a real phone")
    needed = {
        "READYBY_TWILIO_ACCOUNT_SID": settings.twilio_account_sid,
        "READYBY_TWILIO_AUTH_TOKEN": settings.twilio_auth_token.get_secret_value(),
        "READYBY_TWILIO_MESSAGING_SERVICE_SID": settings.twilio_messaging_service_sid,
    }
    if missing := [name for name, value in needed.items() if not value]:
        return fail("messages", f"Twilio needs {', '.join(missing)}", "set them from Twilio's console")
    if not settings.public_url.startswith("https://"):
        return fail(
            "messages",
            f"READYBY_PUBLIC_URL is {settings.public_url}: links and signatures need https",
            "set it to the address that drivers reach",
        )
    return ok("messages", "Twilio is configured")


def check_data(settings: Settings) -> Finding:
    from readyby.sites import load_site

    site = load_site(settings.data_dir, settings.site_id)
    tariff = Path(settings.data_dir) / "tariffs" / f"{site.tariff_id}.json"
    if not tariff.exists():
        return fail(
            "data", f"{tariff} is not there", "put the tariff there, or correct tariff_id of the site"
        )
    return ok("data", f"site {site.site_id}: {len(site.evses)} EVSEs, limit {site.limit_kw:g} kW")
