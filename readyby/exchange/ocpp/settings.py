"""What an operator says of stations that speak OCPP 1.6J to us: who they are, and how they are reached."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

StationName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:*-]{1,48}$")]
Connector = Annotated[str, Field(pattern=r"^[1-9][0-9]?$")]


class _Part(BaseModel):
    """A part of the settings; an unknown field is a typing error, so it is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Station(_Part):
    """One station: its connectors as EVSEs, and the SHA-256 of its password (security profiles 1 and 2)."""

    connectors: Mapping[Connector, str] = Field(min_length=1, description="Connector number to EVSE id.")
    password_sha256: str = Field("", pattern=r"^([0-9a-f]{64})?$", description="Hex digest; empty: none.")


class OcppSettings(_Part):
    """All stations. Times are domain time, `*_s` machine seconds."""

    name: str = Field("ocpp", pattern=r"^[a-z0-9][a-z0-9-]{0,30}$", description="Our name of the network.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8887, ge=0, le=65535, description="Port to listen on; stations use /ocpp/<station>.")
    tls_certificate: Path | None = Field(None, description="Certificate chain: security profile 2.")
    tls_key: Path | None = Field(None, description="Its private key.")
    without_passwords: bool = Field(
        False, description="Let stations in that have no password; on a network of their own only."
    )
    stations: Mapping[StationName, Station] = Field(
        default_factory=dict, description="The stations by the name at the end of their address."
    )
    rate_unit: Literal["A", "W"] = Field("A", description="Unit of charging profiles.")
    holds_maximum: bool = Field(
        False,
        description="Give each station a ChargePointMaxProfile of what its EVSEs may ever draw together. It "
        "holds for connectors that are not named, too: name them all.",
    )
    takes_zero: bool = Field(True, description="EVSEs take a limit of 0.")
    sample_s: int = Field(60, ge=5, le=900, description="Domain seconds between two meter values.")
    heartbeat_s: int = Field(300, ge=10, description="Between two heartbeats of a station.")
    live_within: timedelta = Field(
        timedelta(minutes=5), description="A start that is told later than this is history."
    )
    keep_for: timedelta = Field(timedelta(days=1), description="How long ended transactions are kept.")
    call_within_s: float = Field(10.0, gt=0, description="Deadline of a call to a station.")
    max_calls: int = Field(200, ge=1, le=2_000, description="Calls to stations at once.")
    max_message_bytes: int = Field(262_144, ge=4_096, description="The largest message that is taken.")
    messages_per_s: float = Field(10.0, gt=0, description="Of one station, beyond which it has to wait.")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate, tls_key: give both or none")
        evses = [evse for station in self.stations.values() for evse in station.connectors.values()]
        if len(set(evses)) != len(evses):
            raise ValueError("stations: an EVSE stands twice: name each connector's own")
        return self
