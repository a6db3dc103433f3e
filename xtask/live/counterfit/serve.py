"""Serves the published CounterFit on loopback only; its own command listens on all interfaces."""

import sys

from CounterFit import counterfit

counterfit.socketio.run(counterfit.app, host="127.0.0.1", port=int(sys.argv[1]))
