//! A Rust file taken apart: code, comments, text literals, functions, and which part of it is tests.
//!
//! No parser: comments and literals are blanked, so that a search of [`Source::code`] meets code only, and offsets
//! stay what they are in the file.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

static FUNCTION: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bfn\s+([A-Za-z_]\w*)"));

/// A pattern of this program.
#[expect(clippy::expect_used, reason = "patterns are constants here, and the tests use each of them")]
pub fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern that can be read")
}

/// A Rust file.
pub struct Source {
    /// The file with comments and the inside of literals blanked.
    pub code: String,
    /// The file with all but its comments blanked.
    pub comments: String,
    /// The text literals.
    pub literals: Vec<Literal>,
    /// The functions that have a body.
    pub functions: Vec<Function>,
    /// Where the lines start.
    lines: Vec<usize>,
    tests: Vec<Range<usize>>,
}

/// A text literal.
pub struct Literal {
    /// Where its text starts.
    pub offset: usize,
    /// What stands between the quotes, as written.
    pub text: String,
}

/// A function with a body.
pub struct Function {
    /// Its name.
    pub name: String,
    /// From `fn` to the closing brace.
    pub range: Range<usize>,
}

impl Source {
    /// Takes a file apart.
    pub fn read(path: &str, text: &str) -> Self {
        let (code, comments, literals) = Masks::of(text);
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let functions = find_functions(&code);
        let mut source = Self { code, comments, literals, functions, lines, tests: Vec::new() };
        source.tests = source.items_with(|attribute| {
            attribute == "#[test]" || attribute == "#[cfg(test)]" || attribute.starts_with("#[cfg(all(test,")
        });
        if is_test_path(path) || source.code.contains("#![cfg(test)]") {
            source.becomes_tests();
        }
        source
    }

    /// Takes the whole file as tests. Whether it was not before.
    pub fn becomes_tests(&mut self) -> bool {
        let whole = 0..self.code.len() + 1;
        let news = self.tests.first() != Some(&whole);
        self.tests = std::iter::once(whole).collect();
        news
    }

    /// The line of an offset, counted from 1.
    pub fn line(&self, offset: usize) -> usize {
        self.lines.partition_point(|start| *start <= offset)
    }

    /// How many lines a range touches.
    pub fn line_count(&self, range: &Range<usize>) -> usize {
        self.line(range.end.max(1) - 1) - self.line(range.start) + 1
    }

    /// Whether an offset lies in tests.
    pub fn is_test(&self, offset: usize) -> bool {
        self.tests.iter().any(|range| range.contains(&offset))
    }

    /// Lines that are not tests.
    pub fn program_lines(&self, text: &str) -> usize {
        let tests: usize = self.tests.iter().map(|range| self.line_count(range)).sum();
        text.lines().count().saturating_sub(tests)
    }

    /// The items under an attribute that fits. The attribute is compared with its literals blanked.
    pub fn items_with(&self, fits: impl Fn(&str) -> bool) -> Vec<Range<usize>> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for (start, _) in self.code.match_indices("#[") {
            let end = closing(&self.code, start + 1);
            if fits(&self.code[start..end]) && !ranges.iter().any(|range| range.contains(&start)) {
                ranges.push(start..item_end(&self.code, end).0);
            }
        }
        ranges
    }
}

/// Whether a whole file is tests, by its place.
pub fn is_test_path(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, "tests" | "benches" | "tests.rs"))
}

fn find_functions(code: &str) -> Vec<Function> {
    let found = FUNCTION.captures_iter(code).filter_map(|captures| {
        let (whole, name) = (captures.get(0)?, captures.get(1)?);
        let (end, has_body) = item_end(code, whole.end());
        has_body.then(|| Function { name: name.as_str().to_owned(), range: whole.start()..end })
    });
    found.collect()
}

/// Where the item that starts at `from` ends (after further attributes), and whether it has a body in braces.
fn item_end(code: &str, from: usize) -> (usize, bool) {
    let bytes = code.as_bytes();
    let mut at = from;
    while at < bytes.len() {
        match bytes[at] {
            b'(' | b'[' => at = closing(code, at),
            b'{' => return (closing(code, at), true),
            b';' => return (at + 1, false),
            _ => at += 1,
        }
    }
    (bytes.len(), false)
}

/// The offset after the bracket that closes the one at `open`.
fn closing(code: &str, open: usize) -> usize {
    let mut depth = 0usize;
    for (at, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    code.len()
}

/// The work of blanking.
struct Masks<'a> {
    bytes: &'a [u8],
    code: Vec<u8>,
    comments: Vec<u8>,
    literals: Vec<Literal>,
}

impl<'a> Masks<'a> {
    fn of(text: &'a str) -> (String, String, Vec<Literal>) {
        let blank: Vec<u8> = text.bytes().map(|byte| if byte == b'\n' { b'\n' } else { b' ' }).collect();
        let mut masks = Masks {
            bytes: text.as_bytes(),
            code: text.as_bytes().to_vec(),
            comments: blank,
            literals: Vec::new(),
        };
        let mut at = 0;
        while at < masks.bytes.len() {
            at = masks.step(at);
        }
        let string = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        (string(masks.code), string(masks.comments), masks.literals)
    }

    /// Reads what starts at `at` and says where the next thing starts.
    fn step(&mut self, at: usize) -> usize {
        let rest = &self.bytes[at..];
        if rest.starts_with(b"//") {
            let length = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            return self.comment(at, at + length);
        }
        if rest.starts_with(b"/*") {
            return self.comment(at, at + block_comment_length(rest));
        }
        if let Some(hashes) = self.raw_string_hashes(at) {
            let start = at + 2 + hashes;
            let close: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
            let length = self.bytes[start..].windows(close.len()).position(|window| window == close);
            return self.literal(start, length.map_or(self.bytes.len(), |length| start + length))
                + 1
                + hashes;
        }
        match rest[0] {
            b'"' => self.literal(at + 1, at + 1 + string_length(&rest[1..])) + 1,
            b'\'' => match char_length(&rest[1..]) {
                Some(length) => {
                    blank(&mut self.code[at + 1..at + 1 + length]);
                    at + length + 2
                }
                None => at + 1,
            },
            _ => at + 1,
        }
    }

    fn comment(&mut self, start: usize, end: usize) -> usize {
        self.comments[start..end].copy_from_slice(&self.bytes[start..end]);
        blank(&mut self.code[start..end]);
        end
    }

    fn literal(&mut self, start: usize, end: usize) -> usize {
        let end = end.min(self.bytes.len());
        let text = String::from_utf8_lossy(&self.bytes[start.min(end)..end]).into_owned();
        self.literals.push(Literal { offset: start, text });
        blank(&mut self.code[start.min(end)..end]);
        end
    }

    /// How many `#` the raw string has whose `r` is at `at`.
    fn raw_string_hashes(&self, at: usize) -> Option<usize> {
        let before = at.checked_sub(1).map(|before| self.bytes[before]);
        let in_a_word =
            before.is_some_and(|byte| byte.is_ascii_alphanumeric() && !matches!(byte, b'b' | b'c'));
        if self.bytes[at] != b'r' || in_a_word {
            return None;
        }
        let hashes = self.bytes[at + 1..].iter().take_while(|byte| **byte == b'#').count();
        (self.bytes.get(at + 1 + hashes) == Some(&b'"')).then_some(hashes)
    }
}

fn blank(bytes: &mut [u8]) {
    bytes.iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
}

fn block_comment_length(bytes: &[u8]) -> usize {
    let (mut depth, mut at) = (0usize, 0);
    while at < bytes.len() {
        if bytes[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if bytes[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    bytes.len()
}

/// Up to the closing quote.
fn string_length(bytes: &[u8]) -> usize {
    let mut at = 0;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at.min(bytes.len())
}

/// Up to the closing quote of a character; `None` for a lifetime.
fn char_length(bytes: &[u8]) -> Option<usize> {
    if bytes.first() == Some(&b'\\') {
        return bytes.iter().skip(2).position(|byte| *byte == b'\'').map(|length| length + 2);
    }
    let next = bytes.iter().skip(1).position(|byte| *byte & 0xC0 != 0x80)? + 1;
    (bytes.get(next) == Some(&b'\'')).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, code: &str, literals: &[&str]) {
        let source = Source::read("crates/x/src/a.rs", text);
        assert_eq!(source.code, code, "{text}");
        assert_eq!(source.literals.iter().map(|literal| literal.text.as_str()).collect::<Vec<_>>(), literals);
    }

    #[test]
    fn comments_and_literals_are_blanked() {
        check("a // b", "a     ", &[]);
        check("/* /* b */ */c", "             c", &[]);
        check(r#"f("x\"y", 'a', '\'', b'"')"#, r#"f("    ", ' ', '  ', b' ')"#, &[r#"x\"y"#]);
        check("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}", &[]);
        check(r###"r#"a "b" c"#; r"d""###, r###"r#"       "#; r" ""###, &[r#"a "b" c"#, "d"]);
        check(r#"br"a" r#type"#, r#"br" " r#type"#, &["a"]);
        check("'é' \"é\"", "'  ' \"  \"", &["é"]);
    }

    #[test]
    fn tests_and_functions_are_found() {
        let text = "fn a([b; 2]: X) {\n  c();\n}\ntrait T { fn none(&self); }\n\
                    #[cfg(test)]\n#[allow(x)]\nmod tests {\n  fn t() {}\n}\nfn z() {}\n";
        let source = Source::read("crates/x/src/a.rs", text);
        let names: Vec<_> = source.functions.iter().map(|function| function.name.as_str()).collect();
        assert_eq!(names, ["a", "t", "z"]);
        assert_eq!(source.line_count(&source.functions[0].range), 3);
        assert_eq!(source.program_lines(text), 5);
        assert!(source.is_test(text.find("fn t").unwrap()));
        assert!(!source.is_test(text.find("fn z").unwrap()));
        assert!(Source::read("crates/x/tests/a.rs", "fn a() {}").is_test(0));
    }
}
