"""Objects of a partner's that are only kept: tariffs, tokens, and the CDRs that were posted."""

from collections.abc import Callable

from starlette.routing import Route

from readyby.exchange.ocpi.deliveries import Deliveries, Taken
from readyby.exchange.ocpi.inbound import Inbound, Reply
from readyby.exchange.ocpi.mirror import patched, replaced
from readyby.exchange.ocpi.objects import fields_of, key, text
from readyby.exchange.ocpi.partner import Partner
from readyby.exchange.ocpi.roll import Unknown
from readyby.exchange.ocpi.wire import BadMessage, same_text

Router = Callable[..., Route]


class Shelf:
    """One module's objects, each under its owner and id."""

    def __init__(
        self,
        module: str,
        partner: Partner,
        deliveries: Deliveries,
        *,
        id_field: str = "id",
        only_reads: bool = False,
    ) -> None:
        self._module, self._state, self._deliveries = module, partner.state, deliveries
        self._now, self._id_field, self._only_reads = partner.now, id_field, only_reads

    def routes(self, route: Router) -> list[Route]:
        path = f"/{self._module}/{{country_code}}/{{party_id}}/{{object_id}}"
        if self._only_reads:
            return [route(path, GET=self.read)]
        return [route(path, GET=self.read, PUT=self.put, PATCH=self.patch, DELETE=self.delete)]

    def _key(self, inbound: Inbound) -> str:
        country_code, party_id = inbound.path["country_code"], inbound.path["party_id"]
        self._deliveries.roll.check_owner(country_code, party_id)
        return key(country_code, party_id, inbound.path["object_id"])

    def read(self, inbound: Inbound) -> Reply:
        kept = self._state.read(self._module, self._key(inbound))
        if kept is None:
            raise Unknown(f"{self._module}: not known here")
        return Reply(data=kept.body)

    def put(self, inbound: Inbound) -> Reply:
        name, fields = self._key(inbound), fields_of(inbound.body, self._module)
        if not same_text(text(fields, self._id_field), inbound.path["object_id"]):
            raise BadMessage(f"{self._id_field}: not the one in the URL")
        with self._state.writing():
            old = self._state.read(self._module, name)
            change = replaced(old.body if old else None, fields)
            if change.changed:
                self._state.keep(self._module, name, change.copy, self._now(), live=False, ended=False)
        taken = Taken(created=old is None, changed=change.changed, note=change.note)
        return Reply(http_status=201 if taken.created else 200, message=taken.note)

    def patch(self, inbound: Inbound) -> Reply:
        name, fields = self._key(inbound), fields_of(inbound.body, self._module)
        with self._state.writing():
            old = self._state.read(self._module, name)
            if old is None:
                raise Unknown(f"{self._module}: not known here; PUT the whole object")
            change = patched(old.body, fields)
            if change.changed:
                self._state.keep(self._module, name, change.copy, self._now(), live=False, ended=False)
        return Reply(message=change.note)

    def delete(self, inbound: Inbound) -> Reply:
        if not self._state.drop(self._module, self._key(inbound)):
            raise Unknown(f"{self._module}: not known here")
        return Reply()
