//! What a request's body says.

use serde_json::{Map, Value};

use crate::board::parts::{Refusal, Scale};

/// How much of a strange value is shown, in characters.
const EXCERPT: usize = 60;

/// CounterFit's own libraries send a JSON boolean, or 0 and 1.
pub(super) fn truth(body: &str) -> Option<bool> {
    let body: Value = serde_json::from_str(body).ok()?;
    let value = &body["value"];
    value.as_bool().or_else(|| match value.as_f64()? {
        0.0 => Some(false),
        1.0 => Some(true),
        _ => None,
    })
}

/// A request's JSON object, with errors that name the field.
pub(super) struct Body(Map<String, Value>);

impl Body {
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        match serde_json::from_str(text) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(other) => Err(Refusal::Bad(format!(
                "a JSON object is expected, not {}",
                excerpt(&other.to_string())
            ))),
            Err(error) => Err(Refusal::Bad(format!("the body is not JSON: {error}"))),
        }
    }

    fn present(&self, field: &str) -> Option<&Value> {
        self.0.get(field).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, field: &str) -> Result<&str, Refusal> {
        let text = self.optional_text(&[field])?;
        text.ok_or_else(|| Refusal::Bad(format!("`{field}` is missing")))
    }

    pub(super) fn optional_text(&self, fields: &[&str]) -> Result<Option<&str>, Refusal> {
        let Some(field) = fields.iter().find(|field| self.present(field).is_some()) else {
            return Ok(None);
        };
        self.present(field)
            .and_then(Value::as_str)
            .map(Some)
            .ok_or_else(|| self.wrong(field, "a text"))
    }

    /// A port is written as a number or as a text.
    pub(super) fn port(&self, fields: &[&str]) -> Result<String, Refusal> {
        let Some(field) = fields.iter().find(|field| self.present(field).is_some()) else {
            return Err(Refusal::Bad(format!("`{}` is missing", fields[0])));
        };
        match self.present(field) {
            Some(Value::String(port)) => Ok(port.clone()),
            Some(Value::Number(port)) if port.is_u64() => Ok(port.to_string()),
            _ => Err(self.wrong(field, "a port, like 5 or \"5\"")),
        }
    }

    pub(super) fn optional_bool(&self, field: &str) -> Result<Option<bool>, Refusal> {
        self.present(field)
            .map(|value| {
                value
                    .as_bool()
                    .ok_or_else(|| self.wrong(field, "true or false"))
            })
            .transpose()
    }

    pub(super) fn optional_number(
        &self,
        field: &str,
        scale: Scale,
    ) -> Result<Option<f64>, Refusal> {
        let Some(value) = self.present(field) else {
            return Ok(None);
        };
        let number = value
            .as_f64()
            .ok_or_else(|| self.wrong(field, "a number"))?;
        if scale == Scale::Integer && number.fract() != 0.0 {
            return Err(self.wrong(field, "a whole number"));
        }
        Ok(Some(number))
    }

    fn wrong(&self, field: &str, expected: &str) -> Refusal {
        let value = self.0.get(field).map(Value::to_string).unwrap_or_default();
        Refusal::Bad(format!(
            "`{field}` must be {expected}, not {}",
            excerpt(&value)
        ))
    }
}

pub(super) fn excerpt(text: &str) -> String {
    let mut letters = text.chars().filter(|letter| !letter.is_control());
    let mut excerpt: String = letters.by_ref().take(EXCERPT).collect();
    if letters.next().is_some() {
        excerpt.push('…');
    }
    excerpt
}
