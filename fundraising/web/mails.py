"""Composing a mail from its templates, in the language of whoever reads it."""

from __future__ import annotations

from flask import current_app
from flask_babel import force_locale

from fundraising.mailer import Message


def compose_mail(kind: str, recipient: str, language: str, **context: object) -> Message:
    """The mail of this kind: `templates/email/<kind>.txt`, with its subject in a block, and `<kind>.html`.

    Templates get `organisation` and `language` besides the context, the HTML the `subject` too. Raises mailer.NotAMail.
    """
    given = {"organisation": current_app.config["ORGANISATION"], "language": language, **context}
    environment = current_app.jinja_env
    with force_locale(language):
        template = environment.get_template(f"email/{kind}.txt")
        subject = "".join(template.blocks["subject"](template.new_context(given))).strip()
        text = template.render(given).strip().removeprefix(subject).strip() + "\n"
        html = environment.get_template(f"email/{kind}.html").render(given, subject=subject)
    return Message(kind=kind, recipient=recipient, subject=subject, text=text, html=html)
