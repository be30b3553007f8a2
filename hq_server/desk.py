"""HQ's desk: what lines and people ask for, done one after another in the store's thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from zoneinfo import ZoneInfo

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hq_server.enrolling import Disclosed, NotEnrolled, enrol
from hq_server.placing_figures import STRANDED_AFTER_H
from hq_server.poster import Poster
from hq_server.promotions import IsFunded, NotFunded, PromotionView
from hq_server.reception import Reception
from hq_server.recovery import Cause, Ended, RecoveryView
from hq_server.storage.hosting import Unhosted, run
from hq_server.storage.keepers import Keepers
from hq_server.storage.mirrors import Step
from hq_server.storage.showing import Showing
from hq_server.storage.sqlite import HqStore
from hq_server.storage.z_totals import ZTotals
from hq_server.teller import Teller
from hq_server.views import HqView, PromiseList
from hq_server.world import World
from hq_server.write_offs import Decided
from ledger.amounts import Currency
from ledger.cards import CardScheme
from ledger.ids import HEADQUARTERS, ChainId, Place
from offline_queue.book_thread import BookThread
from offline_queue.doubts import Hearer, check_acknowledgement
from offline_queue.news import News, OfAccount
from offline_queue.outbox import Stamp
from protocol.acknowledgements import Acknowledgement, seal_acknowledgement
from protocol.bodies import Directive, Lead, Witness
from protocol.conversation import BATCH_RECORDS_MAX, Draw, Fetch, HandOn, NotDrawn, Records, Resume, Wanted
from protocol.enrolment import CODE_BYTES, EnrolmentAnswer, EnrolmentRequest, code_text
from protocol.promotions import Funded
from protocol.records import SignedRecord
from protocol.rejections import Fault
from protocol.signing import Signed, Signer, public_key

T = TypeVar("T")

log = structlog.get_logger()


class Desk:
    """All that HQ does; to its tills' lines it is the Host.

    Its methods raise DiskFull and BookBroken; what they have returned is on the disk.
    """

    place = HEADQUARTERS

    def __init__(  # noqa: PLR0913 - HQ's parts, put together in one place only
        self,
        store: BookThread[HqStore],
        sign: Signer,
        world: World,
        *,
        disclosed: Disclosed,
        scheme: CardScheme,
        currency: Currency,
        zone: ZoneInfo,
        recall_wait_s: float,
        stranded_after_h: float = STRANDED_AFTER_H,
    ) -> None:
        self.news = News()
        self.currency = currency
        self.zone = zone
        self.sign = sign
        self.world = world
        self.stranded_after_h = stranded_after_h
        self._teller = Teller(store, self.news, self._stamp, recall_wait_s=recall_wait_s)
        self.reception = Reception(store, self.news, world, scheme)
        self._store = store
        self._disclosed = disclosed
        self._poster = Poster(self._post)

    async def post_what_is_held(self) -> None:
        """Post until cancelled, beginning with what the last run held and did not post, or not place."""
        await self._settle_all()
        await self._wake_all()
        await self._poster.run()

    async def _wake_all(self) -> None:
        for chain in await self._store.do(HqStore.unposted):
            self._poster.wake(ChainId(*chain))

    async def _settle_all(self) -> None:
        """Place anew what was left to place."""
        has_more = True
        while has_more:
            step = await self._store.do(HqStore.settle, self._stamp())
            self._tell(step)
            has_more = step.has_more

    async def post_all(self, chain: ChainId) -> None:
        """Post now what is held of a chain, as far as it can be, and what waited for it soon."""
        while await self._post(chain):
            pass

    async def key_of(self, chain: ChainId) -> Ed25519PublicKey | None:
        """The key of a keeper that calls; None when nobody of that name and epoch was enrolled."""
        key = await self._keeping(lambda keepers: keepers.key_of(*chain))
        return None if key is None else public_key(key)

    async def heard(self, chain: ChainId) -> None:
        """Note that an enrolled keeper has called."""
        await self._store.do(HqStore.heard, *chain, self.world.now_ms())

    async def resumed(self, chain: ChainId, resume: Resume) -> None:
        """A keeper says what it has of HQ. If that is more than HQ has of itself, HQ was put back from a copy."""
        signed = resume.acknowledgement
        hearer = Hearer(*chain, public_key(self._disclosed.public_key))
        said = None if signed is None else check_acknowledgement(signed, hearer)
        if isinstance(said, Acknowledgement):
            self._told(await self._store.do(HqStore.hear_of_itself, said, self._stamp()))

    async def recover(self, cause: Cause) -> None:
        """Begin another epoch of HQ's; nothing is given out until its recovery has ended."""
        self._told(await self._store.do(HqStore.recover, cause, 0, self._stamp()))

    async def end_recovery(self, by: str) -> Ended:
        """This person would have HQ give out again."""
        ended, told = await self._store.do(HqStore.end_recovery, by, self._stamp())
        if ended is Ended.ENDED:
            log.warning("hq's recovery has ended", by=by)
            self._told(told)
            await self._settle_all()
            await self._wake_all()
        return ended

    async def recovery(self) -> RecoveryView | None:
        """How far HQ's recovery is; None when there is none."""
        return await self._store.do(HqStore.recovery)

    async def take(self, batch: Records, by: ChainId) -> Fault | None:
        """Hold the good part of a batch, and say what is wrong with the rest. What is held will be posted."""
        chain = ChainId(batch.keeper, batch.epoch)
        try:
            fault = await self._store.do(HqStore.take, batch, self._stamp(), by)
        finally:
            # Also when the line was cut meanwhile: the batch may be held all the same.
            self._poster.wake(chain)
        if fault is not None and fault.fork is not None:
            await self._tell_tills(chain.store)
        return fault

    async def wanted(self, chain: ChainId) -> tuple[Wanted, ...]:
        """Whose records a store's lead, or its witness, may have copies of, and whose line is not up."""
        copied = await self._keeping(lambda keepers: keepers.copied_to(chain))
        return tuple(Wanted(*one, held) for one, held in copied if not self.news.is_heard(one))

    async def to_hand_on(self, chain: ChainId) -> tuple[HandOn, ...]:
        """What a store's lead, or its witness, may say to those whose lines are not up."""
        told = await self._keeping(lambda keepers: keepers.to_hand_on(chain))
        return tuple(HandOn(*one, records) for one, records in told if not self.news.is_heard(one))

    async def asked_of(self, chain: ChainId) -> tuple[Fetch, ...]:  # noqa: ARG002 - of anybody
        """HQ orders what it wants."""
        return ()

    async def handed_on(self, chain: ChainId) -> tuple[SignedRecord, ...]:  # noqa: ARG002 - of anybody
        """HQ says them itself."""
        return ()

    async def acknowledge(self, chain: ChainId) -> Signed:
        """HQ's signed word on the chain of an enrolled keeper, as it stands now."""
        heads = await self._store.do(HqStore.acknowledgement, *chain, self.world.now_ms())
        return seal_acknowledgement(heads, self.sign)

    async def directives(self, chain: ChainId, after: int) -> tuple[SignedRecord, ...]:
        """The next directives to a keeper from number after + 1 on, no more than one message has."""
        return await self._keeping(lambda keepers: keepers.directives(*chain, after, BATCH_RECORDS_MAX))

    async def epoch(self) -> int:
        """The epoch in which HQ numbers its directives."""
        return await self._keeping(lambda keepers: keepers.epoch)

    def number(self, record: SignedRecord) -> int:
        """A directive's number to the keeper that gets it."""
        return record.open().body_as(Directive).number

    async def draw(self, chain: ChainId, asked: Draw) -> SignedRecord | NotDrawn:
        """Give a keeper what it needs now: the directive that does, or why not; within about `recall_wait_s`."""
        return await self._teller.draw(chain, asked)

    async def fetch(self, chain: ChainId, asked: Fetch) -> SignedRecord | NotDrawn:
        """Entrust a keeper with the right to undo a sale: the directive that does, or why not; as a draw waits."""
        return await self._teller.fetch(chain, asked)

    async def block(self, card: str) -> bool:
        """Refuse a card everywhere, by its token; False when it is refused already."""
        stamp = self._stamp()
        return self._told(await self._keeping(lambda keepers: keepers.block(card, stamp)))

    async def unblock(self, card: str) -> bool:
        """Take a card again; False when it is not refused."""
        stamp = self._stamp()
        return self._told(await self._keeping(lambda keepers: keepers.unblock(card, stamp)))

    async def offer(self, place: Place, store: str) -> str:
        """A new pairing code for a place, as a person reads it out; an earlier one is forgotten."""
        code = self.world.chance(CODE_BYTES)
        now_ms = self.world.now_ms()
        await self._keeping(lambda keepers: keepers.offer(place, store, code, now_ms))
        log.info("pairing code made", place=place)
        return code_text(code)

    async def enrol(self, request: EnrolmentRequest) -> EnrolmentAnswer | NotEnrolled:
        """Take a till in, if it knows the code of its place."""
        stamp = self._stamp()
        answered = await self._keeping(lambda keepers: enrol(keepers, request, self._disclosed, stamp))
        if isinstance(answered, EnrolmentAnswer):
            chain = ChainId(request.place, answered.epoch)
            log.info("till enrolled", keeper=chain.keeper, epoch=chain.epoch)
            await self._tell_tills(chain.store)
        return answered

    async def revoke(self, place: Place, epoch: int | None = None) -> bool:
        """Trust no key of this place any longer, or not that of one epoch; what is held stands.

        False when nobody ever kept it.
        """
        stamp = self._stamp()

        def change(keepers: Keepers) -> list[int] | None:
            is_known = keepers.is_known(place) if epoch is None else keepers.key_of(place, epoch) is not None
            epochs = [one for one in keepers.trusted_epochs(place) if epoch in (None, one)]
            for one in epochs:
                keepers.revoke(place, one, stamp)
            return epochs if is_known else None

        revoked = await self._keeping(change)
        for one in revoked or ():
            chain = ChainId(place, one)
            log.warning("till revoked", keeper=place, epoch=one)
            self.news.tell(chain)
            await self._tell_tills(chain.store)
        return revoked is not None

    async def promises(self) -> PromiseList:
        """The promised refunds that are neither given nor taken back."""
        return await self._store.do(lambda store: store.within(store.promises.all))

    async def promotions(self) -> list[PromotionView]:
        """The programme's promotions, what they may give and where that lies."""
        today = self._stamp().business_date
        return await self._store.do(lambda store: store.within(lambda: store.quotas.all(today)))

    async def fund(self, body: Funded) -> IsFunded | NotFunded:
        """Let a promotion give so many times, or so much, more, once: it is placed at the tills; or why not."""
        stamp = self._stamp()
        outcome = await self._store.do(lambda store: store.within(lambda: store.quotas.fund(body, stamp)))
        if outcome is IsFunded.NOW:
            log.info("promotion funded", promotion=body.promotion, units=body.units, by=body.by)
            await self._settle_all()
        return outcome

    async def write_off(self, chain: ChainId, by: str) -> Decided:
        """This person would write off what lies with a keeper; two people do. What is more than one step, follows."""
        decided, step = await self._store.do(HqStore.write_off, chain, by, self._stamp(), self.news.accounts())
        if decided is Decided.AGREED:
            log.warning("lost till written off", keeper=chain.keeper, epoch=chain.epoch, by=by)
            self._tell(step)
            self._poster.wake(chain)
        return decided

    async def run_store(self, store: str, mode: str) -> bool | Unhosted:
        """Have a store run in another way; False when it has no tills, Unhosted when HQ has no place for some."""
        stamp = self._stamp()
        ran = await self._keeping(lambda keepers: run(keepers, store, mode, stamp))
        if isinstance(ran, Unhosted):
            return ran
        told = self._told(ran)
        if told:
            log.info("store is to run in another way", store=store, mode=mode)
        return told

    async def lead_store(self, store: str, lead: Lead | None, witness: Witness | None) -> bool:
        """Name a store's lead and its witness, or say that it has none; False when such a till is not there."""
        stamp = self._stamp()
        told = self._told(await self._keeping(lambda keepers: keepers.lead(store, lead, stamp, witness)))
        if told:
            log.info("store is led", store=store, lead=lead and lead.place, witness=witness and witness.place)
        return told

    async def showing(self, look: Callable[[Showing], T]) -> T:
        """Read something for people."""
        return await self._store.do(HqStore.showing, look)

    async def counting(self, work: Callable[[ZTotals], T]) -> T:
        """Do something about what the POS has counted."""
        return await self._store.do(HqStore.counting, work)

    async def headquarters(self) -> HqView:
        """HQ as its tills know it."""
        head = await self._store.do(HqStore.own_head)
        return HqView(self._disclosed.public_key.hex(), head.ref.epoch, str(head.ref), head.hash.hex())

    async def _keeping(self, change: Callable[[Keepers], T]) -> T:
        return await self._store.do(HqStore.keeping, change)

    async def _post(self, chain: ChainId) -> bool:
        step = await self._store.do(HqStore.post, *chain, self._stamp(), self.news.accounts())
        if step.records:
            self.news.tell(chain)
        self._tell(step)
        return step.has_more

    def _tell(self, step: Step) -> None:
        """Say what a step has done to whoever waits for it; sorted, so that two runs of the same say it alike."""
        for waited in sorted(step.woken):
            self._poster.wake(waited)
        for ordered in sorted(step.ordered):
            self.news.tell(ordered)
        for account in sorted(step.accounts):
            self.news.tell(OfAccount(account))
        for store in sorted(step.stores):
            self.news.tell_store(store)

    async def _tell_tills(self, store: str) -> None:
        """Who may sign in this store has changed: what waits for one that may no more goes on.

        Also what a till has sent that is lost or revoked itself, and which nothing else would ever wake.
        """
        self._told(await self._keeping(lambda keepers: keepers.of_store(store)))
        await self._wake_all()

    def _told(self, chains: list[ChainId] | None) -> bool:
        for chain in chains or ():
            self.news.tell(chain)
        return chains is not None

    def _stamp(self) -> Stamp:
        return self.world.stamp(self.zone)
