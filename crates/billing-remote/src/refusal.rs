//! What a server's refusal says, and what a person can do about it.

use serde_json::Value;

use crate::error::{Refusal, RemoteError};

/// How much of a provider's own words is shown, in characters.
const MESSAGE_MAX: usize = 300;

/// Reads the answer of a server that refused. Known forms: `{"error": {"code", "message"}}` (Azure, Google),
/// `{"error", "error_description"}` (OAuth), `{"__type", "message"}` (AWS), `<Code>` and `<Message>` (S3, Azure blobs).
pub(crate) fn read(status: u16, body: &[u8]) -> Refusal {
    let text = String::from_utf8_lossy(body);
    let (code, message) = match serde_json::from_str::<Value>(text.trim()) {
        Ok(json) => from_json(json.as_array().and_then(|list| list.first()).unwrap_or(&json)),
        Err(_) => (element(&text, "Code"), element(&text, "Message")),
    };
    let short = |text: String| {
        let text = shorten(&text);
        (!text.is_empty()).then_some(text)
    };
    Refusal { status, code: code.and_then(short), message: message.and_then(short) }
}

fn from_json(json: &Value) -> (Option<String>, Option<String>) {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let error = &json["error"];
    if error.is_object() {
        // Google's code is a number; its word is the status, or the reason of the first error.
        let code = text(&error["code"]).or_else(|| text(&error["status"]));
        let code = code.or_else(|| text(&error["errors"][0]["reason"]));
        return (code, text(&error["message"]));
    }
    if let Some(code) = error.as_str() {
        return (Some(code.to_owned()), text(&json["error_description"]));
    }
    let code = text(&json["__type"]).map(|code| code.rsplit('#').next().unwrap_or_default().to_owned());
    (code.or_else(|| text(&json["code"])), text(&json["message"]).or_else(|| text(&json["Message"])))
}

/// The text of the first XML element of that name.
fn element(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once("</")?;
    Some(text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&"))
}

/// One line, of bounded length, without the query of an address in it: that is where signatures are.
pub(crate) fn shorten(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        let word = match word.split_once('?') {
            Some((address, _)) if address.contains("://") => format!("{address}?…"),
            _ => word.to_owned(),
        };
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&word);
        if line.chars().count() > MESSAGE_MAX {
            let cut: String = line.chars().take(MESSAGE_MAX).collect();
            return format!("{cut}…");
        }
    }
    line.trim_end_matches('.').to_owned()
}

/// The error for a refusal, with what a person can do. `needs` is the right that the request takes, where the caller
/// knows it.
pub(crate) fn refused(place: String, refusal: Refusal, needs: Option<&str>) -> RemoteError {
    let cure = match (refusal.status, needs) {
        (401, Some(needs)) => format!("check the credentials; this needs {needs}"),
        (403, Some(needs)) => format!("this needs {needs}: grant it, and check the credentials"),
        (401, None) => "check the credentials".to_owned(),
        (403, None) => "check the credentials and what they are allowed to do".to_owned(),
        (404 | 410, _) => "check the address and the name".to_owned(),
        (300..=399, _) => {
            "it points to another address, which is not followed with credentials: check the address or the region"
                .to_owned()
        }
        (408 | 429 | 500..=599, _) => {
            "it was tried several times: wait a while and run the command again".to_owned()
        }
        _ => "check what was asked for".to_owned(),
    };
    RemoteError::Refused { place, refusal, cure }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_each_provider_are_found() {
        for (body, code, message) in [
            (r#"{"error":{"code":"AuthFailed","message":"No.\n Go."}}"#, "AuthFailed", "No. Go"),
            (
                r#"{"error":{"code":403,"status":"PERMISSION_DENIED","message":"no"}}"#,
                "PERMISSION_DENIED",
                "no",
            ),
            (r#"{"error":{"errors":[{"reason":"notFound"}],"code":404,"message":"no"}}"#, "notFound", "no"),
            (r#"{"error":"invalid_grant","error_description":"expired"}"#, "invalid_grant", "expired"),
            (
                r#"{"__type":"com.amazonaws#AccessDeniedException","Message":"no"}"#,
                "AccessDeniedException",
                "no",
            ),
            (
                "<?xml?><Error><Code>NoSuchBucket</Code><Message>a &amp; b</Message></Error>",
                "NoSuchBucket",
                "a & b",
            ),
        ] {
            let refusal = read(403, body.as_bytes());
            assert_eq!(refusal.code.as_deref(), Some(code), "{body}");
            assert_eq!(refusal.message.as_deref(), Some(message), "{body}");
        }
        assert_eq!(read(502, b"<html>").to_string(), "status 502");
    }

    #[test]
    fn signatures_and_long_words_are_not_shown() {
        let refusal = read(403, br#"{"message":"GET https://a.example/b?sv=1&sig=SECRET failed"}"#);
        assert_eq!(refusal.to_string(), "status 403 (GET https://a.example/b?… failed)");
        let long = read(400, format!(r#"{{"message":"{}"}}"#, "ab ".repeat(500)).as_bytes());
        assert_eq!(long.message.unwrap().chars().count(), MESSAGE_MAX + 1);
    }
}
