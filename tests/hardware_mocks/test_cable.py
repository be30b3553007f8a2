"""A cable carries what is said while it is plugged in, and nothing of what is said afterwards."""

import contextlib
import socket

import pytest

from hardware_mocks.cable import Cable
from hardware_mocks.loopback import LOOPBACK

SOON_S = 10.0


@pytest.mark.parametrize("round_", range(20))
def test_what_is_said_after_the_plug_is_out_does_not_arrive(round_: int) -> None:
    with socket.create_server((LOOPBACK, 0)) as server, Cable() as cable:
        cable.lead_to(f"http://{LOOPBACK}:{server.getsockname()[1]}")
        host, port = cable.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), SOON_S) as lower:
            upper, _ = server.accept()
            upper.settimeout(SOON_S)
            with upper:
                lower.sendall(b"before")
                assert upper.recv(100) == b"before"
                cable.unplug()
                with contextlib.suppress(ConnectionError):
                    lower.sendall(b"after")
                with contextlib.suppress(ConnectionError):
                    assert upper.recv(100) == b"", round_
