"""Clients of MQTT 5 in Python, Paho 2 and aiomqtt on it, connect and stay: every message that they send
themselves comes back, on one connection.

    version5.py PORT WEBSOCKET-PORT
"""

import asyncio
import queue
import sys

import aiomqtt
import paho.mqtt.client as paho

HOST = "127.0.0.1"
MESSAGES = 20
LIMIT = 20


def with_paho(name, port, transport):
    heard = queue.Queue()
    connections = []
    client = paho.Client(
        paho.CallbackAPIVersion.VERSION2,
        client_id=name,
        transport=transport,
        protocol=paho.MQTTv5,
    )
    client.on_connect = lambda client, _, flags, reason, properties: (
        connections.append(reason),
        client.subscribe(f"{name}/#", 1),
    )
    client.on_subscribe = lambda client, *_: client.publish(f"{name}/0", "0", 1)
    client.on_message = lambda client, _, message: heard.put(message.payload)
    client.connect(HOST, port)
    client.loop_start()
    for number in range(MESSAGES):
        assert heard.get(timeout=LIMIT) == str(number).encode(), number
        client.publish(f"{name}/{number + 1}", str(number + 1), 1)
    client.disconnect()
    client.loop_stop()
    assert [str(reason) for reason in connections] == ["Success"], connections


async def with_aiomqtt(name, port):
    version = aiomqtt.ProtocolVersion.V5
    async with aiomqtt.Client(HOST, port, identifier=name, protocol=version) as client:
        await client.subscribe(f"{name}/#", qos=1)
        for number in range(MESSAGES):
            await client.publish(f"{name}/{number}", str(number), qos=1)
            message = await anext(client.messages)
            assert message.payload == str(number).encode(), number


port, websocket = map(int, sys.argv[1:])
with_paho("paho", port, "tcp")
with_paho("paho-in-a-page", websocket, "websockets")
asyncio.run(asyncio.wait_for(with_aiomqtt("aiomqtt", port), LIMIT))
