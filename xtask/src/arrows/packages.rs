//! What packages depend on, as cargo itself says it.

use std::{collections::BTreeSet, path::Path, process::Command};

use serde_json::Value;

use crate::check::{Check, Finding};

/// What a package must not reach, over any number of steps, in what is shipped (tests may).
struct Unreachable {
    name: &'static str,
    sentence: &'static str,
    from: &'static [&'static str],
    /// Package names; a `*` at the end stands for anything.
    never: &'static [&'static str],
}

/// What only some packages may name in their manifests (for tests, any may).
struct Reserved {
    name: &'static str,
    sentence: &'static str,
    packages: &'static [&'static str],
    only: &'static [&'static str],
}

const UNREACHABLE: &[Unreachable] = &[
    Unreachable {
        name: "core-is-pure",
        sentence: "billing-core reaches nothing that waits, stores, or talks to the world",
        from: &["billing-core"],
        never: &[
            "tokio*",
            "async-std",
            "futures*",
            "mio",
            "rusqlite",
            "libsqlite3-sys",
            "mysql*",
            "postgres*",
            "tokio-postgres",
            "sqlx*",
            "arrow*",
            "parquet*",
            "datafusion*",
            "ballista*",
            "reqwest",
            "object_store",
            "hyper*",
            "ureq",
            "axum*",
            "rustls*",
            "native-tls",
            "jiff*",
            "chrono*",
            "time",
            "rand",
            "getrandom",
            "tracing*",
            "log",
            "clap*",
            "billing-*",
            "cloud-billing",
        ],
    },
    Unreachable {
        name: "providers-stand-alone",
        sentence: "billing-providers knows billing-core and no other part of the program",
        from: &["billing-providers"],
        never: &[
            "billing-detail",
            "billing-store",
            "billing-cluster",
            "cloud-billing",
            "rusqlite",
            "mysql*",
            "parquet*",
        ],
    },
    Unreachable {
        name: "detail-stands-alone",
        sentence: "billing-detail knows billing-core and no other part of the program",
        from: &["billing-detail"],
        never: &[
            "billing-providers",
            "billing-store",
            "billing-cluster",
            "cloud-billing",
            "rusqlite",
            "mysql*",
        ],
    },
    Unreachable {
        name: "store-stands-alone",
        sentence: "billing-store knows billing-core and no other part of the program",
        from: &["billing-store"],
        never: &[
            "billing-providers",
            "billing-detail",
            "billing-cluster",
            "cloud-billing",
            "arrow*",
            "parquet*",
        ],
    },
    Unreachable {
        name: "remote-stands-alone",
        sentence: "billing-remote knows billing-core and billing-providers and no other part of the program",
        from: &["billing-remote"],
        never: &[
            "billing-detail",
            "billing-store",
            "billing-cluster",
            "cloud-billing",
            "rusqlite",
            "mysql*",
            "arrow*",
            "parquet*",
        ],
    },
];

const RESERVED: &[Reserved] = &[
    Reserved {
        name: "arrow-in-detail",
        sentence: "Only billing-detail and billing-cluster know Arrow, Parquet or a query engine",
        packages: &["arrow*", "parquet*", "datafusion*", "ballista*"],
        only: &["billing-detail", "billing-cluster"],
    },
    Reserved {
        name: "databases-in-store",
        sentence: "Only billing-store knows a database",
        packages: &[
            "rusqlite",
            "libsqlite3-sys",
            "mysql*",
            "postgres*",
            "tokio-postgres",
            "sqlx*",
            "diesel*",
        ],
        only: &["billing-store"],
    },
    Reserved {
        name: "network-in-remote",
        sentence: "Only billing-remote sends requests over HTTP or knows object stores",
        packages: &["object_store", "reqwest", "ureq", "hyper*", "rustls*"],
        only: &["billing-remote"],
    },
];

/// The checks of both tables.
pub fn checks(root: &Path) -> Result<Vec<Check>, String> {
    let manifests: Value =
        serde_json::from_str(&cargo(root, &["metadata", "--no-deps", "--format-version", "1"])?)
            .map_err(|error| format!("`cargo metadata` answered something else than JSON: {error}"))?;
    let declared = declared_dependencies(&manifests);
    let ours: BTreeSet<&str> =
        declared.iter().map(|(from, _)| from.as_str()).chain(names(&manifests)).collect();
    let mut checks = Vec::new();
    for rule in UNREACHABLE {
        let mut findings = Vec::new();
        for package in rule.from.iter().filter(|package| ours.contains(*package)) {
            findings.extend(unreachable(package, &reached(root, package)?, rule.never));
        }
        checks.push(Check::new(rule.name, rule.sentence, findings));
    }
    checks
        .extend(RESERVED.iter().map(|rule| Check::new(rule.name, rule.sentence, reserved(&declared, rule))));
    Ok(checks)
}

fn unreachable(package: &str, reached: &BTreeSet<String>, never: &[&str]) -> Vec<Finding> {
    let found =
        reached.iter().filter(|name| *name != package && never.iter().any(|pattern| fits(pattern, name)));
    found
        .map(|name| {
            let message = format!("reaches {name}; how: `cargo tree -e normal -p {package} -i {name}`");
            Finding::new(&format!("crates/{package}/Cargo.toml"), 0, message)
        })
        .collect()
}

fn reserved(declared: &[(String, String)], rule: &Reserved) -> Vec<Finding> {
    let found = declared.iter().filter(|(from, to)| {
        !rule.only.contains(&from.as_str()) && rule.packages.iter().any(|pattern| fits(pattern, to))
    });
    found
        .map(|(from, to)| {
            let message = format!("depends on {to}, which is for {} only", rule.only.join(" and "));
            Finding::new(&format!("crates/{from}/Cargo.toml"), 0, message)
        })
        .collect()
}

fn fits(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(head) => name.starts_with(head),
        None => name == pattern,
    }
}

/// All packages that `package` needs in what is shipped, with all its features.
fn reached(root: &Path, package: &str) -> Result<BTreeSet<String>, String> {
    let arguments =
        ["tree", "-e", "normal", "--all-features", "--prefix", "none", "--format", "{p}", "-p", package];
    let text = cargo(root, &arguments)?;
    Ok(text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect())
}

fn names(manifests: &Value) -> impl Iterator<Item = &str> {
    let packages = manifests["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    packages.iter().filter_map(|package| package["name"].as_str())
}

/// Who names whom in a manifest, tests' own dependencies aside.
fn declared_dependencies(manifests: &Value) -> Vec<(String, String)> {
    let array = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut pairs = Vec::new();
    for package in array(&manifests["packages"]) {
        for dependency in array(&package["dependencies"]) {
            if let (Some(from), Some(to)) = (package["name"].as_str(), dependency["name"].as_str())
                && dependency["kind"] != "dev"
            {
                pairs.push((from.to_owned(), to.to_owned()));
            }
        }
    }
    pairs
}

fn cargo(root: &Path, arguments: &[&str]) -> Result<String, String> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(program).args(arguments).current_dir(root).output();
    let output = output.map_err(|error| format!("cargo cannot be started: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("`cargo {}`: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_reached_is_found() {
        let reached: BTreeSet<String> = ["billing-core", "regex", "tokio-util"].map(str::to_owned).into();
        let findings = unreachable("billing-core", &reached, &["tokio*", "billing-*"]);
        assert_eq!(findings.len(), 1);
        assert!(findings[0].to_string().contains("crates/billing-core/Cargo.toml: reaches tokio-util"));
    }

    #[test]
    fn what_is_reserved_is_found() {
        let manifests: Value = serde_json::from_str(
            r#"{"packages": [
                {"name": "billing-detail", "dependencies": [{"name": "parquet", "kind": null}]},
                {"name": "cloud-billing", "dependencies": [
                    {"name": "parquet", "kind": "dev"}, {"name": "arrow-array", "kind": null}, {"name": "clap", "kind": null}
                ]}
            ]}"#,
        )
        .unwrap();
        let findings = reserved(&declared_dependencies(&manifests), &RESERVED[0]);
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].to_string().contains("crates/cloud-billing/Cargo.toml: depends on arrow-array"));
        assert!(names(&manifests).eq(["billing-detail", "cloud-billing"]));
    }
}
