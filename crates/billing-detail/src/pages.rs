//! Pages of a Parquet column as bytes (<https://parquet.apache.org/docs/file-format/data-pages/encodings/>).
//!
//! Written here, and not by the parquet crate's own column writers, because the texts are numbered already: those
//! would hash each of them once more, which takes longer than everything else that is done with a row.

/// Numbers of `width` bits as runs of one number and groups of eight that differ (`RLE`, the hybrid of run length and bit
/// packing).
pub(crate) fn put_hybrid(out: &mut Vec<u8>, numbers: &[u32], width: u32) {
    let (mut at, mut start) = (0, 0);
    while at < numbers.len() {
        // Where no eight are the same, no run begins that would be worth it.
        if numbers.get(at + 7) != Some(&numbers[at]) {
            at += 1;
            continue;
        }
        let run = numbers[at..].iter().take_while(|number| **number == numbers[at]).count();
        // Groups are of eight, so that the first numbers of a run may have to fill the last group before it.
        let fill = (at - start).next_multiple_of(8) - (at - start);
        if run >= fill + 8 {
            put_groups(out, &numbers[start..at + fill], width);
            put_varint(out, ((run - fill) as u64) << 1);
            out.extend_from_slice(&numbers[at].to_le_bytes()[..width.div_ceil(8) as usize]);
            start = at + run;
        }
        at += run;
    }
    put_groups(out, &numbers[start..], width);
}

/// Groups of eight numbers, the last one filled up with zeros.
fn put_groups(out: &mut Vec<u8>, numbers: &[u32], width: u32) {
    if numbers.is_empty() {
        return;
    }
    let groups = numbers.len().div_ceil(8);
    put_varint(out, (groups as u64) << 1 | 1);
    let end = out.len() + groups * width as usize;
    let (mut bits, mut count) = (0u64, 0);
    for number in numbers {
        bits |= u64::from(*number) << count;
        count += width;
        if count >= 32 {
            out.extend_from_slice(&(bits as u32).to_le_bytes());
            bits >>= 32;
            count -= 32;
        }
    }
    out.extend_from_slice(&bits.to_le_bytes()[..count.div_ceil(8) as usize]);
    out.resize(end, 0);
}

fn put_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Which values are there: 1, and which are null: 0. With the length before them, as data pages have them.
pub(crate) fn put_levels(out: &mut Vec<u8>, levels: &[u32]) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    put_hybrid(out, levels, 1);
    let length = (out.len() - start - 4) as u32;
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
}

/// The same where no value is null.
pub(crate) fn put_all_levels(out: &mut Vec<u8>, rows: usize) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    put_varint(out, (rows as u64) << 1);
    out.push(1);
    let length = (out.len() - start - 4) as u32;
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
}

/// A text with its length before it.
pub(crate) fn put_text(out: &mut Vec<u8>, text: &[u8]) {
    out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    out.extend_from_slice(text);
}

/// How many bits a number below `count` needs; at least one.
pub(crate) fn width_below(count: usize) -> u32 {
    (usize::BITS - count.saturating_sub(1).leading_zeros()).max(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_that_are_all_there_are_one_run() {
        for rows in [8, 9, 127, 128, 16_384] {
            let (mut one, mut other) = (Vec::new(), Vec::new());
            put_levels(&mut one, &vec![1; rows]);
            put_all_levels(&mut other, rows);
            assert_eq!(one, other);
        }
    }

    fn varint(bytes: &mut &[u8]) -> u64 {
        let mut number = 0;
        for shift in (0..).step_by(7) {
            let (byte, rest) = bytes.split_first().unwrap();
            *bytes = rest;
            number |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        number
    }

    /// Reads as the format's page says, bit by bit.
    fn read(mut bytes: &[u8], width: u32, count: usize) -> Vec<u32> {
        let mut numbers = Vec::new();
        while numbers.len() < count {
            let header = varint(&mut bytes);
            let size = (header >> 1) as usize;
            if header & 1 == 0 {
                let (value, rest) = bytes.split_at(width.div_ceil(8) as usize);
                bytes = rest;
                let number = value.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte));
                numbers.extend(std::iter::repeat_n(number, size));
            } else {
                let (packed, rest) = bytes.split_at(size * width as usize);
                bytes = rest;
                for number in 0..size * 8 {
                    let bit = |at: usize| u32::from(packed[at / 8] >> (at % 8) & 1);
                    let first = number * width as usize;
                    numbers.push((0..width as usize).fold(0, |all, at| all | bit(first + at) << at));
                }
            }
        }
        assert!(bytes.is_empty());
        numbers.truncate(count);
        numbers
    }

    proptest! {
        #[test]
        fn numbers_come_back(
            runs in proptest::collection::vec((any::<u32>(), 1usize..40), 0..40),
            width in 1u32..=32,
        ) {
            let mask = u32::MAX >> (32 - width);
            let numbers: Vec<u32> =
                runs.iter().flat_map(|(number, count)| std::iter::repeat_n(number & mask, *count)).collect();
            let mut bytes = Vec::new();
            put_hybrid(&mut bytes, &numbers, width);
            prop_assert_eq!(read(&bytes, width, numbers.len()), numbers);
        }
    }

    #[test]
    fn a_run_takes_a_few_bytes() {
        let mut bytes = Vec::new();
        put_levels(&mut bytes, &[1; 16_384]);
        assert_eq!(bytes.len(), 4 + 3 + 1);
    }

    #[test]
    fn widths() {
        let widths = [0, 1, 2, 3, 4, 5, 256, 257].map(width_below);
        assert_eq!(widths, [1, 1, 1, 2, 2, 3, 8, 9]);
    }
}
