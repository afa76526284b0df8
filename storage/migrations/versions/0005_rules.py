"""Rules."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """From the revision before to this one."""
    op.create_table(
        "item_members",
        sa.Column("pool", sa.Uuid(), nullable=False),
        sa.Column("item", sa.Uuid(), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(length=40), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["item"], ["items.uuid"], name=op.f("fk_item_members_item_items")),
        sa.ForeignKeyConstraint(["pool"], ["items.uuid"], name=op.f("fk_item_members_pool_items")),
        sa.PrimaryKeyConstraint("pool", "item", name=op.f("pk_item_members")),
    )
    with op.batch_alter_table("item_members", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_item_members_item"), ["item"], unique=False)

    with op.batch_alter_table("items", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_group", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.create_index("ix_items_account_location", ["account", "location", "uuid"], unique=False)
        batch_op.create_index("ix_items_product", ["product", "uuid"], unique=False)

    with op.batch_alter_table("rules", schema=None) as batch_op:
        batch_op.add_column(sa.Column("product", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("location", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("origin", sa.String(length=200), nullable=True))
        batch_op.alter_column("item", existing_type=sa.CHAR(length=32), nullable=True)
        batch_op.create_index("ix_rules_account_location", ["account", "location"], unique=False)
        batch_op.create_index(batch_op.f("ix_rules_product"), ["product"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_rules_product_products"), "products", ["product"], ["uuid"])
        batch_op.create_check_constraint(
            "ck_rules_one_scope",
            "(item IS NULL OR product IS NULL) AND (item IS NULL) = ((product IS NULL) != (location IS NULL))",
        )

    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(sa.Column("money_per_day", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("money_per_month", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("orders_per_item_and_day", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True))
