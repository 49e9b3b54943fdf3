"""Ports: set ones are kept or refused, others move out of the way."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from readyby.demo import ports
from readyby.demo.ports import FIELDS, any_free_port, choose_ports, is_free
from readyby.errors import Misconfigured
from readyby.settings import Settings


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_set_port_that_is_taken_names_setting_holder_and_remedy(taken):
    with pytest.raises(Misconfigured) as refusal:
        choose_ports(Settings(monitor_port=taken), {})
    told = str(refusal.value)
    assert f"READYBY_MONITOR_PORT: port {taken} is in use" in told
    assert f"process {os.getpid()}" in told
    assert "set another port" in told


def test_a_default_that_is_taken_moves(taken):
    settings = Settings()
    settings.__dict__["monitor_port"] = taken  # a default, not a choice
    chosen = choose_ports(settings, {})
    assert set(chosen) == set(FIELDS)
    assert chosen["monitor"] != taken
    assert all(is_free(port) for port in chosen.values())


def test_a_port_that_another_demo_has_claimed_is_left_to_it_before_it_listens():
    claimed = any_free_port()
    code = "import sys; from readyby.demo.ports import take; print(take(int(sys.argv[1])))"

    def other_demo_gets_it() -> str:
        told = subprocess.run(
            [sys.executable, "-c", code, str(claimed)], capture_output=True, text=True, check=True
        )
        return told.stdout.strip()

    assert other_demo_gets_it() == "False"
    ports._claims.pop(claimed).close()
    assert other_demo_gets_it() == "True"


def test_ports_of_the_last_start_are_kept_where_free(taken):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    chosen = choose_ports(Settings(), {"driver": free, "monitor": taken})
    assert chosen["driver"] == free
    assert chosen["monitor"] != taken
