"""What an operator says of one ChargePoint account: where it is, its ports as EVSEs, and how it behaves."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

StationId = Annotated[str, Field(pattern=r"^[0-9]{1,6}:[0-9]{1,18}$")]
PortNumber = Annotated[str, Field(pattern=r"^[0-9]{1,4}$")]
NORTH_AMERICA = "https://webservices.chargepoint.com/webservices/chargepoint/services/5.1"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class ChargepointSettings(BaseModel):
    """One account. Times are domain time, `*_s` of calls machine seconds; an unknown field is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(
        "chargepoint", pattern=r"^[a-z0-9][a-z0-9-]{0,30}$", description="Our name of the account."
    )
    url: str = Field(
        NORTH_AMERICA,
        pattern=r"^https?://[^\s]+$",
        max_length=255,
        description="The service; webservices-ca and webservices-eu serve Canada and Europe.",
    )
    license_key: SecretStr = Field(SecretStr(""), description="The API license key.")
    password: SecretStr = Field(SecretStr(""), description="The API password that belongs to the key.")
    stations: Mapping[StationId, Mapping[PortNumber, str]] = Field(
        default_factory=dict, description="Station id to its ports: port number to EVSE id."
    )
    group_ids: tuple[int, ...] = Field(
        (), description="Station groups (sgID) that hold the stations: one getLoad a group, not a station."
    )
    token: Literal["userID", "credentialID"] = Field(
        "userID", description="What identifies a driver: the account, or the card that was used."
    )
    caps_held: bool = Field(
        False, description="The stations themselves hold the standing cap when no limit is in force."
    )
    reads_status: bool = Field(True, description="The account may call getStationStatus.")
    takes_zero: bool = Field(True, description="Ports take a limit of 0.")

    load_every: timedelta = Field(timedelta(minutes=1), description="Between two readings of the loads.")
    summaries_every: timedelta = Field(
        timedelta(minutes=5), description="Between two readings of finished sessions."
    )
    summaries_back: timedelta = Field(
        timedelta(days=1), description="How far each reading of finished sessions goes back."
    )
    lag: timedelta = Field(
        timedelta(minutes=5),
        description="How long a limit may take to reach its port, and an answer may be out of date.",
    )
    settle: timedelta = Field(
        timedelta(minutes=2), description="How long a limit in force may take to show in the load."
    )
    keep_for: timedelta = Field(timedelta(days=2), description="How long ended sessions are kept.")
    keep_silent_for: timedelta = Field(
        timedelta(days=14), description="How long sessions are kept that nobody ends."
    )
    deadline_s: float = Field(15.0, gt=0, le=60, description="Total deadline of a call, retries included.")
    calls_per_minute: float = Field(60.0, gt=0, description="What the account's contract allows.")
    calls_at_once: int = Field(20, ge=1, le=500, description="Of these, at once.")
    max_calls: int = Field(4, ge=1, le=32, description="Commands under way at once.")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        address = urlsplit(self.url)
        if address.scheme != "https" and address.hostname not in LOOPBACK:
            raise ValueError("url: the password travels in each call: use https")
        evses = [evse for ports in self.stations.values() for evse in ports.values()]
        if len(set(evses)) != len(evses):
            raise ValueError("stations: an EVSE stands twice: name each port's own")
        if self.keep_for <= self.summaries_back:
            raise ValueError("keep_for: longer than summaries_back, or a session ends twice")
        return self
