//! Whom `https` trusts.

use std::fmt;
use std::sync::{Arc, OnceLock};

use rustls::client::Resumption;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

use crate::error::{Error, ErrorKind, Result};

/// The certificate authorities that vouch for servers which plugins talk to
/// ([`HostBuilder::tls_roots`](crate::HostBuilder::tls_roots)).
#[derive(Clone)]
pub struct TlsRoots {
    store: RootCertStore,
}

impl TlsRoots {
    /// Those that Mozilla trusts, as of when this was built. The default.
    #[must_use]
    pub fn mozilla() -> Self {
        Self { store: RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() } }
    }

    /// None: every server is refused.
    #[must_use]
    pub fn none() -> Self {
        Self { store: RootCertStore::empty() }
    }

    /// Adds an authority of your own: its certificate, in DER form.
    ///
    /// # Errors
    /// It is no certificate of an authority.
    pub fn add_der(mut self, certificate: &[u8]) -> Result<Self> {
        let certificate = CertificateDer::from(certificate.to_vec());
        self.store.add(certificate).map_err(|error| {
            Error::new(ErrorKind::Misuse(format!(
                "a root for TLS is no certificate of an authority: {error}"
            )))
        })?;
        Ok(self)
    }
}

impl fmt::Debug for TlsRoots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TlsRoots({})", self.store.len())
    }
}

/// What connections with TLS are made by; shared by all plugins of a host, and made when the first one asks.
#[derive(Clone)]
pub(crate) struct Tls(Arc<Lazy>);

struct Lazy {
    roots: TlsRoots,
    config: OnceLock<Option<Arc<ClientConfig>>>,
}

impl Tls {
    pub(crate) fn new(roots: TlsRoots) -> Self {
        Self(Arc::new(Lazy { roots, config: OnceLock::new() }))
    }

    /// A client that speaks HTTP/1.1 alone, and by which servers do not know a plugin again.
    pub(super) fn config(&self) -> Option<Arc<ClientConfig>> {
        let make = || {
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let builder = ClientConfig::builder_with_provider(provider);
            let builder = builder.with_safe_default_protocol_versions().ok()?;
            let roots = self.0.roots.store.clone();
            let mut config = builder.with_root_certificates(roots).with_no_client_auth();
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
            config.resumption = Resumption::disabled();
            Some(Arc::new(config))
        };
        self.0.config.get_or_init(make).clone()
    }
}

impl Default for Tls {
    fn default() -> Self {
        Self::new(TlsRoots::mozilla())
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tls({:?})", self.0.roots)
    }
}
