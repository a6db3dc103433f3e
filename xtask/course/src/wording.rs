//! Words that follow a number.

/// A number and what it counts, which is called `one` where there is one of it and `more` otherwise: `1 row`, `2 rows`.
#[must_use]
pub fn counted(number: usize, one: &str, more: &str) -> String {
    let words = if number == 1 { one } else { more };
    format!("{number} {words}")
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn one_is_one_and_none_are_many() {
        let told = [0, 1, 2].map(|number| counted(number, "entry is left", "entries are left"));
        assert_eq!(
            told,
            [
                "0 entries are left",
                "1 entry is left",
                "2 entries are left"
            ]
        );
    }
}
