//! The small types of `wasi:http/types`: `method`, `scheme`, `header-error`.

use std::fmt;

use plugbay_macro::{ComponentType, Lift, Lower};

use super::syntax;

/// The variant `method`.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(variant)]
pub(super) enum Method {
    Get,
    Head,
    Post,
    Put,
    Delete,
    Connect,
    Options,
    Trace,
    Patch,
    Other(String),
}

impl Method {
    /// As it is sent.
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
            Self::Connect => "CONNECT",
            Self::Options => "OPTIONS",
            Self::Trace => "TRACE",
            Self::Patch => "PATCH",
            Self::Other(name) => name,
        }
    }

    /// Whether it could be sent at all.
    pub(super) fn is_valid(&self) -> bool {
        self.as_str().len() <= syntax::MAX_METHOD && syntax::is_token(self.as_str())
    }

    /// Whether requests of this method usually say nothing about a body that they do not have.
    pub(super) fn is_bodiless(&self) -> bool {
        !matches!(self, Self::Post | Self::Put | Self::Patch)
    }

    /// Whether it is this one, however it is written.
    pub(super) fn is(&self, name: &str) -> bool {
        self.as_str().eq_ignore_ascii_case(name)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The variant `scheme`.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(variant)]
pub(super) enum Scheme {
    #[component(name = "HTTP")]
    Http,
    #[component(name = "HTTPS")]
    Https,
    Other(String),
}

/// The variant `header-error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(variant)]
pub(super) enum HeaderError {
    InvalidSyntax,
    Forbidden,
    Immutable,
}
