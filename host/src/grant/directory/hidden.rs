//! `Hidden`: what is not there for a plugin inside of a granted directory, such as `**/.env`. Paths are compared as the plugin
//! sees them, after links and `..` were resolved, without regard to case.

use std::path::Path;
use std::sync::Arc;

use fast_glob::glob_match;

/// Bytes of a pattern.
const MAX_PATTERN: usize = 256;
/// Alternatives (`{a,b}`) of a pattern: the work of matching doubles with each.
const MAX_ALTERNATIVES: usize = 4;
/// Patterns of one plugin: each is compared at every name of every path.
const MAX_PATTERNS: usize = 256;

/// What deny rules name.
#[derive(Clone, Debug)]
pub(super) struct Patterns(Arc<[Pattern]>);

#[derive(Debug)]
struct Pattern {
    /// As it was written.
    text: String,
    /// Folded.
    glob: String,
    /// What it is compared with.
    with: With,
}

#[derive(Debug)]
enum With {
    /// The last name of a path, wherever it is.
    Name,
    /// The whole path. All that it can match lies below the folder `within`, or is it.
    Path { within: String },
}

/// What is hidden below one granted directory.
#[derive(Debug)]
pub(crate) struct Hidden {
    patterns: Patterns,
    /// Under which names the plugin sees what is there: granted directories may lie inside of each other.
    names: Vec<Name>,
    all: bool,
}

/// What lies below `from`, a folder of the granted directory, is called `to` and the rest of its path.
#[derive(Debug)]
struct Name {
    from: String,
    to: String,
}

impl Patterns {
    /// # Errors
    /// What is wrong with a pattern, and what to write instead.
    pub(super) fn new(texts: &[String]) -> Result<Self, String> {
        if texts.len() > MAX_PATTERNS {
            return Err(format!("{} patterns are more than {MAX_PATTERNS}", texts.len()));
        }
        texts.iter().map(|text| Pattern::new(text)).collect::<Result<_, _>>().map(Self)
    }
}

impl Pattern {
    fn new(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| Err(format!("the pattern {text:?} {why}"));
        let glob = text.strip_suffix('/').unwrap_or(text);
        if glob.is_empty() || glob.len() > MAX_PATTERN {
            return wrong(&format!("should have 1 to {MAX_PATTERN} bytes"));
        }
        if glob.starts_with('!') || glob.contains('\0') {
            return wrong("begins with `!` or has a NUL; say what is to be hidden");
        }
        if let Err(error) = fast_glob::validate(glob) {
            return Err(format!("the pattern {text:?} is none: {error}"));
        }
        if glob.matches('{').count() > MAX_ALTERNATIVES {
            return wrong(&format!(
                "has more than {MAX_ALTERNATIVES} groups of alternatives; write several patterns"
            ));
        }
        let rooted = glob.strip_prefix('/').unwrap_or(glob);
        if rooted.split('/').any(|name| name.is_empty() || name.ends_with(['.', ' '])) {
            return wrong(
                "has a name that is empty or ends with a dot or a space, which none does when it is compared",
            );
        }
        let with = match glob.strip_prefix("**/") {
            Some(name) if !name.contains('/') => return Ok(Self::name(text, name)),
            None if !glob.contains('/') => return Ok(Self::name(text, glob)),
            None if !glob.starts_with('/') => {
                return wrong(&format!(
                    "begins neither with `/` nor with `**/`: write `/{glob}` or `**/{glob}`"
                ));
            }
            _ => With::Path { within: literal(glob) },
        };
        Ok(Self { text: text.to_owned(), glob: fold(glob), with })
    }

    fn name(text: &str, glob: &str) -> Self {
        Self { text: text.to_owned(), glob: fold(glob), with: With::Name }
    }
}

/// The leading folders of a pattern that are written out, folded.
fn literal(glob: &str) -> String {
    let mut folders = String::new();
    for name in glob.split('/').skip(1) {
        if name.contains(['*', '?', '[', '{', '\\']) {
            break;
        }
        folders.push('/');
        fold_into(name, &mut folders);
    }
    if glob.starts_with('/') { folders } else { String::new() }
}

impl Hidden {
    /// What `patterns` hide below the directory `index` of `places`, the plugin's directories with the names it sees.
    pub(super) fn new(patterns: &Patterns, places: &[(&Path, &str)], index: usize) -> Option<Self> {
        let (host, _) = places.get(index).filter(|_| !patterns.0.is_empty())?;
        let mut names = Vec::new();
        for (other, guest) in places {
            if let Ok(rest) = host.strip_prefix(other) {
                names.push(Name { from: String::new(), to: rooted(guest) + &below(rest) });
            } else if let Ok(rest) = other.strip_prefix(host) {
                names.push(Name { from: below(rest), to: rooted(guest) });
            }
        }
        let mut hidden = Self { patterns: patterns.clone(), names, all: false };
        let whole = |name: &Name| name.from.is_empty() && hidden.covers(&name.to);
        hidden.all = hidden.names.iter().any(whole);
        Some(hidden)
    }

    /// Whether nothing is left.
    pub(super) fn hides_all(&self) -> bool {
        self.all
    }

    /// Whether a pattern names the folder `path` or one above it.
    fn covers(&self, path: &str) -> bool {
        let ends = path.match_indices('/').map(|(at, _)| at).skip(1).chain([path.len()]);
        ends.filter_map(|end| path.get(..end)).filter(|path| !path.is_empty()).any(|path| {
            let name = path.rsplit('/').next().unwrap_or_default();
            self.patterns.0.iter().any(|pattern| match pattern.with {
                With::Name => glob_match(&pattern.glob, name),
                With::Path { .. } => glob_match(&pattern.glob, path),
            })
        })
    }

    /// The pattern that hides `place`, a path below the granted directory without links and dots, or a folder on the way. The
    /// first `seen` bytes of it are known not to be hidden.
    pub(crate) fn hides(&self, place: &str, seen: usize) -> Option<&str> {
        let (mut path, mut next) = (String::with_capacity(place.len().saturating_add(8)), 0_usize);
        for name in place.split('/') {
            let end = next.saturating_add(name.len());
            next = end.saturating_add(1);
            if name.is_empty() {
                continue;
            }
            path.push('/');
            let start = path.len();
            fold_into(name, &mut path);
            if end <= seen {
                continue;
            }
            let name = path.get(start..).unwrap_or_default();
            if let Some(pattern) = self.patterns.0.iter().find(|pattern| self.matches(pattern, &path, name)) {
                return Some(&pattern.text);
            }
        }
        None
    }

    fn matches(&self, pattern: &Pattern, path: &str, name: &str) -> bool {
        match pattern.with {
            With::Name => glob_match(&pattern.glob, name),
            With::Path { .. } => self.names_of(path).any(|path| glob_match(&pattern.glob, path)),
        }
    }

    /// As what the plugin sees the folded `path`.
    fn names_of<'a>(&'a self, path: &'a str) -> impl Iterator<Item = String> + 'a {
        self.names.iter().filter_map(move |name| {
            let rest = path.strip_prefix(name.from.as_str())?;
            (rest.is_empty() || rest.starts_with('/')).then(|| format!("{}{rest}", name.to))
        })
    }

    /// The pattern that keeps the directory at `place` where it is: moved, what is in it could be hidden no longer.
    pub(crate) fn pins(&self, place: &str) -> Option<&str> {
        let mut path = String::new();
        for name in place.split('/').filter(|name| !name.is_empty()) {
            path.push('/');
            fold_into(name, &mut path);
        }
        // A granted directory in it, which has names of its own.
        let holds = |name: &Name| !name.from.is_empty() && is_within(&name.from, &path);
        let holds_another = self.names.iter().any(holds);
        let pattern = self.patterns.0.iter().find(|pattern| match &pattern.with {
            With::Name => false,
            With::Path { within } => {
                let touches = |path: String| is_within(&path, within) || is_within(within, &path);
                holds_another || self.names_of(&path).any(touches)
            }
        });
        pattern.map(|pattern| pattern.text.as_str())
    }
}

/// Whether `path` is `folder` or lies in it.
fn is_within(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A guest's name of a directory, as a folded path from the root: `/texts` of `texts/`, nothing of `/` and `.`.
fn rooted(guest: &str) -> String {
    let mut path = String::new();
    for name in guest.split('/').filter(|name| !name.is_empty() && *name != ".") {
        path.push('/');
        fold_into(name, &mut path);
    }
    path
}

/// A path of the host's below a granted directory, folded.
fn below(path: &Path) -> String {
    rooted(&path.to_string_lossy())
}

fn fold(glob: &str) -> String {
    let mut folded = String::new();
    for (index, name) in glob.split('/').enumerate() {
        if index > 0 {
            folded.push('/');
        }
        fold_into(name, &mut folded);
    }
    folded
}

/// Appends a name as it is compared: file systems exist that know no difference of case, see no characters without width, or
/// leave out dots and spaces at the end.
fn fold_into(name: &str, to: &mut String) {
    let trimmed = match name.trim_end_matches(['.', ' ']) {
        "" => name,
        trimmed => trimmed,
    };
    if trimmed.is_ascii() {
        to.extend(trimmed.chars().map(|char| char.to_ascii_lowercase()));
    } else {
        // By way of the upper case: `ſ` and `ß` have one, and no lower case of another letter.
        let seen = trimmed.chars().filter(|char| !is_ignorable(*char));
        to.extend(seen.flat_map(char::to_uppercase).flat_map(char::to_lowercase));
    }
}

/// The `Default_Ignorable_Code_Point`s of Unicode.
fn is_ignorable(char: char) -> bool {
    matches!(char,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(patterns: &[&str], places: &[(&str, &str)]) -> Vec<Option<Hidden>> {
        let patterns: Vec<String> = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
        let patterns = Patterns::new(&patterns).unwrap();
        let places: Vec<_> = places.iter().map(|(host, guest)| (Path::new(*host), *guest)).collect();
        (0..places.len()).map(|index| Hidden::new(&patterns, &places, index)).collect()
    }

    fn one(patterns: &[&str]) -> Hidden {
        hidden(patterns, &[("/of/host/texts", "/texts")]).remove(0).unwrap()
    }

    #[test]
    fn names_are_hidden_at_any_depth_with_all_that_is_below() {
        for pattern in ["**/.env", ".env", ".env/"] {
            let hidden = one(&[pattern]);
            for place in
                [".env", "a/.env", "a/b/.env", "a/.env/b", ".ENV", "a/.Env", ".env.", ".env ", ".e\u{200d}nv"]
            {
                assert_eq!(hidden.hides(place, 0), Some(pattern), "{place}");
            }
            for place in ["", "env", ".envy", "a/.en", "a/x.env"] {
                assert_eq!(hidden.hides(place, 0), None, "{place}");
            }
            assert_eq!(hidden.pins("a"), None, "a name stays hidden wherever its folder is");
        }
        assert_eq!(one(&["**/*.{key,pem}"]).hides("a/ID.Pem", 0), Some("**/*.{key,pem}"));
        assert_eq!(one(&["geheimniſ"]).hides("GEHEIMNIS", 0), Some("geheimniſ"));
    }

    #[test]
    fn what_was_seen_before_is_not_looked_at_again() {
        let hidden = one(&[".env"]);
        assert_eq!(hidden.hides("a/.env/b", "a".len()), Some(".env"));
        assert_eq!(hidden.hides("a/.env/b", "a/.en".len()), Some(".env"));
        assert_eq!(hidden.hides("a/b/.env", "a/b".len()), Some(".env"));
        assert_eq!(hidden.hides("a/.env/b", "a/.env".len()), None);
    }

    #[test]
    fn paths_are_those_that_the_plugin_sees() {
        let hidden = one(&["/texts/private/**", "/texts/one.txt", "**/keys/*.pem"]);
        for place in ["private/a", "private/a/b", "PRIVATE/a", "one.txt", "keys/a.pem", "a/keys/b.pem"] {
            assert!(hidden.hides(place, 0).is_some(), "{place}");
        }
        for place in ["private", "a/private/b", "a/one.txt", "keys/a/b.pem", "texts/private/a"] {
            assert_eq!(hidden.hides(place, 0), None, "{place}");
        }
    }

    #[test]
    fn directories_whose_place_matters_stay() {
        let hidden = one(&["/texts/a/private/**", "**/.env"]);
        for place in ["a", "a/private", "a/private/x", "A"] {
            assert_eq!(hidden.pins(place), Some("/texts/a/private/**"), "{place}");
        }
        for place in ["b", "a/public", "ab", "private"] {
            assert_eq!(hidden.pins(place), None, "{place}");
        }
        assert!(one(&["**/keys/*.pem"]).pins("anything").is_some());
    }

    #[test]
    fn a_directory_inside_another_is_known_by_both_names() {
        let roots =
            hidden(&["/all/in/secret", "/in/hidden"], &[("/x", "/all"), ("/x/in", "/in"), ("/y", ".")]);
        let [Some(outer), Some(inner), Some(other)] = roots.as_slice() else { panic!("{roots:?}") };
        for place in ["secret", "hidden"] {
            assert!(inner.hides(place, 0).is_some(), "{place}");
            assert!(outer.hides(&format!("in/{place}"), 0).is_some(), "{place}");
            assert_eq!(outer.hides(place, 0), None);
        }
        assert!(outer.pins("in").is_some());
        assert!(other.hides("in/hidden", 0).is_some(), "`.` is the root of what the plugin sees");
        let covered = hidden(&["/texts"], &[("/x", "/texts"), ("/x/y", "/texts/y"), ("/z", "/texts2")]);
        let all: Vec<_> = covered.iter().map(|hidden| hidden.as_ref().unwrap().hides_all()).collect();
        assert_eq!(all, [true, true, false]);
    }

    #[test]
    fn patterns_that_nobody_could_keep_are_refused_with_what_to_write() {
        for (bad, told) in [
            ("", "1 to 256"),
            ("a/b", "write `/a/b` or `**/a/b`"),
            ("!*.txt", "begins with `!`"),
            ("[", "is none"),
            ("{a,{b,{c,{d,{e}}}}}", "several patterns"),
            ("/a/../b", "ends with a dot"),
            ("/a//b", "empty"),
            ("a.", "ends with a dot"),
        ] {
            let error = Patterns::new(&[bad.to_owned()]).unwrap_err();
            assert!(error.contains(told), "{error}");
        }
        assert!(Patterns::new(&vec!["a".to_owned(); 257]).is_err());
        assert!(hidden(&[], &[("/x", "/x")]).remove(0).is_none());
    }
}
