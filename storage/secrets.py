"""Hashes, sealed texts and tokens, all under the key of the installation."""

import hmac
import re
import secrets
import string
from base64 import urlsafe_b64encode
from zlib import crc32

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from domain.errors import LarderError

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
PUBLIC_LENGTH, SECRET_LENGTH, CHECKSUM_LENGTH = 8, 43, 6
TOKEN = re.compile(
    rf"([a-z]{{1,16}}(?:_(?:live|test))?)_([0-9A-Za-z]{{{PUBLIC_LENGTH}}})_([0-9A-Za-z]{{{SECRET_LENGTH}}})([0-9A-Za-z]{{{CHECKSUM_LENGTH}}})"
)


class SealBroken(LarderError):
    """A sealed text that was changed, or sealed under another instance key."""


class Secrets:
    """What only this installation can hash and open; each purpose has its own key, derived from the instance key."""

    def __init__(self, instance_key: str) -> None:
        self._hashing = _derived(instance_key, b"larder keyed hash 1")
        self._box = Fernet(urlsafe_b64encode(_derived(instance_key, b"larder seal 1")))

    def keyed_hash(self, text: str) -> str:
        """HMAC-SHA256 in hex; for secrets made by a machine, where guessing is hopeless and Argon2 needless."""
        return hmac.digest(self._hashing, text.encode(), "sha256").hex()

    def matches(self, text: str, keyed_hash: str) -> bool:
        """Whether `keyed_hash` is the text's, in a time that tells nothing."""
        return hmac.compare_digest(self.keyed_hash(text).encode(), keyed_hash.encode())

    def seal(self, text: str) -> str:
        """Encrypted and authenticated; never the same twice."""
        return self._box.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The text that was sealed, or SealBroken."""
        try:
            return self._box.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise SealBroken("A stored secret does not open: is LARDER_INSTANCE_KEY the one that sealed it?") from None

    @staticmethod
    def new_token(prefix: str) -> tuple[str, str]:
        """A bearer secret of 256 bits: the public part to find it by, and `<prefix>_<public>_<secret><checksum>`."""
        public, secret = _random(PUBLIC_LENGTH), _random(SECRET_LENGTH)
        text = f"{prefix}_{public}_{secret}"
        return public, text + _checksum(text)

    @staticmethod
    def parse_token(text: str) -> tuple[str, str, str] | None:
        """Prefix, public part and secret; None for what was never a token of ours, so that a typo costs no query."""
        match = TOKEN.fullmatch(text)
        if match is None or _checksum(text[:-CHECKSUM_LENGTH]) != match[4]:
            return None
        return match[1], match[2], match[3]


def _derived(instance_key: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(instance_key.encode())


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _checksum(text: str) -> str:
    number, digits = crc32(text.encode()), ""
    for _ in range(CHECKSUM_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits
