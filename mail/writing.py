"""From what a letter is about to its subject, its text and its HTML; whatever stands in a name, it stays a name."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from domain.mail import MailKind
from domain.notices import Notice, NoticeKind

TEMPLATES = Path(__file__).with_name("templates")
LONGEST_SUBJECT = 150

_TITLES = {
    NoticeKind.ORDER_PLACED: "An order is placed",
    NoticeKind.ORDER_AWAITING_APPROVAL: "An order waits for your approval",
    NoticeKind.ORDER_CHARGE_FAILED: "A payment failed, so nothing was ordered",
    NoticeKind.ORDER_SUBSTITUTED: "Something else will come",
    NoticeKind.ORDER_DISPATCHED: "An order is on its way",
    NoticeKind.ORDER_DELIVERED: "An order was delivered",
    NoticeKind.ORDER_STOPPED: "An order was stopped",
    NoticeKind.ORDER_OVERDUE: "An order is overdue",
    NoticeKind.ORDER_HELD: "Not ordered",
    NoticeKind.ORDER_UNSEEN: "Delivered, but not seen",
    NoticeKind.RULE_NOTIFIED: "A rule tells you",
    NoticeKind.DEVICE_SILENT: "A device has fallen silent",
    NoticeKind.FRIDGE_LINKED: "A fridge was linked",
    NoticeKind.FRIDGE_TEMPERATURE: "The temperature of a fridge",
    NoticeKind.FRIDGE_OFFLINE: "A fridge is offline",
    NoticeKind.FRIDGE_DOOR_OPEN: "A fridge was left open",
    NoticeKind.WEBHOOK_DISABLED: "A webhook is switched off",
}


@dataclass(frozen=True)
class Content:
    """What a letter says, twice: for those who read text and for those who read HTML."""

    subject: str
    text: str
    html: str


class Writer:
    """Writes letters whose links begin with `public_url`."""

    def __init__(self, public_url: str) -> None:
        self._public_url = public_url
        # the text is plain, so only the HTML has characters to escape
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=lambda name: name is not None and name.endswith(".html"),  # noqa: S701 - the text has no markup
            undefined=StrictUndefined,
            finalize=one_line,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def with_code(self, kind: MailKind, code: str, until: datetime) -> Content:
        """A letter with a one-time token; the link carries it behind a #, which browsers keep from servers and logs."""
        link, spoken = f"{self._public_url}/{kind}#{code}", f"{until.astimezone(UTC):%d %B %Y, %H:%M} UTC"
        return self._written(kind, code=code, link=link, until=spoken)

    def of_notice(self, notice: Notice) -> Content:
        """A letter that tells what has happened, and what to do about it."""
        title, about = _TITLES[notice.kind], notice.data.get("name")
        subject = f"{title}: {about}" if about else title
        return self._written(
            MailKind.NOTICE,
            notice=notice,
            order=notice.data.get("order"),
            item=notice.data.get("item"),
            kinds=NoticeKind,
            subject=subject,
        )

    def _written(self, kind: MailKind, **data: Any) -> Content:
        data["public_url"] = self._public_url
        subject, _, text = self._environment.get_template(f"{kind}.txt").render(data).partition("\n")
        return Content(
            subject=one_line(subject)[:LONGEST_SUBJECT],
            text=text.strip("\n") + "\n",
            html=self._environment.get_template(f"{kind}.html").render(data),
        )


def one_line(found: object) -> str:
    """Text without line breaks and invisible characters: no name makes a paragraph, let alone a header, of its own."""
    visible = (character if character.isprintable() else " " for character in str(found))
    return " ".join("".join(visible).split())
