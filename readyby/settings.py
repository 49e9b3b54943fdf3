"""Settings: environment `READYBY_*`, then `readyby.toml`, then these defaults."""

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

TOML_VARIABLE = "READYBY_TOML"
"""Names another file than readyby.toml; /dev/null for none."""
DEFAULT_TOML = "readyby.toml"
PROJECT_ROOT = Path(__file__).resolve().parent.parent


def _codes(given: object) -> object:
    """`US, CA` as its parts; a list of readyby.toml as it stands."""
    return [code.strip().upper() for code in given.split(",")] if isinstance(given, str) else given


CountryCode = Annotated[str, Field(pattern="^[A-Z]{2}$")]
Countries = Annotated[tuple[CountryCode, ...], NoDecode, BeforeValidator(_codes)]


class Settings(BaseSettings):
    """What an operator may set; every field says what it does."""

    model_config = SettingsConfigDict(env_prefix="READYBY_", env_nested_delimiter="__", extra="ignore")

    state_dir: Path = Field(Path(".readyby"), description="Folder of databases, sockets, logs and secrets.")
    data_dir: Path = Field(PROJECT_ROOT / "data", description="Folder of sites, tariffs and sample sessions.")
    site_id: str = Field("jpl", description="The site that this installation controls: a file of data/sites.")

    speed: float | None = Field(None, gt=0, description="Domain seconds per machine second; none: real time.")
    domain_start: datetime | None = Field(None, description="First instant of a scaled domain clock.")

    exchange_url: str = Field("http://127.0.0.1:8420", description="Where core finds the exchange.")
    exchange_port: int = Field(8420, description="Loopback port the exchange listens on.")
    exchange_token: SecretStr = Field(
        SecretStr(""), description="Bearer token of the exchange; empty: state file."
    )
    network: Literal["native", "ocpi", "ocpp", "chargepoint"] = Field(
        "native", description="How the exchange speaks to the charging network."
    )
    network_name: str = Field(
        "", description="The network's file: state_dir/networks/<name>.toml; empty: named as its kind."
    )
    vendor_url: str = Field("http://127.0.0.1:8421/vendor", description="The charging network's API.")
    vendor_key: SecretStr = Field(
        SecretStr(""), description="Key of the charging network's API; empty: state file."
    )
    poll_s: float = Field(10.0, gt=0, description="Domain seconds between two looks at the charging network.")

    public_url: str = Field("http://127.0.0.1:8501", description="The driver app as the outside names it.")
    driver_port: int = Field(8501, description="Loopback port of the public driver app.")
    monitor_port: int = Field(8502, description="Loopback port of the private monitoring app.")
    world_port: int = Field(8421, description="Loopback port of the simulated outside (demo only).")
    prefect_port: int = Field(4200, description="Loopback port of the embedded Prefect server.")
    prefect_api_url: str | None = Field(
        None, description="Another Prefect server's API; none: the embedded one."
    )

    sms: Literal["phones", "twilio", "memory"] = Field("phones", description="Who carries text messages.")
    phones_url: str = Field("http://127.0.0.1:8421/phones", description="Inbox of the simulated phones.")
    twilio_account_sid: str = Field("", description="Twilio account.")
    twilio_auth_token: SecretStr = Field(SecretStr(""), description="Signs webhooks; empty: state file.")
    twilio_messaging_service_sid: str = Field("", description="Twilio Messaging Service that sends.")

    pepper: SecretStr = Field(SecretStr(""), description="Keys the hashes of tokens; empty: state file.")
    cookie_secret: SecretStr = Field(
        SecretStr(""), description="Signs the driver app's cookies; empty: state file."
    )

    memory_limit_mb: int = Field(512, ge=64, description="DuckDB's memory.")
    min_free_mb: int = Field(256, ge=0, description="Below this much free disk the store stops accepting.")
    link_grace_min: float = Field(15.0, ge=0, description="Minutes a link says goodbye after unplugging.")
    emissions_region: str = Field(
        "SGIP_CAISO_PGE",
        description="Whose marginal CO2 drivers' pages count: files of data/emissions; empty: none.",
    )
    keep_people_days: int = Field(
        730,
        ge=1,
        description="Days after their last session that participants, and whose sessions were, are kept.",
    )
    keep_messages_days: int = Field(180, ge=2, description="Days that sent messages are kept.")
    keep_links_days: int = Field(30, ge=1, description="Days that links are known after they closed.")
    keep_meter_days: int = Field(
        1096, ge=62, description="Days that meter values are kept: two billing months at least."
    )

    countries: Countries = Field(
        ("US",),
        description="Countries whose numbers are texted at all, as ISO 3166 codes with commas between.",
    )
    most_texts_a_session: int = Field(12, ge=1, description="Messages of one session at most.")
    most_texts_a_number: int = Field(30, ge=1, description="Messages to one number in 24 hours at most.")
    most_texts_a_site: int = Field(3000, ge=1, description="Messages of one site in 24 hours at most.")
    most_texts_a_day: int = Field(10_000, ge=1, description="Messages of all sites in 24 hours at most.")
    most_texts_heard: int = Field(40, ge=1, description="Texts of one number that are answered in 24 hours.")
    most_codes_a_number: int = Field(
        3, ge=1, description="Codes for enrolling that one number is texted in 24 hours at most."
    )
    most_codes_a_site: int = Field(
        200, ge=0, description="Codes for enrolling in 24 hours at most; 0: nobody enrolls at the station."
    )
    quiet_from_h: int = Field(
        21,
        ge=0,
        le=23,
        description="Hour of the site's wall time from which ready and summary messages wait.",
    )
    quiet_until_h: int = Field(
        8, ge=0, le=23, description="Hour until which they wait; the same as the first: no quiet hours."
    )
    brand: str = Field("ReadyBy", description="Name that drivers read.")

    demo_day: str = Field("2019-07-24", description="Local day of real sessions that the demo replays.")
    demo_seed: int = Field(20190724, description="Seed of everything that the simulated outside does.")
    demo_sample_s: int = Field(
        60, ge=1, description="Domain seconds between two meter values of a simulated EVSE."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings names it
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings names it
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        toml = TomlConfigSettingsSource(settings_cls, os.environ.get(TOML_VARIABLE, DEFAULT_TOML))
        return init_settings, env_settings, toml

    @property
    def database_path(self) -> Path:
        return self.state_dir / "readyby.duckdb"

    @property
    def socket_path(self) -> Path:
        """Core's Unix socket; kept short, since the kernel takes about 100 characters."""
        return self.state_dir / "core.sock"

    @property
    def prefect_home(self) -> Path:
        return self.state_dir / "prefect"

    @property
    def prefect_api(self) -> str:
        return self.prefect_api_url or f"http://127.0.0.1:{self.prefect_port}/api"
