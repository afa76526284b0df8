"""Who may call what, in one table (S3, S19-S21): operation, principals, the scope that a key needs, keys with a limit.

`docs/keys.md` shows it; `python -m api.access` prints what stands there.
"""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Literal, get_args

from domain.errors import Forbidden, NotAuthenticated

Kind = Literal["user", "device", "retailer", "fridge", "key"]
Limit = Literal["brand", "retailer"]
Scope = Literal[
    "profile:read",
    "profile:write",
    "devices:read",
    "devices:write",
    "items:read",
    "items:write",
    "rules:write",
    "orders:read",
    "orders:write",
    "reports:write",
    "history:read",
    "webhooks:write",
    "fridges:read",
    "fridges:write",
    "fridges:command",
]
SCOPES: Mapping[Scope, str] = {
    "profile:read": "See the account, its addresses and how it pays.",
    "profile:write": "Change the account's data, from its name to its limits of spending, and its addresses.",
    "devices:read": "See devices.",
    "devices:write": "Add, change and remove devices; this shows their keys, with which they report.",
    "items:read": "See items and products, what is paired to them, their rules, and what retailers sell.",
    "items:write": "Add, change and delete items and products, and amend levels by hand.",
    "rules:write": "Add, change and delete rules and instructions: what is ordered, where and when.",
    "orders:read": "See orders.",
    "orders:write": "Place, approve and cancel orders.",
    "reports:write": "Report facts.",
    "history:read": "See every fact and decision, the account's history, and what it was told.",
    "webhooks:write": "See and change where notices of the account are sent.",
    "fridges:read": "See fleets and fridges, what is inside, what they were told and what they have reported.",
    "fridges:write": "Add, set, link and delete fleets and fridges; this shows the keys by which fridges are linked.",
    "fridges:command": "Give fridges commands; one of them opens the door.",
}

NOBODY = "Credentials are needed: send a valid token as Authorization: Bearer …"
EITHER: frozenset[Limit] = frozenset(get_args(Limit))
BY_BRAND: frozenset[Limit] = frozenset({"brand"})


@dataclass(frozen=True)
class Access:
    """Who may call an operation; of no `kinds`, everybody who has `proof`, if it asks for any. Without `scope`, no key.

    `limits` are the limits that a key may have here: each must be kept by what the operation sees (storage/limits.py).
    `signed` means that a retailer's signature does as well as its key.
    """

    kinds: tuple[Kind, ...]
    scope: Scope | None = None
    limits: frozenset[Limit] = frozenset()
    signed: bool = False
    proof: str = ""

    def check(self, kind: str | None, scopes: Set[str], limits: Set[str]) -> None:
        """Whether such a principal may, None being nobody; raises NotAuthenticated or Forbidden."""
        if not self.kinds or (kind is None and self.signed):
            return
        if kind is None:
            raise NotAuthenticated(NOBODY)
        if kind != "key":
            if kind not in self.kinds:
                raise Forbidden(f"This call is for a {' or a '.join(self.kinds)}.")
        elif self.scope is None:
            raise Forbidden(f"This call is for a {' or a '.join(self.kinds)}, not for a key.")
        elif self.scope not in scopes:
            raise Forbidden(f"This call needs a key with the scope {self.scope}.")
        elif limits - self.limits:
            raise Forbidden(f"This call is not for a key that is limited to one {' or one '.join(sorted(limits))}.")


def _user(scope: Scope | None = None, limits: frozenset[Limit] = frozenset()) -> Access:
    return Access(("user",), scope, limits)


ANYBODY = Access(())
OLDER_DEVICES = Access((), proof="a device by Device_Key, a user by User_Auth")
NEWER_DEVICES = Access((), proof="a device by its MAC address, id and secret")
A_FRIDGE = Access(("fridge",))
A_RETAILER = Access(("retailer",))
SIGNED = Access(("retailer",), signed=True)
ANY_HOUSEHOLD_OR_SHOP = Access(("user", "retailer"), "items:read", EITHER)

ACCESS: dict[str, Access] = {
    # Health
    "Live": ANYBODY,
    "Ready": ANYBODY,
    # Identity
    "SignUp": ANYBODY,
    "Login": Access((), proof="a user by password"),
    "Logout": _user(),
    "WhoAmI": _user("profile:read"),
    "ChangeMe": _user("profile:write"),
    "SendConfirmation": _user(),
    "ConfirmEmail": Access((), proof="a user by the code of a letter"),
    "RequestReset": ANYBODY,
    "SetPassword": Access((), proof="a user by the code of a letter"),
    "AddAddress": _user("profile:write"),
    "ListAddresses": _user("profile:read"),
    "GetAddress": _user("profile:read"),
    "ChangeAddress": _user("profile:write"),
    "DeleteAddress": _user("profile:write"),
    "AddPaymentMethod": _user(),
    "ListPaymentMethods": _user("profile:read"),
    "GetPaymentMethod": _user("profile:read"),
    "ChangePaymentMethod": _user(),
    "DeletePaymentMethod": _user(),
    "StripeEvent": Access((), proof="Stripe by its signature"),
    "AddKey": _user(),
    "ListKeys": _user(),
    "GetKey": _user(),
    "RevokeKey": _user(),
    "Outbox": _user(),
    # Device
    "AddDevice": _user("devices:write", EITHER),
    "ListDevices": _user("devices:read", EITHER),
    "GetDevice": _user("devices:read", EITHER),
    "ChangeDevice": _user("devices:write", EITHER),
    "RotateDeviceKey": _user("devices:write", EITHER),
    "RevokeDevice": _user("devices:write", EITHER),
    "TriggerV1": OLDER_DEVICES,
    "LevelV1": OLDER_DEVICES,
    "TriggerV2": NEWER_DEVICES,
    "LevelV2": NEWER_DEVICES,
    "ReportFacts": Access(("user", "device"), "reports:write", EITHER),
    # UI
    "AddProduct": _user("items:write", BY_BRAND),
    "ListProducts": _user("items:read", BY_BRAND),
    "GetProduct": _user("items:read", BY_BRAND),
    "ChangeProduct": _user("items:write", BY_BRAND),
    "DeleteProduct": _user("items:write", BY_BRAND),
    "LinkTags": _user("items:write", BY_BRAND),
    "ListTags": _user("items:read", BY_BRAND),
    "UnlinkTag": _user("items:write", BY_BRAND),
    "AddItem": _user("items:write", EITHER),
    "ListItems": _user("items:read", EITHER),
    "GetItem": _user("items:read", EITHER),
    "ChangeItem": _user("items:write", EITHER),
    "DeleteItem": _user("items:write", EITHER),
    "AmendItem": _user("items:write", EITHER),
    "ItemHistory": _user("history:read", EITHER),
    "ItemDecisions": _user("history:read", EITHER),
    "ItemDecision": _user("history:read", EITHER),
    "ItemOutlook": _user("items:read", EITHER),
    "AddGroup": _user("items:write"),
    "ListGroups": _user("items:read"),
    "GetGroup": _user("items:read"),
    "ChangeGroup": _user("items:write"),
    "DeleteGroup": _user("items:write"),
    "AddInstruction": _user("rules:write", EITHER),
    "ListInstructions": _user("items:read", EITHER),
    "GetInstruction": _user("items:read", EITHER),
    "ChangeInstruction": _user("rules:write", EITHER),
    "DeleteInstruction": _user("rules:write", EITHER),
    "AddRule": _user("rules:write", EITHER),
    "ListRules": _user("items:read", EITHER),
    "GetRule": _user("items:read", EITHER),
    "ReplaceRule": _user("rules:write", EITHER),
    "ChangeRule": _user("rules:write", EITHER),
    "DeleteRule": _user("rules:write", EITHER),
    "RuleVersions": _user("items:read", EITHER),
    "RuleVocabulary": _user("items:read", EITHER),
    "CheckRule": _user("items:read", EITHER),
    "TryRule": _user("history:read", EITHER),
    "PlaceOrder": _user("orders:write", EITHER),
    "ListOrders": _user("orders:read", EITHER),
    "GetOrder": _user("orders:read", EITHER),
    "ApproveOrder": _user("orders:write", EITHER),
    "CancelOrder": _user("orders:write", EITHER),
    "SimulateOrder": _user("orders:write", EITHER),
    "AccountHistory": _user("history:read", EITHER),
    "ListNotices": _user("history:read"),
    "AddWebhook": _user("webhooks:write"),
    "ListWebhooks": _user("webhooks:write"),
    "GetWebhook": _user("webhooks:write"),
    "ChangeWebhook": _user("webhooks:write"),
    "DeleteWebhook": _user("webhooks:write"),
    "RotateWebhookSecret": _user("webhooks:write"),
    "ListWebhookAttempts": _user("webhooks:write"),
    "ReplayWebhookAttempt": _user("webhooks:write"),
    # Fridge
    "AddFleet": _user("fridges:write"),
    "ListFleets": _user("fridges:read"),
    "GetFleet": _user("fridges:read"),
    "ChangeFleet": _user("fridges:write"),
    "DeleteFleet": _user("fridges:write"),
    "AddFridge": _user("fridges:write"),
    "ListFridges": _user("fridges:read"),
    "GetFridge": _user("fridges:read"),
    "ChangeFridge": _user("fridges:write"),
    "DeleteFridge": _user("fridges:write"),
    "NewInitKey": _user("fridges:write"),
    "CommandFridge": _user("fridges:command"),
    "ListFridgeCommands": _user("fridges:read"),
    "GetFridgeCommand": _user("fridges:read"),
    "FridgeInventory": _user("fridges:read"),
    "ListFridgeSessions": _user("fridges:read"),
    "ListFridgeEvents": _user("fridges:read"),
    "RotateFridgeWebhookSecret": _user("fridges:write"),
    "ListFridgeNotifications": _user("fridges:read"),
    "ListFridgeAttempts": _user("fridges:read"),
    "ReplayFridgeNotification": _user("fridges:write"),
    "AddConnection": _user("fridges:write"),
    "ListConnections": _user("fridges:read"),
    "GetConnection": _user("fridges:read"),
    "ChangeConnection": _user("fridges:write"),
    "DeleteConnection": _user("fridges:write"),
    "RotateConnection": _user("fridges:write"),
    "TakeNotification": Access((), proof="a fridge cloud by the secret in the address, or its signature"),
    "LinkFridge": Access((), proof="a fridge by its initKey"),
    "PollCommands": A_FRIDGE,
    "NotifyFridge": A_FRIDGE,
    # Fulfiller
    "AddRetailer": ANYBODY,
    "ListRetailers": ANY_HOUSEHOLD_OR_SHOP,
    "GetRetailer": ANY_HOUSEHOLD_OR_SHOP,
    "ChangeRetailer": A_RETAILER,
    "RotateRetailerKey": A_RETAILER,
    "ReplaceCatalogue": A_RETAILER,
    "SearchCatalogue": ANY_HOUSEHOLD_OR_SHOP,
    "PullOrders": A_RETAILER,
    "OrderAccepted": SIGNED,
    "OrderSubstituted": SIGNED,
    "OrderDispatched": SIGNED,
    "OrderDelivered": SIGNED,
    "OrderRejected": SIGNED,
    "OrderOutOfStock": SIGNED,
}


def as_markdown() -> str:
    """The scopes and the table, for people."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield from ("| scope | what it lets a key do |", "|---|---|")
    yield from (f"| `{scope}` | {text} |" for scope, text in SCOPES.items())
    yield from (
        "",
        "| operation | who | scope of a key | limited to a brand | limited to a retailer |",
        "|---|---|---|---|---|",
    )
    for operation, access in ACCESS.items():
        who = " or ".join(access.kinds) or access.proof or "anybody"
        if access.signed:
            who += ", by key or signature"
        scope = "no keys" if access.scope is None else f"`{access.scope}`"
        limits = ("yes" if limit in access.limits else "no" for limit in get_args(Limit))
        cells = ("",) * 3 if not access.kinds else (scope, *(limits if access.scope else ("", "")))
        yield f"| {operation} | {who} | {' | '.join(cells)} |"


if __name__ == "__main__":
    print(as_markdown())  # noqa: T201 -- a command
