#[repr(C)]
struct Address {
    family: u16,
    port: [u8; 2],
    host: [u8; 4],
    zero: [u8; 8],
}
unsafe extern "C" {
    fn socket(domain: i32, kind: i32, protocol: i32) -> i32;
    fn sendto(
        socket: i32,
        text: *const u8,
        size: usize,
        flags: i32,
        to: *const Address,
        size: u32,
    ) -> isize;
}
pub fn attack(target: &str) -> bool {
    let target: std::net::SocketAddrV4 = target.parse().unwrap();
    let to = Address {
        family: 2,
        port: target.port().to_be_bytes(),
        host: target.ip().octets(),
        zero: [0; 8],
    };
    const MSG_FASTOPEN: i32 = 0x2000_0000;
    unsafe { sendto(socket(2, 1, 0), b"x".as_ptr(), 1, MSG_FASTOPEN, &to, 16) > 0 }
}
