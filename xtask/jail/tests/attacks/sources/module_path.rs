// The compiler quotes what it cannot parse.
#[path = "@TARGET@"]
mod stolen;
fn main() {}
