// MPTCP (past Landlock's rules), netlink, raw, packet, vsock, Bluetooth, and Unix sockets of every kind.
unsafe extern "C" {
    fn socket(domain: i32, kind: i32, protocol: i32) -> i32;
}
pub fn attack(_: &str) -> bool {
    [
        (2, 1, 262),
        (10, 1, 262),
        (16, 3, 0),
        (2, 3, 1),
        (17, 3, 0),
        (40, 1, 0),
        (31, 3, 1),
        (1, 1, 0),
        (1, 2, 0),
        (1, 5, 0),
    ]
    .into_iter()
    .chain([(2, 1, 132), (2, 5, 132), (2, 2, 17), (10, 2, 0), (38, 5, 0)])
    .any(|(domain, kind, protocol)| unsafe { socket(domain, kind, protocol) } >= 0)
}
