import socket

from hardware_mocks.bench_ports import Ports


def test_a_port_that_somebody_has_is_passed_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        taken = somebody.getsockname()[1]
        assert Ports().take(taken) > taken


def test_no_port_is_given_twice() -> None:
    ports = Ports()
    first = Ports(any_free=True).take(0)
    assert ports.take(first) == first
    assert ports.take(first) > first


def test_whoever_wants_any_port_gets_another_each_time() -> None:
    ports = Ports(any_free=True)
    assert len({ports.take(8370) for _ in range(5)} - {8370}) == 5
