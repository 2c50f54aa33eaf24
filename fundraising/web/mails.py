"""Composing a mail from its templates, in the language of whoever reads it."""

from __future__ import annotations

from flask import current_app, render_template
from flask_babel import force_locale

from fundraising.mailer import Message


def compose_mail(kind: str, recipient: str, language: str, **context: object) -> Message:
    """The mail of this kind: `templates/email/<kind>.txt`, whose first line is the subject, and `<kind>.html`.

    Templates get `organisation` besides the context. Raises mailer.NotAMail, or jinja2.UndefinedError for a template
    that wants something which is not given.
    """
    given = {"organisation": current_app.config["ORGANISATION"], "language": language, **context}
    with force_locale(language):
        subject, _, text = render_template(f"email/{kind}.txt", **given).partition("\n")
        html = render_template(f"email/{kind}.html", subject=subject.strip(), **given)
    return Message(kind=kind, recipient=recipient, subject=subject.strip(), text=text.strip() + "\n", html=html)
