//! The program: reads the command line, does what it says, ends with the exit code that the README lists.

fn main() -> std::process::ExitCode {
    cloud_billing::cli::main()
}
