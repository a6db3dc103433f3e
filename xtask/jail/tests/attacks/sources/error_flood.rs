macro_rules! flood {
    ($($t:tt)*) => { $(let $t: () = missing; let $t: () = 1;)* flood2!($($t)*); };
}
macro_rules! flood2 {
    ($($t:tt)*) => { $(flood3!($t $($t)*);)* };
}
macro_rules! flood3 {
    ($a:tt $($t:tt)*) => { $(let $t: u8 = $a.missing();)* };
}
fn main() {
    flood!(a b c d e f g h i j k l m n o p q r s t u v w x y z);
}
