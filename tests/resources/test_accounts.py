from runloop_async.models.accounts import AccountView
from runloop_async.resources.accounts import Accounts
from tests.resources.cases import Case, get, methods
from tests.samples import ACCOUNT

ME = Case[Accounts](lambda r: r.me(), get("/v1/accounts/me"), ACCOUNT, AccountView)


def test_me_asks_for_the_account_of_the_key() -> None:
    assert ME.asked(Accounts) == ME.request


async def test_me_gives_the_account() -> None:
    assert await ME.given(Accounts) is ME.gives


def test_every_method_is_tested() -> None:
    assert methods(Accounts) == {"me"}
