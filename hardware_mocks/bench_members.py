"""The made-up members of the demo's chain, and what is loaded on their cards at the first start."""

from __future__ import annotations

from typing import NamedTuple

from hq_server.members import masked_name
from receipts.wording import Language


class DemoMember(NamedTuple):
    """Whose card `which` is, and at which store they joined."""

    which: int
    name: str
    phone: str
    store: str

    @property
    def masked(self) -> str:
        """The name as a till shows it."""
        return masked_name(self.name, Language.TAIWAN)


class FirstLoad(NamedTuple):
    """Money that is on card `which` from the beginning, loaded at `place`."""

    place: str
    which: int
    units: int


# 1 and 2 are a family with one phone; 9 carries points only; 6 to 8 begin with nothing.
MEMBERS = (
    DemoMember(1, "王小明", "0912000001", "07"),
    DemoMember(2, "王美玲", "0912000001", "07"),
    DemoMember(3, "陳怡君", "0912000003", "07"),
    DemoMember(4, "林志豪", "0912000004", "12"),
    DemoMember(5, "黃淑芬", "0912000005", "12"),
    DemoMember(6, "張家瑋", "0912000006", "07"),
    DemoMember(7, "李雅婷", "0912000007", "07"),
    DemoMember(8, "吳宗翰", "0912000008", "12"),
    DemoMember(9, "劉思妤", "0912000009", "12"),
)
PROMOTIONS = """
[[promotions]]
name = "opening"
title = "開幕儲值禮"
on = "load"
from_units = 300_000
gives = 30_000
limited_by = "number"

[[promotions]]
name = "autumn"
title = "秋日加點"
on = "sale"
from_units = 50_000
gives = 20
limited_by = "sum"
"""
"""Of the demo's programme: NT$300 for whoever loads NT$3,000, and 20 points for whoever buys for NT$500."""
FUNDS = {"opening": 20, "autumn": 400}
"""What they may give: twenty times each."""
FIRST_LOADS = (
    FirstLoad("07-1", 2, 500_00),
    FirstLoad("07-1", 3, 2_000_00),
    FirstLoad("07-1", 1, 1_000_00),
    FirstLoad("12-1", 5, 300_00),
    FirstLoad("12-1", 4, 1_500_00),
    FirstLoad("12-1", 1, 600_00),
)
