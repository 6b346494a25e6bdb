//! What the name of a file says that lies in a folder, bucket or archive with a bill.
//!
//! Nothing that may be a part of the bill is passed over in silence: what is no table by its name and not surely something
//! else must be dealt with by a person.

/// How the names of files end that are read.
pub const TABLES: [&str; 7] = [".csv", ".json", ".jsonl", ".ndjson", ".parquet", ".gz", ".zip"];

/// How the names of files end that are no part of a bill: what tells about files, and what is for people.
const ASIDE_ENDS: [&str; 27] = [
    ".md", ".pdf", ".html", ".htm", ".doc", ".docx", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".eml", ".url",
    ".lnk", ".log", ".ini", ".sql", ".yml", ".yaml", ".crc", ".md5", ".sha1", ".sha256", ".sha512", ".sfv",
    ".sig", ".asc",
];
/// How the names of such files begin where they end with `.txt` or not at all.
const ASIDE_STARTS: [&str; 9] =
    ["readme", "license", "licence", "notes", "changelog", "manifest", "checksum", "md5sum", "sha256sum"];
/// How the names of files begin by which programs that write tables tell each other how far they are.
const MARKS: [&str; 5] = ["_success", "_committed", "_started", "_metadata", "_common_metadata"];
/// How the names of packed files end that are not unpacked.
const PACKED: [&str; 13] =
    [".bz2", ".zst", ".zstd", ".xz", ".7z", ".rar", ".tar", ".tgz", ".lz4", ".lzma", ".br", ".sz", ".z"];
/// How the names of spreadsheets end.
const SPREADSHEETS: [&str; 5] = [".xlsx", ".xls", ".xlsm", ".xlsb", ".ods"];
/// How the names of files end that are not there completely.
const PARTIAL: [&str; 6] = [".part", ".partial", ".crdownload", ".download", ".filepart", ".tmp"];

/// What a file is by its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileKind {
    /// A table, perhaps packed.
    Table,
    /// No part of a bill.
    Aside,
    /// Perhaps a part of the bill, in a form that is not read. What to do with it: `unpack it`.
    Unread(&'static str),
}

/// What a file is by its path or name, with `/` or `\` between names.
pub fn kind_of(path: &str) -> FileKind {
    let lower = path.to_ascii_lowercase();
    let mut names = lower.rsplit(['/', '\\']);
    let name = names.next().unwrap_or_default();
    let ends = |with: &[&str]| with.iter().any(|end| name.ends_with(end));
    let starts = |with: &[&str]| with.iter().any(|start| name.starts_with(start));
    let is_hidden = name.starts_with('.') || names.any(|folder| folder == "__macosx");
    if is_hidden || name.ends_with("manifest.json") || starts(&MARKS) || name == "thumbs.db" {
        return FileKind::Aside;
    }
    if ends(&TABLES) {
        return FileKind::Table;
    }
    let is_text = name.ends_with(".txt") || !name.contains('.');
    if ends(&ASIDE_ENDS) || (is_text && starts(&ASIDE_STARTS)) {
        return FileKind::Aside;
    }
    FileKind::Unread(match () {
        () if ends(&PACKED) => "unpack it",
        () if ends(&SPREADSHEETS) => "save it as CSV",
        () if ends(&PARTIAL) => "wait until it is there completely, or delete it",
        () => "export it as CSV, JSON lines or Parquet",
    })
}

/// Why files, if there are any, cannot be passed over that may be a part of the bill and are not read: the first of them
/// and the sentence. Each comes with what to do with it; `or` is what else can be done.
pub fn refusal<'n>(unread: &'n [(String, &str)], or: &str) -> Option<(&'n str, String)> {
    let (first, cure) = unread.first()?;
    let more = match unread.len() - 1 {
        0 => String::new(),
        more => format!(" (and {more} more such files)"),
    };
    let problem = format!("this may be a part of the bill, and such a file is not read{more}; {cure}, {or}");
    Some((first, problem))
}

/// Names for a sentence, at most ten of them: `a, b and 3 more`.
pub fn shown(names: &[String]) -> String {
    const SHOWN_MAX: usize = 10;
    let told = names.iter().take(SHOWN_MAX).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN_MAX) {
        0 => told,
        more => format!("{told} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_surely_no_bill_is_left_out() {
        let check = |names: &[&str], expected: FileKind| {
            for name in names {
                assert_eq!(kind_of(name), expected, "{name}");
            }
        };
        check(&["a.csv", "B/a.CSV.GZ", "a.json", "part-0.snappy.parquet", "_a.csv"], FileKind::Table);
        check(
            &["manifest.json", "x/rep-Manifest.json", "manifest.txt", "README", "notes.txt"],
            FileKind::Aside,
        );
        check(
            &[".a.csv", "x/_SUCCESS", "_SUCCESS.csv", "__MACOSX/a.csv", "a.csv.md5", "a.pdf"],
            FileKind::Aside,
        );
        check(&["a.csv.bz2", "a.7z"], FileKind::Unread("unpack it"));
        check(&["a.xlsx"], FileKind::Unread("save it as CSV"));
        check(&["a.csv.part"], FileKind::Unread("wait until it is there completely, or delete it"));
        let export = FileKind::Unread("export it as CSV, JSON lines or Parquet");
        check(&["a.txt", "a.tsv", "a.avro", "a.orc", "part-00000", "x.y/bill", "readme-2.tsv"], export);
    }

    #[test]
    fn a_long_list_is_cut() {
        let names: Vec<String> = (0..13).map(|name| name.to_string()).collect();
        assert_eq!(shown(&names[..2]), "0, 1");
        assert_eq!(shown(&names), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 3 more");
    }
}
