//! Env files: `NAME=value` lines, as shells and containers read them.

use std::{fs, path::Path};

use super::{
    io_cause,
    vars::{SettingError, Vars},
};

/// Reads an env file. Lines are `NAME=value`, with `export` before and quotes around the value if wanted; names may
/// have dashes; `#` starts a comment on a line of its own, or after a blank behind an unquoted value.
///
/// # Errors
/// When the file cannot be read or a line has no `=`.
pub fn read(path: &Path) -> Result<Vars, SettingError> {
    let error = |cause: String| SettingError::EnvFile { file: path.display().to_string(), cause };
    let text = fs::read_to_string(path).map_err(|cause| error(io_cause(&cause)))?;
    parse(&text).map_err(error)
}

fn parse(text: &str) -> Result<Vars, String> {
    let mut pairs = Vec::new();
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let pair = line.split_once('=').filter(|(name, _)| !name.trim().is_empty());
        let (name, value) = pair.ok_or_else(|| format!("line {}: expected NAME=value", number + 1))?;
        pairs.push((name.trim().to_owned(), unquoted(value.trim())));
    }
    Ok(Vars::new(pairs))
}

fn unquoted(value: &str) -> String {
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote)
            && let Some(end) = inner.find(quote)
        {
            return inner[..end].to_owned();
        }
    }
    value.split(" #").next().unwrap_or(value).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_as_people_write_them() {
        let text = "# comment\n\nexport A=1\nbilling-service-tag = team # note\nC=\"x # y\"\nD='\\d{7}'\r\nE=\nF=a=b\n";
        let vars = parse(text).unwrap();
        let get = |name: &str| vars.get(name).unwrap_or("").to_owned();
        assert_eq!(
            [get("A"), get("billing-service-tag"), get("C"), get("D"), get("E"), get("F")],
            ["1", "team", "x # y", "\\d{7}", "", "a=b"]
        );
        assert_eq!(parse("A=1\noops\n").map(|_| ()), Err("line 2: expected NAME=value".to_owned()));
    }
}
