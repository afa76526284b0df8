"""Spheres."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """From the revision before to this one."""
    op.create_table(
        "staged_catalogue",
        sa.Column("upload", sa.Uuid(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("staged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sku", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("brand", sa.String(length=200), nullable=True),
        sa.Column("gtin", sa.String(length=14), nullable=True),
        sa.Column("pack_size", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.String(length=32), nullable=False),
        sa.Column("price", sa.String(length=40), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("available", sa.Boolean(), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("upload", "row", name=op.f("pk_staged_catalogue")),
    )
    with op.batch_alter_table("staged_catalogue", schema=None) as batch_op:
        batch_op.create_index("ix_staged_catalogue_upload_sku", ["upload", "sku"], unique=False)

    op.create_table(
        "addresses",
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("account", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("street", sa.String(length=400), nullable=False),
        sa.Column("postal_code", sa.String(length=20), nullable=False),
        sa.Column("city", sa.String(length=200), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["users.uuid"], name=op.f("fk_addresses_account_users")),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_addresses")),
    )
    with op.batch_alter_table("addresses", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_addresses_account"), ["account"], unique=False)

    op.create_table(
        "api_keys",
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("account", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("brand", sa.String(length=200), nullable=True),
        sa.Column("retailer", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["users.uuid"], name=op.f("fk_api_keys_account_users")),
        sa.ForeignKeyConstraint(["retailer"], ["retailers.uuid"], name=op.f("fk_api_keys_retailer_retailers")),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_api_keys")),
    )
    with op.batch_alter_table("api_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_keys_account"), ["account"], unique=False)

    op.create_table(
        "letters",
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("account", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["users.uuid"], name=op.f("fk_letters_account_users")),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_letters")),
    )
    with op.batch_alter_table("letters", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_letters_account"), ["account"], unique=False)

    op.create_table(
        "notices",
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("account", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["users.uuid"], name=op.f("fk_notices_account_users")),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_notices")),
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.create_index("ix_notices_account_at", ["account", "at"], unique=False)

    op.create_table(
        "payment_methods",
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("account", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("token", sa.Text(), nullable=True),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["users.uuid"], name=op.f("fk_payment_methods_account_users")),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_payment_methods")),
    )
    with op.batch_alter_table("payment_methods", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_methods_account"), ["account"], unique=False)
        batch_op.create_index(
            "ix_payment_methods_account_default",
            ["account"],
            unique=True,
            sqlite_where=sa.text("is_default"),
            postgresql_where=sa.text("is_default"),
        )

    op.create_table(
        "products",
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("account", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("brand", sa.String(length=200), nullable=True),
        sa.Column("gtin", sa.String(length=14), nullable=True),
        sa.Column("unit", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["users.uuid"], name=op.f("fk_products_account_users")),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_products")),
    )
    with op.batch_alter_table("products", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_products_account"), ["account"], unique=False)
        batch_op.create_index(
            "ix_products_account_gtin",
            ["account", "gtin"],
            unique=True,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    op.create_table(
        "signed_callbacks",
        sa.Column("retailer", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["retailer"], ["retailers.uuid"], name=op.f("fk_signed_callbacks_retailer_retailers")),
        sa.PrimaryKeyConstraint("retailer", "digest", name=op.f("pk_signed_callbacks")),
    )
    with op.batch_alter_table("signed_callbacks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_signed_callbacks_until"), ["until"], unique=False)

    op.create_table(
        "webhooks",
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("account", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("old_secret", sa.Text(), nullable=True),
        sa.Column("old_secret_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("disabled_because", sa.Text(), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["users.uuid"], name=op.f("fk_webhooks_account_users")),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_webhooks")),
    )
    with op.batch_alter_table("webhooks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_webhooks_account"), ["account"], unique=False)

    op.create_table(
        "webhook_attempts",
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("webhook", sa.Uuid(), nullable=False),
        sa.Column("notice", sa.Uuid(), nullable=False),
        sa.Column("replay", sa.Uuid(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["notice"], ["notices.uuid"], name=op.f("fk_webhook_attempts_notice_notices")),
        sa.ForeignKeyConstraint(["webhook"], ["webhooks.uuid"], name=op.f("fk_webhook_attempts_webhook_webhooks")),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_webhook_attempts")),
    )
    with op.batch_alter_table("webhook_attempts", schema=None) as batch_op:
        batch_op.create_index("ix_webhook_attempts_webhook_at", ["webhook", "at"], unique=False)

    op.create_table(
        "charge_notes",
        sa.Column("event", sa.String(length=255), nullable=False),
        sa.Column("order", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=120), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order"], ["charges.order"], name=op.f("fk_charge_notes_order_charges")),
        sa.PrimaryKeyConstraint("event", name=op.f("pk_charge_notes")),
    )
    with op.batch_alter_table("charge_notes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_charge_notes_order"), ["order"], unique=False)

    with op.batch_alter_table("catalogue", schema=None) as batch_op:
        batch_op.add_column(sa.Column("words", sa.Text(), nullable=True))

    with op.batch_alter_table("charges", schema=None) as batch_op:
        batch_op.add_column(sa.Column("token", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("state", sa.String(length=32), server_default="charged", nullable=False))
        batch_op.add_column(sa.Column("reference", sa.String(length=255), nullable=True))
        batch_op.add_column(sa.Column("reason", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("refunded", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("refunded_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_charges_reference"), ["reference"], unique=False)

    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.create_index("ix_decisions_item_at_number", ["item", "at", "number"], unique=False)

    with op.batch_alter_table("devices", schema=None) as batch_op:
        batch_op.add_column(sa.Column("silent_after", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("facts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("device", sa.Uuid(), nullable=True))
        batch_op.create_index("ix_facts_device_arrived_at", ["device", "arrived_at"], unique=False)

    with op.batch_alter_table("instructions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("agreed_price", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("agreed_currency", sa.String(length=3), nullable=True))

    with op.batch_alter_table("items", schema=None) as batch_op:
        batch_op.add_column(sa.Column("product", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("substitutes", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.create_foreign_key(batch_op.f("fk_items_product_products"), "products", ["product"], ["uuid"])

    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.add_column(sa.Column("substitute_sku", sa.String(length=120), nullable=True))
        batch_op.add_column(sa.Column("substitute_name", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("substitute_price", sa.String(length=40), nullable=True))

    with op.batch_alter_table("retailers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("old_signing_secret", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("old_signing_secret_until", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("rules", schema=None) as batch_op:
        batch_op.add_column(sa.Column("agreed_price", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("agreed_currency", sa.String(length=3), nullable=True))

    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("ask_above", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("price_tolerance", sa.String(length=40), nullable=True))
