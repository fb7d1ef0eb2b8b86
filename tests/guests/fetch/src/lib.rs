//! Sends what it is told to, and says what became of it.

use std::cell::RefCell;

use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, HeaderError, IncomingBody, IncomingResponse, Method, OutgoingBody,
    OutgoingRequest, RequestOptions, Scheme,
};
use wasip2::io::streams::{InputStream, OutputStream, StreamError};

wit_bindgen::generate!({ world: "fetch", path: "wit" });

struct Fetch;

export!(Fetch);

type Entries = Vec<(String, Vec<u8>)>;

thread_local! {
    static KEPT: RefCell<Vec<FutureIncomingResponse>> = const { RefCell::new(Vec::new()) };
}

impl Guest for Fetch {
    fn send(request: Request) -> Result<Answer, String> {
        let (future, body) = start(&request)?;
        if let Some(body) = body {
            write_all(body, &request)?;
        }
        let response = wait(&future)?;
        let (status, headers) = (response.status(), response.headers().entries());
        let (body, end) = read_all(&response);
        Ok(Answer { status, headers, body, end })
    }

    fn converse(request: Request) -> Result<Vec<u8>, String> {
        let (future, body) = start(&request)?;
        let body = body.ok_or("there is nothing to say")?;
        let output = body.write().map_err(|()| "written twice")?;
        let pieces = request.body.unwrap_or_default();
        let mut heard = Vec::new();
        let mut input = None;
        for piece in &pieces {
            write_piece(&output, piece)?;
            if input.is_none() {
                let response = wait(&future)?;
                let body = response.consume().map_err(|()| "consumed twice")?;
                let stream = body.stream().map_err(|()| "read twice")?;
                input = Some((stream, body, response));
            }
            let mut left = piece.len();
            while left > 0 {
                let (stream, ..) = input.as_ref().ok_or("no response")?;
                let bytes = stream.blocking_read(left as u64).map_err(|error| failed(error))?;
                left -= bytes.len();
                heard.extend(bytes);
            }
        }
        drop(output);
        OutgoingBody::finish(body, None).map_err(|error| name(&error))?;
        if let Some((stream, body, _response)) = input {
            let (rest, end) = read_stream(stream);
            end?;
            heard.extend(rest);
            drop(IncomingBody::finish(body));
        }
        Ok(heard)
    }

    fn keep(request: Request) -> Result<u32, String> {
        let (future, body) = start(&request)?;
        if let Some(body) = body {
            write_all(body, &request)?;
        }
        KEPT.with_borrow_mut(|kept| {
            kept.push(future);
            Ok(kept.len() as u32)
        })
    }

    fn drop_kept() {
        KEPT.take();
    }

    fn abandon(request: Request) -> Result<u16, String> {
        let (future, body) = start(&request)?;
        if let Some(body) = body {
            let output = body.write().map_err(|()| "written twice")?;
            for piece in request.body.iter().flatten() {
                write_piece(&output, piece)?;
            }
            drop(output);
            drop(body);
        }
        Ok(wait(&future)?.status())
    }

    fn fill(count: u32, bytes: u32, same: bool) -> u32 {
        let fields = Fields::new();
        let value = vec![b'x'; bytes as usize];
        for index in 0..count {
            let name = if same { "x".to_owned() } else { format!("x{index}") };
            if fields.append(&name, &value).is_err() {
                return index;
            }
        }
        count
    }

    fn rules() -> Vec<String> {
        let mut broken = Vec::new();
        let mut check = |what: &str, kept: bool| {
            if !kept {
                broken.push(what.to_owned());
            }
        };
        let fields = Fields::new();
        check("append", fields.append("X-One", b"1").is_ok() && fields.append("x-one", b"2").is_ok());
        check("get", fields.get("X-ONE") == [b"1", b"2"] && fields.has("x-One") && fields.get("no").is_empty());
        check("syntax", matches!(fields.append("a b", b""), Err(HeaderError::InvalidSyntax)));
        check("value", matches!(fields.set("a", &[b"a\r\nb".to_vec()]), Err(HeaderError::InvalidSyntax)));
        check("forbidden", matches!(fields.set("Host", &[b"evil".to_vec()]), Err(HeaderError::Forbidden)));
        check("from-list", Fields::from_list(&[("transfer-encoding".into(), b"chunked".to_vec())]).is_err());
        let copy = fields.clone();
        check("delete", copy.delete("x-one").is_ok() && copy.entries().is_empty() && fields.entries().len() == 2);
        let request = OutgoingRequest::new(fields);
        let shared = request.headers();
        check("immutable", matches!(shared.append("a", b""), Err(HeaderError::Immutable)));
        check("immutable delete", matches!(shared.delete("x-one"), Err(HeaderError::Immutable)));
        check("mutable clone", shared.clone().append("a", b"").is_ok());
        check("default method", matches!(request.method(), Method::Get));
        check("method", request.set_method(&Method::Other("A B".into())).is_err());
        check("other method", request.set_method(&Method::Other("PURGE".into())).is_ok());
        check("scheme", request.scheme().is_none() && request.set_scheme(Some(&Scheme::Other("a b".into()))).is_err());
        for authority in ["", "user@host", "127.1", "0x7f.1", "host:99999", "host/..", "::1"] {
            check(authority, request.set_authority(Some(authority)).is_err());
        }
        check("authority", request.set_authority(Some("[::1]:80")).is_ok());
        check("is authority", request.authority().as_deref() == Some("[::1]:80"));
        check("path", request.set_path_with_query(Some("a b")).is_err());
        check("path line", request.set_path_with_query(Some("/ HTTP/1.1\r\nx: y")).is_err());
        check("query", request.set_path_with_query(Some("/a?b=c")).is_ok());
        let body = request.body();
        check("one body", body.is_ok() && request.body().is_err());
        if let Ok(body) = body {
            let stream = body.write();
            check("one stream", stream.is_ok() && body.write().is_err());
        }
        let options = RequestOptions::new();
        check("timeout", options.connect_timeout().is_none() && options.set_connect_timeout(Some(5)).is_ok());
        check("is timeout", options.connect_timeout() == Some(5) && options.first_byte_timeout().is_none());
        let none = OutgoingRequest::new(Fields::new());
        check("no authority", matches!(handle(none, Some(options)), Err(ErrorCode::HttpRequestUriInvalid)));
        broken
    }
}

fn start(request: &Request) -> Result<(FutureIncomingResponse, Option<OutgoingBody>), String> {
    let headers = Fields::from_list(&request.headers).map_err(|error| format!("{error:?}"))?;
    let outgoing = OutgoingRequest::new(headers);
    let method = match request.method.as_str() {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "CONNECT" => Method::Connect,
        other => Method::Other(other.to_owned()),
    };
    let scheme = request.scheme.as_deref().map(|scheme| match scheme {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => Scheme::Other(other.to_owned()),
    });
    outgoing.set_method(&method).map_err(|()| "bad method")?;
    outgoing.set_scheme(scheme.as_ref()).map_err(|()| "bad scheme")?;
    outgoing.set_authority(request.authority.as_deref()).map_err(|()| "bad authority")?;
    outgoing.set_path_with_query(request.path.as_deref()).map_err(|()| "bad path")?;
    let body = match &request.body {
        Some(_) => Some(outgoing.body().map_err(|()| "second body")?),
        None => None,
    };
    let options = RequestOptions::new();
    let nanoseconds = |milliseconds: Option<u64>| milliseconds.map(|time| time * 1_000_000);
    let (connect, first, between) = request.timeouts;
    let set = [
        options.set_connect_timeout(nanoseconds(connect)),
        options.set_first_byte_timeout(nanoseconds(first)),
        options.set_between_bytes_timeout(nanoseconds(between)),
    ];
    if set.iter().any(Result::is_err) {
        return Err("bad timeout".to_owned());
    }
    let future = handle(outgoing, Some(options)).map_err(|error| name(&error))?;
    Ok((future, body))
}

/// The case of the error, as Rust writes it.
fn name(error: &ErrorCode) -> String {
    format!("{error:?}").replace("ErrorCode::", "")
}

fn failed(error: StreamError) -> String {
    match error {
        StreamError::Closed => "closed".to_owned(),
        StreamError::LastOperationFailed(error) => match wasip2::http::types::http_error_code(&error) {
            Some(code) => name(&code),
            None => format!("no error of HTTP: {}", error.to_debug_string()),
        },
    }
}

fn write_piece(stream: &OutputStream, piece: &[u8]) -> Result<(), String> {
    let mut rest = piece;
    while !rest.is_empty() {
        stream.subscribe().block();
        let permit = stream.check_write().map_err(failed)?;
        let (now, later) = rest.split_at(rest.len().min(permit as usize));
        stream.write(now).map_err(failed)?;
        rest = later;
    }
    stream.flush().map_err(failed)
}

fn write_all(body: OutgoingBody, request: &Request) -> Result<(), String> {
    let stream = body.write().map_err(|()| "written twice")?;
    for piece in request.body.iter().flatten() {
        match write_piece(&stream, piece) {
            // The server has said all it will; what it said is read.
            Err(error) if error == "closed" => return Ok(()),
            other => other?,
        }
    }
    drop(stream);
    let trailers = (!request.trailers.is_empty()).then(|| Fields::from_list(&request.trailers));
    let trailers = trailers.transpose().map_err(|error| format!("{error:?}"))?;
    OutgoingBody::finish(body, trailers).map_err(|error| name(&error))
}

fn wait(future: &FutureIncomingResponse) -> Result<IncomingResponse, String> {
    future.subscribe().block();
    let got = future.get().ok_or("ready, and nothing there")?.map_err(|()| "got twice")?;
    if !matches!(future.get(), Some(Err(()))) {
        return Err("could be got twice".to_owned());
    }
    got.map_err(|error| name(&error))
}

fn read_stream(stream: InputStream) -> (Vec<u8>, Result<(), String>) {
    let mut body = Vec::new();
    loop {
        match stream.blocking_read(1 << 16) {
            Ok(bytes) => body.extend(bytes),
            Err(StreamError::Closed) => return (body, Ok(())),
            Err(error) => return (body, Err(failed(error))),
        }
    }
}

fn read_all(response: &IncomingResponse) -> (Vec<u8>, Result<Entries, String>) {
    let Ok(body) = response.consume() else { return (Vec::new(), Err("consumed twice".to_owned())) };
    if response.consume().is_ok() {
        return (Vec::new(), Err("could be consumed twice".to_owned()));
    }
    let Ok(stream) = body.stream() else { return (Vec::new(), Err("read twice".to_owned())) };
    let (bytes, end) = read_stream(stream);
    if let Err(error) = end {
        return (bytes, Err(error));
    }
    let trailers = IncomingBody::finish(body);
    trailers.subscribe().block();
    let end = match trailers.get() {
        Some(Ok(Ok(trailers))) => Ok(trailers.map(|fields| fields.entries()).unwrap_or_default()),
        Some(Ok(Err(code))) => Err(name(&code)),
        Some(Err(())) => Err("got twice".to_owned()),
        None => Err("ready, and nothing there".to_owned()),
    };
    (bytes, end)
}
