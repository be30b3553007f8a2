"""A counter with everything real but the hardware: a till's own process, sockets, disk and virtual devices."""

from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest

from drivers.profiles import GENERIC_PRINTER, GENERIC_READER, PRINTERS, READERS
from hardware_mocks.demo_store import TAIWAN, Country, DemoStore
from hardware_mocks.magstripe_reader import VirtualMagstripeReader
from hardware_mocks.receipt_printer import VirtualReceiptPrinter
from hardware_mocks.till_process import TillProcess
from tests.launcher import quick_starts
from tests.scenarios.cashier import Cashier
from tests.scenarios.secrets_told import told

__all__ = ["quick_starts"]


@pytest.fixture(scope="session")
def on_disk(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A folder on a disk, where to sync takes its time; it stays when something has failed."""
    folder = Path(mkdtemp(prefix="counterfoil-"))
    yield folder
    if not request.session.testsfailed:
        rmtree(folder)


@pytest.fixture
def tmp_path(on_disk: Path) -> Path:
    """On the disk, for this test alone."""
    return Path(mkdtemp(dir=on_disk))


@pytest.fixture(scope="module")
def module_path(on_disk: Path) -> Path:
    """The same, for the stories of one file together."""
    return Path(mkdtemp(dir=on_disk))


@pytest.fixture
def country() -> Country:
    """Tests that are about another one parametrize it; so with the models."""
    return TAIWAN


@pytest.fixture
def reader_model() -> str:
    return GENERIC_READER.name


@pytest.fixture
def printer_model() -> str:
    return GENERIC_PRINTER.name


@pytest.fixture
def store(tmp_path: Path, country: Country) -> DemoStore:
    return DemoStore(tmp_path / "shop", country)


@pytest.fixture
def reader(reader_model: str) -> Iterator[VirtualMagstripeReader]:
    with VirtualMagstripeReader(READERS[reader_model]) as reader:
        yield reader


@pytest.fixture
def printer(printer_model: str) -> Iterator[VirtualReceiptPrinter]:
    with VirtualReceiptPrinter(PRINTERS[printer_model]) as printer:
        yield printer


@pytest.fixture
def settings(
    store: DemoStore,
    reader: VirtualMagstripeReader,
    printer: VirtualReceiptPrinter,
    reader_model: str,
    printer_model: str,
) -> Path:
    return store.settings(
        reader_address=reader.address,
        reader_model=reader_model,
        printer_port=printer.port,
        printer_model=printer_model,
    )


@pytest.fixture
def till(
    settings: Path, store: DemoStore, reader: VirtualMagstripeReader, printer: VirtualReceiptPrinter
) -> Iterator[TillProcess]:
    """A running till. Whatever a story does to it, no card number may be found afterwards."""
    with TillProcess(settings, store.folder / "till.log") as till:
        yield till
        reader.unplug()  # a till that ends waits for a silent reader a third of a second
    assert not list(told(store, printer))


@pytest.fixture
def cashier(
    till: TillProcess, store: DemoStore, reader: VirtualMagstripeReader, printer: VirtualReceiptPrinter
) -> Cashier:
    return Cashier(till, store, reader, printer)
