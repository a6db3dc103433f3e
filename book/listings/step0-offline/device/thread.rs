thread::spawn(move || follow_the_light(board));
