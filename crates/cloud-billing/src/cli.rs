//! The command line: one file per command. Results go to stdout, everything else to stderr.

mod apply;
mod bill;
mod catalog;
mod demo;
mod documentation;
mod explain;
mod fx;
mod import;
mod import_diff;
mod imports;
mod invoice;
mod invoices;
mod migrate;
mod reconcile;
mod report;

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result};
use billing_remote::RemoteError;
use clap::{Parser, Subcommand};

use crate::{
    app::{App, Clock},
    config::{SettingError, Settings, Vars, env_file},
    flow::UsageError,
};

/// Turns cloud providers' bills into the invoices a company writes to itself, with every cent accounted for.
#[derive(Parser, Debug)]
#[command(name = "cloud-billing", version, max_term_width = 110)]
#[command(
    after_help = "Exit codes: 0 done · 1 failed, nothing half-done · 2 wrong usage · 3 done, but something needs \
a person.\nExample: cloud-billing demo"
)]
struct Arguments {
    /// Env file with settings; the process environment wins over it
    #[arg(short = 'e', long = "env", value_name = "ENV_FILE", global = true)]
    env_file: Option<PathBuf>,
    /// Say more on stderr
    #[arg(short, long, global = true)]
    verbose: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Demo(demo::Arguments),
    Import(import::Arguments),
    Bill(bill::Arguments),
    Apply(apply::Arguments),
    Catalog(catalog::Arguments),
    Imports(imports::Arguments),
    ImportDiff(import_diff::Arguments),
    ImportWithdraw(import_diff::WithdrawArguments),
    Invoices(invoices::Arguments),
    Invoice(invoice::Arguments),
    Reconcile(reconcile::Arguments),
    Explain(explain::Arguments),
    Fx(fx::Arguments),
    Migrate(migrate::Arguments),
    #[command(hide = true)]
    Docs(documentation::Arguments),
}

/// How a command ended, where it did not fail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Done {
    /// All of it.
    Completely,
    /// Something needs a person; it is listed.
    NeedsAPerson,
}

impl Done {
    fn needs_a_person(needs: bool) -> Self {
        if needs { Self::NeedsAPerson } else { Self::Completely }
    }
}

/// Runs the program.
pub fn main() -> ExitCode {
    billing_detail::silence_caught_panics();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // A closed pipe is nobody's concern.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
    };
    match run(arguments) {
        Ok(Done::Completely) => ExitCode::SUCCESS,
        Ok(Done::NeedsAPerson) => ExitCode::from(3),
        Err(error) => failed(&error),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    let closed_pipe = error.chain().filter_map(|cause| cause.downcast_ref::<std::io::Error>());
    if closed_pipe.into_iter().any(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe) {
        return ExitCode::SUCCESS;
    }
    let wrong_usage = error.is::<UsageError>()
        || error.is::<SettingError>()
        || matches!(error.downcast_ref(), Some(RemoteError::Setting { .. }));
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    let _ = writeln!(std::io::stderr(), "error: {}", causes.join(": "));
    ExitCode::from(if wrong_usage { 2 } else { 1 })
}

fn run(arguments: Arguments) -> Result<Done> {
    if let Command::Docs(command) = &arguments.command {
        return documentation::run(command);
    }
    let environment = environment();
    if let Command::Demo(command) = &arguments.command {
        start_log(arguments.verbose, false);
        return demo::run(command, &environment);
    }
    let vars = match env_file_of(arguments.env_file.as_deref(), &environment) {
        Some(path) => environment.clone().over(env_file::read(&path)?),
        None => environment.clone(),
    };
    let settings = Settings::read(&vars)?;
    start_log(arguments.verbose, settings.log_json);
    if let Command::Import(command) = &arguments.command {
        // Before a ledger is made for nothing.
        command.check()?;
    }
    let mut app = App::open(settings, actor(&environment), Clock::Real)?;
    match arguments.command {
        Command::Import(command) => import::run(&mut app, &command),
        Command::Bill(command) => bill::run(&mut app, &command),
        Command::Apply(command) => apply::run(&mut app, &command),
        Command::Catalog(command) => catalog::run(&mut app, &command),
        Command::Imports(command) => imports::run(&mut app, &command),
        Command::ImportDiff(command) => import_diff::run(&mut app, &command),
        Command::ImportWithdraw(command) => import_diff::withdraw(&mut app, &command),
        Command::Invoices(command) => invoices::run(&mut app, &command),
        Command::Invoice(command) => invoice::run(&mut app, &command),
        Command::Reconcile(command) => reconcile::run(&mut app, &command),
        Command::Explain(command) => explain::run(&mut app, &command),
        Command::Fx(command) => fx::run(&mut app, &command),
        Command::Migrate(command) => migrate::run(&mut app, &command),
        Command::Demo(_) | Command::Docs(_) => Ok(Done::Completely),
    }
}

fn environment() -> Vars {
    // Names and values that are not UTF-8 cannot be ours.
    Vars::new(
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
    )
}

fn env_file_of(given: Option<&Path>, environment: &Vars) -> Option<PathBuf> {
    given.map(Path::to_owned).or_else(|| environment.get("APPLICATION_SETTINGS").map(PathBuf::from))
}

fn actor(environment: &Vars) -> String {
    environment.first(&["USER", "LOGNAME", "USERNAME"]).unwrap_or("command line").to_owned()
}

fn start_log(verbose: bool, json: bool) {
    let level = if verbose { "info" } else { "warn" };
    let log =
        tracing_subscriber::fmt().with_env_filter(level).with_writer(std::io::stderr).with_target(false);
    // A log that was started already stays: commands may be run within one process.
    let _ = if json { log.json().try_init() } else { log.try_init() };
}

/// Writes a result to stdout.
fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("writing to stdout")
}

/// Writes a line for a person to stderr.
fn tell(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
