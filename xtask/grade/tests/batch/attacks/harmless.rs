//! What a grader writes does nothing where it is looked at.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::machine::SECRET;

/// No output does anything where it is looked at.
pub fn harmless(results: &BTreeMap<String, String>, said: &str) {
    assert!(!said.contains('\u{1b}'), "the terminal: {said:?}");
    for (name, text) in results {
        assert!(!text.contains(SECRET), "{name}");
        let control = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\t' | '\r');
        assert!(!text.contains(control), "{name} holds control characters");
        if name.ends_with(".html") || name.ends_with(".xml") {
            for tag in ["<script", "<img"] {
                assert!(!text.contains(tag), "{name} holds {tag}");
            }
        }
        if name.ends_with(".csv") {
            let mut table = csv::Reader::from_reader(text.as_bytes());
            for cell in table.records().flat_map(|row| {
                let row = row.unwrap();
                row.iter().map(str::to_owned).collect::<Vec<_>>()
            }) {
                assert!(!cell.starts_with(['=', '+', '-', '@']), "{name}: {cell}");
            }
        }
        let json = match name.split_once('/') {
            Some(("classroom", _)) => BASE64_STANDARD.decode(text.trim()).unwrap(),
            Some(("gradescope", _)) => text.clone().into_bytes(),
            _ => continue,
        };
        let words = strings(&serde_json::from_slice(&json).unwrap());
        assert!(words.iter().all(|word| !word.contains('\u{1b}')), "{name}");
    }
}

/// All texts in a JSON value.
fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(values) => values.iter().flat_map(strings).collect(),
        Value::Object(fields) => fields.values().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}
