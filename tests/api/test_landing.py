"""The pages behind the links of letters: nothing from elsewhere, and what they send is what the API takes."""

import base64
import hashlib
import re

import pytest

from domain.mail import CODE_LIVES, MailKind
from settings import ROOT
from tests.api.operations import operations
from tests.api.server import Api


@pytest.mark.parametrize("kind", CODE_LIVES)
async def test_a_page_runs_its_own_script_and_nothing_else(api: Api, kind: MailKind) -> None:
    answer = await api.nobody.get(f"/{kind}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    (script,) = re.findall("<script>(.*?)</script>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert policy.startswith(f"default-src 'none'; script-src 'sha256-{digest}'; connect-src 'self'; ")
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert "//" not in re.sub(" // .*", "", answer.text)


@pytest.mark.parametrize(
    ("kind", "fields"), [(MailKind.CONFIRM_EMAIL, {"code"}), (MailKind.RESET_PASSWORD, {"code", "password"})]
)
async def test_a_page_sends_what_the_api_takes(api: Api, kind: MailKind, fields: set[str]) -> None:
    page = (await api.nobody.get(f"/{kind}")).text
    (path,) = re.findall(r'fetch\("([^"]+)"', page)
    (operation,) = [each for each in operations(api) if str(each) == f"POST /{path}"]
    model = operation.model(api)
    assert model is not None
    assert set(model["properties"]) == fields
    (body,) = re.findall(r"JSON\.stringify\({([^}]+)}\)", page)
    assert {name.partition(":")[0].strip() for name in body.split(",")} == fields


async def test_the_first_page_leads_to_the_calls_and_nowhere_else(api: Api) -> None:
    answer = await api.nobody.get("/")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'none'; ")
    links = re.findall('href="([^"]+)"', answer.text)
    assert "schema" in links
    for link in links:
        assert (await api.nobody.get(f"/{link}")).status_code != 404, link
    for page in re.findall("<code>([^<]+)</code>", answer.text):
        assert (ROOT / page).exists(), page
