"""What all tables have in common: types of columns, names of constraints, moments in UTC."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import MetaData, String, Text, Uuid
from sqlalchemy.orm import DeclarativeBase, mapped_column

from storage.types import Exact, UtcDateTime

Name = Annotated[str, mapped_column(String(200))]
Code = Annotated[str, mapped_column(String(120))]
Word = Annotated[str, mapped_column(String(32))]
Hash = Annotated[str, mapped_column(String(64))]
Key = Annotated[UUID, mapped_column(primary_key=True)]


class Table(DeclarativeBase):
    """The base of all tables: UTC moments, exact decimals, named constraints."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime, Decimal: Exact, UUID: Uuid, str: Text}
