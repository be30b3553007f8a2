"""Promotions of a programme, as its file has them: limited in number, by a budget of money or of points, and not."""

PROMOTIONS = """
[[promotions]]
name = "opening"
title = "開幕禮"
on = "load"
from_units = 50_000
gives = 10_000
since = "2026-01-01"
until = "2099-12-31"
limited_by = "number"

[[promotions]]
name = "thirty"
title = "三十周年感謝祭全館會員獨享加碼回饋儲值滿千現折再送限量好禮各乙份"
on = "load"
from_units = 100_000
gives = 15_000
card_kinds = ["member"]
limited_by = "sum"

[[promotions]]
name = "tea-week"
title = "Tea week"
on = "sale"
from_units = 10_000
gives = 50
until = "2026-01-07"
limited_by = "sum"

[[promotions]]
name = "always"
title = "天天有禮"
on = "sale"
from_units = 20_000
gives = 5
since = "2098-01-01"
"""
