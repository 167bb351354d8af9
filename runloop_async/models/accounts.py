"""The account that a key belongs to."""

from typing import Literal, TypeAlias

import attrs

from runloop_async.models.shared import Open

AccountStatus: TypeAlias = Open[
    Literal[
        "ACCOUNT_STATUS_INVALID",
        "ACCOUNT_STATUS_ONBOARDING",
        "ACCOUNT_STATUS_ENABLED",
        "ACCOUNT_STATUS_DISABLED_BY_ADMIN",
        "ACCOUNT_STATUS_DISABLED_QUOTA_REACHED",
        "ACCOUNT_STATUS_TRIAL_CANCELLED",
        "ACCOUNT_STATUS_STRIPE_PENDING_RESOURCES",
        "UNRECOGNIZED",
    ]
]
"""Whether an account can be used."""
AccountTier: TypeAlias = Open[
    Literal[
        "ACCOUNT_TIER_INVALID",
        "ACCOUNT_TIER_BASIC",
        "ACCOUNT_TIER_PRO",
        "ACCOUNT_TIER_ENTERPRISE",
        "ACCOUNT_TIER_TRIAL",
        "UNRECOGNIZED",
    ]
]
"""What an account has subscribed to."""
AccountBillingType: TypeAlias = Open[
    Literal["STRIPE", "AWS_MARKETPLACE", "STRIPE_PROJECTS", "UNRECOGNIZED"]
]
"""Who sends an account its bills."""


@attrs.frozen(kw_only=True)
class AccountBillingAws:
    """Billing through the AWS marketplace."""

    customer_identifier: str | None = None
    """The marketplace's name for the customer."""
    license_arn: str | None = None
    """ARN of the licence."""
    subscription_status: str | None = None
    """State of the subscription, in the marketplace's words."""


@attrs.frozen(kw_only=True)
class AccountBillingStripe:
    """Billing through Stripe."""

    active_subscription: str | None = None
    """Id of the subscription in force."""
    customer_id: str | None = None
    """Stripe's id of the customer."""


@attrs.frozen(kw_only=True)
class AccountBilling:
    """How an account is billed."""

    account_billing_type: AccountBillingType
    """Who sends the bills."""
    aws: AccountBillingAws | None = None
    """Details, if billed through AWS."""
    stripe: AccountBillingStripe | None = None
    """Details, if billed through Stripe."""
    stripe_customer_id: str | None = None
    """Deprecated: see `stripe.customer_id`."""


@attrs.frozen(kw_only=True)
class AccountView:
    """The account that the key belongs to."""

    id: str
    """Identifier of the account."""
    account_status: AccountStatus
    """Whether it can be used."""
    billing: AccountBilling
    """How it is billed."""
    created_at: str
    """When it was made, as the service writes it."""
    name: str
    """Its name."""
    tier: AccountTier
    """What it has subscribed to."""
    account_billing_type: AccountBillingType | None = None
    """Deprecated: see `billing`."""
    active_subscription: str | None = None
    """Deprecated: see `billing`."""
    external_billing_account_id: str | None = None
    """Deprecated: see `billing`."""
    stripe_customer_id: str | None = None
    """Deprecated: see `billing`."""
