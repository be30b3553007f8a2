"""HQ of the bench: its real program, with its book in the bench's folder."""

from __future__ import annotations

from pathlib import Path

from hardware_mocks.bench_keeping import Kept
from hardware_mocks.bench_members import FUNDS, MEMBERS
from hardware_mocks.demo_cards import DemoCards
from hardware_mocks.demo_store import Country
from hardware_mocks.hq_process import HqProcess
from hardware_mocks.program import DidNotStart
from hq_server.admin_token import read_token

SETTINGS = 'card_keys = "chain-cards.key"\ndata = "hq"\nport = {port}\ntimezone = "{timezone}"\n'
CARD_TAKEN = "card_taken"


class BenchHq:
    """HQ of the chain in `folder`; `kept` starts its program."""

    def __init__(self, folder: Path, country: Country, port: int) -> None:
        self.cards = DemoCards(folder)
        self.url = f"http://127.0.0.1:{port}"
        self._data = folder / "hq"
        self._file = folder / "hq.toml"
        self._settings = SETTINGS.format(port=port, timezone=country.timezone)
        self._country = country
        self.process = HqProcess(self._file, folder / "hq.log")
        self.kept = Kept("HQ", self.process, self._prepare)

    @property
    def token(self) -> str:
        """What HQ's page asks for; the demo's own."""
        return read_token(self._data)

    def pairing_code(self, place: str) -> str:
        """A new one."""
        return str(self.process.post("/v1/tills", {"place": place})["code"])

    def take_members_in(self) -> None:
        """The demo's members join, unless they have. Raises DidNotStart when HQ does not want one."""
        for member in MEMBERS:
            told = {"name": member.name, "phone": member.phone, "store": member.store}
            said = self.process.post("/v1/members", {"number": self.cards.card(member.which).digits, **told})
            if "account" not in said and said.get("code") != CARD_TAKEN:
                raise DidNotStart(0, f"HQ did not take member {member.which} in: {said}")

    def fund_promotions(self) -> None:
        """Promotions have something to give, unless they had. Raises DidNotStart when HQ does not want that."""
        known = {one["promotion"]["name"]: one["funded"] for one in self.process.get("/v1/promotions")["promotions"]}
        for name, units in FUNDS.items():
            if known.get(name):
                continue
            wanted = {"operation_id": f"demo-{name}", "units": units, "by": "demo"}
            said = self.process.post(f"/v1/promotions/{name}/fundings", wanted)
            if "promotions" not in said:
                raise DidNotStart(0, f"HQ did not fund {name}: {said}")

    def _prepare(self) -> None:
        """Each time anew: another bench in this folder may have written its own over it."""
        self.cards.write(self._country.currency, self._country.rules)
        self._file.write_text(self._settings, "utf-8")
