"""`GET /outbox`: what would have been mailed, to its own reader, where no mail server is set."""

from uuid import UUID, uuid4

from domain.mail import MailBrief, MailKind
from storage.secrets import TOKEN
from tests.api.direct import Household


async def letters_to(household: Household, number: int) -> list[str]:
    """So many letters more, oldest first."""
    account, uuids = UUID(household.user.shown["uuid"]), [uuid4() for _ in range(number)]
    for uuid in uuids:
        await household.home.desk.mail(MailBrief(mail=uuid, kind=MailKind.RESET_PASSWORD, account=account))
    return [str(uuid) for uuid in uuids]


async def test_a_letter_is_shown_as_it_would_have_arrived(household: Household) -> None:
    (uuid,) = await letters_to(household, 1)
    (letter, *_) = (await household.user.get("/outbox")).json()["data"]
    code = TOKEN.search(letter["text"])
    assert code is not None
    assert code[0] in letter["html"]
    assert letter | {"uuid": uuid, "kind": "reset-password", "subject": "Choose a new password"} == letter
    assert (letter["recipient"], letter["sentAt"], letter["failure"]) == (household.user.shown["email"], None, None)
    assert letter["writtenAt"]


async def test_letters_are_walked_newest_first(household: Household) -> None:
    uuids = await letters_to(household, 3)
    first = (await household.user.get("/outbox", limit=2)).json()
    second = (await household.user.get("/outbox", limit=1, cursor=first["nextCursor"])).json()
    assert [letter["uuid"] for letter in first["data"] + second["data"]] == uuids[::-1]
    assert (await household.user.get("/outbox", cursor="x")).status_code == 400


async def test_nobody_elses_letters_are_shown(household: Household) -> None:
    uuids = await letters_to(household, 1)
    other = await household.home.a_household()
    seen = (await other.user.get("/outbox")).json()["data"]
    assert not {letter["uuid"] for letter in seen} & set(uuids)
    for caller, status in ((household.device, 403), (household.shop, 403), (household.home.nobody, 401)):
        assert (await caller.get("/outbox")).status_code == status
