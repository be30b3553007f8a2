"""Whose value a slice is, lots and purses aside."""

from typing import TypeAlias

from ledger.ids import AccountId
from ledger.slices import Asset, SliceKey

ASSETS = {purse: asset for asset in Asset for purse in asset.purses}
Whose: TypeAlias = tuple[AccountId, Asset]


def whose(key: SliceKey) -> Whose:
    """The member's asset that a lot belongs to."""
    return key.account, ASSETS[key.purse]
