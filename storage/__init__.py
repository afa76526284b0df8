"""The memory: tables, the ledger, migrations. The only room that speaks SQL."""
