//! Golden files for tests: an expansion, formatted, against `tests/expand/<group>/<name>.rs`. `BLESS=1` rewrites them.

use std::path::Path;

use proc_macro2::TokenStream;

/// Compares expansions, one after another, with the golden file.
pub(crate) fn check(group: &str, name: &str, expansions: impl IntoIterator<Item = TokenStream>) {
    let all: TokenStream = expansions.into_iter().collect();
    let file: syn::File = syn::parse2(all.clone()).unwrap_or_else(|error| panic!("{name}: {error}\n{all}"));
    let text = prettyplease::unparse(&file);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/expand/{group}/{name}.rs"));
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        return;
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    for (number, (is, was)) in text.lines().zip(golden.lines()).enumerate() {
        assert_eq!(
            is,
            was,
            "{}:{}: expansion differs; BLESS=1 rewrites the file",
            path.display(),
            number + 1
        );
    }
    assert_eq!(text.len(), golden.len(), "{} differs in length; BLESS=1 rewrites it", path.display());
}
