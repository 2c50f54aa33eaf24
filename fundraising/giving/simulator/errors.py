"""The one error that the simulator answers with."""


class ApiError(Exception):
    """A refusal, in Mollie's terms: an HTTP status, a sentence for a developer, and the field at fault if any."""

    def __init__(self, status: int, detail: str, field: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.field = field


def not_found(token: str) -> ApiError:
    """Return the error for an id that does not exist, or belongs to the other mode."""
    return ApiError(404, f"No entity exists with token '{token}'")


def unprocessable(detail: str, field: str | None = None) -> ApiError:
    """Return the error for a request that is understood and refused."""
    return ApiError(422, detail, field)
