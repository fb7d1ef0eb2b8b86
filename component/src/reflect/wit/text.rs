//! Names in WIT text: which are interfaces of a package, which are labels, which are words of the language.

/// Words of WIT, which stand for names only behind a `%`.
const KEYWORDS: [&str; 51] = [
    "as",
    "async",
    "bool",
    "borrow",
    "char",
    "constructor",
    "enum",
    "error-context",
    "export",
    "external-id",
    "f32",
    "f64",
    "flags",
    "float32",
    "float64",
    "from",
    "func",
    "future",
    "implements",
    "import",
    "include",
    "interface",
    "list",
    "map",
    "option",
    "own",
    "package",
    "record",
    "resource",
    "result",
    "s16",
    "s32",
    "s64",
    "s8",
    "static",
    "stream",
    "string",
    "tuple",
    "type",
    "u16",
    "u32",
    "u64",
    "u8",
    "union",
    "use",
    "variant",
    "with",
    "world",
    "_",
    "some",
    "none",
];

/// A name as it is written in WIT.
pub(super) fn id(name: &str) -> String {
    if KEYWORDS.contains(&name) { format!("%{name}") } else { name.to_owned() }
}

/// Whether a name is a plain label.
pub(super) fn is_label(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The package (with its version) and the bare name of an interface: `wasi:io@0.2.6` and `poll`. `None` when the name is
/// none of an interface in a package.
pub(super) fn package_of(key: &str) -> Option<(String, String)> {
    let (base, version) = match key.split_once('@') {
        Some((base, version)) => (base, Some(version)),
        None => (key, None),
    };
    let (package, name) = base.split_once('/')?;
    let (namespace, local) = package.split_once(':')?;
    if ![namespace, local, name].iter().all(|part| is_label(part)) {
        return None;
    }
    let (namespace, local) = (id(namespace), id(local));
    let package = match version {
        Some(version) => format!("{namespace}:{local}@{version}"),
        None => format!("{namespace}:{local}"),
    };
    Some((package, name.to_owned()))
}

/// The name of an interface in an `import` or `export`.
pub(super) fn interface_path(key: &str) -> String {
    match package_of(key) {
        None => key.to_owned(),
        Some((package, name)) => match package.split_once('@') {
            Some((package, version)) => format!("{package}/{}@{version}", id(&name)),
            None => format!("{package}/{}", id(&name)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_their_places() {
        assert_eq!(package_of("wasi:io/poll@0.2.6"), Some(("wasi:io@0.2.6".into(), "poll".into())));
        assert_eq!(interface_path("a:use/type"), "a:%use/%type");
        assert_eq!(package_of("poll"), None);
        assert_eq!(package_of("url=<https://a/b>"), None);
        assert!(is_label("a-b2") && !is_label("[method]a.b"));
    }
}
