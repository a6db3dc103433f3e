//! Right programs get full marks, whatever else is in them or beside them.

use crate::class::{Class, right};

#[test]
fn warnings_of_any_length_cost_nothing() {
    let class = Class::new();
    let mut files = right(&[1]);
    for number in 0..1_500 {
        files[0].1 +=
            &format!("fn nobody_calls_this_one_{number}() {{ let unused = {number}; }}\n");
    }
    class.folder("ada", &files);

    let (status, said) = class.grade(&["--seed", "7"]);

    assert_eq!(status, 0, "{said}");
    assert_eq!(class.verdict("ada", "step1")["status"], "pass", "{said}");
}
