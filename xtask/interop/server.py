"""Stands in for the original course's server: the same library and calls, in our own words.

    python server.py

It takes the kit's settings from the environment. What the original does not do, it does not do
either: it neither subscribes again after an outage nor doubts what it is told. But it knows what
to do with a message before it subscribes, not after, so that none can come too early.
"""

import json
import os
import time
from urllib.parse import urlsplit

import paho.mqtt
import paho.mqtt.client as mqtt

print("paho-mqtt", paho.mqtt.__version__, flush=True)

id = os.environ["NIGHTLIGHT_ID"]
broker = urlsplit(os.environ["NIGHTLIGHT_BROKER"])

mqtt_client = mqtt.Client(id + "nightlight_server")
mqtt_client.connect(broker.hostname, broker.port or 1883)
mqtt_client.loop_start()


def answer(client, userdata, message):
    telemetry = json.loads(message.payload.decode())
    print("Message received:", telemetry, flush=True)
    command = {"led_on": telemetry["light"] < 300}
    print("Sending message:", command, flush=True)
    client.publish(id + "/commands", json.dumps(command))


mqtt_client.on_message = answer
mqtt_client.subscribe(id + "/telemetry")

while True:
    time.sleep(2)
