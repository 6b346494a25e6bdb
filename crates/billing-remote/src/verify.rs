//! Whether what came is what was sent: lengths and checksums that servers give.

use base64::{Engine, prelude::BASE64_STANDARD};
use md5::{Digest, Md5};
use reqwest::header::HeaderMap;

/// A checksum of a whole file, as the server gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Checksum {
    Md5([u8; 16]),
    Crc32c(u32),
}

/// The checksum in the headers of an answer that carries the whole file.
///
/// Sources: `Content-MD5` is RFC 1864 (Azure gives it for blobs, under `x-ms-blob-content-md5` too);
/// `x-goog-hash: crc32c=…,md5=…` is Google's; an S3 `ETag` is the MD5 if the object was put in one piece and is not
/// encrypted with a key of KMS or the customer's
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html>).
pub(crate) fn expected(headers: &HeaderMap) -> Option<Checksum> {
    // Google unpacks what is stored as gzip; the checksum is that of the packed form.
    if let Some(stored) = text(headers, "x-goog-stored-content-encoding")
        && stored != "identity"
        && text(headers, "content-encoding") != Some(stored)
    {
        return None;
    }
    let md5 = |value: &str| BASE64_STANDARD.decode(value.trim()).ok()?.try_into().ok().map(Checksum::Md5);
    let whole = text(headers, "x-ms-blob-content-md5").or_else(|| text(headers, "content-md5"));
    whole.and_then(md5).or_else(|| google(headers)).or_else(|| etag_md5(headers))
}

fn google(headers: &HeaderMap) -> Option<Checksum> {
    let hashes = headers.get_all("x-goog-hash").iter().filter_map(|value| value.to_str().ok());
    let mut pairs = hashes.flat_map(|value| value.split(','));
    let crc = pairs.find_map(|pair| pair.trim().strip_prefix("crc32c="))?;
    let bytes: [u8; 4] = BASE64_STANDARD.decode(crc).ok()?.try_into().ok()?;
    Some(Checksum::Crc32c(u32::from_be_bytes(bytes)))
}

fn etag_md5(headers: &HeaderMap) -> Option<Checksum> {
    let from_s3 = headers.contains_key("x-amz-request-id") || headers.contains_key("x-amz-id-2");
    let plain = text(headers, "x-amz-server-side-encryption").is_none_or(|kind| kind == "AES256")
        && !headers.contains_key("x-amz-server-side-encryption-customer-algorithm");
    let digits = text(headers, "etag")?.strip_prefix('"')?.strip_suffix('"')?;
    if !from_s3 || !plain || digits.len() != 32 {
        return None;
    }
    let mut bytes = [0; 16];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(Checksum::Md5(bytes))
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// The running checksum of what has come, of the kind that is expected.
pub(crate) enum Running {
    Nothing,
    Md5(Box<Md5>, [u8; 16]),
    Crc32c(u32, u32),
}

impl Running {
    pub(crate) fn new(expected: Option<Checksum>) -> Self {
        match expected {
            None => Self::Nothing,
            Some(Checksum::Md5(expected)) => Self::Md5(Box::new(Md5::new()), expected),
            Some(Checksum::Crc32c(expected)) => Self::Crc32c(!0, expected),
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Nothing => {}
            Self::Md5(state, _) => state.update(bytes),
            Self::Crc32c(state, _) => *state = crc32c(*state, bytes),
        }
    }

    /// Whether a checksum was expected and is right; an error names the kind that is not.
    pub(crate) fn finish(self) -> Result<bool, &'static str> {
        match self {
            Self::Nothing => Ok(false),
            Self::Md5(state, expected) => {
                (state.finalize().as_slice() == expected).then_some(true).ok_or("MD5")
            }
            Self::Crc32c(state, expected) => (!state == expected).then_some(true).ok_or("CRC32C"),
        }
    }
}

/// The polynomial of Castagnoli, reversed; eight bits at a time.
const CRC32C: [u32; 256] = {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut value = index as u32;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { (value >> 1) ^ 0x82f6_3b78 } else { value >> 1 };
            bit += 1;
        }
        table[index] = value;
        index += 1;
    }
    table
};

fn crc32c(state: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(state, |state, byte| {
        let [low, ..] = state.to_le_bytes();
        CRC32C[usize::from(low ^ byte)] ^ (state >> 8)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn fits(pairs: &[(&'static str, &'static str)], bytes: &[u8]) -> Result<bool, &'static str> {
        let mut running = Running::new(expected(&headers(pairs)));
        bytes.chunks(3).for_each(|chunk| running.update(chunk));
        running.finish()
    }

    /// Known values: RFC 3720 B.4 for CRC32C of "123456789", RFC 1321 for MD5 of "abc".
    #[test]
    fn checksums_of_all_clouds_are_checked() {
        let crc = [("x-goog-hash", "crc32c=4waSgw==,md5=JfnnlDI7RTiF9RgfG2JNCw==")];
        assert_eq!(fits(&crc, b"123456789"), Ok(true));
        assert_eq!(fits(&crc, b"123456780"), Err("CRC32C"));
        let md5 = [("content-md5", "kAFQmDzST7DWlj99KOF/cg==")];
        assert_eq!(fits(&md5, b"abc"), Ok(true));
        assert_eq!(fits(&md5, b"abd"), Err("MD5"));
        let s3 = [("etag", "\"900150983cd24fb0d6963f7d28e17f72\""), ("x-amz-request-id", "1")];
        assert_eq!(fits(&s3, b"abc"), Ok(true));
        assert_eq!(fits(&s3, b"abd"), Err("MD5"));
    }

    #[test]
    fn what_is_no_checksum_is_not_taken_for_one() {
        let tag = ("etag", "\"900150983cd24fb0d6963f7d28e17f72\"");
        for pairs in [
            vec![tag],
            vec![tag, ("x-amz-request-id", "1"), ("x-amz-server-side-encryption", "aws:kms")],
            vec![("etag", "\"900150983cd24fb0d6963f7d28e17f72-3\""), ("x-amz-request-id", "1")],
            vec![("etag", "\"0x8D4BCC2E4835CD0\"")],
            vec![("x-goog-hash", "crc32c=4waSgw=="), ("x-goog-stored-content-encoding", "gzip")],
        ] {
            assert_eq!(expected(&headers(&pairs)), None, "{pairs:?}");
        }
    }
}
