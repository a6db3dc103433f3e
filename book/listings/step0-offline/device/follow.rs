/// Looks once a second, for as long as the program runs.
fn follow_the_light(mut board: Board) {
    loop {
        if let Err(error) = look_and_decide(&mut board) {
            eprintln!("{error}");
        }
        board.delay.delay_ms(1_000);
    }
}
