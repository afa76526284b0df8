"""The base of everything that travels between rooms or through Temporal."""

from pydantic import BaseModel, ConfigDict


class Message(BaseModel):
    """A frozen value; unknown fields are ignored so that a newer worker never breaks an older one."""

    model_config = ConfigDict(frozen=True, extra="ignore")
