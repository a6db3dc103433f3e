fn main() {
    include!("@TARGET@");
}
