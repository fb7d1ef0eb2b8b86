//! Responses, well-formed and not, in one piece and byte by byte.

use super::*;

#[derive(Debug, PartialEq, Eq)]
struct Read {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    trailers: Option<Vec<(String, String)>>,
}

fn texts(map: &FieldMap) -> Vec<(String, String)> {
    map.iter().map(|(name, value)| (name.into(), String::from_utf8_lossy(value).into())).collect()
}

fn limits() -> HttpLimits {
    HttpLimits { fields: 8, field_bytes: 512, response_body: 4096, ..HttpLimits::default() }
}

/// Reads `bytes` in pieces of `step`; then the server closes.
fn read(bytes: &[u8], step: usize, head_only: bool) -> Result<Read, ErrorCode> {
    let mut decoder = Decoder::new(head_only, &limits());
    let mut read = Read { status: 0, headers: Vec::new(), body: Vec::new(), trailers: None };
    let mut chunks = bytes.chunks(step);
    loop {
        while let Some(piece) = decoder.next()? {
            match piece {
                Piece::Head(head) => (read.status, read.headers) = (head.status, texts(&head.headers)),
                Piece::Body(bytes) => read.body.extend(bytes),
                Piece::End(trailers) => {
                    read.trailers = trailers.map(|map| texts(&map));
                    return Ok(read);
                }
            }
        }
        match chunks.next() {
            Some(chunk) => decoder.push(chunk),
            None => decoder.close()?,
        }
    }
}

/// The same in any pieces.
fn response(bytes: &[u8]) -> Result<Read, ErrorCode> {
    let whole = read(bytes, bytes.len().max(1), false);
    for step in [1, 2, 3, 7] {
        assert_eq!(
            read(bytes, step, false),
            whole,
            "in pieces of {step}: {:?}",
            String::from_utf8_lossy(bytes)
        );
    }
    whole
}

fn body(text: &str) -> Result<String, ErrorCode> {
    response(text.as_bytes()).map(|read| String::from_utf8(read.body).unwrap())
}

#[test]
fn bodies_end_where_they_say() {
    assert_eq!(body("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, and more"), Ok("hello".into()));
    assert_eq!(body("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\nab"), Ok("ab".into()));
    assert_eq!(body("HTTP/1.0 200 OK\r\n\r\nuntil the end"), Ok("until the end".into()));
    assert_eq!(body("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello"), Ok(String::new()));
    assert_eq!(body("HTTP/1.1 200 OK\nA: b\nContent-Length: 1\n\nx"), Ok("x".into()));
    let head = read(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n", 10, true).unwrap();
    assert_eq!(head.headers, [("Content-Length".into(), "9999999".into())]);
}

#[test]
fn chunks_and_trailers() {
    let text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nContent-Length: 3\r\n\r\n\
                5\r\nhello\r\n6 ;ext=\"1\"\r\n world\r\n000\r\nX-Sum: 7\r\nConnection: x\r\n\r\n";
    let read = response(text.as_bytes()).unwrap();
    assert_eq!((read.body.as_slice(), read.headers.len()), (&b"hello world"[..], 0));
    assert_eq!(read.trailers, Some(vec![("X-Sum".into(), "7".into())]));
    let chunked = |rest: &str| body(&format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{rest}"));
    assert_eq!(chunked("0\r\n\r\n"), Ok(String::new()));
    for wrong in
        ["-1\r\n", "+1\r\n", "0x1\r\n", "\r\n", "11111111111111111\r\n", "g\r\n", "1\nx\r\n", "1\r\nxy\r\n"]
    {
        assert_eq!(chunked(wrong), Err(ErrorCode::HttpProtocolError), "{wrong:?}");
    }
    assert_eq!(chunked(&format!("1;{}", "x".repeat(2000))), Err(ErrorCode::HttpProtocolError));
    for short in ["", "5", "5\r\nhel", "5\r\nhello", "5\r\nhello\r\n0\r\n", "0\r\nX: y\r\n"] {
        assert_eq!(chunked(short), Err(ErrorCode::HttpResponseIncomplete), "{short:?}");
    }
    assert_eq!(chunked("ffffffffffffffff\r\nxx"), Err(ErrorCode::HttpResponseIncomplete));
    let flood = format!("0\r\n{}\r\n", "A: b\r\n".repeat(50));
    assert_eq!(chunked(&flood), Err(ErrorCode::HttpResponseTrailerSectionSize(Some(512))));
}

#[test]
fn what_contradicts_itself_is_refused() {
    for head in [
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na",
        "HTTP/1.1 200 OK\r\nContent-Length: 1,1\r\n\r\na",
        "HTTP/2 200\r\n\r\n",
        "SSH-2.0-x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA b: c\r\n\r\n",
        "\r\n\r\n",
    ] {
        assert_eq!(body(head), Err(ErrorCode::HttpProtocolError), "{head:?}");
    }
    assert_eq!(
        body("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
        Err(ErrorCode::HttpResponseTransferCoding(Some("gzip, chunked".into())))
    );
    assert_eq!(body("HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n"), Err(ErrorCode::HttpUpgradeFailed));
    assert_eq!(body(""), Err(ErrorCode::ConnectionTerminated));
    assert_eq!(body("HTTP/1.1 200"), Err(ErrorCode::HttpResponseIncomplete));
    assert_eq!(
        body("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"),
        Err(ErrorCode::HttpResponseIncomplete)
    );
}

#[test]
fn informational_responses_are_passed_over_but_not_for_ever() {
    let continues = "HTTP/1.1 100 Continue\r\nA: b\r\n\r\n";
    let real = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(response(format!("{continues}{continues}{real}").as_bytes()).unwrap().status, 201);
    assert_eq!(body(&continues.repeat(17)), Err(ErrorCode::HttpProtocolError));
}

#[test]
fn every_section_and_body_has_a_limit() {
    let too_long = Err(ErrorCode::HttpResponseHeaderSectionSize(Some(512)));
    assert_eq!(body(&format!("HTTP/1.1 200 OK\r\nA: {}", "b".repeat(2000))), too_long);
    assert_eq!(body(&format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: b\r\n".repeat(9))), too_long);
    let large = Err(ErrorCode::HttpResponseBodySize(Some(5000)));
    assert_eq!(body("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"), large);
    let endless = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(5000));
    assert_eq!(body(&endless), Err(ErrorCode::HttpResponseBodySize(Some(4096))));
    let chunks =
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{}", "1\r\nx\r\n".repeat(4097));
    assert_eq!(body(&chunks), Err(ErrorCode::HttpResponseBodySize(Some(4096))));
}

#[test]
fn what_came_within_the_limit_of_a_section_counts_as_no_more() {
    let head = format!("HTTP/1.1 200 OK\n{}\n", "A:\n".repeat(8));
    let mut decoder = Decoder::new(true, &limits());
    decoder.push(head.as_bytes());
    let Ok(Some(Piece::Head(read))) = decoder.next() else { panic!("no head") };
    assert_eq!(read.headers.len(), 8);
    assert!(read.headers.size() <= head.len());
}

#[test]
fn what_is_about_the_connection_is_not_shown() {
    let read = response(
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nUpgrade: h2c\r\nSet-Cookie: a\r\nset-cookie: b\r\nContent-Length: 0\r\n\r\n",
    );
    let names: Vec<_> = read.unwrap().headers.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["Set-Cookie", "set-cookie", "Content-Length"]);
}
