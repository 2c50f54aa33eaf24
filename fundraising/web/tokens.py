"""What we sign, so that a page needs no cookie and no table: form tokens, links in mails, digests of addresses."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from flask import current_app
from itsdangerous import BadSignature, SignatureExpired, TimestampSigner

from fundraising import clock

_NONCE_BYTES = 16
_SALT = "fundraising:"


class TokenFault(StrEnum):
    """Why a token is refused."""

    FORGED = "forged"
    EXPIRED = "expired"


class BadToken(ValueError):
    """A token that we did not make for this purpose, or too long ago; `fault` tells which."""

    def __init__(self, fault: TokenFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Token:
    """What a good token says: the value that was signed and when that was."""

    value: str
    issued_at: datetime

    @property
    def age(self) -> timedelta:
        """How long ago it was issued, to the second."""
        return clock.now() - self.issued_at


class _Signer(TimestampSigner):
    """Signs with the project's clock, so that a test can let a day go by."""

    def get_timestamp(self) -> int:
        return int(clock.now().timestamp())

    def derive_key(self, secret_key: str | bytes | None = None) -> bytes:
        """The key for this purpose, derived once: nearly all the time of a kept page goes into its token."""
        if secret_key is not None:
            return super().derive_key(secret_key)
        if self._derived is None:
            self._derived = super().derive_key()
        return self._derived

    _derived: bytes | None = None


class Tokens:
    """Makes and checks tokens for one purpose; a token for another purpose is a forged one."""

    def __init__(self, secret_key: str, purpose: str) -> None:
        self._signer = _Signer(secret_key, salt=_SALT + purpose, digest_method=sha256)

    def issue(self, value: str = "") -> str:
        """A token, safe in an address, around a value or, without one, around a random nonce of 22 characters."""
        return self._signer.sign(value or secrets.token_urlsafe(_NONCE_BYTES)).decode()

    def read(self, token: str, *, lifetime: timedelta) -> Token:
        """What the token says. Raises BadToken."""
        try:
            value, issued_at = self._signer.unsign(token, max_age=int(lifetime.total_seconds()), return_timestamp=True)
        except SignatureExpired as expired:
            raise BadToken(TokenFault.EXPIRED) from expired
        except (BadSignature, UnicodeError) as forged:
            raise BadToken(TokenFault.FORGED) from forged
        return Token(value.decode(), issued_at.astimezone(UTC))


def address_digest(secret_key: str, address: str) -> str:
    """A keyed digest of a client's address: enough to count attempts, not enough to know who it was."""
    return hmac.digest(secret_key.encode(), f"{_SALT}address:{address}".encode(), "sha256").hex()


def tokens_for(purpose: str) -> Tokens:
    """The tokens of the running application for one purpose."""
    return Tokens(str(current_app.config["SECRET_KEY"]), purpose)
