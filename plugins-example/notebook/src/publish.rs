//! A request by `wasi:http`. The header gets the stand-in of the secret; the host puts the secret there when it sends it.

use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{Fields, Method, OutgoingBody, OutgoingRequest, Scheme};

/// Posts `text`, and returns the status of the response.
pub(crate) fn post(host: &str, secure: bool, authorization: &str, text: &[u8]) -> Result<u16, String> {
    let headers = Fields::new();
    let set = headers.set("authorization", &[authorization.as_bytes().to_vec()]);
    set.map_err(|error| format!("the header cannot be set: {error:?}"))?;
    let request = OutgoingRequest::new(headers);
    let scheme = if secure { Scheme::Https } else { Scheme::Http };
    let parts = request
        .set_method(&Method::Post)
        .and_then(|()| request.set_scheme(Some(&scheme)))
        .and_then(|()| request.set_authority(Some(host)))
        .and_then(|()| request.set_path_with_query(Some("/notes")));
    parts.map_err(|()| format!("{host:?} is no host"))?;
    let body = request.body().map_err(|()| "there is no body")?;
    let response = handle(request, None).map_err(|code| format!("not sent: {code:?}"))?;
    let stream = body.write().map_err(|()| "the body cannot be written")?;
    let written = text.chunks(4096).try_for_each(|chunk| stream.blocking_write_and_flush(chunk));
    written.map_err(|error| format!("the body was not sent: {error:?}"))?;
    drop(stream);
    OutgoingBody::finish(body, None).map_err(|code| format!("not sent: {code:?}"))?;
    response.subscribe().block();
    match response.get() {
        Some(Ok(Ok(response))) => Ok(response.status()),
        Some(Ok(Err(code))) => Err(format!("no response: {code:?}")),
        _ => Err("no response".to_owned()),
    }
}
