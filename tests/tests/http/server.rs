//! A server on this machine: one thread for each connection, which reads a request and then writes what a test says.

use std::io::{self, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// What a client said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Heard {
    /// The request line.
    pub(crate) line: String,
    /// All fields, as they came.
    pub(crate) fields: Vec<String>,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Vec<String>,
    /// The client closed before the body was whole.
    pub(crate) broken: bool,
}

impl Heard {
    /// Whether the client said all that it announced.
    pub(crate) fn is_whole(&self) -> bool {
        !self.line.is_empty() && !self.broken
    }
}

pub(crate) struct Server {
    address: SocketAddr,
    heard: Receiver<Heard>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// A connection.
pub(crate) type Wire = BufReader<TcpStream>;

impl Server {
    /// Answers each request with these bytes, and closes.
    pub(crate) fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::new(move |wire, _| wire.get_mut().write_all(&answer))
    }

    /// Reads a request, then does as it is told.
    pub(crate) fn new(answer: impl Fn(&mut Wire, &Heard) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self::raw(move |wire, told| {
            let heard = read_request(wire);
            let _ = told.send(heard.clone());
            let _ = answer(wire, &heard);
        })
    }

    /// Does as it is told with each connection.
    pub(crate) fn raw(serve: impl Fn(&mut Wire, &Sender<Heard>) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (told, heard) = channel();
        let stop = Arc::new(AtomicBool::new(false));
        let (serve, told, stopped) = (Arc::new(serve), Arc::new(Mutex::new(told)), stop.clone());
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::Acquire) {
                    return;
                }
                let (serve, told) = (serve.clone(), told.lock().unwrap().clone());
                std::thread::spawn(move || {
                    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
                    serve(&mut BufReader::new(stream), &told);
                });
            }
        });
        Self { address, heard, stop, thread: Some(thread) }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }

    /// The next request that came, or will come soon.
    pub(crate) fn next(&self) -> Heard {
        self.heard.recv_timeout(Duration::from_secs(20)).expect("a request")
    }

    /// Whether nobody asked it for anything.
    pub(crate) fn was_left_alone(&self) -> bool {
        self.heard.try_recv().is_err()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        let _ = TcpStream::connect(self.address);
        self.thread.take().unwrap().join().unwrap();
    }
}

fn line(wire: &mut impl io::BufRead) -> Option<String> {
    let mut line = String::new();
    wire.read_line(&mut line).ok().filter(|count| *count > 0)?;
    Some(line.strip_suffix("\r\n")?.to_owned())
}

fn section(wire: &mut impl io::BufRead) -> Vec<String> {
    std::iter::from_fn(|| line(wire)).take_while(|line| !line.is_empty()).collect()
}

/// Reads a request whole, as far as it comes.
pub(crate) fn read_request(wire: &mut impl io::BufRead) -> Heard {
    let mut heard = Heard { line: line(wire).unwrap_or_default(), ..Heard::default() };
    heard.fields = section(wire);
    let field = |name: &str| {
        let prefix = format!("{name}: ");
        heard.fields.iter().find_map(|line| Some(line.to_lowercase().strip_prefix(&prefix)?.to_owned()))
    };
    if let Some(length) = field("content-length") {
        let length = length.parse().unwrap();
        wire.take(length).read_to_end(&mut heard.body).unwrap_or_default();
        heard.broken = (heard.body.len() as u64) < length;
    } else if field("transfer-encoding").is_some() {
        while let Some(size) = chunk(wire, &mut heard.body) {
            if size == 0 {
                heard.trailers = section(wire);
                return heard;
            }
        }
        heard.broken = true;
    }
    heard
}

/// Reads a chunk; `None` when the client is gone.
pub(crate) fn chunk(wire: &mut impl io::BufRead, body: &mut Vec<u8>) -> Option<usize> {
    let size = usize::from_str_radix(&line(wire)?, 16).ok()?;
    if size > 0 {
        let mut bytes = vec![0; size];
        wire.read_exact(&mut bytes).ok()?;
        body.extend(bytes);
        line(wire)?;
    }
    Some(size)
}

/// A response with a body of known length.
pub(crate) fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// Waits until the client is gone.
pub(crate) fn until_gone(wire: &mut Wire) {
    let mut byte = [0];
    while wire.get_mut().read(&mut byte).is_ok_and(|count| count > 0) {}
}
