"""What an operator says of one OCPI partner: where it is, who we are to it, and how it deviates."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

Url = Annotated[str, Field(pattern=r"^https?://[^\s]+$", max_length=255)]
CountryCode = Annotated[str, Field(pattern=r"^[A-Za-z]{2}$"), AfterValidator(str.upper)]
PartyId = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{3}$"), AfterValidator(str.upper)]


class _Part(BaseModel):
    """A part of the settings; an unknown field is a typing error, so it is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Dialect(_Part):
    """How a partner deviates from OCPI 2.2.1; the defaults are the specification's words."""

    versions: tuple[str, ...] = Field(("2.2.1",), description="Versions to accept, the best first.")
    token_encoding: Literal["base64", "raw"] = Field(
        "base64",
        description="How the credentials token stands in our Authorization header; inbound takes both.",
    )
    paths: Mapping[str, str] = Field(
        default_factory=dict,
        description="Module identifier to the URL that serves it, where the version details are wrong.",
    )
    module_names: Mapping[str, str] = Field(
        default_factory=dict, description="Module identifier to the partner's own spelling of it."
    )
    rate_unit: Literal["auto", "A", "W"] = Field(
        "auto", description="Unit of charging profiles; auto: A per phase for AC, W for DC."
    )
    kwh_field: str = Field("kwh", description="Name of a session's energy.")
    energy_unit: Literal["kWh", "Wh"] = Field("kWh", description="Unit of energies in charging periods.")
    power_unit: Literal["kW", "W"] = Field("kW", description="Unit of powers in charging periods.")
    session_defaults: Mapping[str, str] = Field(
        default_factory=dict, description="Values for required session fields that the partner leaves out."
    )
    offset_paging: bool = Field(False, description="Page by offset alone: the partner's Link is of no use.")
    page_size: int = Field(100, ge=1, le=1_000, description="Objects to ask for in one page.")
    stamps_answers: bool = Field(
        True, description="The envelope's timestamp is the partner's clock in UTC; else receipt time counts."
    )
    routing_headers: bool = Field(True, description="Send the OCPI-to/from headers on functional modules.")
    slash_before_id: bool = Field(
        True, description="Put a slash between the chargingprofiles URL and the session where it has none."
    )
    assume_capable: bool = Field(
        False, description="Control EVSEs that do not declare CHARGING_PROFILE_CAPABLE."
    )
    sends_results: bool = Field(
        True, description="Results come to the response_url; else the synchronous answer is the last word."
    )
    reads_back: bool = Field(True, description="The partner answers GET ActiveChargingProfile.")
    profile_duration_s: int | None = Field(
        None, ge=60, description="Give profiles this duration where the partner wants one; else open-ended."
    )
    takes_zero: bool = Field(True, description="EVSEs take a limit of 0.")


class OcpiSettings(_Part):
    """One partner. Times are domain time, `*_s` of calls machine seconds."""

    name: str = Field("ocpi", pattern=r"^[a-z0-9][a-z0-9-]{0,30}$", description="Our name of the partner.")
    versions_url: Url | None = Field(None, description="The partner's versions endpoint.")
    token_a: SecretStr = Field(
        SecretStr(""), description="CREDENTIALS_TOKEN_A, for the first handshake only."
    )
    public_url: Url = Field(
        "http://127.0.0.1:8420/ocpi", description="Where the partner reaches our side, without a final slash."
    )
    country_code: CountryCode = Field("US", description="Our country code.")
    party_id: PartyId = Field("RBY", description="Our party id.")
    business_name: str = Field(
        "ReadyBy", min_length=1, max_length=100, description="Our name to the partner."
    )
    sites: Mapping[str, str] = Field(
        default_factory=dict,
        description="Location id to site id; others are not ours. Empty: each is a site of its name.",
    )
    evse_name: Literal["uid", "evse_id", "physical_reference"] = Field(
        "uid", description="Which of an EVSE's names is ours."
    )
    caps_held: bool = Field(
        False, description="The EVSEs' hardware returns to the standing cap when a profile is lost."
    )
    dialect: Dialect = Field(default_factory=Dialect, description="How the partner deviates.")

    pull_every: timedelta = Field(timedelta(minutes=1), description="Between two pulls of changed sessions.")
    meter_every: timedelta = Field(
        timedelta(minutes=1),
        ge=timedelta(seconds=1),
        le=timedelta(hours=1),
        description="Between two charging periods of a session. A car of which two in a row are missing, and "
        "nothing is heard for 5 minutes, counts at its maximum.",
    )
    locations_every: timedelta = Field(timedelta(hours=6), description="Between two pulls of locations.")
    look_back: timedelta = Field(timedelta(days=2), description="How far the first pull of sessions goes.")
    overlap: timedelta = Field(timedelta(minutes=10), description="How far pulls reach over each other.")
    live_within: timedelta = Field(
        timedelta(minutes=30), description="A session first heard of later than this is history."
    )
    skew_tolerated: timedelta = Field(
        timedelta(minutes=5), description="Beyond this, the partner's clock is taken at its word: stale."
    )
    keep_for: timedelta = Field(
        timedelta(days=1), description="How long ended sessions and rejects are kept."
    )
    keep_silent_for: timedelta = Field(
        timedelta(days=14), description="How long sessions are kept that nobody ends."
    )
    result_within_s: float = Field(60.0, gt=0, description="How long a result at the response_url may take.")
    deadline_s: float = Field(10.0, gt=0, description="Total deadline of one call, retries included.")
    max_calls: int = Field(4, ge=1, le=64, description="Calls to the partner at once.")
    calls_per_minute: float = Field(1_200.0, gt=0, description="Calls to the partner, polls and commands.")
    calls_at_once: int = Field(
        120, ge=4, description="Calls that may leave at once; a quarter of them is kept for commands."
    )
    take_preferences: bool = Field(
        True,
        description="Take the charging preferences that the partner passes on for its sessions' drivers.",
    )
    host_tokens: bool = Field(False, description="Take the drivers' tokens that an eMSP pushes.")
