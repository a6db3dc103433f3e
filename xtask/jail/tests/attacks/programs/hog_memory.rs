// One process: the allocation fails or the kernel ends it.
pub fn attack(_: &str) -> bool {
    let mut memory = Vec::new();
    while memory.len() < 200 {
        memory.push(vec![1_u8; 64 * 1024 * 1024]);
    }
    std::hint::black_box(memory).len() == 200
}
