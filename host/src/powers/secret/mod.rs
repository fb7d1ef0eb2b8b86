//! `plugbay:host/secret`: passwords and tokens that a plugin uses and never sees.
//!
//! A plugin gets a *stand-in*, random text that it sets as the value of a header. When the request is sent, `wasi:http`
//! asks here for every header ([`Secrets::put_in`]), after it was decided where the request goes: the secret takes the
//! place of its stand-in if a rule lets it go to that host in that header, and otherwise the request is not sent.

mod define;
mod rule;

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

pub(crate) use define::define;
pub use rule::{SecretRequest, SecretRule};

use crate::grant::{Denial, Power};

/// A password or token. It is never shown, and the memory that held it is overwritten when nobody needs it any more.
///
/// What the application itself does with the text it made this of is its own business: a `String` that it moved here is
/// overwritten, copies that it made are not.
#[derive(Clone)]
pub struct Secret(Arc<Zeroizing<String>>);

/// All secrets of a host, by name.
pub(crate) type Vault = Vec<(String, Secret)>;

/// What every stand-in begins with.
const MARK: &str = "plugbay-secret-";

impl Secret {
    /// A secret of this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Arc::new(Zeroizing::new(text.into())))
    }

    /// Whether it can be in a header.
    pub(crate) fn is_sendable(&self) -> bool {
        !self.0.is_empty() && self.0.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
    }
}

/// The secrets of one linked plugin.
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    /// Those that a rule names, with their stand-ins.
    granted: Vec<Granted>,
    power: Option<Power<SecretRule>>,
}

struct Granted {
    name: Arc<str>,
    secret: Secret,
    /// Made when the plugin asks for it.
    stand_in: Mutex<Option<Arc<str>>>,
}

/// What a header really holds. Overwritten when it is dropped.
#[derive(PartialEq, Eq)]
pub(crate) struct Revealed(Zeroizing<Vec<u8>>);

impl Deref for Revealed {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Revealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Revealed(…)")
    }
}

/// Why a header cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotThere {
    /// The secret may not go to this place.
    #[error("the secret {name:?} may not go there: {denial}")]
    Denied {
        /// The secret's name.
        name: Arc<str>,
        /// Who denies it.
        denial: Denial,
    },
    /// There is a stand-in among other text.
    #[error("the value of the header has to be that of `secret.header-value`, and nothing else")]
    Mixed,
}

impl Secrets {
    /// Of the host's secrets, those that may go anywhere at all.
    pub(crate) fn new(vault: &[(String, Secret)], power: Power<SecretRule>) -> Self {
        // What a rule allows by name, all layers have to permit.
        let named = |name: &str| {
            let mut rules = power.allowed().filter(|rule| rule.name == name);
            rules.any(|rule| rule.with_example(|request| power.check(request).is_ok()))
        };
        let granted = vault.iter().filter(|(name, _)| named(name)).map(|(name, secret)| Granted {
            name: name.as_str().into(),
            secret: secret.clone(),
            stand_in: Mutex::default(),
        });
        Self { granted: granted.collect(), power: Some(power) }
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.granted.iter().map(|granted| &*granted.name)
    }

    /// The stand-in of the secret of this name, if the plugin was given it.
    fn stand_in(&self, name: &str) -> std::io::Result<Option<(Arc<str>, Arc<str>)>> {
        let Some(granted) = self.granted.iter().find(|granted| &*granted.name == name) else {
            return Ok(None);
        };
        let mut stand_in = granted.stand_in.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = &*stand_in {
            return Ok(Some((granted.name.clone(), made.clone())));
        }
        let mut random = [0; 16];
        super::fill_random(&mut random)?;
        let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let made: Arc<str> = format!("{MARK}{digits}").into();
        *stand_in = Some(made.clone());
        Ok(Some((granted.name.clone(), made)))
    }

    /// What to send instead of `value` in this header; nothing when there is no stand-in in it, and it is sent as it is.
    ///
    /// # Errors
    /// When the secret may not go there: the request is not to be sent.
    pub(crate) fn put_in(
        &self,
        scheme: &str,
        host: &str,
        header: &str,
        value: &[u8],
    ) -> Result<Option<Revealed>, NotThere> {
        let has = |text: &[u8]| value.windows(text.len()).any(|part| part == text);
        if self.granted.is_empty() || !has(MARK.as_bytes()) {
            return Ok(None);
        }
        let found = self.granted.iter().find(|granted| {
            let stand_in = granted.stand_in.lock().unwrap_or_else(PoisonError::into_inner);
            stand_in.as_ref().is_some_and(|made| has(made.as_bytes()))
        });
        // Text that only looks like a stand-in is text.
        let (Some(granted), Some(power)) = (found, &self.power) else { return Ok(None) };
        let request = SecretRequest { name: &granted.name, scheme, host, header };
        power.check(&request).map_err(|denial| NotThere::Denied { name: granted.name.clone(), denial })?;
        if value.len() != MARK.len() + 32 {
            return Err(NotThere::Mixed);
        }
        let rules = power.allowed().filter(|rule| crate::grant::Rule::matches(*rule, &request));
        let prefix = rules.map(|rule| rule.prefix.as_str()).find(|prefix| !prefix.is_empty()).unwrap_or("");
        let mut whole =
            Zeroizing::new(Vec::with_capacity(prefix.len().saturating_add(granted.secret.0.len())));
        whole.extend_from_slice(prefix.as_bytes());
        whole.extend_from_slice(granted.secret.0.as_bytes());
        Ok(Some(Revealed(whole)))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl fmt::Debug for Granted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Granted").field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::By;
    use crate::grant::rule::Layer;

    const TOKEN: &str = "s3cr3t-token";

    fn secrets(rules: &[SecretRule]) -> Secrets {
        let vault = vec![("api".to_owned(), TOKEN.into()), ("other".to_owned(), "x".into())];
        let layer = Layer { by: By::Grant, allow: Some(rules.to_vec()), deny: Vec::new() };
        Secrets::new(&vault, Power::new([layer]))
    }

    #[test]
    fn a_stand_in_becomes_the_secret_where_it_may_go() {
        let secrets = secrets(&[SecretRule::bearer("api", "api.acme.dev")]);
        assert_eq!(secrets.names().collect::<Vec<_>>(), ["api"]);
        assert_eq!(secrets.stand_in("other").unwrap(), None);
        let (_, stand_in) = secrets.stand_in("api").unwrap().unwrap();
        assert_eq!(secrets.stand_in("api").unwrap().unwrap().1, stand_in, "always the same");
        let put = |host, header, value: &[u8]| secrets.put_in("https", host, header, value);
        let sent = put("api.acme.dev", "authorization", stand_in.as_bytes()).unwrap().unwrap();
        assert_eq!(&*sent, format!("Bearer {TOKEN}").as_bytes());
        assert_eq!(format!("{sent:?}"), "Revealed(…)");
        for (host, header) in [("evil.org", "authorization"), ("api.acme.dev", "x-copy")] {
            let error = put(host, header, stand_in.as_bytes()).unwrap_err();
            assert!(matches!(error, NotThere::Denied { .. }), "{host} {header}");
            assert!(!error.to_string().contains(TOKEN));
        }
        assert!(secrets.put_in("http", "api.acme.dev", "authorization", stand_in.as_bytes()).is_err());
        let mixed = format!("{stand_in} and more");
        assert_eq!(put("api.acme.dev", "authorization", mixed.as_bytes()), Err(NotThere::Mixed));
        assert!(put("evil.org", "x", mixed.as_bytes()).is_err());
        for plain in ["", "text", "plugbay-secret-", "plugbay-secret-00000000000000000000000000000000"] {
            assert_eq!(put("evil.org", "x", plain.as_bytes()), Ok(None), "{plain}");
        }
    }

    #[test]
    fn nothing_shows_a_secret() {
        let secrets = secrets(&[SecretRule::bearer("api", "api.acme.dev")]);
        let (_, stand_in) = secrets.stand_in("api").unwrap().unwrap();
        let shown = format!("{secrets:?} {:?} {stand_in}", Secret::new(TOKEN));
        assert!(!shown.contains("s3cr3t"), "{shown}");
    }

    #[test]
    fn what_a_header_cannot_hold_is_no_secret() {
        assert!(Secret::new("a b").is_sendable());
        for wrong in ["", "a\r\nx: y", "a\0", "ü"] {
            assert!(!Secret::new(wrong).is_sendable());
        }
    }
}
