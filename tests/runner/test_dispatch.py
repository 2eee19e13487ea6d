"""Sharing out: every item is done once, whatever a device does."""

import time
from threading import Event

import pytest

from jaxneuron.runner.dispatch import share_out


@pytest.mark.parametrize("num_devices", [1, 3])
def test_every_item_is_done_once_and_few_wait(num_devices):
    begun = []

    def square(i):
        begun.append(i)
        return i * i

    results = {}
    for item, result in share_out(dict.fromkeys(range(num_devices), square), range(50), in_flight=3):
        results[item] = result
        assert len(begun) <= len(results) + 4 * num_devices
    assert results == {i: i * i for i in range(50)}
    assert sorted(begun) == list(range(50))


def test_a_slow_device_holds_up_its_own_items_and_no_others():
    may_end = Event()

    def slow(i):
        assert may_end.wait(60)
        return "slow"

    ended = []
    for item, result in share_out({"slow": slow, "quick": lambda i: "quick"}, range(20), in_flight=1):
        ended.append((item, result))
        if len(ended) == 18:
            may_end.set()
    assert [result for _, result in ended[:18]] == ["quick"] * 18
    assert sorted(item for item, _ in ended) == list(range(20))


@pytest.mark.parametrize("after", [0, 5])
def test_what_a_failing_device_had_goes_to_the_others(after, caplog):
    calls = []

    def failing(i):
        calls.append(i)
        if len(calls) > after:
            raise RuntimeError("out of memory")
        return i

    functions = {"bad": failing, "good": lambda i: i}
    assert sorted(share_out(functions, range(30), in_flight=2)) == [(i, i) for i in range(30)]
    assert "bad failed and is left out: out of memory" in caplog.text
    # Those that were under way when it first failed, and none after them.
    assert len(calls) <= after + 3


def test_the_error_of_the_last_device_is_raised():
    def failing(i):
        raise RuntimeError(f"no {i}")

    with pytest.raises(RuntimeError, match="no "):
        list(share_out({0: failing, 1: failing}, range(9), in_flight=1))


def test_when_the_caller_stops_no_other_call_begins():
    begun = []
    results = share_out({0: begun.append}, range(50), in_flight=1)
    next(results)
    results.close()
    seen = len(begun)
    time.sleep(0.05)
    assert len(begun) <= seen + 1 < 5
