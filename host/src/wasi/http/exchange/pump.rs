//! Moving bytes: what the plugin writes to the server, what the server sends to the plugin, both at once, until the response is
//! whole. Whatever waits, waits here, and not longer than it may.

use std::sync::Arc;
use std::time::Instant;

use zeroize::{Zeroize as _, Zeroizing};

use super::super::error_code::ErrorCode;
use super::super::fields::{FieldMap, write_line};
use super::super::outlet::{End, Outlet};
use super::bell::Ear;
use super::conn::Conn;
use super::decode::{Decoder, Piece};
use super::{Job, Stopped, after};

/// How much is moved at once.
const CHUNK: usize = 16 << 10;

pub(super) struct Pump<'a> {
    job: &'a Job,
    conn: Conn,
    ear: Ear,
    sending: Sending,
    /// What is to be sent, from `sent` on.
    output: Zeroizing<Vec<u8>>,
    sent: usize,
    /// What failed when sending; the server may still have answered.
    broken: Option<ErrorCode>,
    decoder: Decoder,
    buffer: Vec<u8>,
    times: Times,
}

/// How far the request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sending {
    Head,
    Body { chunked: bool },
    Done,
}

/// When patience ends.
struct Times {
    /// With the handshake.
    connected: Instant,
    /// With everything.
    total: Instant,
    /// When bytes went last, or nothing was to be sent.
    wrote: Instant,
    /// When bytes came last, or nobody wanted any.
    read: Instant,
}

impl<'a> Pump<'a> {
    pub(super) fn new(job: &'a Job, conn: Conn, ear: Ear, connected: Instant, total: Instant) -> Self {
        if let Some(outlet) = &job.outlet {
            outlet.attach(job.bell.clone());
        }
        let now = Instant::now();
        Self {
            job,
            conn,
            ear,
            sending: Sending::Head,
            output: Zeroizing::new(Vec::new()),
            sent: 0,
            broken: None,
            decoder: Decoder::new(job.request.method.is("HEAD"), &job.limits),
            buffer: vec![0; CHUNK],
            times: Times { connected, total, wrote: now, read: now },
        }
    }

    pub(super) fn run(mut self) -> Result<(), Stopped> {
        loop {
            self.job.check()?;
            let mut moved = self.fill()?;
            moved |= self.send();
            match self.receive()? {
                Received::Over => return Ok(()),
                Received::Something => moved = true,
                Received::Nothing => {}
            }
            if !moved {
                self.wait()?;
            } else if Instant::now() >= self.times.total {
                return Err(self.too_late().into());
            }
        }
    }

    /// Gets what is to be sent next; whether there was something.
    fn fill(&mut self) -> Result<bool, ErrorCode> {
        if self.sent < self.output.len() {
            return Ok(false);
        }
        self.output.zeroize();
        self.sent = 0;
        match (self.sending, &self.job.outlet) {
            (Sending::Done, _) => Ok(false),
            (Sending::Head, None) => {
                let none =
                    !self.job.request.method.is_bodiless() && self.job.request.content_length.is_none();
                self.head(if none { "Content-Length: 0\r\n" } else { "" }, Sending::Done);
                Ok(true)
            }
            (Sending::Head, Some(outlet)) => self.head_with_body(&outlet.clone()),
            (Sending::Body { chunked }, outlet) => match outlet.clone() {
                Some(outlet) => self.body(&outlet, chunked),
                None => Ok(false),
            },
        }
    }

    fn head(&mut self, framing: &str, next: Sending) {
        self.job.request.write_head(&mut self.output, framing);
        self.sending = next;
    }

    /// Says how long the body is, if that is known; otherwise it goes in chunks. A method that has no body as a rule waits
    /// for whether it has one.
    fn head_with_body(&mut self, outlet: &Outlet) -> Result<bool, ErrorCode> {
        if self.job.request.content_length.is_some() {
            self.head("", Sending::Body { chunked: false });
            return Ok(true);
        }
        let (waiting, end) = outlet.peek();
        let bodiless = self.job.request.method.is_bodiless();
        match end {
            End::Abandoned => return Err(abandoned(outlet)),
            End::Finished(None) if waiting == 0 && bodiless => self.head("", Sending::Done),
            End::Finished(None) => {
                let length = format!("Content-Length: {waiting}\r\n");
                self.head(&length, Sending::Body { chunked: false });
            }
            End::Open if waiting == 0 && bodiless => return Ok(false),
            End::Open | End::Finished(_) => {
                self.head("Transfer-Encoding: chunked\r\n", Sending::Body { chunked: true });
            }
        }
        Ok(true)
    }

    fn body(&mut self, outlet: &Outlet, chunked: bool) -> Result<bool, ErrorCode> {
        let (bytes, end) = outlet.pull(CHUNK);
        if chunked && !bytes.is_empty() {
            self.output.extend_from_slice(format!("{:x}\r\n", bytes.len()).as_bytes());
        }
        self.output.extend_from_slice(&bytes);
        if chunked && !bytes.is_empty() {
            self.output.extend_from_slice(b"\r\n");
        }
        match end {
            End::Open => return Ok(!bytes.is_empty()),
            End::Abandoned => return Err(abandoned(outlet)),
            End::Finished(trailers) => {
                if chunked {
                    self.last_chunk(trailers);
                }
                self.sending = Sending::Done;
            }
        }
        Ok(true)
    }

    fn last_chunk(&mut self, trailers: Option<Arc<FieldMap>>) {
        self.output.extend_from_slice(b"0\r\n");
        if let Some(trailers) = trailers {
            for (name, value) in trailers.iter() {
                write_line(&mut self.output, name, value);
            }
        }
        self.output.extend_from_slice(b"\r\n");
    }

    /// Sends what it can; whether that was something.
    fn send(&mut self) -> bool {
        let rest = self.output.get(self.sent..).unwrap_or_default();
        let result = if rest.is_empty() { self.conn.flush().map(|_| None) } else { self.conn.write(rest) };
        match result {
            Ok(Some(count)) => {
                self.sent = self.sent.saturating_add(count);
                self.times.wrote = Instant::now();
                true
            }
            Ok(None) => false,
            Err(error) => {
                // Perhaps the server said why before it closed; no more is sent.
                self.broken.get_or_insert(ErrorCode::from(&error));
                self.sending = Sending::Done;
                self.output.zeroize();
                self.sent = 0;
                false
            }
        }
    }

    /// Whether the plugin takes more of the response.
    fn wants(&self) -> usize {
        if self.decoder.has_head() { self.job.inlet.room() } else { CHUNK }
    }

    fn receive(&mut self) -> Result<Received, ErrorCode> {
        let room = self.wants().min(self.buffer.len());
        if room == 0 {
            self.times.read = Instant::now();
            return Ok(Received::Nothing);
        }
        let count = match self.conn.read(self.buffer.get_mut(..room).unwrap_or_default()) {
            Ok(None) => return Ok(Received::Nothing),
            Ok(Some(count)) => count,
            Err(error) => return Err(self.broken.take().unwrap_or(ErrorCode::from(&error))),
        };
        self.times.read = Instant::now();
        if count == 0 {
            let broken = self.broken.take();
            self.decoder.close().map_err(|code| broken.unwrap_or(code))?;
        }
        self.decoder.push(self.buffer.get(..count).unwrap_or_default());
        while let Some(piece) = self.decoder.next()? {
            match piece {
                Piece::Head(head) => self.job.inlet.begin(head),
                Piece::Body(bytes) => self.job.inlet.push(&bytes),
                Piece::End(trailers) => {
                    self.job.inlet.end(Ok(trailers));
                    return Ok(Received::Over);
                }
            }
        }
        Ok(Received::Something)
    }

    /// Whether the request went out whole.
    fn is_sent(&self) -> bool {
        self.sending == Sending::Done && self.sent >= self.output.len()
    }

    /// Waits until something may move.
    fn wait(&mut self) -> Result<(), ErrorCode> {
        let pending = self.sent < self.output.len();
        let wanted = self.wants() > 0;
        let (until, code) = self.patience(pending, wanted);
        if Instant::now() >= until {
            return Err(code);
        }
        let socket = self.conn.interest(wanted, pending);
        self.ear.wait(socket, until).map_err(|error| ErrorCode::from(&error))
    }

    /// How long to wait at most, and what it was when nothing happens until then.
    fn patience(&mut self, pending: bool, wanted: bool) -> (Instant, ErrorCode) {
        let limits = &self.job.limits;
        let times = &self.times;
        let next = if self.conn.is_handshaking() {
            Some((times.connected, ErrorCode::ConnectionTimeout))
        } else if pending {
            Some((after(times.wrote, limits.between_bytes), ErrorCode::ConnectionWriteTimeout))
        } else if !self.decoder.has_head() && self.is_sent() {
            Some((after(times.wrote, limits.first_byte), ErrorCode::HttpResponseTimeout))
        } else if self.decoder.has_head() && wanted && self.is_sent() {
            Some((after(times.read, limits.between_bytes), ErrorCode::ConnectionReadTimeout))
        } else {
            None
        };
        let total = (times.total, self.too_late());
        match next {
            Some(next) if next.0 < total.0 => next,
            _ => total,
        }
    }

    fn too_late(&self) -> ErrorCode {
        if self.decoder.has_head() {
            ErrorCode::ConnectionReadTimeout
        } else {
            ErrorCode::HttpResponseTimeout
        }
    }
}

enum Received {
    Nothing,
    Something,
    Over,
}

/// Why there is no whole body.
fn abandoned(outlet: &Outlet) -> ErrorCode {
    let code = outlet.room().err().and_then(|closed| closed.0);
    code.unwrap_or_else(|| ErrorCode::internal("the body of the request was dropped before it was finished"))
}
