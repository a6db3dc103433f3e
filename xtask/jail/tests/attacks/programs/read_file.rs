// An ssh key, another submission, anything by its name.
pub fn attack(target: &str) -> bool {
    std::fs::read(target).is_ok()
}
