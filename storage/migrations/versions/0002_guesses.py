"""Wrong guesses, and the places that owners are known at."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """From the revision before to this one."""
    op.create_table(
        "known_places",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_known_places")),
    )
    op.create_index(op.f("ix_known_places_until"), "known_places", ["until"], unique=False)
    op.create_table(
        "wrong_guesses",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("moments", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_wrong_guesses")),
    )
    op.create_index(op.f("ix_wrong_guesses_until"), "wrong_guesses", ["until"], unique=False)
