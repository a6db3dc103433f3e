//! What separates the cells of a sheet. Spreadsheets of half the world do it by semicolons.

use std::io;
use std::str::FromStr;

use crate::text;

/// How the sheets of ours are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    delimiter: u8,
}

impl Default for Dialect {
    /// Separated by commas.
    fn default() -> Self {
        Self { delimiter: b',' }
    }
}

impl FromStr for Dialect {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let delimiter = match name {
            "," | "comma" => b',',
            ";" | "semicolon" => b';',
            "\t" | "\\t" | "tab" => b'\t',
            _ => return Err("expected comma, semicolon or tab".to_owned()),
        };
        Ok(Self { delimiter })
    }
}

impl Dialect {
    /// A table that spreadsheets take for UTF-8, by the mark that it starts with.
    ///
    /// # Errors
    /// When `to` cannot be written.
    pub(crate) fn table<W: io::Write>(self, mut to: W) -> io::Result<csv::Writer<W>> {
        to.write_all("\u{feff}".as_bytes())?;
        let mut table = csv::WriterBuilder::new();
        Ok(table.delimiter(self.delimiter).from_writer(to))
    }

    /// Points as the spreadsheet reads them: where cells are separated by semicolons, numbers have a comma.
    pub(crate) fn points(self, points: f64) -> String {
        let written = text::points(points);
        if self.delimiter == b';' {
            written.replace('.', ",")
        } else {
            written
        }
    }
}

/// The separator of a sheet, and the sheet without the line in which Excel may name it.
#[must_use]
pub fn read(sheet: &str) -> (u8, &str) {
    let first = sheet.lines().next().unwrap_or_default();
    let named = first.strip_prefix("sep=").map(str::as_bytes);
    if let Some([named]) = named {
        let body = sheet.split_once('\n').map_or("", |(_, body)| body);
        return (*named, body);
    }
    let count = |delimiter: &u8| first.bytes().filter(|byte| byte == delimiter).count();
    // The last of equals wins: a comma, when there is none of them.
    let most = [b'\t', b';', b','].into_iter().max_by_key(count);
    (most.unwrap_or(b','), sheet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_says_how_it_is_to_be_read() {
        for (name, line) in [
            ("comma", "\u{feff}\"a,b\",7.5\n"),
            (";", "\u{feff}a,b;7,5\n"),
            ("tab", "\u{feff}a,b\t7.5\n"),
        ] {
            let dialect: Dialect = name.parse().expect("a dialect");
            let mut written = Vec::new();
            let mut table = dialect.table(&mut written).expect("a table");
            let row = ["a,b".to_owned(), dialect.points(7.5)];
            table.write_record(row).expect("a row");
            drop(table);
            assert_eq!(String::from_utf8(written).expect("text"), line);
        }
        assert!("x".parse::<Dialect>().is_err());
    }
}
