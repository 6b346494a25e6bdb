//! `--help` and wrong words.

use crate::common::world::World;

/// The commands that a help text lists.
fn commands(help: &str) -> Vec<String> {
    let listed =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let words = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    words
        .map(|line| line.split_whitespace().next().unwrap().to_owned())
        .filter(|word| word != "help")
        .collect()
}

#[test]
fn every_command_has_help_with_an_example() {
    let world = World::new();
    let mut open: Vec<String> = commands(&world.done("--help").out);
    for known in [
        "demo",
        "import",
        "bill",
        "apply",
        "catalog",
        "imports",
        "import-diff",
        "import-withdraw",
        "invoices",
        "invoice",
        "reconcile",
        "explain",
        "fx",
        "migrate",
    ] {
        assert!(open.iter().any(|command| command == known), "{known} is among {open:?}");
    }
    let mut seen = 0;
    while let Some(command) = open.pop() {
        let help = world.done(&format!("{command} --help"));
        assert!(
            help.out.contains("Example") && help.out.contains("cloud-billing "),
            "{command}: {}",
            help.out
        );
        assert_eq!(help.err, "", "{command}");
        open.extend(commands(&help.out).iter().map(|inner| format!("{command} {inner}")));
        seen += 1;
    }
    assert!(seen >= 17, "{seen} commands");
    // Help needs no ledger and makes none.
    assert_eq!(world.files(""), Vec::<String>::new());
}

#[test]
fn examples_in_help_are_commands_that_exist() {
    let world = World::new();
    let help = world.done("--help").out;
    for command in commands(&help) {
        let text = world.done(&format!("{command} --help")).out;
        let example =
            text.lines().filter(|line| line.contains("cloud-billing ") && line.contains("xample")).count();
        assert!(example >= 1, "{command}: {text}");
        assert!(text.contains(&format!("cloud-billing {command}")), "{command}: {text}");
    }
}

#[test]
fn an_unknown_command_or_option_is_exit_2() {
    let world = World::new();
    for line in ["", "billing", "bill Azure --perod 2026-10", "invoices -o xml", "invoices extra", "-e"] {
        let ran = world.ends(2, line);
        assert!(ran.out.is_empty() && !ran.err.is_empty(), "{line}: {ran:?}");
    }
    assert_eq!(world.files(""), Vec::<String>::new(), "nothing was opened");
}

#[test]
fn the_version_is_told() {
    let ran = World::new().done("--version");
    assert!(ran.out.starts_with("cloud-billing "), "{}", ran.out);
}

#[test]
fn results_go_to_stdout_and_everything_else_to_stderr() {
    let world = World::with_catalog(
        "customers: [{ name: Alpha }]\naccounts: [{ provider: Azure, id: a, customer: Alpha }]",
    );
    world.import("azure.csv", "Azure a 2026-10 10.5");
    let ran = world.ends(3, "-v bill Azure --period 2026-10 -o json");
    assert_eq!(ran.out.trim(), "[]");
    assert!(ran.err.contains("held") && ran.err.contains("INFO"), "{}", ran.err);
}
