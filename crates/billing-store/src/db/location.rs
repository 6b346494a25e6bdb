//! Where a ledger is: `sqlite:FILE`, `sqlite::memory:` or `mysql://user:password@host:port/database`.

use std::{fmt, path::PathBuf};

use crate::error::StoreError;

/// Where a ledger is. Neither `Debug` nor `Display` shows a password.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// A file; the default.
    SqliteFile(PathBuf),
    /// Memory, gone when the connection ends; for tests.
    SqliteMemory,
    /// A database on a MySQL or MariaDB server.
    #[cfg(feature = "mysql")]
    MySql(MySqlServer),
}

/// A database on a MySQL or MariaDB server.
#[cfg(feature = "mysql")]
#[derive(Clone, PartialEq, Eq)]
pub struct MySqlServer {
    /// Name or address of the server.
    pub host: String,
    /// Its port, usually 3306.
    pub port: u16,
    /// The account.
    pub user: String,
    /// Its password; shown nowhere.
    pub password: String,
    /// The database, which must exist.
    pub database: String,
}

impl Location {
    /// Reads `sqlite:FILE`, `sqlite::memory:` or `mysql://user:password@host:port/database`. In the latter, what is
    /// not a letter or a digit may be written `%40`, and must be where it is one of `:/@%`.
    ///
    /// # Errors
    /// When it is none of these, with a sentence that shows no password.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        let Some((scheme, rest)) = text.split_once(':') else {
            return Err(wrong(text, "it names no kind of database: write sqlite:FILE"));
        };
        match scheme {
            "sqlite" if rest == ":memory:" => Ok(Self::SqliteMemory),
            "sqlite" if rest.is_empty() => {
                Err(wrong(text, "the file is missing: write sqlite:FILE, such as sqlite:cloud-billing.db"))
            }
            // sqlite:///folder/file and sqlite://file are how other programs write the same
            "sqlite" => Ok(Self::SqliteFile(PathBuf::from(rest.strip_prefix("//").unwrap_or(rest)))),
            #[cfg(feature = "mysql")]
            "mysql" => MySqlServer::parse(rest).map(Self::MySql).map_err(|cause| {
                let form = "write mysql://user:password@host:port/database";
                wrong(text, &format!("{cause}: {form}"))
            }),
            #[cfg(not(feature = "mysql"))]
            "mysql" => Err(StoreError::NotAvailable { scheme: scheme.to_owned() }),
            "postgres" | "postgresql" => Err(StoreError::NotAvailable { scheme: scheme.to_owned() }),
            _ => Err(wrong(text, "this kind of database is not known: write sqlite:FILE")),
        }
    }
}

fn wrong(text: &str, cause: &str) -> StoreError {
    StoreError::Location { location: without_password(text), cause: cause.to_owned() }
}

/// The text with `…` for all that may belong to a user name or password, even where the rest is malformed.
fn without_password(text: &str) -> String {
    match (text.find("://"), text.rfind('@')) {
        (Some(start), Some(end)) if start < end => format!("{}://…{}", &text[..start], &text[end..]),
        (None, Some(end)) => format!("…{}", &text[end..]),
        _ => text.to_owned(),
    }
}

#[cfg(feature = "mysql")]
impl MySqlServer {
    fn parse(rest: &str) -> Result<Self, String> {
        let rest = rest.strip_prefix("//").ok_or("the two slashes are missing")?;
        let (account, server) = rest.rsplit_once('@').ok_or("the user is missing")?;
        let (user, password) = account.split_once(':').unwrap_or((account, ""));
        let (server, database) = server.split_once('/').ok_or("the database is missing")?;
        let (host, port) = match server.rsplit_once(':') {
            // an IPv6 address in brackets without a port ends with one
            Some((host, port)) if !port.ends_with(']') => {
                let port = port.parse().map_err(|_| format!("the port {port:?} is no number up to 65535"))?;
                (host, port)
            }
            _ => (server, 3306),
        };
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        if let Some((_, options)) = database.split_once('?') {
            return Err(format!("options such as {options:?} are not known"));
        }
        for (part, name) in [(user, "user"), (host, "host"), (database, "database")] {
            if part.is_empty() {
                return Err(format!("the {name} is missing"));
            }
        }
        Ok(Self {
            host: host.to_owned(),
            port,
            user: decode(user).ok_or("the user has a % without two hexadecimal digits")?,
            password: decode(password).ok_or("the password has a % without two hexadecimal digits")?,
            database: decode(database).ok_or("the database has a % without two hexadecimal digits")?,
        })
    }
}

/// Replaces `%40` by `@` and so on.
#[cfg(feature = "mysql")]
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut parts = text.split('%');
    bytes.extend(parts.next()?.bytes());
    for part in parts {
        let digits = part.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend(part.bytes().skip(2));
    }
    String::from_utf8(bytes).ok()
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SqliteFile(path) => write!(formatter, "sqlite:{}", path.display()),
            Self::SqliteMemory => formatter.write_str("sqlite::memory:"),
            #[cfg(feature = "mysql")]
            Self::MySql(server) => fmt::Display::fmt(server, formatter),
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Location({self})")
    }
}

#[cfg(feature = "mysql")]
impl fmt::Display for MySqlServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, user, password: _, database } = self;
        write!(formatter, "mysql://{user}@{host}:{port}/{database}")
    }
}

#[cfg(feature = "mysql")]
impl fmt::Debug for MySqlServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "MySqlServer({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Location::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn files_and_memory_are_read_and_shown() {
        for text in
            ["sqlite:cloud-billing.db", "sqlite:/var/lib/a b.db", "sqlite::memory:", r"sqlite:C:\x.db"]
        {
            assert_eq!(Location::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Location::parse("sqlite:x.db").unwrap(), Location::SqliteFile(PathBuf::from("x.db")));
        assert_eq!(Location::parse("sqlite::memory:").unwrap(), Location::SqliteMemory);
    }

    #[test]
    fn anything_else_is_an_error_with_its_cure() {
        assert_eq!(
            error("cloud-billing.db"),
            r#"the ledger "cloud-billing.db" cannot be used: it names no kind of database: write sqlite:FILE"#
        );
        assert_eq!(
            error("postgres://u:secret@h/d"),
            "a ledger on postgres: is not available in this version: use sqlite:FILE"
        );
        assert_eq!(
            error("mssql://u:secret@h/d"),
            r#"the ledger "mssql://…@h/d" cannot be used: this kind of database is not known: write sqlite:FILE"#
        );
        assert!(error("sqlite:").contains("the file is missing"));
        let file = |text| Location::parse(text).unwrap();
        assert_eq!(file("sqlite:///folder/x.db"), file("sqlite:/folder/x.db"));
        assert_eq!(file("sqlite://x.db"), file("sqlite:x.db"));
    }

    #[cfg(not(feature = "mysql"))]
    #[test]
    fn mysql_is_not_available() {
        assert_eq!(
            error("mysql://u:secret@h/d"),
            "a ledger on mysql: is not available in this version: use sqlite:FILE"
        );
    }

    #[cfg(feature = "mysql")]
    #[test]
    fn a_server_is_read_and_its_password_never_shown() {
        let server = Location::parse("mysql://bill:p%40s%3As%2Fw%25@db.example.org:3307/ledger").unwrap();
        assert_eq!(
            server,
            Location::MySql(MySqlServer {
                host: "db.example.org".to_owned(),
                port: 3307,
                user: "bill".to_owned(),
                password: "p@s:s/w%".to_owned(),
                database: "ledger".to_owned(),
            })
        );
        assert_eq!(format!("{server}"), "mysql://bill@db.example.org:3307/ledger");
        assert_eq!(format!("{server:?}"), "Location(mysql://bill@db.example.org:3307/ledger)");
        let local = Location::parse("mysql://bill@[::1]/ledger").unwrap();
        assert_eq!(local.to_string(), "mysql://bill@::1:3306/ledger");
    }

    #[cfg(feature = "mysql")]
    #[test]
    fn a_malformed_server_is_an_error_without_its_password() {
        for (text, cause) in [
            ("mysql:u:secret@h/d", "the two slashes are missing"),
            ("mysql://h/d", "the user is missing"),
            ("mysql://u:secret@h", "the database is missing"),
            ("mysql://u:secret@h/", "the database is missing"),
            ("mysql://u:secret@h:99999/d", r#"the port "99999" is no number up to 65535"#),
            ("mysql://u:se@cret/@h:x/d", r#"the port "x" is no number up to 65535"#),
            ("mysql://u:secret%4@h/d", "the password has a % without two hexadecimal digits"),
            ("mysql://u:secret@h/d?ssl=true", r#"options such as "ssl=true" are not known"#),
        ] {
            let error = error(text);
            assert!(error.contains(cause), "{error}");
            assert!(!error.contains("cret"), "{error}");
        }
    }
}
