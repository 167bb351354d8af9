"""The account that the key belongs to."""

from runloop_async.calls.call import Call
from runloop_async.calls.resource import Resource
from runloop_async.models.accounts import AccountView


class Accounts(Resource):
    """The account that the key belongs to."""

    def me(self) -> Call[AccountView]:
        """Return the account."""
        return self._get("/v1/accounts/me", AccountView)
