//! A row as text with gaps: what the rows of a stream share stands ready, the rest is filled in.

use xtask::random::mix;

use super::amount::Amount;

/// Hours of the month that is billed, October 2026.
pub const HOURS: usize = 31 * 24;

/// What differs from row to row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Slot {
    LineItemId,
    /// The hour, as `start/end`.
    Interval,
    Start,
    End,
    Resource,
    Quantity,
    Cost,
    EffectiveCost,
    Description,
}

/// A field of a stream's rows.
pub enum Field {
    Same(String),
    Varies(Slot),
}

impl Field {
    /// A text that all rows of the stream share.
    pub fn same(text: impl Into<String>) -> Self {
        Self::Same(text.into())
    }
}

/// What one row puts into the gaps.
#[derive(Clone, Copy)]
pub struct Values {
    pub id: [u64; 4],
    pub hour: usize,
    pub resource: u64,
    pub quantity: Amount,
    pub cost: Amount,
    pub effective_cost: Amount,
    pub description: Description,
}

/// How a row's description is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Description {
    Usual,
    /// With quotes in it, which are doubled.
    Quotes,
    /// Over two lines.
    LineBreak,
}

/// A row with gaps.
pub struct Template {
    text: Vec<u8>,
    /// Where the text stops for a gap.
    gaps: Vec<(usize, Slot)>,
    resource: String,
    description: String,
}

impl Template {
    /// A template of fields, and what its resources and descriptions begin with.
    pub fn new(fields: impl Iterator<Item = Field>, resource: String, description: String) -> Self {
        let mut template = Self { text: Vec::new(), gaps: Vec::new(), resource, description };
        for (number, field) in fields.enumerate() {
            if number > 0 {
                template.text.push(b',');
            }
            match field {
                Field::Same(text) => write_field(&mut template.text, &text),
                Field::Varies(slot) => template.gaps.push((template.text.len(), slot)),
            }
        }
        template.text.push(b'\n');
        template
    }

    /// Appends a row.
    pub fn write(&self, values: &Values, hours: &Hours, out: &mut Vec<u8>) {
        let mut from = 0;
        for (to, slot) in &self.gaps {
            out.extend_from_slice(&self.text[from..*to]);
            from = *to;
            match slot {
                Slot::LineItemId => write_id(out, values.id),
                Slot::Interval => {
                    out.extend_from_slice(&hours.0[values.hour]);
                    out.push(b'/');
                    out.extend_from_slice(&hours.0[values.hour + 1]);
                }
                Slot::Start => out.extend_from_slice(&hours.0[values.hour]),
                Slot::End => out.extend_from_slice(&hours.0[values.hour + 1]),
                Slot::Resource => self.write_resource(values.resource, out),
                Slot::Quantity => values.quantity.write(out),
                Slot::Cost => values.cost.write(out),
                Slot::EffectiveCost => values.effective_cost.write(out),
                Slot::Description => self.write_description(values.description, out),
            }
        }
        out.extend_from_slice(&self.text[from..]);
    }

    fn write_resource(&self, number: u64, out: &mut Vec<u8>) {
        if self.resource.is_empty() {
            return;
        }
        out.extend_from_slice(self.resource.as_bytes());
        out.push(b'0');
        let bits = mix(number);
        out.extend((0..16).map(|digit| b"0123456789abcdef"[(bits >> (4 * digit)) as usize & 15]));
    }

    fn write_description(&self, description: Description, out: &mut Vec<u8>) {
        let suffix: &[u8] = match description {
            Description::Usual => return write_field(out, &self.description),
            Description::Quotes => b", billed as \"\"standard\"\"\"",
            Description::LineBreak => b",\nsee the terms of the service\"",
        };
        out.push(b'"');
        out.extend_from_slice(self.description.as_bytes());
        out.extend_from_slice(suffix);
    }
}

/// The 52 letters and digits of a line item's id.
fn write_id(out: &mut Vec<u8>, id: [u64; 4]) {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    for part in id {
        let letters: [u8; 13] = std::array::from_fn(|place| LETTERS[(part >> (5 * place)) as usize & 31]);
        out.extend_from_slice(&letters);
    }
}

/// Appends a field, in quotes where it needs them.
pub fn write_field(out: &mut Vec<u8>, text: &str) {
    if !text.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
        return out.extend_from_slice(text.as_bytes());
    }
    out.push(b'"');
    out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
    out.push(b'"');
}

/// The hours of the month as text, and the one after it.
pub struct Hours(Vec<[u8; 20]>);

impl Hours {
    /// All of them.
    pub fn new() -> Self {
        let text = |hour: usize| {
            let (month, day) = if hour < HOURS { (10, hour / 24 + 1) } else { (11, 1) };
            let mut bytes = [0; 20];
            bytes.copy_from_slice(format!("2026-{month:02}-{day:02}T{:02}:00:00Z", hour % 24).as_bytes());
            bytes
        };
        Self((0..=HOURS).map(text).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(hour: usize, description: Description) -> Values {
        let (id, amount) = ([0, 1, 2, 3], Amount::plain(5, 2));
        Values {
            id,
            hour,
            resource: 1,
            quantity: amount,
            cost: amount,
            effective_cost: amount.negated(),
            description,
        }
    }

    fn written(fields: Vec<Field>, values: &Values) -> String {
        let template = Template::new(fields.into_iter(), "i-".to_owned(), "$1 per \u{e9}t\u{e9}".to_owned());
        let mut out = Vec::new();
        template.write(values, &Hours::new(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn gaps_are_filled_and_fields_quoted_where_they_need_it() {
        let fields = vec![
            Field::Varies(Slot::Interval),
            Field::same("Shop, web"),
            Field::Varies(Slot::Cost),
            Field::same("a \"b\""),
            Field::Varies(Slot::EffectiveCost),
        ];
        assert_eq!(
            written(fields, &values(HOURS - 1, Description::Usual)),
            "2026-10-31T23:00:00Z/2026-11-01T00:00:00Z,\"Shop, web\",0.05,\"a \"\"b\"\"\",-0.05\n"
        );
    }

    #[test]
    fn descriptions_come_with_quotes_and_line_breaks() {
        let fields = || vec![Field::same("a"), Field::Varies(Slot::Description), Field::same("z")];
        let text = |description| written(fields(), &values(0, description));
        assert_eq!(text(Description::Usual), "a,$1 per été,z\n");
        assert_eq!(text(Description::Quotes), "a,\"$1 per été, billed as \"\"standard\"\"\",z\n");
        assert_eq!(text(Description::LineBreak), "a,\"$1 per été,\nsee the terms of the service\",z\n");
    }

    #[test]
    fn ids_have_52_characters() {
        let row = written(vec![Field::Varies(Slot::LineItemId)], &values(0, Description::Usual));
        assert_eq!(row.trim_end().len(), 52);
    }
}
