"""The base of everything that travels between rooms or through Temporal."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict


class Message(BaseModel):
    """A frozen value; unknown fields are ignored so that a newer worker never breaks an older one."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """The same value but for what is updated, which is not checked.

        Folds and judgements do hardly anything but this, and pydantic's own way takes four times as long.
        """
        if deep or self.__pydantic_private__ is not None:
            return super().model_copy(update=update, deep=deep)
        changes = update or {}
        copied = self.__class__.__new__(self.__class__)
        object.__setattr__(copied, "__dict__", {**self.__dict__, **changes})
        named = self.__pydantic_fields_set__
        object.__setattr__(
            copied, "__pydantic_fields_set__", named if changes.keys() <= named else named | changes.keys()
        )
        object.__setattr__(copied, "__pydantic_extra__", None)
        object.__setattr__(copied, "__pydantic_private__", None)
        return copied
