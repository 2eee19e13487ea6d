"""The server answers its own page alone, and stays whatever it is sent."""

import contextlib
import json
import random
import socket
from urllib.parse import urlsplit

import httpx
import pytest

from jaxneuron.explorer import application, safety
from jaxneuron.explorer.server import serving
from jaxneuron.study.bad_input import BadInput
from tests.conftest import REPEAT
from tests.explorer.pictures import messages, view


def send(address, content):
    """Send these bytes, and give what comes back until the connection ends."""
    found = b""
    where = urlsplit(address)
    with (
        contextlib.suppress(OSError),
        socket.create_connection((where.hostname, where.port), timeout=2.0) as connection,
    ):
        connection.sendall(content)
        connection.shutdown(socket.SHUT_WR)
        while part := connection.recv(65536):
            found += part
    return found


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost"}, 200),
        ({"Host": "[::1]:8000"}, 200),
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1.evil.example"}, 421),
        ({"Host": "[::1"}, 421),
        ({"Host": ""}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 200),
    ],
)
def test_only_its_own_page_is_answered(client, headers, status):
    assert client.get("begin", headers=headers).status_code == status


def test_the_token_is_needed(address):
    root = f"http://{urlsplit(address).netloc}"
    token = urlsplit(address).path.strip("/")
    assert len(token) >= 20
    for path in ("/", "/begin", f"/{token[:-1]}/begin", f"/{token}x/begin", f"//{token}/begin", "/../begin"):
        assert httpx.get(root + path).status_code == 404
    for path in ("nothing", "../begin", "..%2f..%2fetc/passwd", "%00", "é"):
        assert httpx.get(address + path).status_code in (400, 404)
    assert httpx.get(f"{address}picture").status_code == 405


def test_every_answer_says_what_the_page_may_do(client):
    for path, status in (("", 200), ("begin", 200), ("nothing", 404)):
        found = client.get(path)
        assert found.status_code == status
        policy = found.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert found.headers["x-content-type-options"] == "nosniff"
        assert found.headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in found.headers


def test_what_is_too_large_is_refused(address, client, monkeypatch):
    path = urlsplit(address).path
    for length in (2**30, 10**30, "x"):
        head = f"POST {path}data?name=a.csv HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n"
        assert send(address, head.encode()).split()[1] in (b"413", b"400")
    monkeypatch.setattr(safety, "MOST_BYTES", 1000)
    parts = (b"1,2\n" for _ in range(1000))  # without a length
    assert client.post("data?name=a.csv", content=parts).status_code == 413
    assert client.get("begin").status_code == 200


GOOD = json.dumps(view()).encode()


def malformed(rng):
    """A request that is nearly one."""
    kind = rng.randrange(7)
    if kind == 0:
        return "POST", "picture", rng.randbytes(rng.randrange(300))
    if kind == 1:
        content = bytearray(GOOD)
        for _ in range(rng.randrange(1, 6)):
            content[rng.randrange(len(content))] = rng.randrange(256)
        return "POST", rng.choice(["study.toml", "examples", "life", "sweep"]), bytes(content)
    if kind == 2:
        return "POST", "picture", GOOD[: rng.randrange(len(GOOD))]
    if kind == 3:
        asked = view()
        table = rng.choice([asked, asked["study"], *asked["study"].values(), asked["x"]])
        values = [
            None,
            True,
            [],
            {},
            "",
            "\ud800",
            -1,
            0,
            1e308,
            10**400,
            2**63,
            [[]],
            {"normal": [0]},
            "inf",
        ]
        table[rng.choice([*table, "other"])] = rng.choice(values)
        return "POST", "study.toml", json.dumps(asked).encode()
    if kind == 4:
        return (
            rng.choice(["GET", "PUT", "DELETE", "OPTIONS"]),
            rng.choice(["picture", "begin", "x" * 3000]),
            b"",
        )
    if kind == 5:
        body = {"view": view(), "column": rng.choice([-1, 10**9, 0.5, "1", None]), "row": 0}
        return "POST", "life", json.dumps(body).encode()
    return (
        "POST",
        f"data?name={rng.choice(['a.csv', 'a.npz', 'a.parquet', '', '..', 'a.csv.gz'])}",
        rng.randbytes(200),
    )


def test_malformed_requests_leave_it_serving(client, tmp_path, monkeypatch):
    """And none is answered as a fault of the server. 100 000 of them are sent by JAXNEURON_REPEAT=200."""
    monkeypatch.chdir(tmp_path)
    rng = random.Random(0)
    for _ in range(500 * REPEAT):
        method, path, content = malformed(rng)
        found = client.request(method, path, content=content)
        assert found.status_code < 500, (method, path, content[:500], found.text)
        if found.status_code == 422:
            wrong = json.loads(found.content)["error"]
            assert wrong
            assert "\n" not in wrong
    assert client.post("picture", json=view()).status_code == 200
    assert not list(tmp_path.iterdir()), "something was written"


def test_no_http_leaves_it_serving(address, client):
    for content in (
        b"",
        b"\0" * 1000,
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"A" * 200_000,
        b"GET / HTTP/1.1\r\n\r\n",
    ):
        send(address, content)
    path = urlsplit(address).path
    upgrade = f"GET {path}begin HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    send(
        address,
        f"{upgrade}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: aaaaaaaaaaaaaaaaaaaaaa==\r\n\r\n".encode(),
    )
    assert client.get("begin").status_code == 200


def test_a_new_picture_of_a_page_ends_the_one_before(client):
    slow, page = view(cells=[512, 512], training={"num_steps": 20_000}), {"X-Page": "1"}
    with client.stream("POST", "picture", json=slow, headers=page) as answer:
        parts = answer.iter_raw()
        before = next(parts)
        for other, ends in (({"X-Page": "2"}, "end"), (page, "end")):
            quick = client.post("picture", json=view(), headers=other)
            assert [header["kind"] for header, _ in messages(quick.content)][-1] == ends
        kinds = [header["kind"] for header, _ in messages(before + b"".join(parts))]
    assert kinds[0] == "view"
    assert kinds[-1] != "end"


def test_a_page_is_refused_without_a_status_that_its_browser_would_report(client):
    for headers, status in (({}, 422), ({"X-Page": "3"}, 200)):
        found = client.post("picture", json=view(cells=[0, 0]), headers=headers)
        assert (found.status_code, found.headers["x-refused"]) == (status, "1")
        assert found.json()["error"].startswith("cells: is")


def test_nobody_is_trained_for_who_is_gone(client):
    slow = view(cells=[512, 512], training={"num_steps": 20_000})
    for _ in range(20):
        with client.stream("POST", "picture", json=slow) as answer:
            next(answer.iter_raw())
    assert client.post("picture", json=view()).status_code == 200


def test_a_port_that_is_taken_is_said(address):
    port = urlsplit(address).port
    with pytest.raises(BadInput, match=f"port {port} cannot be listened at"), serving(port=port):
        pass
    with pytest.raises(BadInput, match="cannot be listened at"), serving(host="no.such.host.example"):
        pass


def test_of_many_pages_the_oldest_is_stale(known):
    explorer = application.Explorer(None, known)
    events = [explorer._newest(str(number)) for number in range(application.MOST_PAGES + 2)]
    assert [event.is_set() for event in events[:3]] == [True, True, False]
    assert explorer._newest("70") is not events[-1]
