//! Notes that outlive the plugin. It uses all powers of `plugbay:host`: notes are kept in `kv`, what happens is told to
//! `log`, how long a note may be is a setting of `config`, and it is published with a `secret` that the plugin never sees.

mod publish;

wit_bindgen::generate!({ path: ["../../host/wit", "wit"], world: "demo:notebook/notebook", generate_all });

use exports::demo::notebook::notes::Guest;
use plugbay::host::config::{self, Value};
use plugbay::host::kv::{self, Error, Quota, Step};
use plugbay::host::log::{self, Level};
use plugbay::host::secret;

struct Notebook;
export!(Notebook);

/// Where notes are; the rest of the key is the title.
const NOTES: &str = "note/";
/// How many there are.
const COUNT: &str = "count";
/// How often the notebook was opened.
const OPENED: &str = "opened";

impl Guest for Notebook {
    fn write(title: String, text: String) -> Result<u64, String> {
        let longest = match config::get("longest-note") {
            Some(Value::Integer(bytes)) => usize::try_from(bytes).unwrap_or(0),
            _ => usize::MAX,
        };
        if text.len() > longest {
            return Err(format!("a note may have {longest} bytes, and this one has {}", text.len()));
        }
        let count = loop {
            match write(&title, &text) {
                // Another instance was quicker: what was read is no longer so.
                Err(Error::Conflict(_)) => continue,
                done => break done.map_err(words)?,
            }
        };
        log::log_with(Level::Info, "a note was written", &[("title".to_owned(), title)]);
        Ok(count)
    }

    fn read(title: String) -> Result<Option<String>, String> {
        let text = kv::get(&format!("{NOTES}{title}")).map_err(words)?;
        Ok(text.map(|text| String::from_utf8_lossy(&text).into_owned()))
    }

    fn titles() -> Result<Vec<String>, String> {
        let (mut titles, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = kv::list_keys(NOTES, after.as_deref()).map_err(words)?;
            titles.extend(page.keys.iter().filter_map(|key| key.strip_prefix(NOTES)).map(str::to_owned));
            after = page.next;
            if after.is_none() {
                return Ok(titles);
            }
        }
    }

    fn opened() -> Result<i64, String> {
        kv::increment(OPENED, 1).map_err(words)
    }

    fn chatter(lines: u32) {
        for number in 0..lines {
            log::log(Level::Debug, &format!("line {number} of {lines}"));
        }
    }

    fn publish(title: String, host: String, secure: bool) -> Result<u16, String> {
        let text = Self::read(title)?.ok_or("there is no such note")?;
        let token = secret::open("api-token").map_err(|_| "I was not given the secret `api-token`")?;
        let status = publish::post(&host, secure, &token.header_value(), text.as_bytes())?;
        log::log(Level::Info, &format!("published to {host}: {status}"));
        Ok(status)
    }

    fn secret(name: String) -> Option<(String, String)> {
        let known = secret::open(&name).ok()?;
        Some((known.name(), known.header_value()))
    }
}

/// The note, and how many there are, at once or not at all.
fn write(title: &str, text: &str) -> Result<u64, Error> {
    let (key, counted) = (format!("{NOTES}{title}"), kv::get(COUNT)?);
    let count = counted.as_deref().and_then(|bytes| Some(u64::from_le_bytes(bytes.try_into().ok()?))).unwrap_or(0);
    let old = kv::get(&key)?;
    let count = if old.is_some() { count } else { count + 1 };
    kv::transact(&[
        Step::Check((COUNT.to_owned(), counted)),
        Step::Check((key.clone(), old)),
        Step::Set((key, text.as_bytes().to_vec())),
        Step::Set((COUNT.to_owned(), count.to_le_bytes().to_vec())),
    ])?;
    Ok(count)
}

/// What a person is told.
fn words(error: Error) -> String {
    match error {
        Error::InvalidKey => "the title is too long".to_owned(),
        Error::QuotaExceeded(Quota::Bytes(bytes)) => format!("the notebook is full: it holds {bytes} bytes"),
        Error::QuotaExceeded(Quota::Keys(keys)) => format!("the notebook is full: it holds {keys} values"),
        Error::QuotaExceeded(Quota::ValueBytes(bytes)) => format!("a note holds {bytes} bytes at most"),
        Error::QuotaExceeded(Quota::Steps(_)) | Error::Conflict(_) => "somebody else is writing".to_owned(),
        Error::NotACounter => "what should be a number is none".to_owned(),
        Error::Denied => "I may not".to_owned(),
        Error::Unavailable => "the notebook cannot be opened".to_owned(),
    }
}
