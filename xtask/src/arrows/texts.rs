//! What a folder's code may name, where manifests cannot tell. Tests are free.

use regex::Regex;

use crate::{
    check::{Check, Finding},
    source::{Source, pattern},
    tree::{File, Tree},
};

/// Where a rule looks.
enum Look {
    /// In code, comments and literals aside.
    Code(&'static str),
    /// In text literals.
    Literals(&'static str),
}

struct Rule {
    name: &'static str,
    sentence: &'static str,
    /// Starts of paths that the rule is about; `*` stands for one folder.
    within: &'static [&'static str],
    /// Starts of paths, or `path#function`, that it is not about.
    except: &'static [&'static str],
    look: Look,
    /// What to do instead.
    cure: &'static str,
}

/// Where amounts are made. (billing-detail reads files whose format has binary numbers, as their shortest decimals.)
const MONEY: &[&str] = &[
    "crates/billing-core/src/",
    "crates/billing-providers/src/",
    "crates/billing-store/src/",
    "crates/cloud-billing/src/flow",
    "crates/cloud-billing/src/outputs",
];

const RULES: &[Rule] = &[
    Rule {
        name: "core-without-io",
        sentence: "The core reads, writes and waits for nothing and does not know the time",
        within: &["crates/billing-core/src/"],
        except: &[],
        look: Look::Code(
            r"\bstd::(\{[^;]*)?\b(fs|net|env|process|io|thread)\b|\b(SystemTime|Instant)\b|\be?print(ln)?!",
        ),
        cure: "take what it would find out as a parameter",
    },
    Rule {
        name: "flow-knows-no-edge",
        sentence: "The flow knows neither pages nor commands",
        within: &["crates/cloud-billing/src/flow"],
        except: &[],
        look: Look::Code(r"\b(crate|super)::(\{[^;]*)?\b(cli|web)\b"),
        cure: "pages and commands call the flow; hand it what it needs",
    },
    Rule {
        name: "web-knows-no-cli",
        sentence: "Pages know no commands",
        within: &["crates/cloud-billing/src/web"],
        except: &[],
        look: Look::Code(r"\b(crate|super)::(\{[^;]*)?\bcli\b"),
        cure: "move what both use into the flow",
    },
    Rule {
        name: "no-floats",
        sentence: "Money is never a binary float",
        within: MONEY,
        except: &[],
        look: Look::Code(r"\b[\d_]*f(32|64)\b|(^|[^.\w])\d[\d_]*\.\d"),
        cure: "use billing_core::Decimal",
    },
    Rule {
        name: "rounding-is-named",
        sentence: "Rounding happens in billing-core's rounding.rs and nowhere else",
        within: &["crates/*/src/"],
        except: &[
            "crates/billing-core/src/rounding.rs",
            "crates/billing-core/src/decimal/number.rs#split_at",
        ],
        look: Look::Code(
            r"\bRoundingMode\b|\.(with_scale_round|with_scale|with_precision_round|with_prec|round|trunc|ceil|floor)\(",
        ),
        cure: "call one of the three functions in billing_core::rounding",
    },
    Rule {
        name: "no-hidden-rounding",
        sentence: "No format text rounds an amount",
        within: MONEY,
        except: &[],
        look: Look::Literals(r"\{[\w.]*:[^{}]*\.(\d+|\w+\$|\*)[^{}]*\}"),
        cure: "round in billing_core::rounding, then print what is there",
    },
    Rule {
        name: "sql-in-store",
        sentence: "Only billing-store contains SQL",
        within: &["crates/"],
        except: &["crates/billing-store/src/"],
        look: Look::Literals(
            r"\bSELECT\s[\s\S]*\bFROM\b|\bINSERT\s+(OR\s+\w+\s+)?INTO\s|\bUPDATE\s+\w+\s+SET\s|\bDELETE\s+FROM\s|\bCREATE\s+(TABLE|INDEX)\s",
        ),
        cure: "give billing-store a function for it",
    },
    Rule {
        name: "sums-in-rust",
        sentence: "No database adds up money: SQL sums nothing but counts",
        within: &["crates/billing-store/src/"],
        except: &[],
        look: Look::Literals(r"(?i)\b(SUM|AVG|TOTAL)\s*\(\s*([^)]*)\)?"),
        cure: "read the amounts and add them as Decimal; columns that count are listed in xtask/src/arrows/texts.rs",
    },
];

/// Columns that SQL may add up: they count things.
const COUNTS: &[&str] =
    &["rows", "row_count", "line_count", "rejected", "rejected_rows", "attempts", "bytes", "1"];

/// The checks of the table.
pub fn checks(tree: &Tree) -> Vec<Check> {
    RULES.iter().map(|rule| Check::new(rule.name, rule.sentence, findings(tree, rule))).collect()
}

fn findings(tree: &Tree, rule: &Rule) -> Vec<Finding> {
    let (Look::Code(text) | Look::Literals(text)) = rule.look;
    let pattern = pattern(text);
    let files = tree.rust().filter(|(file, _)| rule.within.iter().any(|start| starts(&file.path, start)));
    files.flat_map(|(file, source)| in_file(rule, &pattern, file, source)).collect()
}

fn in_file(rule: &Rule, pattern: &Regex, file: &File, source: &Source) -> Vec<Finding> {
    let found: Vec<(usize, String)> = match rule.look {
        Look::Code(_) => pattern
            .find_iter(&source.code)
            .map(|found| (found.start() + leading(found.as_str()), found.as_str().to_owned()))
            .collect(),
        Look::Literals(_) => source
            .literals
            .iter()
            .flat_map(|literal| {
                pattern
                    .captures_iter(&literal.text)
                    .filter(|captures| !(rule.name == "sums-in-rust" && counts(captures.get(2))))
                    .filter_map(|captures| captures.get(0))
                    .map(|found| (literal.offset + found.start(), found.as_str().to_owned()))
            })
            .collect(),
    };
    let kept = found.into_iter().filter(|(at, _)| !source.is_test(*at) && !excepted(rule, file, source, *at));
    kept.map(|(at, text)| {
        let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let short: String = text.chars().take(40).collect();
        Finding::new(&file.path, source.line(at), format!("`{short}`: {}", rule.cure))
    })
    .collect()
}

/// How much of what was found stands before the thing itself.
fn leading(found: &str) -> usize {
    found.len() - found.trim_start().len()
}

/// Whether SQL adds up a column that counts, or ones.
fn counts(argument: Option<regex::Match<'_>>) -> bool {
    let argument = argument.map_or("", |argument| argument.as_str()).trim();
    let column = argument.rsplit('.').next().unwrap_or(argument);
    COUNTS.contains(&column) || argument.to_uppercase().ends_with("THEN 1 ELSE 0 END")
}

fn excepted(rule: &Rule, file: &File, source: &Source, at: usize) -> bool {
    rule.except.iter().any(|except| match except.split_once('#') {
        Some((path, function)) => {
            path == file.path
                && source.functions.iter().any(|it| it.name == function && it.range.contains(&at))
        }
        None => file.path.starts_with(except),
    })
}

/// Whether a path starts with another, in which `*` stands for one folder.
fn starts(path: &str, start: &str) -> bool {
    match start.split_once('*') {
        None => path.starts_with(start),
        Some((head, tail)) => path
            .strip_prefix(head)
            .and_then(|rest| rest.find('/').map(|at| &rest[at..]))
            .is_some_and(|rest| rest.starts_with(tail)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, path: &str, text: &str, lines: &[usize]) {
        let checks = checks(&Tree::of(&[(path, text)]));
        let check = checks.iter().find(|check| check.name == name).unwrap();
        let found: Vec<usize> = check.findings.iter().map(|finding| finding.line).collect();
        assert_eq!(found, lines, "{name}: {text}");
    }

    const CORE: &str = "crates/billing-core/src/a.rs";
    const FLOW: &str = "crates/cloud-billing/src/flow/bill.rs";
    const STORE: &str = "crates/billing-store/src/a.rs";

    #[test]
    fn io_in_the_core_is_found() {
        for bad in [
            "std::fs::read(p)",
            "use std::{fmt, io};",
            "use std::{\nio::Read};",
            "SystemTime::now()",
            "println!()",
        ] {
            check("core-without-io", CORE, bad, &[1]);
        }
        check("core-without-io", CORE, "// std::fs\nuse std::{fmt, iter}; let x = \"std::io\"; mod io;", &[]);
        check("core-without-io", CORE, "#[cfg(test)]\nmod tests { use std::fs; }", &[]);
        check("core-without-io", STORE, "use std::fs;", &[]);
    }

    #[test]
    fn an_arrow_out_of_the_flow_is_found() {
        check("flow-knows-no-edge", FLOW, "use crate::cli::bill;", &[1]);
        check("flow-knows-no-edge", FLOW, "use crate::{\n  app, web::page};", &[1]);
        check("flow-knows-no-edge", "crates/cloud-billing/src/flow.rs", "crate::web::x()", &[1]);
        check("flow-knows-no-edge", FLOW, "use crate::{app, outputs::client};", &[]);
        check("flow-knows-no-edge", "crates/cloud-billing/src/cli/bill.rs", "use crate::cli::x;", &[]);
        check("web-knows-no-cli", "crates/cloud-billing/src/web/pages/a.rs", "use crate::cli::x;", &[1]);
    }

    #[test]
    fn floats_are_found() {
        for bad in ["let x: f64 = y;", "x as f32", "1f64", "let x = 1.5;", "parse::<f64>()"] {
            check("no-floats", FLOW, bad, &[1]);
        }
        check("no-floats", FLOW, "self.0.1; 1..2; \"1.5\"; x.0; buf64; // f64", &[]);
        check("no-floats", "crates/billing-detail/src/a.rs", "f64", &[]);
    }

    #[test]
    fn rounding_elsewhere_is_found() {
        check("rounding-is-named", FLOW, "x.round(2)", &[1]);
        check("rounding-is-named", STORE, "x.with_scale_round(2, mode)", &[1]);
        check("rounding-is-named", "crates/billing-core/src/rounding.rs", "x.round(2)", &[]);
        let split_at =
            "fn split_at() { x.with_scale_round(0, m); }\nfn other() { x.with_scale_round(0, m); }";
        check("rounding-is-named", "crates/billing-core/src/decimal/number.rs", split_at, &[2]);
        check("no-hidden-rounding", FLOW, "format!(\"{x:.2} {:>8.prec$}\")", &[1, 1]);
        check("no-hidden-rounding", FLOW, "format!(\"{x:>12} {:02} {x.y}. {z:?}\")", &[]);
    }

    #[test]
    fn sql_outside_the_store_is_found() {
        for bad in ["SELECT a\nFROM b", "INSERT INTO a VALUES", "UPDATE a SET b", "DELETE FROM a"] {
            check("sql-in-store", FLOW, &format!("//! A.\nlet x = \"{bad}\";"), &[2]);
            check("sql-in-store", STORE, &format!("let x = \"{bad}\";"), &[]);
        }
        check("sql-in-store", FLOW, "\"Select a file\" \"DELETE the folder\" \"UPDATE \"", &[]);
    }

    #[test]
    fn sums_by_the_database_are_found() {
        for bad in
            ["SUM(amount)", "avg( i.cost )", "COALESCE(SUM(CASE WHEN a THEN cost ELSE 0 END), 0)", "total(x)"]
        {
            check("sums-in-rust", STORE, &format!("let x = \"SELECT {bad} FROM y\";"), &[1]);
        }
        check(
            "sums-in-rust",
            STORE,
            "\"SUM(rows) SUM(i.rejected) COUNT(*) SUM(CASE WHEN a THEN 1 ELSE 0 END)\"",
            &[],
        );
    }

    #[test]
    fn a_star_stands_for_one_folder() {
        assert!(starts("crates/a/src/b.rs", "crates/*/src/"));
        assert!(!starts("crates/a/b/src/c.rs", "crates/*/src/"));
        assert!(!starts("crates/a/tests/c.rs", "crates/*/src/"));
    }
}
