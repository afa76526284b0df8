"""The hands: settle, record, charge, order, tell. One class per collaborator."""
