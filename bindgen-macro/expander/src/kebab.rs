//! Names: the kebab-case of WIT, and the `snake_case` and `UpperCamel` of Rust made from it and back.

/// The kebab-case of a Rust identifier, in any of the usual Rust cases: `word_count`, `WordCount` and `WORD_COUNT` are
/// `word-count`; `HttpError2` is `http-error2`.
pub fn from_rust(ident: &str) -> String {
    let chars: Vec<char> = ident.trim_start_matches("r#").chars().collect();
    let mut out = String::new();
    for (i, &c) in chars.iter().enumerate() {
        if c == '_' {
            continue;
        }
        let before = i.checked_sub(1).map(|i| chars[i]);
        let starts_word = match before {
            None => false,
            Some('_') => true,
            Some(b) if c.is_uppercase() => {
                let lower_follows = chars.get(i + 1).is_some_and(|n| n.is_lowercase());
                !b.is_uppercase() || lower_follows
            }
            Some(_) => false,
        };
        if starts_word && !out.is_empty() {
            out.push('-');
        }
        out.extend(c.to_lowercase());
    }
    out
}

/// Whether WIT takes `name` as a label: words of letters and digits that start with a letter, each all lower case or all
/// upper case, joined by single hyphens.
pub fn is_label(name: &str) -> bool {
    name.split('-').all(|word| {
        let lower = word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        let upper = word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        word.starts_with(|c: char| c.is_ascii_alphabetic()) && (lower || upper)
    })
}

/// `word-count` → `word_count`. Not yet escaped: see [`rust_ident`].
pub fn snake(kebab: &str) -> String {
    kebab.replace('-', "_").to_ascii_lowercase()
}

/// `word-count` → `WordCount`. Not yet escaped: see [`rust_ident`].
pub fn upper_camel(kebab: &str) -> String {
    let mut out = String::new();
    for word in kebab.split('-') {
        let mut chars = word.chars();
        out.extend(chars.next().map(|c| c.to_ascii_uppercase()));
        out.extend(chars.map(|c| c.to_ascii_lowercase()));
    }
    out
}

/// An identifier with this text: raw where it is a keyword, with an underscore behind where even that is not allowed.
pub fn rust_ident(text: &str, span: proc_macro2::Span) -> proc_macro2::Ident {
    // `gen` is a keyword since the edition of 2024, which syn does not know.
    if text != "gen" && syn::parse_str::<syn::Ident>(text).is_ok() {
        proc_macro2::Ident::new(text, span)
    } else if matches!(text, "self" | "Self" | "super" | "crate" | "_") {
        proc_macro2::Ident::new(&format!("{text}_"), span)
    } else {
        proc_macro2::Ident::new_raw(text, span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rust_names_become_kebab() {
        for (rust, kebab) in [
            ("word_count", "word-count"),
            ("WordCount", "word-count"),
            ("HTTPError", "http-error"),
            ("Utf8", "utf8"),
            ("r#type", "type"),
            ("type_", "type"),
            ("A", "a"),
            ("PERMISSION_X", "permission-x"),
            ("Latin1Utf16", "latin1-utf16"),
        ] {
            assert_eq!(from_rust(rust), kebab, "{rust}");
        }
    }

    #[test]
    fn kebab_becomes_rust() {
        assert_eq!(snake("word-COUNT"), "word_count");
        assert_eq!(upper_camel("word-COUNT"), "WordCount");
        let span = proc_macro2::Span::call_site();
        assert_eq!(rust_ident("type", span).to_string(), "r#type");
        assert_eq!(rust_ident("gen", span).to_string(), "r#gen");
        assert_eq!(rust_ident("self", span).to_string(), "self_");
        assert_eq!(rust_ident("kind", span).to_string(), "kind");
    }

    #[test]
    fn labels() {
        for good in ["a", "word-count", "a1-B2", "HTTP"] {
            assert!(is_label(good), "{good}");
        }
        for bad in ["", "-", "a-", "1a", "Word", "a_b", "ä"] {
            assert!(!is_label(bad), "{bad}");
        }
    }
}
