//! A MariaDB server of the test's own: a new folder, a free port of 127.0.0.1, stopped when dropped.

use std::{
    fs,
    io::ErrorKind,
    net::{TcpListener, TcpStream},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use tempfile::TempDir;

const DATABASES: usize = 40;

/// A running server.
pub struct MariaDb {
    child: Child,
    _folder: TempDir,
    port: u16,
    used: AtomicUsize,
}

impl MariaDb {
    /// Starts the server, or says that it is not installed.
    pub fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        // the server gives up root's rights for those of mysql, who must be able to come here
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let data = folder.path().join("data");
        let mut options = vec!["--no-defaults".to_owned(), format!("--datadir={}", data.display())];
        if fs::metadata(folder.path()).unwrap().uid() == 0 {
            options.push("--user=mysql".to_owned());
        }
        let prepared = command("mariadb-install-db", &options).and_then(|mut command| {
            command.args(["--auth-root-authentication-method=normal", "--skip-test-db"]).output().ok()
        });
        let Some(prepared) = prepared else {
            println!("skipped: needs mariadb-server");
            return None;
        };
        assert!(prepared.status.success(), "{}", String::from_utf8_lossy(&prepared.stderr));
        let accounts = folder.path().join("accounts.sql");
        fs::write(&accounts, accounts_and_databases()).unwrap();
        options.push(format!("--init-file={}", accounts.display()));
        options.push(format!("--socket={}", folder.path().join("data/m.sock").display()));
        options.push(format!("--pid-file={}", folder.path().join("data/m.pid").display()));
        options.push("--bind-address=127.0.0.1".to_owned());
        let (child, port) = start_listening(&options, folder.path());
        Some(Self { child, _folder: folder, port, used: AtomicUsize::new(0) })
    }

    /// The address of a database that no test has used.
    pub fn fresh(&self) -> String {
        let number = self.used.fetch_add(1, Ordering::Relaxed);
        assert!(number < DATABASES, "more databases are needed");
        format!("mysql://billing:p%40ss%3Aw%2Frd%25@127.0.0.1:{}/ledger_{number}", self.port)
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The databases have the server's default character set, latin1, as one that nobody prepared.
fn accounts_and_databases() -> String {
    let mut sql = "CREATE USER 'billing'@'%' IDENTIFIED BY 'p@ss:w/rd%';\n".to_owned();
    for number in 0..DATABASES {
        sql +=
            &format!("CREATE DATABASE ledger_{number};\nGRANT ALL ON ledger_{number}.* TO 'billing'@'%';\n");
    }
    sql
}

fn start_listening(options: &[String], folder: &Path) -> (Child, u16) {
    for _ in 0..5 {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = fs::File::create(folder.join("log")).unwrap();
        let mut command = command("mariadbd", options).unwrap();
        let mut child =
            command.arg(format!("--port={port}")).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        for _ in 0..600 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return (child, port);
            }
            if child.try_wait().unwrap().is_some() {
                // another program took the port
                break;
            }
            thread::sleep(Duration::from_millis(100));
        }
        let _ = child.kill();
        let _ = child.wait();
    }
    panic!("MariaDB does not start: {}", fs::read_to_string(folder.join("log")).unwrap());
}

/// The program with its options, where it is installed; what runs as a service is often not on the path.
fn command(program: &str, options: &[String]) -> Option<Command> {
    let places = [program.to_owned(), format!("/usr/sbin/{program}"), format!("/usr/bin/{program}")];
    places.into_iter().find_map(|place| {
        let probe = Command::new(&place).arg("--help").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if probe.is_err_and(|error| error.kind() == ErrorKind::NotFound) {
            return None;
        }
        let mut command = Command::new(place);
        command.args(options);
        Some(command)
    })
}
