//! Text in whatever encoding systems and programs of the last forty years have left it.

use std::ffi::OsStr;

use encoding_rs::{CoderResult, Encoding, SHIFT_JIS, UTF_8, WINDOWS_1252};

/// What the upper half of a byte means in a .zip that says nothing of its encoding (APPNOTE.TXT, appendix D).
const CP437: &str = "\
    ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒ\
    áíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
    └┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀\
    αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■ ";

/// A file name as its owner read it. Names in UTF-8 stay as they are; of others the encoding is a guess, and two
/// that differ may come to read the same.
#[must_use]
pub fn name(bytes: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    if let Some(text) = japanese(bytes) {
        return text;
    }
    // Letters lie in one half of the upper half in one encoding, and in the other half in the other.
    let western = |byte: &u8| byte.is_ascii() || *byte >= 0xc0;
    if bytes.iter().all(western) {
        return WINDOWS_1252
            .decode_without_bom_handling(bytes)
            .0
            .into_owned();
    }
    let upper: Vec<char> = CP437.chars().collect();
    let letter = |byte: &u8| match byte.checked_sub(0x80) {
        Some(place) => upper.get(usize::from(place)).copied().unwrap_or('\u{fffd}'),
        None => char::from(*byte),
    };
    bytes.iter().map(letter).collect()
}

/// The bytes of a file name as the system has it.
#[cfg(unix)]
#[must_use]
pub fn bytes(name: &OsStr) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    name.as_bytes().to_vec()
}

/// The bytes of a file name, which is Unicode here.
#[cfg(not(unix))]
#[must_use]
pub fn bytes(name: &OsStr) -> Vec<u8> {
    name.to_string_lossy().into_owned().into_bytes()
}

/// A file name of this system's, as [`name`] reads it.
#[must_use]
pub fn file_name(of_system: &OsStr) -> String {
    name(&bytes(of_system))
}

/// Shift-JIS, if two letters of Japanese stand side by side: one alone may be an accent before an ASCII letter.
fn japanese(bytes: &[u8]) -> Option<String> {
    let text = strictly(SHIFT_JIS, bytes)?;
    let is_japanese =
        |letter: &char| matches!(letter, '\u{3041}'..='\u{30fe}' | '\u{4e00}'..='\u{9fff}');
    let letters: Vec<char> = text.chars().collect();
    let pair = letters.windows(2).any(|pair| pair.iter().all(is_japanese));
    let all = letters
        .iter()
        .all(|letter| letter.is_ascii() || is_japanese(letter));
    (pair && all).then_some(text)
}

/// A spreadsheet's text: UTF-8 or UTF-16 by its byte order mark, else UTF-8 where it can be, else what Windows writes
/// in the west.
#[must_use]
pub fn sheet(bytes: &[u8]) -> String {
    let marked = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    let guessed = marked.or_else(|| std::str::from_utf8(bytes).is_ok().then_some(UTF_8));
    let (text, _, _) = guessed.unwrap_or(WINDOWS_1252).decode(bytes);
    text.into_owned()
}

fn strictly(encoding: &'static Encoding, bytes: &[u8]) -> Option<String> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(decoder.max_utf8_buffer_length(bytes.len())?);
    let (result, _, replaced) = decoder.decode_to_string(bytes, &mut text, true);
    (result == CoderResult::InputEmpty && !replaced).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_as_their_owners_wrote_them() {
        for (bytes, text) in [
            (&b"Zo\xc3\xab"[..], "Zoë"),
            (b"Zo\xeb M\xfcller", "Zoë Müller"),
            (b"Zo\x89 M\x81ller", "Zoë Müller"),
            (b"caf\x82 cr\x8ame", "café crème"),
            (b"\x89\xdb\x91\xe8_\x93c\x92\x86", "課題_田中"),
            (b"\x82\xb3\x82\xad\x82\xe7.zip", "さくら.zip"),
            (b"Jos\xe9_2", "José_2"),
            (b"\xff\xfe\x00", "ÿþ\0"),
        ] {
            assert_eq!(name(bytes), text, "{bytes:x?}");
        }
    }

    #[test]
    fn what_spreadsheets_save_is_read() {
        let utf16 = |order: fn(u16) -> [u8; 2]| -> Vec<u8> {
            "\u{feff}Zoë;5".encode_utf16().flat_map(order).collect()
        };
        assert_eq!(sheet(&utf16(u16::to_le_bytes)), "Zoë;5");
        assert_eq!(sheet(&utf16(u16::to_be_bytes)), "Zoë;5");
        assert_eq!(sheet("\u{feff}Zoë;5".as_bytes()), "Zoë;5");
        assert_eq!(sheet("Zoë;5".as_bytes()), "Zoë;5");
        assert_eq!(sheet(b"Zo\xeb;5"), "Zoë;5");
    }
}
