"""The base of everything that travels between rooms or through Temporal."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

# past the freeze, and past looking up each slot's name
_set_values, _set_named, _set_extra, _set_private = (
    BaseModel.__dict__[name].__set__
    for name in ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")
)


class Message(BaseModel):
    """A frozen value; unknown fields are ignored so that a newer worker never breaks an older one."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """The same value but for what is updated, which is not checked.

        Folds and judgements do hardly anything but this, and pydantic's own way takes twice as long.
        """
        if deep or self.__pydantic_private__ is not None:
            return super().model_copy(update=update, deep=deep)
        changes = update or {}
        copied = object.__new__(self.__class__)
        _set_values(copied, {**self.__dict__, **changes})
        named = self.__pydantic_fields_set__
        _set_named(copied, named if changes.keys() <= named else named | changes.keys())
        _set_extra(copied, None)
        _set_private(copied, None)
        return copied
