"""The receiver's side of Locations: a location, an EVSE of it, or a connector, whole or in part."""

from collections.abc import Callable, Sequence

from starlette.routing import Route

from readyby.exchange.ocpi.deliveries import LOCATIONS, Deliveries
from readyby.exchange.ocpi.inbound import Inbound, Reply
from readyby.exchange.ocpi.objects import Fields, fields_of, items, key, text
from readyby.exchange.ocpi.roll import Unknown
from readyby.exchange.ocpi.wire import BadMessage, instant, same_text

Router = Callable[..., Route]
Way = tuple[str, str, str]
"""A step inwards: the list's name, the field that names its objects, and the name."""
INNER = (("evses", "uid", "evse_uid"), ("connectors", "id", "connector_id"))


class Places:
    """Locations by their owner and id; a deeper path changes the object inside."""

    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries

    def routes(self, route: Router) -> list[Route]:
        base = f"/{LOCATIONS}/{{country_code}}/{{party_id}}/{{location_id}}"
        paths = (base, f"{base}/{{evse_uid}}", f"{base}/{{evse_uid}}/{{connector_id}}")
        return [route(path, GET=self.read, PUT=self.put, PATCH=self.patch) for path in paths]

    def read(self, inbound: Inbound) -> Reply:
        found = self._location(inbound)
        for way in _ways(inbound):
            inside = items(found, way[0])
            found = fields_of(inside[_index(inside, way)], way[0])
        return Reply(data=found)

    def put(self, inbound: Inbound) -> Reply:
        ways = self._checked(inbound, is_part=False)
        if not ways:
            taken = self._deliveries.put_location(inbound.body)
            return Reply(http_status=201 if taken.created else 200, message=taken.note)
        return self._change(inbound, ways, is_part=False)

    def patch(self, inbound: Inbound) -> Reply:
        return self._change(inbound, self._checked(inbound, is_part=True), is_part=True)

    def _checked(self, inbound: Inbound, *, is_part: bool) -> list[Way]:
        """The way to the object that is changed: it is the one that the path names, of the partner's own."""
        self._deliveries.roll.check_owner(inbound.path["country_code"], inbound.path["party_id"])
        fields = fields_of(inbound.body, "location")
        instant(fields.get("last_updated"), "last_updated")
        ways = _ways(inbound)
        field, name = (ways[-1][1], ways[-1][2]) if ways else ("id", inbound.path["location_id"])
        given = not is_part or fields.get(field) is not None
        if given and not same_text(text(fields, field), name):
            raise BadMessage(f"{field}: not the one in the URL")
        return ways

    def _location(self, inbound: Inbound) -> Fields:
        names = (inbound.path[each] for each in ("country_code", "party_id", "location_id"))
        return self._deliveries.read_location(key(*names))

    def _change(self, inbound: Inbound, ways: Sequence[Way], *, is_part: bool) -> Reply:
        new = fields_of(inbound.body, "location")
        updated_at = instant(new.get("last_updated"), "last_updated")
        location = self._location(inbound)
        changed = _changed(location, ways, new, is_part=is_part)
        if updated_at > instant(location.get("last_updated"), "last_updated"):
            changed["last_updated"] = new["last_updated"]
        self._deliveries.keep_location(changed)
        return Reply()


def _ways(inbound: Inbound) -> list[Way]:
    return [
        (inner, field, inbound.path[segment]) for inner, field, segment in INNER if segment in inbound.path
    ]


def _changed(old: Fields, ways: Sequence[Way], new: Fields, *, is_part: bool) -> dict[str, object]:
    """An object with the one that the ways lead to changed; a whole one may be new there.

    Raises:
        Unknown: the ways lead nowhere.
    """
    if not ways:
        if not is_part:
            return dict(new)
        known = old.get("last_updated")
        is_older = known is not None and instant(new.get("last_updated"), "last_updated") < instant(
            known, "last_updated"
        )
        return dict(old) if is_older else {**old, **new}
    inner, *_ = way = ways[0]
    inside = list(items(old, inner))
    try:
        at = _index(inside, way)
    except Unknown:
        if is_part or len(ways) > 1:
            raise
        return {**old, inner: [*inside, dict(new)]}
    inside[at] = _changed(fields_of(inside[at], inner), ways[1:], new, is_part=is_part)
    return {**old, inner: inside}


def _index(inside: list[object], way: Way) -> int:
    inner, field, name = way
    for index, each in enumerate(inside):
        value = each.get(field) if isinstance(each, dict) else None
        if isinstance(value, str) and same_text(value, name):
            return index
    raise Unknown(f"{inner}: not known here; PUT the whole object")
