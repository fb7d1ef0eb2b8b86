//! A plugin that tries what it should not, for the demonstration of the editor.

mod bindings {
    wit_bindgen::generate!({ path: ["../../host/wit", "wit"], world: "demo:prowler/prowler", generate_all });
}

use bindings::exports::demo::prowler::prowl::Guest;
use bindings::plugbay::host::log::{Level, log};
use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{Fields, OutgoingRequest, Scheme};

struct Prowler;

impl Guest for Prowler {
    fn leave_folder() -> Vec<String> {
        let beside = ["/texts/../secret.txt", "/texts/sub/../../secret.txt", "/etc/passwd", "../secret.txt"];
        let links = ["/texts/way-out", "/texts/way-out/secret.txt", "/texts/absolute"];
        let read = beside.iter().chain(&links).map(|path| match std::fs::read(path) {
            Ok(bytes) => format!("{path}: got {} bytes", bytes.len()),
            Err(why) => format!("{path}: {why}"),
        });
        let linked = std::fs::hard_link("/texts/../secret.txt", "/texts/mine");
        let linked = linked.map_or_else(|why| format!("link to /texts/../secret.txt: {why}"), |()| "got a link".into());
        read.chain([linked]).collect()
    }

    fn ask(authority: String) -> Result<u16, String> {
        let request = OutgoingRequest::new(Fields::new());
        let set = |done: Result<(), ()>| done.map_err(|()| format!("{authority:?} is no authority"));
        set(request.set_scheme(Some(&Scheme::Http)))?;
        set(request.set_authority(Some(&authority)))?;
        set(request.set_path_with_query(Some("/latest/meta-data/")))?;
        let response = handle(request, None).map_err(|code| format!("{code:?}"))?;
        response.subscribe().block();
        match response.get() {
            Some(Ok(Ok(response))) => Ok(response.status()),
            Some(Ok(Err(code))) => Err(format!("{code:?}")),
            _ => Err("there was no answer".into()),
        }
    }

    fn flood(lines: u32) {
        for number in 0..lines {
            log(Level::Error, &format!("\u{1b}[2Jline {number} of a flood"));
        }
    }
}

bindings::export!(Prowler with_types_in bindings);
