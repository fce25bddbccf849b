"""Decodes a dashboard strictly: by the classes that Grafana generates from its own schema.

The classes themselves leave out what they do not know and fill in what is missing; here, both are mistakes.
"""

import enum
import re
import types
import typing
from importlib import import_module

from grafana_foundation_sdk.cog import variants
from grafana_foundation_sdk.models import dashboard


class Mistake(Exception):
    """What is wrong, and where."""


def decode_dashboard(value):
    decode(value, dashboard.Dashboard, "dashboard")


def decode(value, hint, place):
    origin = typing.get_origin(hint)
    if hint in (object, typing.Any):
        return
    if hint is variants.Dataquery:
        decode(value, model(value["datasource"]["type"]).Dataquery, place)
    elif origin in (typing.Union, types.UnionType):
        decode_one_of(value, typing.get_args(hint), place)
    elif origin is typing.Literal:
        insist(value in typing.get_args(hint), place, value, hint)
    elif origin is list:
        insist(isinstance(value, list), place, value, hint)
        for number, item in enumerate(value):
            decode(item, typing.get_args(hint)[0], f"{place}[{number}]")
    elif origin is dict:
        insist(isinstance(value, dict), place, value, hint)
        for key, item in value.items():
            decode(item, typing.get_args(hint)[1], f"{place}.{key}")
    elif issubclass(hint, enum.Enum):
        insist(value in [member.value for member in hint], place, value, hint)
    elif hint in SCALARS:
        insist(type(value) in SCALARS[hint], place, value, hint)
    else:
        decode_object(value, hint, place)


SCALARS = {str: (str,), bool: (bool,), int: (int,), float: (int, float), type(None): (type(None),)}


def insist(is_right, place, value, hint):
    if not is_right:
        raise Mistake(f"{place}: {value!r} is not {hint}")


def decode_one_of(value, hints, place):
    """The kind of a panel is in its type; of all others, one must fit."""
    if dashboard.RowPanel in hints:
        is_row = isinstance(value, dict) and value.get("type") == "row"
        return decode(value, dashboard.RowPanel if is_row else dashboard.Panel, place)
    mistakes = []
    for hint in hints:
        try:
            return decode(value, hint, place)
        except Mistake as mistake:
            mistakes.append(mistake)
    # The first is the kind of value, the last mostly null.
    raise mistakes[0]


def decode_object(value, kind, place):
    insist(isinstance(value, dict), place, value, kind)
    hints = {key_of(name): hint for name, hint in hints_of(kind).items()}
    if kind is dashboard.Panel:
        hints |= {"options": model(value["type"]).Options, "fieldConfig": dashboard.FieldConfigSource}
        decode_custom(value, place)
    for key in value:
        if key not in hints:
            raise Mistake(f"{place}: {key} is unknown to {kind.__name__}")
    for key, hint in hints.items():
        if key in value:
            decode(value[key], hint, f"{place}.{key}")
        elif type(None) not in typing.get_args(hint):
            raise Mistake(f"{place}: {key} of {kind.__name__} is missing")


def decode_custom(panel, place):
    """What a kind of panel adds to the fields of all panels."""
    custom = panel["fieldConfig"]["defaults"].get("custom")
    kind = getattr(model(panel["type"]), "FieldConfig", None)
    if kind:
        decode(custom, kind, f"{place}.fieldConfig.defaults.custom")
    elif custom is not None:
        raise Mistake(f"{place}: {panel['type']} has no fieldConfig.defaults.custom")


def hints_of(kind):
    return typing.get_type_hints(kind)


def key_of(attribute):
    """The key of an attribute, which ends with _val where the key alone is a word of Python."""
    return re.sub("_([a-z])", lambda match: match[1].upper(), attribute.removesuffix("_val"))


def model(kind):
    return import_module(f"grafana_foundation_sdk.models.{kind}")
