"""Pages for people, with nothing from elsewhere: the first one, and two that letters lead to, which send the code."""

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

    @get("/", sync_to_thread=False)
    def first(self) -> Response[bytes]:
        """Say what answers here, and where its calls are described."""
        return _page("first")

    @get(f"/{MailKind.CONFIRM_EMAIL}", sync_to_thread=False)
    def confirm_email(self) -> Response[bytes]:
        """Confirm an address; only on a click, since some mailboxes open every link."""
        return _page(MailKind.CONFIRM_EMAIL)

    @get(f"/{MailKind.RESET_PASSWORD}", sync_to_thread=False)
    def reset_password(self) -> Response[bytes]:
        """Choose a new password."""
        return _page(MailKind.RESET_PASSWORD)


def _page(name: str) -> Response[bytes]:
    content, policy = _read(name)
    headers = {"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer"}
    return Response(content, media_type="text/html", headers=headers)


@cache
def _read(name: str) -> tuple[bytes, str]:
    """A page, and the policy under which its scripts, and no others, may run and call us, and nobody else."""
    content = (_PAGES / f"{name}.html").read_bytes()
    scripts = re.findall(b"<script>(.*?)</script>", content, re.DOTALL)
    digests = (base64.b64encode(hashlib.sha256(script).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
    policy = f"default-src 'none'; script-src {allowed}; connect-src 'self'; form-action 'none'"
    return content, f"{policy}; base-uri 'none'; frame-ancestors 'none'"
