"""`jaxneuron explore` as a person starts and ends it."""

import signal
import subprocess
import sys

import httpx
import pytest

import jaxneuron as jn
from jaxneuron.api import exploring
from tests.explorer.pictures import view

STUDY = """
[data]
x = [0.5, 1.0, 2.0]
y = [1.0, 1.5, 2.5]
[training]
num_steps = 20
[sweep]
learning_rate = { log = [0.01, 1.0], num = 5 }
weight_decay = { linear = [0.0, 0.5], num = 4 }
"""


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.thorough)])
def test_it_prints_the_address_serves_and_ends_in_the_middle_of_a_picture(tmp_path, number):
    (tmp_path / "study.toml").write_text(STUDY, "utf-8")
    line = [sys.executable, "-m", "jaxneuron", "explore", "study.toml", "--port", "0", "--no-browser"]
    process = subprocess.Popen(
        line, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    try:
        address = process.stdout.readline().removeprefix("explore: ").strip()
        assert "Ctrl-C" in process.stdout.readline()
        begin = httpx.get(f"{address}begin").json()
        asked = view() | {name: begin[name] for name in ("study", "x", "y")}
        assert [asked["x"]["name"], asked["y"]["name"]] == ["learning_rate", "weight_decay"]
        assert httpx.get(address).headers["content-type"].startswith("text/html")
        slow = asked | {"cells": [512, 512], "study": asked["study"] | {"training": {"num_steps": 20_000}}}
        with httpx.stream("POST", f"{address}picture", json=slow, timeout=60) as answer:
            assert answer.status_code == 200
            next(answer.iter_raw())
            process.send_signal(number)
            process.wait(30)
    finally:
        process.kill()
        _, wrong = process.communicate(timeout=30)
    assert (process.returncode, wrong) == (0, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["study.toml"]


def test_from_python(monkeypatch, caplog):
    opened = []

    def open_page(address):
        opened.append(address)
        assert httpx.get(f"{address}begin").json()["x"]["name"] == "momentum"

    monkeypatch.setattr(exploring.webbrowser, "open", open_page)
    sweep = {"momentum": jn.Linear(0, 0.9, num=4), "init_bias": jn.Linear(-1, 1, num=3), "learning_rate": 0.1}
    study = jn.Study(data={"x": [1.0], "y": [1.0]}, training={"optimizer": "momentum"}, sweep=sweep)
    monkeypatch.setattr(exploring, "wait_for_interrupt", lambda: None)
    jn.explore(study, port=0)
    assert opened[0] in caplog.text
