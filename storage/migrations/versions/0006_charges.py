"""Charges."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """From the revision before to this one."""
    with op.batch_alter_table("charges", schema=None) as batch_op:
        batch_op.add_column(sa.Column("customer", sa.String(length=255), nullable=True))
