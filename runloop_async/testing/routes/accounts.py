"""The account behind the key."""

from typing import Final

from runloop_async.testing.messages import Ask, JsonObject
from runloop_async.testing.routing import Route
from runloop_async.testing.world import World


def me(_world: World, _ask: Ask) -> JsonObject:
    """Return the one account that there is."""
    return {
        "id": "acc_emulator",
        "name": "Emulated account",
        "account_status": "ACCOUNT_STATUS_ENABLED",
        "tier": "ACCOUNT_TIER_PRO",
        "created_at": "2025-06-01T00:00:00Z",
        "billing": {
            "account_billing_type": "STRIPE",
            "stripe": {"active_subscription": None, "customer_id": "cus_emulator"},
            "aws": None,
        },
    }


ROUTES: Final = [Route("GET", "/v1/accounts/me", "accounts.me", me)]
