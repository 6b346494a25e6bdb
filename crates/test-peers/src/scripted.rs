//! An HTTP server that answers by script, and notes what it was asked.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

/// A request that came.
#[derive(Debug, Clone)]
pub struct Seen {
    /// `GET`, `POST`, …
    pub method: String,
    /// Path and query as sent.
    pub target: String,
    /// Names in small letters.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// What is answered.
#[derive(Debug, Clone)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    cut: Option<usize>,
    reset: bool,
}

/// The server. Each connection takes one request.
#[derive(Debug)]
pub struct Scripted {
    port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
    over: Arc<AtomicBool>,
}

impl Reply {
    /// An answer of this status with an empty body.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), cut: None, reset: false }
    }

    /// An answer of status 200.
    #[must_use]
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::status(200).body(body)
    }

    /// The connection breaks before there is an answer.
    #[must_use]
    pub fn reset() -> Self {
        Self { reset: true, ..Self::status(0) }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The connection breaks after so many bytes of the body, which is announced in full.
    #[must_use]
    pub fn cut_after(mut self, bytes: usize) -> Self {
        self.cut = Some(bytes);
        self
    }

    fn send(self, stream: &mut TcpStream) -> io::Result<()> {
        if self.reset {
            return Ok(());
        }
        write!(stream, "HTTP/1.1 {} Scripted\r\nConnection: close\r\n", self.status)?;
        write!(stream, "Content-Length: {}\r\n", self.body.len())?;
        for (name, value) in &self.headers {
            write!(stream, "{name}: {value}\r\n")?;
        }
        stream.write_all(b"\r\n")?;
        let end = self.cut.unwrap_or(self.body.len()).min(self.body.len());
        stream.write_all(self.body.get(..end).unwrap_or_default())?;
        stream.flush()
    }
}

impl Seen {
    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Where a `Range: bytes=N-` starts.
    #[must_use]
    pub fn range_start(&self) -> Option<usize> {
        self.header("range")?.strip_prefix("bytes=")?.split('-').next()?.parse().ok()
    }

    fn read(stream: &TcpStream) -> io::Result<Self> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let mut words = line.split_whitespace().map(str::to_owned);
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut seen = Self { method, target, headers, body: Vec::new() };
        let length = seen.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        reader.take(length).read_to_end(&mut seen.body)?;
        Ok(seen)
    }
}

impl Scripted {
    /// Answers with these, in turn; then with status 599.
    #[must_use]
    pub fn replies(replies: Vec<Reply>) -> Self {
        let replies = Mutex::new(replies.into_iter());
        Self::handling(move |_, _| {
            let next = replies.lock().unwrap_or_else(PoisonError::into_inner).next();
            next.unwrap_or_else(|| Reply::status(599).body("the script is at its end"))
        })
    }

    /// Answers with what `handler` makes of the number of the request, from 0, and the request.
    ///
    /// # Panics
    /// When no port is free.
    #[must_use]
    pub fn handling(handler: impl Fn(usize, &Seen) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0));
        let Ok(listener) = listener else { panic!("no port is free") };
        let port = listener.local_addr().map(|address| address.port()).unwrap_or_default();
        let server = Self { port, seen: Arc::default(), over: Arc::default() };
        let (seen, over) = (server.seen.clone(), server.over.clone());
        thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                // A client that went away is no reason to stop.
                let Ok(mut stream) = stream else { continue };
                let Ok(request) = Seen::read(&stream) else { continue };
                let number = {
                    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                    seen.push(request.clone());
                    seen.len() - 1
                };
                let _ = handler(number, &request).send(&mut stream);
            }
        });
        server
    }

    /// The address of a path: `/a?b=c`.
    #[must_use]
    pub fn url(&self, target: &str) -> String {
        format!("http://127.0.0.1:{}{target}", self.port)
    }

    /// What it was asked so far.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // Wakes the thread, so that it sees that it is over.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}
