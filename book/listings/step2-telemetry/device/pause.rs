board.delay.delay_ms(5_000);
