"""House."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """From the revision before to this one."""
    op.create_table(
        "answers",
        sa.Column("principal", sa.String(length=60), nullable=False),
        sa.Column("route", sa.String(length=120), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("made", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("principal", "route", "key", name=op.f("pk_answers")),
    )
    op.create_index(op.f("ix_answers_created_at"), "answers", ["created_at"], unique=False)
    op.create_table(
        "changes",
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", "version", name=op.f("pk_changes")),
    )
    op.create_table(
        "retailers",
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("orders_url", sa.Text(), nullable=True),
        sa.Column("contact_email", sa.String(length=254), nullable=False),
        sa.Column("signing_secret", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_retailers")),
    )
    op.create_table(
        "tokens",
        sa.Column("public", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("public", name=op.f("pk_tokens")),
    )
    op.create_index(op.f("ix_tokens_subject"), "tokens", ["subject"], unique=False)
    op.create_table(
        "users",
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.String(length=120), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_table(
        "catalogue",
        sa.Column("retailer", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("brand", sa.String(length=200), nullable=True),
        sa.Column("gtin", sa.String(length=14), nullable=True),
        sa.Column("pack_size", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.String(length=32), nullable=False),
        sa.Column("price", sa.String(length=40), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("available", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["retailer"], ["retailers.uuid"], name=op.f("fk_catalogue_retailer_retailers")),
        sa.PrimaryKeyConstraint("retailer", "sku", name=op.f("pk_catalogue")),
    )
    op.create_table(
        "devices",
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("account", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.String(length=12), nullable=False),
        sa.Column("mac_address", sa.String(length=17), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=True),
        sa.Column("brand", sa.String(length=200), nullable=True),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["users.uuid"], name=op.f("fk_devices_account_users")),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_devices")),
        sa.UniqueConstraint("device_id", name=op.f("uq_devices_device_id")),
    )
    op.create_index(op.f("ix_devices_account"), "devices", ["account"], unique=False)
    op.create_table(
        "items",
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("account", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("unit", sa.String(length=32), nullable=False),
        sa.Column("capacity", sa.String(length=40), nullable=True),
        sa.Column("location", sa.String(length=200), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["users.uuid"], name=op.f("fk_items_account_users")),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_items")),
    )
    op.create_index(op.f("ix_items_account"), "items", ["account"], unique=False)
    op.create_table(
        "checkpoints",
        sa.Column("item", sa.Uuid(), nullable=False),
        sa.Column("arrival", sa.Integer(), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stock", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["item"], ["items.uuid"], name=op.f("fk_checkpoints_item_items")),
        sa.PrimaryKeyConstraint("item", "arrival", name=op.f("pk_checkpoints")),
    )
    op.create_table(
        "decisions",
        sa.Column("item", sa.Uuid(), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(length=32), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["item"], ["items.uuid"], name=op.f("fk_decisions_item_items")),
        sa.PrimaryKeyConstraint("item", "id", name=op.f("pk_decisions")),
        sa.UniqueConstraint("item", "number", name=op.f("uq_decisions_item_number")),
    )
    op.create_table(
        "facts",
        sa.Column("item", sa.Uuid(), nullable=False),
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("arrival", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("folded", sa.Boolean(), nullable=False),
        sa.Column("flag", sa.String(length=32), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("fact", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["item"], ["items.uuid"], name=op.f("fk_facts_item_items")),
        sa.PrimaryKeyConstraint("item", "id", name=op.f("pk_facts")),
        sa.UniqueConstraint("item", "arrival", name=op.f("uq_facts_item_arrival")),
    )
    op.create_index("ix_facts_item_observed_at_arrival", "facts", ["item", "observed_at", "arrival"], unique=False)
    op.create_table(
        "instructions",
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("account", sa.Uuid(), nullable=False),
        sa.Column("ref", sa.Integer(), nullable=False),
        sa.Column("device", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("item", sa.Uuid(), nullable=False),
        sa.Column("trigger_level", sa.String(length=40), nullable=True),
        sa.Column("retailer", sa.Uuid(), nullable=True),
        sa.Column("sku", sa.String(length=120), nullable=True),
        sa.Column("packs", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["users.uuid"], name=op.f("fk_instructions_account_users")),
        sa.ForeignKeyConstraint(["device"], ["devices.uuid"], name=op.f("fk_instructions_device_devices")),
        sa.ForeignKeyConstraint(["item"], ["items.uuid"], name=op.f("fk_instructions_item_items")),
        sa.ForeignKeyConstraint(["retailer"], ["retailers.uuid"], name=op.f("fk_instructions_retailer_retailers")),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_instructions")),
        sa.UniqueConstraint("ref", name=op.f("uq_instructions_ref")),
    )
    op.create_index(op.f("ix_instructions_account"), "instructions", ["account"], unique=False)
    op.create_index(op.f("ix_instructions_device"), "instructions", ["device"], unique=False)
    op.create_index(op.f("ix_instructions_item"), "instructions", ["item"], unique=False)
    op.create_table(
        "item_memories",
        sa.Column("item", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("verdict", sa.String(length=32), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["item"], ["items.uuid"], name=op.f("fk_item_memories_item_items")),
        sa.PrimaryKeyConstraint("item", name=op.f("pk_item_memories")),
    )
    op.create_table(
        "orders",
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("account", sa.Uuid(), nullable=False),
        sa.Column("item", sa.Uuid(), nullable=False),
        sa.Column("need", sa.Integer(), nullable=False),
        sa.Column("retailer", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("packs", sa.Integer(), nullable=False),
        sa.Column("pack_size", sa.String(length=40), nullable=False),
        sa.Column("unit_price", sa.String(length=40), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("steps", sa.Text(), nullable=False),
        sa.Column("dispatched_packs", sa.Integer(), nullable=False),
        sa.Column("delivered_packs", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("reference", sa.String(length=200), nullable=True),
        sa.Column("letter", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("needed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["users.uuid"], name=op.f("fk_orders_account_users")),
        sa.ForeignKeyConstraint(["item"], ["items.uuid"], name=op.f("fk_orders_item_items")),
        sa.ForeignKeyConstraint(["retailer"], ["retailers.uuid"], name=op.f("fk_orders_retailer_retailers")),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_orders")),
        sa.UniqueConstraint("item", "need", name=op.f("uq_orders_item_need")),
    )
    op.create_index(op.f("ix_orders_account"), "orders", ["account"], unique=False)
    op.create_index("ix_orders_retailer_placed_at", "orders", ["retailer", "placed_at"], unique=False)
    op.create_table(
        "charges",
        sa.Column("order", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("amount", sa.String(length=40), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("charged_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order"], ["orders.uuid"], name=op.f("fk_charges_order_orders")),
        sa.PrimaryKeyConstraint("order", name=op.f("pk_charges")),
    )
    op.create_table(
        "order_events",
        sa.Column("order", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("delivered_packs", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order"], ["orders.uuid"], name=op.f("fk_order_events_order_orders")),
        sa.PrimaryKeyConstraint("order", "version", name=op.f("pk_order_events")),
    )
    op.create_table(
        "placing_attempts",
        sa.Column("order", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["order"], ["orders.uuid"], name=op.f("fk_placing_attempts_order_orders")),
        sa.PrimaryKeyConstraint("order", "number", name=op.f("pk_placing_attempts")),
    )
    op.create_table(
        "rules",
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("account", sa.Uuid(), nullable=False),
        sa.Column("item", sa.Uuid(), nullable=False),
        sa.Column("instruction", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("tree", sa.Text(), nullable=False),
        sa.Column("then", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["users.uuid"], name=op.f("fk_rules_account_users")),
        sa.ForeignKeyConstraint(["instruction"], ["instructions.uuid"], name=op.f("fk_rules_instruction_instructions")),
        sa.ForeignKeyConstraint(["item"], ["items.uuid"], name=op.f("fk_rules_item_items")),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_rules")),
    )
    op.create_index(op.f("ix_rules_account"), "rules", ["account"], unique=False)
    op.create_index(op.f("ix_rules_item"), "rules", ["item"], unique=False)
    op.create_table(
        "rule_versions",
        sa.Column("rule", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("tree", sa.Text(), nullable=False),
        sa.Column("then", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["rule"], ["rules.uuid"], name=op.f("fk_rule_versions_rule_rules")),
        sa.PrimaryKeyConstraint("rule", "version", name=op.f("pk_rule_versions")),
    )
