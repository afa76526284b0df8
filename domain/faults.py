"""What pydantic finds wrong with what somebody has sent or written, in this house's words."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import AliasChoices, BaseModel
from pydantic.fields import FieldInfo

MISSING = "This field is missing."  # S118
UNEXPECTED = "This field was not expected."  # S119

_KINDS = {
    **dict.fromkeys(("bool_type", "bool_parsing"), "true or false"),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "a whole number"),
    **dict.fromkeys(("float_type", "float_parsing", "decimal_type", "decimal_parsing"), "a number"),
    **dict.fromkeys(("string_type", "string_sub_type"), "text"),
    **dict.fromkeys(("list_type", "tuple_type", "set_type"), "a list"),
}
_OBJECTS = frozenset({"model_type", "dataclass_type", "model_attributes_type", "dict_type"})
_LENGTHS = frozenset({"string_too_short", "string_too_long", "too_short", "too_long"})


def told(error: Mapping[str, Any], model: type[BaseModel]) -> list[str]:
    """One of pydantic's errors about this model; the documents' own texts (S118, S119) come first and word for word."""
    place = tuple(error["loc"])
    match error["type"]:
        case "missing":
            return [MISSING]
        case "extra_forbidden":
            return unexpected(str(place[-1]), _names(_models_at(model, place[:-1])))
        case "refused":
            return [str(error["msg"])]
    return [f"{_text(error, place, model).removesuffix('.')}."]


def _text(error: Mapping[str, Any], place: tuple[object, ...], model: type[BaseModel]) -> str:
    kind, ctx = str(error["type"]), error.get("ctx", {})
    text = str(error["msg"]).removeprefix("Value error, ").replace("Input", "This value", 1)
    if kind in _KINDS:
        text = f"This value should be {_KINDS[kind]}"
    elif kind in _OBJECTS:
        text = f"This value should be an object{_such_as(_models_at(model, place), ctx.get('class_name'))}"
    elif kind in _LENGTHS:
        text = _measured(kind, ctx)
    elif kind == "decimal_max_places":
        text = f"This value should have at most {ctx['decimal_places']} decimal places"
    elif kind == "string_pattern_mismatch" and (example := _example_at(model, place)) is not None:
        text = f"This value does not look as it should, such as {example}"
    return text


def _measured(kind: str, ctx: Mapping[str, Any]) -> str:
    """A length, of text or of a list: pydantic says "Value" of text that is kept from being shown."""
    most = kind.endswith("long")
    length = ctx["max_length" if most else "min_length"]
    is_text = kind.startswith("string") or ctx["field_type"] == "Value"
    if is_text and not most and length == 1:
        return "This value should not be blank"
    noun = ("character" if length == 1 else "characters") if is_text else ("entry" if length == 1 else "entries")
    return f"This {'value' if is_text else 'list'} should have at {'most' if most else 'least'} {length} {noun}"


def unexpected(name: str, known: Iterable[str]) -> list[str]:
    """S119, and the known field that is spelt nearly so; `fleetId` is as near to `fleet_id` as can be."""
    by_letters = {_letters(each): each for each in known}
    near = get_close_matches(_letters(name), by_letters, n=1)
    return [UNEXPECTED, *(f"Did you mean {by_letters[each]}?" for each in near)]


def _letters(name: str) -> str:
    return name.replace("_", "").lower()


def _such_as(models: Sequence[type[BaseModel]], class_name: object) -> str:
    """An example of the model that was wanted, where it has one or needs anything."""
    wanted = next((model for model in models if model.__name__ == class_name), None)
    example = {} if wanted is None else _example(wanted)
    return f", such as {json.dumps(example, ensure_ascii=False)}" if example else ""


def _example(model: type[BaseModel]) -> Mapping[str, Any]:
    """The one that the model gives, or else what it needs."""
    extra = model.model_config.get("json_schema_extra")
    given = extra.get("examples") if isinstance(extra, dict) else None
    if isinstance(given, list) and given and isinstance(given[0], dict):
        return given[0]
    return {name: (field.examples or ["…"])[0] for name, field in _fields(model) if field.is_required()}


def _example_at(model: type[BaseModel], place: tuple[object, ...]) -> object:
    """The example of one field, where there is any."""
    for kind in _models_at(model, place[:-1]):
        for name, field in _fields(kind):
            if name == place[-1]:
                return field.examples[0] if field.examples else _example(kind).get(name)
    return None


def _models_at(model: type[BaseModel], place: Iterable[object]) -> list[type[BaseModel]]:
    """The models of which an object at that place can be; numbers of lists and names of kinds lead nowhere else."""
    found = [model]
    for step in place:
        inner = [
            each
            for kind in found
            for name, field in _fields(kind)
            if name == step
            for each in _models(field.annotation)
        ]
        found = inner or found
    return found


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _names(models: Iterable[type[BaseModel]]) -> list[str]:
    return [name for model in models for name, _ in _fields(model)]


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    """Every field by the names that may be sent for it."""
    for name, field in model.model_fields.items():
        match field.validation_alias:
            case AliasChoices(choices=choices):
                yield from ((choice, field) for choice in choices if isinstance(choice, str))
            case alias:
                yield alias if isinstance(alias, str) else name, field
