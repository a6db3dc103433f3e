std::arch::global_asm!(".globl stolen", "stolen:", ".incbin \"@TARGET@\"");
fn main() {}
