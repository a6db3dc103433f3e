"""A nightlight on CounterFit's published libraries. It looks once for every line it is given."""

import sys

from counterfit_connection import CounterFitConnection
from counterfit_shims_grove.adc import ADC
from counterfit_shims_grove.grove_led import GroveLed
from counterfit_shims_grove.grove_light_sensor_v1_2 import GroveLightSensor

CounterFitConnection.init("127.0.0.1", int(sys.argv[1]))
light_sensor = GroveLightSensor(0)
led = GroveLed(5)

for _ in sys.stdin:
    light = light_sensor.light
    if light < 300:
        led.on()
    else:
        led.off()
    print(light, ADC().read(0), flush=True)
