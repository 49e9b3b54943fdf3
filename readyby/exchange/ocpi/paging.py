"""Lists of a partner, page by page, whatever it does to the Link.

A Link is followed where it stays on the endpoint that was discovered, until it leads to what was read
already; else the next page is asked for by offset. A crawl ends with a page that is short, empty, or holds
nothing new.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from typing import Final
from urllib.parse import urlsplit

import orjson

from readyby.errors import Unreachable
from readyby.exchange.adapter import Remark
from readyby.exchange.ocpi.http import Answer, OcpiHttp, Party
from readyby.exchange.ocpi.settings import Dialect

MAX_PAGES: Final = 2_000
ENDLESS: Final = Remark(
    kind="endless_pages", action="repaired", detail="a Link leads to what was read: read on by offset"
)
_NEXT: Final = re.compile(r"<\s*([^<>\s]+)\s*>\s*;[^,]*\brel\s*=\s*\"?next\"?", re.IGNORECASE)


def next_link(headers: Mapping[str, str], endpoint: str) -> str | None:
    """The Link to the next page, if it leads to the same endpoint of the same host; else None."""
    found = _NEXT.search(headers.get("link", ""))
    if found is None:
        return None
    link, home = urlsplit(found.group(1)), urlsplit(endpoint)
    same = (link.scheme, link.netloc.casefold()) == (home.scheme, home.netloc.casefold())
    return found.group(1) if same and link.path.rstrip("/") == home.path.rstrip("/") else None


def total_count(headers: Mapping[str, str]) -> int | None:
    """How many objects there are in all, where the partner says so."""
    value = headers.get("x-total-count", "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None


class Crawl:
    """One reading of a list. `first_answer` tells by what clock it was answered."""

    def __init__(
        self,
        http: OcpiHttp,
        url: str,
        *,
        dialect: Dialect,
        filters: Mapping[str, str] | None = None,
        to: Party | None = None,
        remark: Callable[[Remark], None] = lambda _remark: None,
    ) -> None:
        self._http, self._url, self._to, self._remark = http, url, to, remark
        self._dialect, self._filters = dialect, dict(filters or {})
        self.first_answer: Answer | None = None

    def pages(self) -> Iterator[list[object]]:
        """The pages' objects as they came, each object once.

        Raises:
            Unreachable: a page does not come, is no list, or the list does not end.
        """
        seen: set[bytes] = set()
        offset, total, link, follows_links = 0, None, None, not self._dialect.offset_paging
        for _ in range(MAX_PAGES):
            answer = self._page(link, offset)
            self.first_answer = self.first_answer or answer
            page = self._objects(answer)
            fresh = [each for each in page if _is_new(each, seen)]
            if link is not None and page and not fresh:
                link, follows_links = None, False
                self._remark(ENDLESS)
                continue
            if fresh:
                yield fresh
            shrunk = total is not None and (total_count(answer.headers) or total) < total
            total = total_count(answer.headers)
            offset += len(page)
            if shrunk and offset > 0:
                offset, link = offset - 1, None
                continue
            link = next_link(answer.headers, self._url) if follows_links else None
            if not fresh or self._is_last(answer, page, offset, link):
                return
        raise Unreachable(f"{self._url}: the list did not end within {MAX_PAGES} pages")

    def _page(self, link: str | None, offset: int) -> Answer:
        if link is not None:
            return self._http.call("GET", link, to=self._to)
        params = {**self._filters, "limit": str(self._dialect.page_size)}
        if offset:
            params["offset"] = str(offset)
        return self._http.call("GET", self._url, params=params, to=self._to)

    def _objects(self, answer: Answer) -> list[object]:
        if answer.data is None:
            return []
        if not isinstance(answer.data, list):
            raise Unreachable(f"{self._url}: the answer's data is no list")
        return answer.data

    def _is_last(self, answer: Answer, page: list[object], offset: int, link: str | None) -> bool:
        """Without a Link that leads on: all that were announced, or a page below the partner's bound."""
        if link is not None:
            return False
        total = total_count(answer.headers)
        if total is not None:
            return offset >= total
        if "link" not in answer.headers and not self._dialect.offset_paging:
            return True
        return len(page) < self._bound(answer)

    def _bound(self, answer: Answer) -> int:
        value = answer.headers.get("x-limit", "")
        theirs = int(value) if value.isascii() and value.isdigit() and 0 < len(value) < 7 else 0
        return min(theirs, self._dialect.page_size) if theirs else self._dialect.page_size


def _is_new(value: object, seen: set[bytes]) -> bool:
    """Whether an object was not in the crawl yet: the same object twice is the same bytes."""
    before = len(seen)
    seen.add(blake2b(orjson.dumps(value, option=orjson.OPT_SORT_KEYS), digest_size=16).digest())
    return len(seen) > before
