"""The line inside TLS: only to a server whose certificate this machine trusts."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from hardware_mocks.demo_store import DemoStore
from hardware_mocks.till_process import TillProcess
from ledger.ids import Place
from offline_queue.keys import till_key
from terminal.hq_file import HqFile, write_hq_file
from tests.terminal.stand_in_hq import StandInHq
from tests.terminal.till_on_line import soon


def make_certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that vouches for itself, and its key, in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = builder.add_extension(alternative, critical=True).sign(key, hashes.SHA256())
    file = folder / "hq.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(certificate.public_bytes(Encoding.PEM) + private)
    return file


@pytest.mark.parametrize("is_trusted", [True, False])
async def test_the_line_goes_over_tls_to_a_server_that_the_machine_trusts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_trusted: bool
) -> None:
    certificate = make_certificate(tmp_path)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    store = DemoStore(tmp_path / "shop")
    settings = store.settings()
    key = till_key(store.data()).public_key().public_bytes_raw()
    hq = await StandInHq(Place("07-1"), 1, key, tls).open()
    assert hq.url.startswith("https:")
    write_hq_file(store.data(), HqFile(hq.url, hq.public_key, 1))
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    till, log = TillProcess(settings, tmp_path / "till.log"), tmp_path / "till.log"
    await asyncio.to_thread(till.start)
    try:
        if is_trusted:
            await soon(lambda: hq.held)
        else:
            await soon(lambda: "ClientConnectorCertificateError" in log.read_text("utf-8"))
            assert not hq.logins
    finally:
        await asyncio.to_thread(till.stop)
        await hq.close()
