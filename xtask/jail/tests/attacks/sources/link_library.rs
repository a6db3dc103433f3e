// Links a library from the target's folder into the program.
#[link(name = ":@NAME@", kind = "dylib")]
unsafe extern "C" {}
fn main() {}
