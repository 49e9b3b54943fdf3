"""The simulated network as an OCPI 2.2.1 CPO: it pushes sessions, takes charging profiles, and calls back.

Written apart from the product's own OCPI: it shares no code with it, so that an error in one shows.
`Quirks` make it deviate as real CPOs do.
"""

import asyncio
import base64
import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import httpx
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from readyby.envelope import us
from readyby.model import Evse
from readyby.network.faces import ocpi_objects as objects
from readyby.network.faces.ocpi_objects import COUNTRY, PARTY, Json, Misfit, stamp
from readyby.network.faces.ocpi_teller import Partner, Quirks, Teller
from readyby.network.network import Network

Act = Callable[[Request], Awaitable[Response]]


class OcpiFace:
    """The CPO at `public_url`. Whoever has `token_a` may register. `advance` brings the network up to now."""

    def __init__(
        self,
        network: Network,
        *,
        public_url: str,
        token_a: str,
        advance: Callable[[], None] = lambda: None,
        quirks: Quirks | None = None,
    ) -> None:
        self.network, self._advance = network, advance
        self._url, self._token_a, self._token_c = public_url, token_a, ""
        self.quirks = quirks or Quirks()
        self.teller = Teller(network, self.quirks, advance)
        self._evses: dict[str, Evse] = {str(evse.evse_id): evse for evse in network.site.evses}
        self._location = objects.location(network.site, network.at)
        self.clock_off = timedelta(0)
        self._number = 0

    @property
    def app(self) -> Starlette:
        """The face with its life, as an application of its own."""

        @contextlib.asynccontextmanager
        async def lifespan(_app: Starlette) -> AsyncIterator[None]:
            async with self.teller.running():
                yield

        return Starlette(routes=self.routes, lifespan=lifespan)

    # --- what a partner may call ----------------------------------------------------------------------

    @property
    def routes(self) -> list[Route]:
        base = "/2.2.1"
        table: list[tuple[str, str, Act, bool]] = [
            ("/versions", "GET", self._versions, True),
            (base, "GET", self._details, True),
            (f"{base}/credentials", "GET", self._credentials, True),
            (f"{base}/credentials", "POST", self._register, True),
            (f"{base}/credentials", "PUT", self._register, True),
            (f"{base}/credentials", "DELETE", self._leave, True),
            (f"{base}/locations", "GET", self._list_locations, False),
            (f"{base}/sessions", "GET", self._list_sessions, False),
            (f"{base}/cdrs", "GET", self._list_cdrs, False),
            (f"{base}/tariffs", "GET", self._list_nothing, False),
            (f"{base}/sessions/{{session_id}}/charging_preferences", "PUT", self._refuse, False),
            (f"{base}/chargingprofiles/{{session_id}}", "PUT", self._set_profile, False),
            (f"{base}/chargingprofiles/{{session_id}}", "GET", self._tell_profile, False),
            (f"{base}/chargingprofiles/{{session_id}}", "DELETE", self._clear_profile, False),
        ]
        return [
            Route(path, self._checked(act, for_handshake=handshake), methods=[verb])
            for path, verb, act, handshake in table
        ]

    def _checked(self, act: Act, *, for_handshake: bool) -> Act:
        async def checked(request: Request) -> Response:
            self._advance()
            if not self._knows(request.headers.get("authorization", ""), for_handshake=for_handshake):
                return self._said(None, code=2001, http_status=401)
            if self.quirks.http_status != 200 and not for_handshake:
                wish = {"Retry-After": "1"} if self.quirks.http_status == 429 else None
                return Response("gone wrong", self.quirks.http_status, wish)
            try:
                return await act(request)
            except Misfit:
                return self._said(None, code=2001)

        return checked

    def _knows(self, header: str, *, for_handshake: bool) -> bool:
        known = [self._token_c, self._token_a if for_handshake else ""]
        shown = [f"Token {base64.b64encode(token.encode()).decode()}" for token in known if token]
        raw = [f"Token {token}" for token in known if token]
        return header in (raw if self.quirks.raw_tokens else shown)

    async def _versions(self, _request: Request) -> Response:
        offered = [{"version": "2.1.1", "url": f"{self._url}/2.1.1"}]
        return self._said([*offered, {"version": "2.2.1", "url": f"{self._url}/2.2.1"}])

    async def _details(self, _request: Request) -> Response:
        roles = {"chargingprofiles": "RECEIVER"}
        names = ("credentials", "locations", "sessions", "cdrs", "tariffs", "chargingprofiles")
        endpoints = [
            {"identifier": name, "role": roles.get(name, "SENDER"), "url": f"{self._url}/2.2.1/{name}"}
            for name in names
            if name not in self.quirks.hidden_modules
        ]
        return self._said({"version": "2.2.1", "endpoints": endpoints})

    def _own_credentials(self) -> Json:
        business = {"name": "Simulated network"}
        role = {"role": "CPO", "country_code": COUNTRY, "party_id": PARTY, "business_details": business}
        return {"token": self._token_c, "url": f"{self._url}/versions", "roles": [role]}

    async def _credentials(self, _request: Request) -> Response:
        return self._said(self._own_credentials())

    async def _register(self, request: Request) -> Response:
        """POST registers, PUT changes; either way the partner's endpoints are read with its token."""
        if (request.method == "POST") is bool(self.teller.partner):
            return self._said(None, code=2001, http_status=405)
        body = await _object(request)
        partner = Partner(token=str(body.get("token")), versions_url=str(body.get("url")))
        try:
            partner.endpoints = await self._read_endpoints(partner)
        except (httpx.HTTPError, KeyError, TypeError, ValueError, StopIteration):
            return self._said(None, code=3001)
        self.teller.partner, self._token_c, self._token_a = partner, secrets.token_urlsafe(32), ""
        self.teller.begin_anew()
        return self._said(self._own_credentials())

    async def _read_endpoints(self, partner: Partner) -> dict[str, str]:
        headers = self.teller.headers(partner.token)
        versions = (await self.teller.client.get(partner.versions_url, headers=headers)).json()["data"]
        found = [each["url"] for each in versions if each["version"] == "2.2.1"]
        details = (await self.teller.client.get(found[0] if found else "", headers=headers)).json()["data"]
        return {f"{each['identifier']}/{each['role']}": each["url"] for each in details["endpoints"]}

    async def _leave(self, _request: Request) -> Response:
        if self.teller.partner is None:
            return self._said(None, code=2001, http_status=405)
        self.teller.partner, self._token_c = None, ""
        return self._said(None)

    def forget_partner(self, token_a: str) -> str:
        """End the relation from this side without a word; who has `token_a` may register anew.

        The token that is dead now.
        """
        dead, self._token_c, self._token_a, self.teller.partner = self._token_c, "", token_a, None
        return dead

    # --- lists ----------------------------------------------------------------------------------------

    async def _list_locations(self, request: Request) -> Response:
        return self._paged(request, [self._location])

    async def _list_sessions(self, request: Request) -> Response:
        return self._paged(request, [self.teller.spelled(each) for each in self.teller.sessions.values()])

    async def _list_cdrs(self, request: Request) -> Response:
        ended = [each for each in self.teller.sessions.values() if each["status"] == "COMPLETED"]
        return self._paged(request, [objects.cdr(each, self._location) for each in ended])

    async def _list_nothing(self, request: Request) -> Response:
        return self._paged(request, [])

    def _paged(self, request: Request, told: list[Json]) -> Response:
        since, until = request.query_params.get("date_from"), request.query_params.get("date_to")
        found = [
            each
            for each in told
            if (since is None or each["last_updated"] >= since)
            and (until is None or each["last_updated"] < until)
        ]
        try:
            offset = max(0, int(request.query_params.get("offset", "0")))
            asked = max(1, int(request.query_params.get("limit", "1000")))
        except ValueError:
            return self._said(None, code=2001)
        limit = min(asked, self.quirks.page_limit)
        headers = {"X-Limit": str(self.quirks.page_limit)}
        if self.quirks.total:
            headers["X-Total-Count"] = str(len(found))
        if offset + limit < len(found) and self.quirks.link != "none":
            params = {**request.query_params, "offset": str(offset + limit), "limit": str(limit)}
            if self.quirks.link == "loop":
                params["offset"] = "0"
            url = httpx.URL(f"{self._url}{request.url.path.removeprefix(request.scope.get('root_path', ''))}")
            host = "elsewhere.example" if self.quirks.link == "elsewhere" else url.host
            headers["Link"] = f'<{url.copy_with(host=host, params=params)}>; rel="next"'
        return self._said(found[offset : offset + limit], headers=headers)

    # --- charging profiles ----------------------------------------------------------------------------

    def _at(self, request: Request) -> tuple[str, Evse] | None:
        """The charge and EVSE of an active session."""
        told = self.teller.sessions.get(request.path_params["session_id"])
        if told is None or told["status"] != "ACTIVE":
            return None
        return self.teller.charges[told["id"]], self._evses[told["evse_uid"]]

    async def _set_profile(self, request: Request) -> Response:
        body, found = await _object(request), self._at(request)
        if found is None:
            return self._result("UNKNOWN_SESSION")
        return self._ordered(request, *found, body.get("response_url"), body.get("charging_profile"))

    async def _clear_profile(self, request: Request) -> Response:
        found = self._at(request)
        if found is None:
            return self._result("UNKNOWN_SESSION")
        return self._ordered(request, *found, request.query_params.get("response_url"), None)

    def _ordered(
        self, request: Request, charge: str, evse: Evse, response_url: object, profile: object
    ) -> Response:
        """Give the order to the network; its result goes to the response_url when the outlet has it."""
        if self.quirks.profile_answer != "ACCEPTED":
            return self._result(self.quirks.profile_answer)
        if not isinstance(response_url, str) or not response_url.startswith("http"):
            raise Misfit("response_url: missing")
        self._number += 1
        rank = us(self.network.at) + self._number
        told: Json
        name = f"ocpi-{self._number}-{secrets.token_hex(4)}"
        if profile is None and request.method == "DELETE":
            told = {"order": name, "rank": [rank, 0], "outlet": evse.evse_id, "charge": charge}
            told["until"], told["amps"] = None, []
        else:
            told = objects.order(name, rank, charge, evse, profile)
        self.teller.waiting[name] = response_url
        taken = self.network.orders.take(told, self.network.charging, us(self.network.at))
        if taken["result"] != "taken":
            del self.teller.waiting[name]
            return self._result("REJECTED")
        return self._result("ACCEPTED")

    async def _tell_profile(self, request: Request) -> Response:
        """What the EVSE holds: told to the response_url."""
        found, response_url = self._at(request), request.query_params.get("response_url")
        if found is None:
            return self._result("UNKNOWN_SESSION")
        if response_url is None or not request.query_params.get("duration", "").isdigit():
            raise Misfit("duration or response_url: missing")
        held = self.network.orders.held.get(str(found[1].evse_id))
        duration_s = int(request.query_params["duration"])
        profile = objects.active_profile(held, found[1], us(self.network.at), duration_s)
        if self.quirks.results:
            answer = {"result": "ACCEPTED", "profile": profile}
            task = asyncio.create_task(self.teller.call("POST", response_url, answer))
            task.add_done_callback(lambda done: done.exception() if not done.cancelled() else None)
        return self._result("ACCEPTED")

    async def _refuse(self, _request: Request) -> Response:
        return self._said(None, code=2001, http_status=404)

    def _result(self, result: str) -> Response:
        return self._said({"result": result, "timeout": 30})

    def _said(
        self, data: object, *, code: int = 1000, http_status: int = 200, headers: dict[str, str] | None = None
    ) -> Response:
        told: Json = {"status_code": code, "timestamp": stamp(self.network.at + self.clock_off)}
        if data is not None:
            told["data"] = data
        return Response(orjson.dumps(told), http_status, headers, "application/json")


async def _object(request: Request) -> Json:
    try:
        told = orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        told = None
    if not isinstance(told, dict):
        raise Misfit("no JSON object")
    return told
