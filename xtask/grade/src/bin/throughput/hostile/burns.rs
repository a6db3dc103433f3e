fn main() {
    for _ in 0..40 {
        std::thread::spawn(|| {
            loop {
                std::hint::black_box(1);
            }
        });
    }
    std::thread::park();
}
