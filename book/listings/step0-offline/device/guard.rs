// Puts the LED out when `main` ends. The thread that has the LED never does.
let _guard = board.led.guard();
