"""Stands in for the original course's device: the same libraries and calls, in our own words.

    python device.py [SECONDS BETWEEN TWO READINGS]

It takes the kit's settings from the environment. What the original does not do, it does not do
either: it neither subscribes again after an outage nor doubts what it is told. But it knows what
to do with a message before it subscribes, not after, so that none can come too early.
"""

import json
import os
import sys
import time
from urllib.parse import urlsplit

import paho.mqtt
import paho.mqtt.client as mqtt
from counterfit_connection import CounterFitConnection
from counterfit_shims_grove.grove_led import GroveLed
from counterfit_shims_grove.grove_light_sensor_v1_2 import GroveLightSensor

print("paho-mqtt", paho.mqtt.__version__, flush=True)

id = os.environ["NIGHTLIGHT_ID"]
broker = urlsplit(os.environ["NIGHTLIGHT_BROKER"])
board = urlsplit(os.environ["NIGHTLIGHT_BOARD"])
pause = float(sys.argv[1]) if len(sys.argv) > 1 else 5

CounterFitConnection.init(board.hostname, board.port)
light_sensor = GroveLightSensor(0)
led = GroveLed(5)

mqtt_client = mqtt.Client(id + "nightlight_client")
mqtt_client.connect(broker.hostname, broker.port or 1883)
mqtt_client.loop_start()
print("MQTT connected!", flush=True)


def obey(client, userdata, message):
    command = json.loads(message.payload.decode())
    print("Message received:", command, flush=True)
    if command["led_on"]:
        led.on()
    else:
        led.off()


mqtt_client.on_message = obey
mqtt_client.subscribe(id + "/commands")

while True:
    telemetry = json.dumps({"light": light_sensor.light})
    print("Sending telemetry ", telemetry, flush=True)
    mqtt_client.publish(id + "/telemetry", telemetry)
    time.sleep(pause)
