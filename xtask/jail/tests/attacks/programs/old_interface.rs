// The 32-bit system calls, which a filter for the 64-bit ones could overlook: 102 is socketcall, 20 getpid.
pub fn attack(_: &str) -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        let answer: i32;
        unsafe { std::arch::asm!("int 0x80", inlateout("eax") 20 => answer, options(nostack)) };
        answer > 0
    }
    #[cfg(not(target_arch = "x86_64"))]
    false
}
