"""How members of staff prove who they are: by password, app, passkey or a code on paper.

Tries are counted here as well.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from fundraising.accounts.models import EndedSession, Passkey, RecoveryCode, SignInAttempt
from fundraising.accounts.queries import attempts
from fundraising.accounts.rules import AttemptOutcome, Subject, is_locked
from fundraising.accounts.services.audit import record
from fundraising.clock import now
from fundraising.db import insert_new, one_at_a_time, session

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from fundraising.accounts.models import User
    from fundraising.accounts.passkeys import NewPasskey

_UNIQUE_BYTES = 24


def new_uniquifier() -> str:
    """A name for somebody's sessions that nobody guesses."""
    return secrets.token_hex(_UNIQUE_BYTES)


def note_attempt(email_digest: str, address_digest: str, outcome: AttemptOutcome) -> None:
    """Count a try."""
    session().add(SignInAttempt(email_digest=email_digest, address_digest=address_digest, at=now(), outcome=outcome))


def begin_attempt(email_digest: str, address_digest: str, outcome: AttemptOutcome) -> int | None:
    """Count an answer as wrong before it is judged: of a thousand sent at once no more are judged than in a row.

    Its number, for `take_back_attempt` where it was right; None where none is judged for now.
    """
    count_alone(email_digest, address_digest)
    if is_locked(attempts(email_digest, address_digest)):
        return None
    tried = SignInAttempt(email_digest=email_digest, address_digest=address_digest, at=now(), outcome=outcome)
    session().add(tried)
    # Its number is what the caller asks for.
    session().flush()
    return tried.id


def take_back_attempt(number: int) -> None:
    """Count an answer no more that turned out to be right."""
    session().execute(delete(SignInAttempt).where(SignInAttempt.id == number))


def count_alone(email_digest: str, address_digest: str) -> None:
    """Let nobody else count tries for this address of e-mail, or from this network address, until ours are stored."""
    for digest in (email_digest, address_digest):
        one_at_a_time(f"attempts:{digest}")


def forget_attempts(before: datetime) -> None:
    """Delete the tries from before this moment."""
    session().execute(delete(SignInAttempt).where(SignInAttempt.at < before))


def note_sign_in(user: User, via: Iterable[str]) -> None:
    """Write down that somebody signed in, and by what means."""
    user.signed_in_at = now()
    record("user.signed_in", _of(user), after={"via": sorted(via)})


def note_failure(user: User | None, what: str) -> None:
    """Write down that somebody failed to prove who they are: `what` is `password`, `code` or `passkey`."""
    record("user.sign_in_failed", _of(user) if user is not None else Subject("user"), after={"what": what})


def sign_out_of(name: str, until: datetime) -> None:
    """Let no copy of this one session's cookie serve; `until` is when it would have ended by itself."""
    session().execute(insert_new(EndedSession).values(name=name, until=until))


def forget_ended_sessions() -> None:
    """Delete ended sessions that would be over by now anyhow."""
    session().execute(delete(EndedSession).where(EndedSession.until < now()))


def end_sessions(user: User) -> None:
    """Sign somebody out of every browser."""
    user.fs_uniquifier = new_uniquifier()
    record("user.sessions_ended", _of(user))


def set_password(user: User, hashed: str, *, why: str) -> None:
    """Give somebody a new password, by its hash, and end all their sessions. `why` is `reset`, `invited`, `changed`."""
    user.password = hashed
    user.fs_uniquifier = new_uniquifier()
    record("user.password_set", _of(user), after={"why": why})


def set_authenticator(user: User, secret: str, step: int) -> None:
    """Let somebody's app with this encrypted secret be a second factor; `step` is that of the code that proved it."""
    user.totp_secret, user.totp_last_step = secret, step
    record("user.authenticator_set", _of(user))


def remove_authenticator(user: User) -> None:
    """Let somebody's app be a second factor no longer."""
    user.totp_secret, user.totp_last_step = "", None
    record("user.authenticator_removed", _of(user))


def use_code(user: User, step: int) -> None:
    """Remember which half minute's code was used, so that it serves once."""
    user.totp_last_step = step


def add_passkey(user: User, made: NewPasskey, name: str) -> None:
    """Let a passkey be one of somebody's proofs."""
    session().add(
        Passkey(
            user_id=user.id,
            credential_id=made.credential_id,
            public_key=made.public_key,
            name=name,
            sign_count=made.sign_count,
            transports=made.transports,
            backed_up=made.backed_up,
            created_at=now(),
        )
    )
    record("user.passkey_added", _of(user), after={"name": name})


def use_passkey(passkey: Passkey, sign_count: int) -> None:
    """Remember that a passkey was used, and its own count of uses."""
    passkey.used_at, passkey.sign_count = now(), sign_count


def remove_passkey(user: User, passkey_id: int) -> bool:
    """Forget a passkey of somebody's; says whether it was there."""
    found = session().scalar(select(Passkey).where(Passkey.id == passkey_id, Passkey.user_id == user.id))
    if found is None:
        return False
    session().delete(found)
    record("user.passkey_removed", _of(user), before={"name": found.name})
    return True


def set_recovery_codes(user: User, digests: Iterable[str]) -> None:
    """Give somebody new codes on paper, by their digests; the old ones end."""
    session().execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    session().add_all(RecoveryCode(user_id=user.id, digest=digest) for digest in digests)
    record("user.recovery_codes_made", _of(user))


def use_recovery_code(user: User, digest: str) -> bool:
    """Use up a code on paper; says whether there was one to use."""
    used = (
        update(RecoveryCode)
        .where(RecoveryCode.user_id == user.id, RecoveryCode.digest == digest, RecoveryCode.used_at.is_(None))
        .values(used_at=now())
        .returning(RecoveryCode.id)
    )
    return bool(session().execute(used).all())


def reset_second_factor(user: User) -> None:
    """Forget somebody's app, passkeys and codes, and end their sessions: they set up anew when they sign in."""
    user.totp_secret, user.totp_last_step = "", None
    user.fs_uniquifier = new_uniquifier()
    for table in (Passkey, RecoveryCode):
        session().execute(delete(table).where(table.user_id == user.id))
    record("user.second_factor_reset", _of(user))


def _of(user: User) -> Subject:
    return Subject("user", user.id)
