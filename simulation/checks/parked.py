"""Nothing is posted before what it names: what somebody has taken, HQ posts behind the record that gave it (7).

Two records may come in one commit of HQ's, or one between two looks: HQ's own book notes it while it posts.
"""

from __future__ import annotations

from hq_server.storage.sqlite import HqStore
from simulation.checks.chain import Running

_NOTE = """
pragma temp_store = memory;
create temp table early (keeper, epoch, sequence, operation_id);
create temp trigger taken_before_given before insert on main.transactions
when new.operation_id glob 'taken/*' and new.operation_id not glob 'taken/hq/*' and not exists (
    select 1 from main.transactions
    where operation_id = 'given/' || substr(new.operation_id, 7)
    and keeper = substr(new.operation_id, 7, instr(substr(new.operation_id, 7), '/') - 1)
) begin
    insert into early values (new.keeper, new.epoch, new.sequence, new.operation_id);
end;
"""
"""Gone when the book is closed."""


class Parked:
    """Listens to HQ's book from each of its starts on."""

    def __init__(self) -> None:
        self._starts = 0

    def check(self, hq: Running[HqStore]) -> None:
        """Raises AssertionError."""
        if self._starts != hq.starts:
            self._starts = hq.starts
            hq.store._connection.execute(_NOTE)
        early = list(hq.store._connection.execute("select * from temp.early"))
        assert not early, f"HQ has posted what was taken before it was given: {early}"
