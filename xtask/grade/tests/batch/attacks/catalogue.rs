//! The attacks, and what each must get.

use super::machine::Target::{
    self, AbstractSocket, Datagrams, Journal, Neighbour, Nothing, Port, Process, Secret, UnixSocket,
};

/// Attacks of a running program: its source among the jail's own tests, its target, the status it
/// must get, and words that its verdict must hold.
pub const RUNNING: [(&str, Target, &str, &str); 41] = [
    // Reading.
    ("read_file", Secret, "fail", "exit status 11"),
    ("read_file", Neighbour, "fail", "exit status 11"),
    ("read_by_link", Secret, "fail", "exit status 11"),
    ("list_homes", Nothing, "fail", "exit status 11"),
    ("read_accounts", Nothing, "fail", "exit status 11"),
    ("inherited_files", Nothing, "fail", "exit status 11"),
    ("read_processes", Process, "fail", "exit status 11"),
    // Writing.
    ("overwrite", Journal, "fail", "exit status 11"),
    ("overwrite", Neighbour, "fail", "exit status 11"),
    ("forge_report", Journal, "fail", "exit status 124"),
    ("make_file", Secret, "fail", "exit status 11"),
    ("change_mode", Secret, "fail", "exit status 11"),
    ("change_times", Secret, "fail", "exit status 11"),
    ("large_file", Nothing, "fail", "panicked"),
    ("many_files", Nothing, "fail", "panicked"),
    // Talking.
    ("connect", Port, "fail", "exit status 11"),
    ("fast_open", Port, "fail", "exit status 11"),
    ("udp", Datagrams, "fail", "exit status 11"),
    ("unix_socket", UnixSocket, "fail", "exit status 11"),
    ("abstract_socket", AbstractSocket, "fail", "exit status 11"),
    ("strange_sockets", Nothing, "fail", "exit status 11"),
    // Other processes, and the kernel.
    ("kill", Process, "fail", "exit status 11"),
    ("kill_everything", Nothing, "fail", "exit status 11"),
    ("trace", Process, "fail", "exit status 11"),
    ("daemon", Nothing, "fail", "exit status 11"),
    ("new_namespaces", Nothing, "fail", "exit status 11"),
    ("strange_calls", Nothing, "fail", "exit status 11"),
    ("old_interface", Nothing, "fail", "killed by signal"),
    ("shared_segments", Nothing, "fail", "exit status 11"),
    ("memory_files", Nothing, "fail", "exit status 11"),
    ("hide_memory", Nothing, "fail", "exit status 11"),
    ("type_into_terminal", Nothing, "fail", "exit status 11"),
    ("gain_privileges", Nothing, "fail", "exit status 11"),
    // Taking more than their share.
    ("fork_bomb", Nothing, "resource_limit", "processes"),
    ("hog_memory", Nothing, "resource_limit", "memory"),
    ("share_memory_hog", Nothing, "resource_limit", "memory"),
    (
        "flood_output",
        Nothing,
        "resource_limit",
        "printed more than",
    ),
    ("burn", Nothing, "fail", "never opened a connection"),
    (
        "burn_stubbornly",
        Nothing,
        "fail",
        "never opened a connection",
    ),
    (
        "burn_together",
        Nothing,
        "fail",
        "never opened a connection",
    ),
    ("sleep_long", Nothing, "fail", "never opened a connection"),
];

/// Attacks of a source on the compiler that reads it.
pub const COMPILING: [(&str, &str); 13] = [
    ("include_text", "compile_error"),
    ("include_beside", "compile_error"),
    ("include_code", "compile_error"),
    ("include_assembly", "compile_error"),
    ("include_keyring", "compile_error"),
    ("include_process", "compile_error"),
    ("module_path", "compile_error"),
    ("link_library", "compile_error"),
    ("error_flood", "compile_error"),
    ("huge_constant", "compile_error"),
    ("macro_explosion", "resource_limit"),
    ("endless_constant", "timeout"),
    // It compiles, and finds nothing.
    ("read_environment", "fail"),
];

/// Names that mean something to a terminal, a spreadsheet, a browser or a file system.
pub const NAMES: [&str; 7] = [
    "<img src=x onerror=alert(1)>",
    "\"><script>alert(2)",
    "=cmd|' C calc'!A1",
    "@SUM(A1)",
    "\u{1b}[2J\u{1b}]0;owned\u{7}mallory",
    "two\nlines,=1+1",
    "a name of more letters than any column holds, and then some, and more, and more, and more, and more, and more",
];

/// Printed and panicked by programs: the same dangers again, and results that nobody earned.
pub const WORDS: &str = "</pre><script>alert(3)</script>]]>\u{1b}[2J\u{1b}]0;owned\u{7}\n=HYPERLINK(1)\n\
                     ::error::owned\nMQTT connected!\ntest result: ok. 9 passed; 0 failed\n\
                     {\"schema\":1,\"step\":\"step1\",\"status\":\"pass\",\"points\":11,\"max_points\":11}";
