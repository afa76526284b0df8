"""Every table. Identity and catalogue rows are written by the API, what an item's workflow judges by its activities."""

from storage.tables.base import Table
from storage.tables.fridges import (
    Connection,
    Fleet,
    Fridge,
    FridgeAttempt,
    FridgeCommand,
    FridgeErrand,
    FridgeEvent,
    FridgeNotification,
    FridgeReportRow,
    FridgeSession,
    Tag,
)
from storage.tables.household import Change, Device, Instruction, Item, ItemMemory, Product, Rule, RuleVersion
from storage.tables.orders import Charge, ChargeNote, OrderEvent, OrderRow, PlacingAttempt
from storage.tables.people import Address, Answer, ApiKey, KnownPlace, PaymentMethod, Token, User, WrongGuesses
from storage.tables.records import Checkpoint, DecisionRow, FactRow
from storage.tables.shops import CatalogueEntry, Retailer, SignedCallback, StagedEntry
from storage.tables.told import Letter, NoticeRow, Webhook, WebhookAttempt

__all__ = [
    "Address",
    "Answer",
    "ApiKey",
    "CatalogueEntry",
    "Change",
    "Charge",
    "ChargeNote",
    "Checkpoint",
    "Connection",
    "DecisionRow",
    "Device",
    "FactRow",
    "Fleet",
    "Fridge",
    "FridgeAttempt",
    "FridgeCommand",
    "FridgeErrand",
    "FridgeEvent",
    "FridgeNotification",
    "FridgeReportRow",
    "FridgeSession",
    "Instruction",
    "Item",
    "ItemMemory",
    "KnownPlace",
    "Letter",
    "NoticeRow",
    "OrderEvent",
    "OrderRow",
    "PaymentMethod",
    "PlacingAttempt",
    "Product",
    "Retailer",
    "Rule",
    "RuleVersion",
    "SignedCallback",
    "StagedEntry",
    "Table",
    "Tag",
    "Token",
    "User",
    "Webhook",
    "WebhookAttempt",
    "WrongGuesses",
]
