macro_rules! explode {
    ($($t:tt)*) => { explode!($($t)* $($t)*); };
}
explode!(a b c d);
fn main() {}
