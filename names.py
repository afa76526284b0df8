"""Every name under which Temporal knows us: workflow ids, signals, task queue, search attributes. Made here only."""

from datetime import timedelta
from uuid import UUID

from temporalio.common import SearchAttributeKey

VERSION = "0.1.0"
TASK_QUEUE = "larder"
# How long a workflow waits for a worker that was killed in the middle of it; everything it does at once is short.
TASK_TIMEOUT = timedelta(seconds=5)
ITEM_WORKFLOW = "ItemWorkflow"
ORDER_WORKFLOW = "OrderWorkflow"
NOTICE_WORKFLOW = "NoticeWorkflow"
DEVICE_WORKFLOW = "DeviceWorkflow"
WATCH = "watch"
REPORT = "report"
NEEDED_AT = "needed_at"
FRIDGE_WORKFLOW = "FridgeWorkflow"
SESSION_WORKFLOW = "FridgeSessionWorkflow"
FRIDGE_WEBHOOK_WORKFLOW = "FridgeWebhookWorkflow"
FRIDGE_REPLAY_WORKFLOW = "FridgeReplayWorkflow"
CLOUD_COMMAND_WORKFLOW = "CloudCommandWorkflow"
COMMAND = "command"
CHANGED = "changed"
WORD = "word"
OVERDUE = "overdue"
WAITING = "waiting"
SPREAD_WORKFLOW = "SpreadWorkflow"
COMMITTED = "committed"

ACCOUNT = SearchAttributeKey.for_keyword("LarderAccount")
ITEM = SearchAttributeKey.for_keyword("LarderItem")
SKU = SearchAttributeKey.for_keyword("LarderSku")
RETAILER = SearchAttributeKey.for_keyword("LarderRetailer")
FRIDGE = SearchAttributeKey.for_keyword("LarderFridge")
STAGE = SearchAttributeKey.for_keyword("LarderStage")
VERDICT = SearchAttributeKey.for_keyword("LarderVerdict")

SEARCH_ATTRIBUTES = {key.name: "Keyword" for key in (ACCOUNT, ITEM, SKU, RETAILER, FRIDGE, STAGE, VERDICT)}


def item_workflow_id(item: UUID) -> str:
    """The one workflow that lives as long as the item."""
    return f"item:{item}"


def order_workflow_id(order: UUID) -> str:
    """The one workflow of an order."""
    return f"order:{order}"


def device_workflow_id(device: UUID) -> str:
    """The one workflow that watches a device for its silence."""
    return f"device:{device}"


def change_workflow_id(subject: UUID, version: int) -> str:
    """One workflow for each version of a subject: the repeat of a change meets the change itself."""
    return f"change:{subject}:{version}"


def spread_workflow_id(subject: UUID, version: int) -> str:
    """One workflow for each version of something that concerns many items."""
    return f"spread:{subject}:{version}"


def notice_workflow_id(notice: UUID) -> str:
    """One workflow for each notice, which starts one for everybody who is to be told."""
    return f"notice:{notice}"


def webhook_workflow_id(notice: UUID, webhook: UUID, replay: UUID | None = None) -> str:
    """One delivery of a notice to a receiver; a replay is one of its own."""
    return f"webhook:{notice}:{webhook}" + ("" if replay is None else f":{replay}")


def mail_workflow_id(mail: UUID) -> str:
    """One workflow for each letter."""
    return f"mail:{mail}"


def fridge_workflow_id(fridge: UUID) -> str:
    """The one workflow that lives as long as the fridge."""
    return f"fridge:{fridge}"


def session_workflow_id(command: UUID) -> str:
    """The one workflow of an opening, by the `open` that began it."""
    return f"session:{command}"


def fridge_webhook_workflow_id(fridge: UUID) -> str:
    """The one workflow that tells a fridge's webhookUrl what waits for it, in order."""
    return f"fridge-webhook:{fridge}"


def fridge_replay_workflow_id(fridge: UUID, replay: UUID) -> str:
    """One workflow for each notification that is told once more."""
    return f"fridge-webhook:{fridge}:{replay}"


def cloud_command_workflow_id(command: UUID) -> str:
    """One workflow for each command that is posted to another cloud."""
    return f"cloud-command:{command}"
