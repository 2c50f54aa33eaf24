"""The one door to WebAuthn: questions to a browser's passkeys, and the checking of their answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


class BadPasskey(ValueError):
    """An answer that no passkey of ours gave to our question."""


@dataclass(frozen=True, slots=True)
class Site:
    """For whom passkeys are: the host name of the public address, and that address without a path."""

    host: str
    origin: str
    name: str


@dataclass(frozen=True, slots=True)
class Question:
    """What a browser is asked: `options` as JSON for its script, `challenge` to be remembered until the answer."""

    options: str
    challenge: str


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A passkey that was just made."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    backed_up: bool
    transports: str


def ask_to_register(site: Site, handle: str, email: str, known: Sequence[bytes]) -> Question:
    """Ask for a new passkey that proves both possession and, by finger, face or PIN, its owner."""
    options = generate_registration_options(
        rp_id=site.host,
        rp_name=site.name,
        user_id=handle.encode(),
        user_name=email,
        user_display_name=email,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
    )
    return Question(options_to_json(options), bytes_to_base64url(options.challenge))


def ask_to_sign_in(site: Site, known: Sequence[bytes] = ()) -> Question:
    """Ask for one of these passkeys, or without any named for whichever this browser has for us."""
    options = generate_authentication_options(
        rp_id=site.host,
        allow_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return Question(options_to_json(options), bytes_to_base64url(options.challenge))


def check_registration(site: Site, challenge: str, answer: str) -> NewPasskey:
    """The passkey in a browser's answer. Raises BadPasskey."""
    try:
        made = verify_registration_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError) as error:
        raise BadPasskey("the browser's answer does not fit") from error
    transports = json.loads(answer).get("response", {}).get("transports") or []
    return NewPasskey(
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        backed_up=made.credential_device_type is CredentialDeviceType.MULTI_DEVICE and made.credential_backed_up,
        transports=",".join(str(each) for each in transports)[:120],
    )


def credential_of(answer: str) -> bytes:
    """Which passkey an answer claims to be of. Raises BadPasskey."""
    try:
        return base64url_to_bytes(json.loads(answer)["rawId"])
    except (ValueError, KeyError, TypeError) as error:
        raise BadPasskey("the browser's answer is not one") from error


def check_sign_in(site: Site, challenge: str, answer: str, public_key: bytes, sign_count: int) -> int:
    """The passkey's new count of uses, where the answer is really of this passkey. Raises BadPasskey."""
    try:
        return verify_authentication_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        ).new_sign_count
    except (WebAuthnException, ValueError) as error:
        raise BadPasskey("the browser's answer does not fit") from error
