"""What a form about contacts takes, a sheet takes too, and both keep it in the same way."""

from __future__ import annotations

import pytest
from wtforms import Form, StringField
from wtforms.validators import StopValidation, ValidationError

from fundraising.contacts.rules.sheets import cells
from fundraising.imports.rules.cells import BadCell
from fundraising.web.fields import a_name, a_phone, an_email, an_iban, line

VALUES = [
    *(
        "Bruning",
        "Zoe\u0308",
        "\u05d3\u05d5\u05d3",
        "'t Hart",
        "12",
        "---",
        "<b>Jan</b>",
        "http://x.nl",
        "a\x07b",
        "x" * 300,
    ),
    *("j.devries@example.nl", "J.deVries@EXAMPLE.nl", "j@x", "jörg@bücher.example", "a b@x.nl", "=1+1", "@SUM(A1)"),
    *("06 12345678", "0031612345678", "+32 2 555 12 12", "0612", "+1 999", "112"),
    *("NL91 ABNA 0417 1643 00", "nl91abna0417164300", "NL00ABNA0417164300", "BE68 5390 0754 7034", "US00", ""),
]


def of_form(check, value):
    """What a form keeps; None where it refuses."""

    class OneField(Form):
        field: StringField = line("", 200, check)

    form = OneField(data={"field": value})
    form.field.data = value
    for clean in form.field.filters:
        form.field.data = clean(form.field.data)
    try:
        for each in form.field.validators:
            each(form, form.field)
    except (StopValidation, ValidationError):
        return None
    return form.field.data


def of_sheet(read, value):
    """What an import keeps; None where it refuses."""
    try:
        return read(value)
    except BadCell:
        return None


@pytest.mark.parametrize("value", [value for value in VALUES if value])
@pytest.mark.parametrize(
    ("check", "read"),
    [
        (a_name, lambda value: cells.name(value, 200)),
        (an_email, cells.email),
        (a_phone, cells.phone),
        (an_iban, cells.account),
    ],
    ids=["name", "email", "phone", "iban"],
)
def test_a_sheet_and_a_form_agree(check, read, value):
    assert of_sheet(read, value) == of_form(check, value)
