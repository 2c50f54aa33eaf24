"""A payment provider of our own that speaks Mollie's v2 API over HTTP: everything can be tried without an account.

It stands apart: it imports nothing else of this project, keeps its own SQLite file, and knows its merchant only through
HTTP. From the outside in: `server` (run it), `app` (the Flask application), `gate` (keys, faults, idempotency), one
module per resource (`payments`, `refunds`, `chargebacks`, `methods`), the checkout and control pages, `lifecycle` (what
may happen to money), `webhooks`, `faults`, and `store`.
"""
