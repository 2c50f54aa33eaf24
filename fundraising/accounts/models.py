"""Tables of accounts: staff, how they prove who they are, sessions that were ended, and the audit trail."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fundraising.accounts.rules import ActorKind, AttemptOutcome, Role
from fundraising.db import Model, RowId, word


class User(Model):
    """A member of staff. Never deleted: the audit trail points here."""

    __tablename__ = "staff_user"

    id: Mapped[RowId]
    email: Mapped[str] = mapped_column(String(254))
    # Case-folded, as it is looked up.
    match_email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    # Argon2. Empty until an invited colleague has chosen one.
    password: Mapped[str] = mapped_column(String(255), default="")
    language: Mapped[str] = mapped_column(String(2), default="nl")
    # Every session names it, so a new one ends them all.
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    # What a passkey knows its owner by.
    passkey_handle: Mapped[str] = mapped_column(String(64), unique=True)
    # The authenticator app's secret, encrypted; empty without one.
    totp_secret: Mapped[str] = mapped_column(String(255), default="")
    # The moment, in steps of 30 s, of the last code that was used: none serves twice.
    totp_last_step: Mapped[int | None]
    created_at: Mapped[datetime]
    invited_at: Mapped[datetime | None]
    signed_in_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    held: Mapped[list[UserRole]] = relationship(lazy="selectin", order_by="UserRole.role", cascade="all, delete-orphan")

    @property
    def roles_held(self) -> frozenset[Role]:
        """The roles of this person."""
        return frozenset(link.role for link in self.held)

    @property
    def active(self) -> bool:
        """Whether this person may sign in."""
        return self.disabled_at is None

    # What Flask-Login asks of a user.
    is_active = active
    is_authenticated = True
    is_anonymous = False

    def get_id(self) -> str:
        """What stands in a session."""
        return self.fs_uniquifier


class UserRole(Model):
    """A role that a member of staff has."""

    __tablename__ = "user_role"

    user_id: Mapped[int] = mapped_column(ForeignKey("staff_user.id"), primary_key=True)
    role: Mapped[Role] = mapped_column(word(Role), primary_key=True)
    granted_at: Mapped[datetime]


class Passkey(Model):
    """A passkey: the public half of a key pair on somebody's telephone, computer or security key."""

    __tablename__ = "passkey"

    id: Mapped[RowId]
    user_id: Mapped[int] = mapped_column(ForeignKey("staff_user.id"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1024), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary(1024))
    name: Mapped[str] = mapped_column(String(64))
    sign_count: Mapped[int]
    # How the browser may reach it, as a comma-separated list; a hint.
    transports: Mapped[str] = mapped_column(String(120), default="")
    # Whether it is kept in an account, so that it survives its device.
    backed_up: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class RecoveryCode(Model):
    """A code on paper for when telephone and passkey are lost; works once."""

    __tablename__ = "recovery_code"

    id: Mapped[RowId]
    user_id: Mapped[int] = mapped_column(ForeignKey("staff_user.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None]


class SignInAttempt(Model):
    """A try at signing in or at a second factor, counted to lock out who guesses. Kept for some days."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        Index("ix_sign_in_attempt_email_at", "email_digest", "at"),
        Index("ix_sign_in_attempt_address_at", "address_digest", "at"),
    )

    id: Mapped[RowId]
    # Keyed digests: enough to count, not enough to know who it was.
    email_digest: Mapped[str] = mapped_column(String(64))
    address_digest: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(index=True)
    outcome: Mapped[AttemptOutcome] = mapped_column(word(AttemptOutcome))


class EndedSession(Model):
    """A session that was signed out of. Its cookie may have been copied, and would serve on without this."""

    __tablename__ = "ended_session"

    # Random, as it stands in the cookie.
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    # When it would have ended by itself.
    until: Mapped[datetime]


class AuditEntry(Model):
    """Something that was done: append-only. What could be personal stands in its content, which can be erased."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_subject", "subject_kind", "subject_id", "id"),
        Index("ix_audit_entry_actor", "actor_kind", "actor_id", "id"),
        Index("ix_audit_entry_action", "action", "id"),
    )

    id: Mapped[RowId]
    at: Mapped[datetime] = mapped_column(index=True)
    actor_kind: Mapped[ActorKind] = mapped_column(word(ActorKind))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("staff_user.id"))
    action: Mapped[str] = mapped_column(String(64))
    subject_kind: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[int | None]
    # HMAC-SHA-256 of the content's body with the content's key: without the key it tells nothing of the body.
    digest: Mapped[str] = mapped_column(String(64))


class AuditContent(Model):
    """Who, from where, before and after, of one audit entry. Erasing it leaves the chain whole."""

    __tablename__ = "audit_content"

    entry_id: Mapped[int] = mapped_column(ForeignKey("audit_entry.id"), primary_key=True, autoincrement=False)
    key: Mapped[bytes] = mapped_column(LargeBinary(32))
    body: Mapped[str] = mapped_column(Text)


class AuditSeal(Model):
    """A link of the hash chain over the audit entries: append-only, numbered from 1 without gaps."""

    __tablename__ = "audit_seal"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(ForeignKey("audit_entry.id"), unique=True)
    hash: Mapped[str] = mapped_column(String(64))
    sealed_at: Mapped[datetime]
