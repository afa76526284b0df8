"""Where the links in letters lead: two pages without anything from elsewhere, which send the code on a click."""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

from litestar import Controller, Response, get

from domain.mail import MailKind

_PAGES = Path(__file__).with_name("pages")


class LandingController(Controller):
    """Pages for people; an app of one's own at `LARDER_PUBLIC_URL` has its own at the same paths."""

    include_in_schema = False

    @get(f"/{MailKind.CONFIRM_EMAIL}", sync_to_thread=False)
    def confirm_email(self) -> Response[bytes]:
        """Confirm an address; only on a click, since some mailboxes open every link."""
        return _page(MailKind.CONFIRM_EMAIL)

    @get(f"/{MailKind.RESET_PASSWORD}", sync_to_thread=False)
    def reset_password(self) -> Response[bytes]:
        """Choose a new password."""
        return _page(MailKind.RESET_PASSWORD)


def _page(kind: MailKind) -> Response[bytes]:
    content, policy = _read(kind)
    headers = {"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer"}
    return Response(content, media_type="text/html", headers=headers)


@cache
def _read(kind: MailKind) -> tuple[bytes, str]:
    """A page, and the policy under which its script, and no other, may run and call us, and nobody else."""
    content = (_PAGES / f"{kind}.html").read_bytes()
    (script,) = re.findall(b"<script>(.*?)</script>", content, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script).digest()).decode()
    policy = f"default-src 'none'; script-src 'sha256-{digest}'; connect-src 'self'; form-action 'none'"
    return content, f"{policy}; base-uri 'none'; frame-ancestors 'none'"
