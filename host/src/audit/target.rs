//! Targets as they may be told: without what a terminal would obey, without what could be a secret in an address, and not longer
//! than a person reads.

/// The longest target that is told, in bytes.
const LONGEST: usize = 512;

/// `target` with characters that are not to be seen escaped, its middle left out when it is long, and an address without user
/// information and query: those are where secrets are.
pub(crate) fn clean(target: &str) -> String {
    let bare = without_secrets(target);
    let mut shown = String::with_capacity(bare.len().min(LONGEST));
    for char in bare.chars() {
        if shown.len() >= LONGEST {
            shown.push('…');
            break;
        }
        if is_unseen(char) { shown.extend(char.escape_unicode()) } else { shown.push(char) }
    }
    shown
}

/// Control characters of both ranges, and those that turn the direction of writing or have no width.
fn is_unseen(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn without_secrets(target: &str) -> String {
    let Some((scheme, rest)) = target.split_once("://") else { return target.to_owned() };
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let (place, query) = rest.split_at(end);
    let slash = place.find('/').unwrap_or(place.len());
    let (authority, path) = place.split_at(slash);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let query = if query.is_empty() { "" } else { "?…" };
    format!("{scheme}://{host}{path}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        assert_eq!(clean("/notes/ä b.txt"), "/notes/ä b.txt");
        assert_eq!(clean("a\u{1b}[2J\n\0\u{9b}31m\u{7f}"), "a\\u{1b}[2J\\u{a}\\u{0}\\u{9b}31m\\u{7f}");
        assert_eq!(clean("txt\u{202e}gpj.exe\u{200b}"), "txt\\u{202e}gpj.exe\\u{200b}");
    }

    #[test]
    fn a_long_one_is_cut() {
        let long = clean(&"ü\n".repeat(1 << 20));
        assert!(long.len() < LONGEST + 16 && long.ends_with('…'), "{}", long.len());
    }

    #[test]
    fn addresses_lose_what_could_be_a_secret() {
        assert_eq!(clean("https://u:p@api.acme.dev:8443/v1/x?key=1#t"), "https://api.acme.dev:8443/v1/x?…");
        assert_eq!(clean("http://a@b@c/d@e"), "http://c/d@e");
        assert_eq!(clean("https://h#token=1"), "https://h?…");
        assert_eq!(clean("10.0.0.1:80"), "10.0.0.1:80");
    }
}
