//! Servers that `tools/peers.sh` installs, each started on a port of its own and stopped at the end.

use std::{
    env, fs,
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

/// How often it is asked whether a server has started, four times a second.
const ASKED: usize = 240;

/// A running server. Dropped, it is stopped, and its files are removed.
#[derive(Debug)]
pub struct Peer {
    child: Child,
    port: u16,
    folder: PathBuf,
}

/// The path of a program that `tools/peers.sh` installs. Without it, says `skipped: needs …`, and there is none.
#[must_use]
pub fn program(name: &str) -> Option<PathBuf> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools/peers.sh");
    let mut command = Command::new("bash");
    command.arg(script).arg(name);
    if name == "s3s-fs" {
        // Compiling it takes minutes: `./test peers` does it, no test.
        command.env("CLOUD_BILLING_NO_INSTALL", "1");
    }
    let output = command.stdin(Stdio::null()).output().ok()?;
    if output.status.success() {
        return Some(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    }
    let reason = String::from_utf8_lossy(&output.stderr);
    say(&format!("skipped: needs {name}: {}", reason.lines().next().unwrap_or_default()));
    None
}

fn say(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}

impl Peer {
    /// AWS's S3, Organizations, IAM and STS. Any key may do anything.
    #[must_use]
    pub fn moto() -> Option<Self> {
        Self::start("moto", |command, port, _| {
            command.args(["-H", "127.0.0.1", "-p", &port]);
        })
    }

    /// The same, where keys are checked after so many requests that are not, for making users and keys first.
    #[must_use]
    pub fn moto_checking_keys(free_requests: usize) -> Option<Self> {
        Self::start("moto", |command, port, _| {
            command.args(["-H", "127.0.0.1", "-p", &port]);
            command.env("INITIAL_NO_AUTH_ACTION_COUNT", free_requests.to_string());
        })
    }

    /// S3 that checks signatures. Each folder below `root()` is a bucket.
    #[must_use]
    pub fn s3s_fs(access_key: &str, secret_key: &str) -> Option<Self> {
        Self::start("s3s-fs", |command, port, folder| {
            command.args(["--host", "127.0.0.1", "--port", &port]);
            command.args(["--access-key", access_key, "--secret-key", secret_key]).arg(folder);
        })
    }

    /// Azure's blobs; the account is devstoreaccount1.
    #[must_use]
    pub fn azurite() -> Option<Self> {
        Self::start("azurite", |command, port, folder| {
            command.args(["--silent", "--skipApiVersionCheck", "--blobHost", "127.0.0.1"]);
            command.args(["--blobPort", &port, "--location"]).arg(folder);
        })
    }

    /// Google Cloud Storage. Each folder below `root()` is a bucket; no key is checked.
    #[must_use]
    pub fn fake_gcs_server() -> Option<Self> {
        Self::start("fake-gcs-server", |command, port, folder| {
            let address = format!("127.0.0.1:{port}");
            command.args(["-scheme", "http", "-host", "127.0.0.1", "-port", &port, "-public-host", &address]);
            command.args(["-external-url", &format!("http://{address}"), "-backend", "memory", "-data"]);
            command.arg(folder);
        })
    }

    /// BigQuery, in DuckDB. Its NUMERIC keeps three places only.
    #[must_use]
    pub fn bqemulator(project: &str) -> Option<Self> {
        Self::start("bqemulator", |command, port, _| {
            command.args(["start", "--project", project, "--rest-port", &port, "--grpc-port", "0"]);
        })
    }

    /// BigQuery, another one.
    #[must_use]
    pub fn local_bigquery(project: &str) -> Option<Self> {
        let grpc = free_port()?.to_string();
        Self::start("local-bigquery", |command, port, folder| {
            command.args(["--host", "127.0.0.1", "--port", &port, "--grpc-port", &grpc, "--data-dir"]);
            command.arg(folder).args(["--project", project, "serve"]);
        })
    }

    fn start(name: &str, arguments: impl Fn(&mut Command, String, &Path)) -> Option<Self> {
        let program = program(name)?;
        // Another process may take the port in between: then again with another one.
        for _ in 0..3 {
            let port = free_port()?;
            let folder = env::temp_dir().join(format!("{name}-{}-{port}", std::process::id()));
            fs::create_dir_all(&folder).ok()?;
            let log = fs::File::create(folder.with_extension("log")).ok()?;
            let mut command = Command::new(&program);
            arguments(&mut command, port.to_string(), &folder);
            command.stdin(Stdio::null()).stdout(log.try_clone().ok()?).stderr(log);
            let mut peer = Self { child: command.spawn().ok()?, port, folder };
            if peer.answers() {
                return Some(peer);
            }
            let log = fs::read_to_string(peer.folder.with_extension("log")).unwrap_or_default();
            say(&format!("{name} does not start: {}", log.lines().last().unwrap_or_default()));
        }
        say(&format!("skipped: needs {name}: it does not start"));
        None
    }

    /// Waits until it speaks HTTP. An open port alone is not enough: some open it too early.
    fn answers(&mut self) -> bool {
        for _ in 0..ASKED {
            if self.child.try_wait().is_ok_and(|status| status.is_some()) {
                return false;
            }
            if ask(self.port).is_ok() {
                return true;
            }
            thread::sleep(Duration::from_millis(250));
        }
        false
    }

    /// The port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its address: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The folder that it keeps its things in.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.folder
    }
}

fn ask(port: u16) -> io::Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(b"GET / HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")?;
    stream.read_exact(&mut [0; 8])
}

fn free_port() -> Option<u16> {
    Some(TcpListener::bind(("127.0.0.1", 0)).ok()?.local_addr().ok()?.port())
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
        let _ = fs::remove_file(self.folder.with_extension("log"));
    }
}
