"""Fridges."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """From the revision before to this one."""
    op.create_table(
        "fleets",
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("account", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["users.uuid"], name=op.f("fk_fleets_account_users")),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_fleets")),
    )
    with op.batch_alter_table("fleets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_fleets_account"), ["account"], unique=False)

    op.create_table(
        "connections",
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("account", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("base_url", sa.Text(), nullable=False),
        sa.Column("api_key", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fleet", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["users.uuid"], name=op.f("fk_connections_account_users")),
        sa.ForeignKeyConstraint(["fleet"], ["fleets.uuid"], name=op.f("fk_connections_fleet_fleets")),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_connections")),
    )
    with op.batch_alter_table("connections", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_connections_account"), ["account"], unique=False)

    op.create_table(
        "fridges",
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("account", sa.Uuid(), nullable=False),
        sa.Column("fleet", sa.Uuid(), nullable=False),
        sa.Column("connection", sa.Uuid(), nullable=True),
        sa.Column("remote_uuid", sa.String(length=64), nullable=True),
        sa.Column("door_status", sa.String(length=32), nullable=False),
        sa.Column("temperature", sa.String(length=40), nullable=True),
        sa.Column("screen_status", sa.String(length=32), nullable=True),
        sa.Column("last_activity", sa.DateTime(timezone=True), nullable=False),
        sa.Column("firmware_version", sa.String(length=200), nullable=True),
        sa.Column("temperature_min_alert", sa.String(length=40), nullable=True),
        sa.Column("temperature_max_alert", sa.String(length=40), nullable=True),
        sa.Column("webhook_url", sa.Text(), nullable=True),
        sa.Column("kiosk_url", sa.Text(), nullable=True),
        sa.Column("heartbeat_interval", sa.Integer(), nullable=False),
        sa.Column("webhook_secret", sa.Text(), nullable=False),
        sa.Column("old_webhook_secret", sa.Text(), nullable=True),
        sa.Column("old_webhook_secret_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("webhook_failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("webhook_off_because", sa.Text(), nullable=True),
        sa.Column("init_key", sa.Text(), nullable=True),
        sa.Column("init_key_hash", sa.String(length=64), nullable=True),
        sa.Column("init_key_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("door_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("temperature_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("door_was_opened", sa.Boolean(), nullable=False),
        sa.Column("is_unscanned", sa.Boolean(), nullable=False),
        sa.Column("is_offline", sa.Boolean(), nullable=False),
        sa.Column("is_out_of_band", sa.Boolean(), nullable=False),
        sa.Column("opening", sa.Uuid(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["users.uuid"], name=op.f("fk_fridges_account_users")),
        sa.ForeignKeyConstraint(["connection"], ["connections.uuid"], name=op.f("fk_fridges_connection_connections")),
        sa.ForeignKeyConstraint(["fleet"], ["fleets.uuid"], name=op.f("fk_fridges_fleet_fleets")),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_fridges")),
        sa.UniqueConstraint("connection", "remote_uuid", name=op.f("uq_fridges_connection_remote_uuid")),
        sa.UniqueConstraint("init_key_hash", name=op.f("uq_fridges_init_key_hash")),
    )
    with op.batch_alter_table("fridges", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_fridges_account"), ["account"], unique=False)
        batch_op.create_index(batch_op.f("ix_fridges_fleet"), ["fleet"], unique=False)

    op.create_table(
        "fridge_attempts",
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("fridge", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("replay", sa.Uuid(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["fridge"], ["fridges.uuid"], name=op.f("fk_fridge_attempts_fridge_fridges")),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_fridge_attempts")),
    )
    with op.batch_alter_table("fridge_attempts", schema=None) as batch_op:
        batch_op.create_index("ix_fridge_attempts_fridge_at", ["fridge", "at"], unique=False)
        batch_op.create_index("ix_fridge_attempts_fridge_sequence", ["fridge", "sequence"], unique=False)

    op.create_table(
        "fridge_commands",
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("fridge", sa.Uuid(), nullable=False),
        sa.Column("remote_uuid", sa.String(length=64), nullable=True),
        sa.Column("author", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("video", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author"], ["users.uuid"], name=op.f("fk_fridge_commands_author_users")),
        sa.ForeignKeyConstraint(["fridge"], ["fridges.uuid"], name=op.f("fk_fridge_commands_fridge_fridges")),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_fridge_commands")),
        sa.UniqueConstraint("fridge", "remote_uuid", name=op.f("uq_fridge_commands_fridge_remote_uuid")),
    )
    with op.batch_alter_table("fridge_commands", schema=None) as batch_op:
        batch_op.create_index("ix_fridge_commands_fridge_created_at", ["fridge", "created_at"], unique=False)
        batch_op.create_index("ix_fridge_commands_fridge_status", ["fridge", "status"], unique=False)

    op.create_table(
        "fridge_errands",
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("fridge", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("errand", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["fridge"], ["fridges.uuid"], name=op.f("fk_fridge_errands_fridge_fridges")),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_fridge_errands")),
    )
    with op.batch_alter_table("fridge_errands", schema=None) as batch_op:
        batch_op.create_index("ix_fridge_errands_fridge_number", ["fridge", "number"], unique=False)

    op.create_table(
        "fridge_events",
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("fridge", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["fridge"], ["fridges.uuid"], name=op.f("fk_fridge_events_fridge_fridges")),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_fridge_events")),
    )
    with op.batch_alter_table("fridge_events", schema=None) as batch_op:
        batch_op.create_index("ix_fridge_events_fridge_at", ["fridge", "at"], unique=False)

    op.create_table(
        "fridge_notifications",
        sa.Column("fridge", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("command", sa.Uuid(), nullable=True),
        sa.Column("letter", sa.Text(), nullable=False),
        sa.Column("is_sealed", sa.Boolean(), nullable=False),
        sa.Column("delivery", sa.String(length=32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["fridge"], ["fridges.uuid"], name=op.f("fk_fridge_notifications_fridge_fridges")),
        sa.PrimaryKeyConstraint("fridge", "sequence", name=op.f("pk_fridge_notifications")),
        sa.UniqueConstraint("uuid", name=op.f("uq_fridge_notifications_uuid")),
    )
    with op.batch_alter_table("fridge_notifications", schema=None) as batch_op:
        batch_op.create_index(
            "ix_fridge_notifications_fridge_delivery", ["fridge", "delivery", "sequence"], unique=False
        )
        batch_op.create_index("ix_fridge_notifications_fridge_type", ["fridge", "type", "at"], unique=False)

    op.create_table(
        "fridge_reports",
        sa.Column("fridge", sa.Uuid(), nullable=False),
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["fridge"], ["fridges.uuid"], name=op.f("fk_fridge_reports_fridge_fridges")),
        sa.PrimaryKeyConstraint("fridge", "id", name=op.f("pk_fridge_reports")),
    )
    op.create_table(
        "tags",
        sa.Column("account", sa.Uuid(), nullable=False),
        sa.Column("epc", sa.String(length=64), nullable=False),
        sa.Column("product", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fridge", sa.Uuid(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.Column("missed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["users.uuid"], name=op.f("fk_tags_account_users")),
        sa.ForeignKeyConstraint(["fridge"], ["fridges.uuid"], name=op.f("fk_tags_fridge_fridges")),
        sa.ForeignKeyConstraint(["product"], ["products.uuid"], name=op.f("fk_tags_product_products")),
        sa.PrimaryKeyConstraint("account", "epc", name=op.f("pk_tags")),
    )
    with op.batch_alter_table("tags", schema=None) as batch_op:
        batch_op.create_index("ix_tags_account_product", ["account", "product"], unique=False)
        batch_op.create_index("ix_tags_fridge_epc", ["fridge", "epc"], unique=False)

    op.create_table(
        "fridge_sessions",
        sa.Column("command", sa.Uuid(), nullable=False),
        sa.Column("fridge", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("removed", sa.Text(), nullable=False),
        sa.Column("added", sa.Text(), nullable=False),
        sa.Column("video", sa.Text(), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["command"], ["fridge_commands.uuid"], name=op.f("fk_fridge_sessions_command_fridge_commands")
        ),
        sa.ForeignKeyConstraint(["fridge"], ["fridges.uuid"], name=op.f("fk_fridge_sessions_fridge_fridges")),
        sa.PrimaryKeyConstraint("command", name=op.f("pk_fridge_sessions")),
    )
    with op.batch_alter_table("fridge_sessions", schema=None) as batch_op:
        batch_op.create_index("ix_fridge_sessions_fridge_began_at", ["fridge", "began_at"], unique=False)

    with op.batch_alter_table("rule_versions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("when_silent", sa.String(length=32), server_default="continue", nullable=False))

    with op.batch_alter_table("rules", schema=None) as batch_op:
        batch_op.add_column(sa.Column("when_silent", sa.String(length=32), server_default="continue", nullable=False))

    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(sa.Column("live", sa.Uuid(), nullable=True))
        batch_op.drop_constraint(batch_op.f("uq_users_email"), type_="unique")
        batch_op.create_index(
            "ix_users_email",
            ["email"],
            unique=True,
            sqlite_where=sa.text("live IS NULL"),
            postgresql_where=sa.text("live IS NULL"),
        )
        batch_op.create_unique_constraint(batch_op.f("uq_users_live"), ["live"])
        batch_op.create_foreign_key(batch_op.f("fk_users_live_users"), "users", ["live"], ["uuid"])
