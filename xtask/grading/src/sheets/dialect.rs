//! What separates the cells of a sheet. Spreadsheets of half the world do it by semicolons.

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
