//! Responses of HTTP/1.1 from bytes: no sockets here, and nothing that grows with what a server says.

use std::sync::Arc;

use super::super::error_code::ErrorCode;
use super::super::fields::FieldMap;
use super::super::inlet::Head;
use super::super::limits::HttpLimits;
use super::super::syntax;

/// The longest line that says how long a chunk is, in bytes.
const MAX_CHUNK_LINE: usize = 1024;
/// The most informational responses before the real one.
const MAX_INFORMATIONAL: u32 = 16;

/// Reads one response.
#[derive(Debug)]
pub(super) struct Decoder {
    input: Vec<u8>,
    /// How much of it is known to hold no end of a section.
    scanned: usize,
    phase: Phase,
    /// The request was `HEAD`, whose response has no body whatever it says.
    head_only: bool,
    informational: u32,
    received: u64,
    fields: usize,
    field_bytes: usize,
    body_limit: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Head,
    /// So many bytes more.
    Length(u64),
    UntilClose,
    ChunkLine,
    Chunk(u64),
    ChunkEnd,
    Trailers,
    /// The end is still to be told.
    End,
    Over,
}

/// What comes out.
#[derive(Debug)]
pub(super) enum Piece {
    Head(Head),
    Body(Vec<u8>),
    End(Option<Arc<FieldMap>>),
}

/// How far the body goes.
struct Framing {
    phase: Phase,
    chunked: bool,
}

impl Decoder {
    pub(super) fn new(head_only: bool, limits: &HttpLimits) -> Self {
        Self {
            input: Vec::new(),
            scanned: 0,
            phase: Phase::Head,
            head_only,
            informational: 0,
            received: 0,
            fields: usize::try_from(limits.fields).unwrap_or(usize::MAX),
            field_bytes: usize::try_from(limits.field_bytes).unwrap_or(usize::MAX),
            body_limit: limits.response_body,
        }
    }

    pub(super) fn has_head(&self) -> bool {
        self.phase != Phase::Head
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
    }

    /// The server will send no more.
    pub(super) fn close(&mut self) -> Result<(), ErrorCode> {
        match self.phase {
            Phase::UntilClose => self.phase = Phase::End,
            Phase::End | Phase::Over => {}
            Phase::Head if self.input.is_empty() => return Err(ErrorCode::ConnectionTerminated),
            _ => return Err(ErrorCode::HttpResponseIncomplete),
        }
        Ok(())
    }

    /// The next piece, if it is there. Bytes that were pushed stay until this says that there is none.
    pub(super) fn next(&mut self) -> Result<Option<Piece>, ErrorCode> {
        loop {
            match self.phase {
                Phase::Head => match self.head()? {
                    Some(piece) => return Ok(Some(piece)),
                    None if self.scanned > 0 || self.input.is_empty() => return Ok(None),
                    // An informational response is behind us.
                    None => {}
                },
                Phase::Length(0) => self.phase = Phase::End,
                Phase::Length(left) => {
                    let Some(bytes) = self.body(left)? else { return Ok(None) };
                    self.phase = Phase::Length(left.saturating_sub(bytes.len() as u64));
                    return Ok(Some(Piece::Body(bytes)));
                }
                Phase::UntilClose => return Ok(self.body(u64::MAX)?.map(Piece::Body)),
                Phase::Chunk(0) => self.phase = Phase::ChunkEnd,
                Phase::Chunk(left) => {
                    let Some(bytes) = self.body(left)? else { return Ok(None) };
                    self.phase = Phase::Chunk(left.saturating_sub(bytes.len() as u64));
                    return Ok(Some(Piece::Body(bytes)));
                }
                Phase::ChunkEnd => match self.line()? {
                    None => return Ok(None),
                    Some(line) if line.is_empty() => self.phase = Phase::ChunkLine,
                    Some(_) => return Err(ErrorCode::HttpProtocolError),
                },
                Phase::ChunkLine => match self.line()? {
                    None => return Ok(None),
                    Some(line) => {
                        self.phase = match chunk_size(&line).ok_or(ErrorCode::HttpProtocolError)? {
                            0 => Phase::Trailers,
                            size => Phase::Chunk(size),
                        };
                    }
                },
                Phase::Trailers => return self.trailers(),
                Phase::End => {
                    self.phase = Phase::Over;
                    return Ok(Some(Piece::End(None)));
                }
                Phase::Over => return Ok(None),
            }
        }
    }

    /// What is there of the next `left` bytes of the body.
    fn body(&mut self, left: u64) -> Result<Option<Vec<u8>>, ErrorCode> {
        if self.input.is_empty() {
            return Ok(None);
        }
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(self.input.len());
        self.received = self.received.saturating_add(count as u64);
        if self.received > self.body_limit {
            return Err(ErrorCode::HttpResponseBodySize(Some(self.body_limit)));
        }
        Ok(Some(self.input.drain(..count).collect()))
    }

    /// The next line, without its end.
    fn line(&mut self) -> Result<Option<Vec<u8>>, ErrorCode> {
        let Some(at) = self.input.iter().take(MAX_CHUNK_LINE).position(|byte| *byte == b'\n') else {
            let long = self.input.len() >= MAX_CHUNK_LINE;
            return if long { Err(ErrorCode::HttpProtocolError) } else { Ok(None) };
        };
        let mut line: Vec<u8> = self.input.drain(..=at).collect();
        line.pop();
        match line.pop() {
            Some(b'\r') => Ok(Some(line)),
            _ => Err(ErrorCode::HttpProtocolError),
        }
    }

    /// How long the section is that ends with an empty line, if it is there whole. Looks at each byte once.
    fn section(&mut self) -> Option<usize> {
        let from = self.scanned.saturating_sub(3);
        let rest = self.input.get(from..).unwrap_or_default();
        let end = rest.windows(4).position(|bytes| bytes == b"\r\n\r\n").map(|at| at.saturating_add(4));
        // Bare line feeds are old, but allowed.
        let bare = rest.windows(2).position(|bytes| bytes == b"\n\n").map(|at| at.saturating_add(2));
        let end = end.into_iter().chain(bare).min().map(|end| end.saturating_add(from));
        self.scanned = if end.is_some() { 0 } else { self.input.len() };
        end
    }

    fn head(&mut self) -> Result<Option<Piece>, ErrorCode> {
        let cap = || Some(u32::try_from(self.field_bytes).unwrap_or(u32::MAX));
        let too_long = ErrorCode::HttpResponseHeaderSectionSize(cap());
        let Some(end) = self.section() else {
            return if self.input.len() > self.field_bytes { Err(too_long) } else { Ok(None) };
        };
        if end > self.field_bytes {
            return Err(too_long);
        }
        let section: Vec<u8> = self.input.drain(..end).collect();
        // bounded: the host's limit.
        let mut lines = vec![httparse::EMPTY_HEADER; self.fields];
        let mut response = httparse::Response::new(&mut lines);
        match response.parse(&section) {
            Ok(httparse::Status::Complete(_)) => {}
            Err(httparse::Error::TooManyHeaders) => return Err(too_long),
            Ok(httparse::Status::Partial) | Err(_) => return Err(ErrorCode::HttpProtocolError),
        }
        let status = response.code.ok_or(ErrorCode::HttpProtocolError)?;
        match status {
            101 => return Err(ErrorCode::HttpUpgradeFailed),
            100..=199 => {
                self.informational = self.informational.saturating_add(1);
                let many = self.informational > MAX_INFORMATIONAL;
                return if many { Err(ErrorCode::HttpProtocolError) } else { Ok(None) };
            }
            _ => {}
        }
        let framing = framing(status, self.head_only, response.headers)?;
        if let Phase::Length(length) = framing.phase
            && length > self.body_limit
        {
            return Err(ErrorCode::HttpResponseBodySize(Some(length)));
        }
        self.phase = framing.phase;
        let headers = visible(response.headers, framing.chunked);
        Ok(Some(Piece::Head(Head { status, headers: Arc::new(headers) })))
    }

    fn trailers(&mut self) -> Result<Option<Piece>, ErrorCode> {
        if self.input.starts_with(b"\r\n") {
            self.phase = Phase::Over;
            return Ok(Some(Piece::End(None)));
        }
        let cap = Some(u32::try_from(self.field_bytes).unwrap_or(u32::MAX));
        let too_long = ErrorCode::HttpResponseTrailerSectionSize(cap);
        let Some(end) = self.section() else {
            return if self.input.len() > self.field_bytes { Err(too_long) } else { Ok(None) };
        };
        if end > self.field_bytes {
            return Err(too_long);
        }
        let section: Vec<u8> = self.input.drain(..end).collect();
        // bounded: the host's limit.
        let mut lines = vec![httparse::EMPTY_HEADER; self.fields];
        let parsed = match httparse::parse_headers(&section, &mut lines) {
            Ok(httparse::Status::Complete((_, parsed))) => parsed,
            Err(httparse::Error::TooManyHeaders) => return Err(too_long),
            Ok(httparse::Status::Partial) | Err(_) => return Err(ErrorCode::HttpProtocolError),
        };
        self.phase = Phase::Over;
        Ok(Some(Piece::End(Some(Arc::new(visible(parsed, true))))))
    }
}

/// What a guest may see of the fields that came.
fn visible(lines: &[httparse::Header<'_>], chunked: bool) -> FieldMap {
    let mut map = FieldMap::default();
    for line in lines {
        let framing = chunked && line.name.eq_ignore_ascii_case("content-length");
        if !framing && !syntax::is_forbidden(line.name) && syntax::is_field_value(line.value) {
            map.push(line.name, line.value);
        }
    }
    map
}

/// How far the body goes (RFC 9112, section 6.3).
fn framing(status: u16, head_only: bool, lines: &[httparse::Header<'_>]) -> Result<Framing, ErrorCode> {
    let named = |name: &'static str| lines.iter().filter(move |line| line.name.eq_ignore_ascii_case(name));
    if head_only || matches!(status, 204 | 304) {
        return Ok(Framing { phase: Phase::End, chunked: false });
    }
    let mut codings = named("transfer-encoding");
    if let Some(coding) = codings.next() {
        let chunked = coding.value.trim_ascii().eq_ignore_ascii_case(b"chunked") && codings.next().is_none();
        if !chunked {
            let coding = String::from_utf8_lossy(coding.value).chars().take(64).collect();
            return Err(ErrorCode::HttpResponseTransferCoding(Some(coding)));
        }
        return Ok(Framing { phase: Phase::ChunkLine, chunked: true });
    }
    let mut length = None;
    for line in named("content-length") {
        let said = syntax::content_length(line.value).ok_or(ErrorCode::HttpProtocolError)?;
        if *length.get_or_insert(said) != said {
            return Err(ErrorCode::HttpProtocolError);
        }
    }
    Ok(Framing { phase: length.map_or(Phase::UntilClose, Phase::Length), chunked: false })
}

/// The number before extensions.
fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line.split(|byte| *byte == b';').next()?.trim_ascii_end();
    let valid = (1..=16).contains(&digits.len()) && digits.iter().all(u8::is_ascii_hexdigit);
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok().filter(|_| valid)
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
