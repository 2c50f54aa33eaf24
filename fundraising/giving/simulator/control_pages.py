"""The control page, for a person who plays Mollie, the bank and bad luck."""

from flask import Blueprint

blueprint = Blueprint("control_pages", __name__, url_prefix="/control")
