"""What a real WebSocket client and a real server have to say to each other, with the edge between them."""

import os

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus


@pytest.mark.parametrize("secure", [False, True])
def test_messages_of_every_kind_and_size_come_back(open_websocket, secure):
    websocket = open_websocket(secure=secure)
    for message in ["", "hello", "ünïcödé" * 1000, b"", os.urandom(125), os.urandom(126), os.urandom(70_000)]:
        websocket.send(message)
        assert websocket.recv() == message


@pytest.mark.parametrize("secure", [False, True])
def test_a_large_message_comes_back_whole(open_websocket, secure):
    websocket = open_websocket(secure=secure, compression=None)
    message = os.urandom(4 << 20)
    websocket.send(message)
    assert websocket.recv() == message


def test_a_message_in_fragments_comes_back_whole(open_websocket):
    websocket = open_websocket()
    websocket.send(f"{number} " for number in range(1000))
    assert websocket.recv().split() == [str(number) for number in range(1000)]


def test_pings_are_answered_by_the_far_side(open_websocket):
    websocket = open_websocket()
    assert websocket.ping().wait(10.0)


def test_extensions_and_subprotocols_are_agreed_on_through_the_edge(open_websocket):
    websocket = open_websocket(subprotocols=["one", "two"])
    assert websocket.subprotocol == "two"
    assert "permessage-deflate" in websocket.response.headers["Sec-WebSocket-Extensions"]
    websocket.send("a" * 100_000)
    assert websocket.recv() == "a" * 100_000


def test_the_close_of_the_server_arrives_with_its_code(open_websocket):
    websocket = open_websocket()
    websocket.send("close 4321")
    with pytest.raises(ConnectionClosed) as closed:
        websocket.recv()
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4321, "as you wish")


def test_the_close_of_the_client_is_answered(open_websocket):
    websocket = open_websocket()
    websocket.close(4000, "enough")
    assert websocket.close_code == 4000


def test_a_refusal_by_the_server_is_passed_on(open_websocket):
    with pytest.raises(InvalidStatus) as refused:
        open_websocket("/shut")
    assert refused.value.response.status_code == 403
    assert refused.value.response.body == b"not you\n"


def test_many_at_once_do_not_mix(open_websocket):
    websockets = [open_websocket() for _ in range(40)]
    for number, websocket in enumerate(websockets):
        websocket.send(f"I am {number}")
    for number, websocket in enumerate(websockets):
        assert websocket.recv() == f"I am {number}"
