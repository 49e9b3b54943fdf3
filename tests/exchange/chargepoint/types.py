"""The service's types as its WSDL prints them: what an element may contain, and in which order."""

import re
from functools import cache
from pathlib import Path
from xml.etree.ElementTree import Element

FOLDER = Path(__file__).parent / "samples"
Fields = list[tuple[str, str]]


@cache
def types() -> dict[str, str]:
    """Name to the text of its fields."""
    text = (FOLDER / "types_5.0.txt").read_text()
    return dict(re.findall(r"^ +ns0:(\w+)\((.*)\)$", text, re.MULTILINE))


def fields_of(text: str) -> Fields:
    """Fields with their types; a type may be another one's name, or fields of its own in braces."""
    found, depth, start = [], 0, 0
    for index, sign in enumerate(f"{text},"):
        depth += (sign == "{") - (sign == "}")
        if sign == "," and depth == 0:
            if part := text[start:index].strip():
                name, _, kind = part.partition(": ")
                found.append((name, kind))
            start = index + 1
    return found


def faults(element: Element, kind: str | None = None, where: str = "") -> list[str]:
    """What the types hold against an element: unknown children, children out of order, one too many."""
    name = element.tag.rpartition("}")[2]
    where = f"{where}/{name}"
    kind = (types()[name] if kind is None else kind).removesuffix("[]")
    if kind.startswith("xsd:") or kind == "ns0:percentShedRange":
        return [f"{where}: has children"] if len(element) else []
    text = (
        kind[1:-1]
        if kind.startswith("{")
        else types()[kind.removeprefix("ns0:")]
        if ":" in kind[:4]
        else kind
    )
    fields = fields_of(text)
    order = {name: index for index, (name, _) in enumerate(fields)}
    last, found = -1, []
    for child in element:
        index = order.get(child.tag)
        if index is None:
            found.append(f"{where}: no {child.tag}")
            continue
        if index < last:
            found.append(f"{where}: {child.tag} is out of order")
        if index == last and not fields[index][1].endswith("[]"):
            found.append(f"{where}: {child.tag} comes twice")
        last = index
        found += faults(child, fields[index][1], where)
    return found
