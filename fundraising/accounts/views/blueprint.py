"""Where the staff pages about staff stand."""

from flask import Blueprint

from fundraising.web.desk import DESK

blueprint = Blueprint("accounts", __name__, url_prefix=DESK)
