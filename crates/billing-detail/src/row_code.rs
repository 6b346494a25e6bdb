//! A line item as bytes: what of it makes its bucket, and what of it makes its content.
//!
//! One buffer serves both, because they overlap:
//! `tags that billing reads | provider … currency | cost, dates, resource …`
//! `└──────────── the bucket's key ─────────────┘`
//! `                         └────────────── the content's digest ─────────┘`
//! The tags stand in the digest as the provider wrote them, so that a change of the settings that name them does not
//! make other content of the same file. Invoice ids are no content: providers fill them in later.

use billing_core::{Fixed, line_item::LineItem};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// Part of each digest: another number is needed when the layout below changes.
const VERSION: u8 = 1;

/// The bytes of one line item after the other.
#[derive(Default)]
pub(crate) struct RowCode {
    bytes: Vec<u8>,
    tags_end: usize,
    key_end: usize,
}

impl RowCode {
    /// Takes the bytes of a line item.
    pub(crate) fn encode(&mut self, item: &LineItem<'_>) {
        self.bytes.clear();
        for tag in [&item.tags.cost_center, &item.tags.component, &item.tags.service] {
            self.bytes.push(u8::from(tag.is_some()));
            self.put(tag.as_deref().unwrap_or(""));
        }
        self.tags_end = self.bytes.len();
        let raw = &item.raw;
        self.bytes.push(VERSION);
        self.put(item.provider.as_str());
        self.put(&item.account_key);
        self.bytes.extend_from_slice(&item.period.year().to_le_bytes());
        self.bytes.push(item.period.month());
        for text in [
            raw.charge_category,
            raw.service_category,
            raw.service_name,
            raw.region,
            raw.commitment_term,
            item.currency.as_str(),
        ] {
            self.put(text);
        }
        self.key_end = self.bytes.len();
        let (high, low) = item.billed_cost.words();
        self.bytes.extend_from_slice(&high.to_le_bytes());
        self.bytes.extend_from_slice(&low.to_le_bytes());
        for text in [raw.charge_period_start, raw.resource_id, raw.sku, raw.charge_description, &raw.tags] {
            self.put(text);
        }
        self.put_number(&raw.quantity);
    }

    /// A number by its value: 1 and 1.0 are the same. What is none is put as text.
    fn put_number(&mut self, text: &str) {
        match Fixed::parse(text.trim().as_bytes()) {
            Ok(number) => {
                let (high, low) = number.words();
                self.bytes.push(1);
                self.bytes.extend_from_slice(&high.to_le_bytes());
                self.bytes.extend_from_slice(&low.to_le_bytes());
            }
            Err(_) => {
                self.bytes.push(0);
                self.put(text);
            }
        }
    }

    /// A text with its length before it, so that `ab,c` and `a,bc` differ.
    fn put(&mut self, text: &str) {
        self.bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// What the line items of a bucket have in common.
    pub(crate) fn bucket_key(&self) -> &[u8] {
        &self.bytes[..self.key_end]
    }

    /// The hash of the bucket's key.
    pub(crate) fn bucket_hash(&self) -> u64 {
        hash(self.bucket_key())
    }

    /// The hash of the content.
    pub(crate) fn content_hash(&self) -> u128 {
        xxh3_128(&self.bytes[self.tags_end..])
    }
}

/// The hash of a bucket's key.
pub(crate) fn hash(key: &[u8]) -> u64 {
    xxh3_64(key)
}

#[cfg(test)]
mod tests {
    use billing_core::{flow::normalise::Normaliser, line_item::RawLine, tags::TagNames};

    use super::*;

    fn codes(raw: RawLine<'_>, names: TagNames) -> (Vec<u8>, u128) {
        let raw = RawLine {
            provider_name: "AWS",
            sub_account_id: "1",
            billing_period_start: "2026-10-01",
            billing_currency: "CHF",
            ..raw
        };
        let mut code = RowCode::default();
        code.encode(&Normaliser::new(names, None).line_item(raw).unwrap().0);
        (code.bucket_key().to_vec(), code.content_hash())
    }

    fn raw() -> RawLine<'static> {
        let (billed_cost, quantity) = ("1.50".into(), "2.0".into());
        RawLine { billed_cost, quantity, service_name: "ab", region: "c", ..RawLine::default() }
    }

    #[test]
    fn equal_content_has_an_equal_hash_however_it_is_written() {
        let names = TagNames::default;
        let (key, content) = codes(raw(), names());
        let same = RawLine { billed_cost: " 1.5".into(), quantity: "2".into(), invoice_id: "I-1", ..raw() };
        assert_eq!(codes(same, names()), (key.clone(), content));
        let moved = RawLine { service_name: "a", region: "bc", ..raw() };
        assert_ne!(codes(moved, names()), (key.clone(), content));
        let dearer = codes(RawLine { billed_cost: "1.51".into(), ..raw() }, names());
        assert_eq!(dearer.0, key);
        assert_ne!(dearer.1, content);
    }

    #[test]
    fn the_names_of_the_tags_make_other_buckets_but_no_other_content() {
        let tagged = RawLine { tags: r#"{"CostCenter": "1", "Team": "2"}"#.into(), ..raw() };
        let other = TagNames { cost_center: vec!["Team".to_owned()], ..TagNames::default() };
        let (left, right) = (codes(tagged.clone(), TagNames::default()), codes(tagged, other));
        assert_ne!(left.0, right.0);
        assert_eq!(left.1, right.1);
    }
}
