//! Which interfaces of WASI and of `plugbay:host` there are, and which of them need a grant. One line each; the reasons are in
//! `docs/decisions/0003-what-needs-a-grant.md`.

use crate::grant::authority::Need;
use crate::grant::name::Pattern;

/// An interface of WASI, or of `plugbay:host`, that this host has.
#[derive(Debug)]
pub(crate) struct Interface {
    /// With the newest version that is served; guests of compatible older versions find it too.
    pub(crate) name: &'static str,
    pub(crate) need: Need,
    pub(crate) part: Part,
}

/// Which functions define an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    IoError,
    IoPoll,
    IoStreams,
    Environment,
    Exit,
    Stdin,
    Stdout,
    Stderr,
    TerminalInput,
    TerminalOutput,
    TerminalStdin,
    TerminalStdout,
    TerminalStderr,
    WallClock,
    MonotonicClock,
    Random,
    RandomInsecure,
    RandomInsecureSeed,
    FilesystemTypes,
    FilesystemPreopens,
    Config,
    #[cfg(feature = "kv")]
    Kv,
    Log,
    Secret,
    #[cfg(feature = "http")]
    HttpTypes,
    #[cfg(feature = "http")]
    HttpOutgoingHandler,
    Network,
    InstanceNetwork,
    IpNameLookup,
    Tcp,
    TcpCreateSocket,
    Udp,
    UdpCreateSocket,
}

const fn open(name: &'static str, part: Part) -> Interface {
    Interface { name, need: Need::Nothing, part }
}

const fn granted(name: &'static str, part: Part) -> Interface {
    Interface { name, need: Need::Grant, part }
}

static INTERFACES: &[Interface] = &[
    open("wasi:io/error@0.2.12", Part::IoError),
    open("wasi:io/poll@0.2.12", Part::IoPoll),
    open("wasi:io/streams@0.2.12", Part::IoStreams),
    open("wasi:cli/exit@0.2.12", Part::Exit),
    open("wasi:cli/terminal-input@0.2.12", Part::TerminalInput),
    open("wasi:cli/terminal-output@0.2.12", Part::TerminalOutput),
    open("wasi:cli/terminal-stdin@0.2.12", Part::TerminalStdin),
    open("wasi:cli/terminal-stdout@0.2.12", Part::TerminalStdout),
    open("wasi:cli/terminal-stderr@0.2.12", Part::TerminalStderr),
    granted("wasi:cli/environment@0.2.12", Part::Environment),
    granted("wasi:cli/stdin@0.2.12", Part::Stdin),
    granted("wasi:cli/stdout@0.2.12", Part::Stdout),
    granted("wasi:cli/stderr@0.2.12", Part::Stderr),
    granted("wasi:clocks/wall-clock@0.2.12", Part::WallClock),
    granted("wasi:clocks/monotonic-clock@0.2.12", Part::MonotonicClock),
    granted("wasi:random/random@0.2.12", Part::Random),
    granted("wasi:random/insecure@0.2.12", Part::RandomInsecure),
    granted("wasi:random/insecure-seed@0.2.12", Part::RandomInsecureSeed),
    granted("wasi:filesystem/types@0.2.12", Part::FilesystemTypes),
    granted("wasi:filesystem/preopens@0.2.12", Part::FilesystemPreopens),
    granted("plugbay:host/config@0.1.0", Part::Config),
    #[cfg(feature = "kv")]
    granted("plugbay:host/kv@0.1.0", Part::Kv),
    granted("plugbay:host/log@0.1.0", Part::Log),
    granted("plugbay:host/secret@0.1.0", Part::Secret),
    #[cfg(feature = "http")]
    granted("wasi:http/types@0.2.12", Part::HttpTypes),
    #[cfg(feature = "http")]
    granted("wasi:http/outgoing-handler@0.2.12", Part::HttpOutgoingHandler),
    granted("wasi:sockets/network@0.2.12", Part::Network),
    granted("wasi:sockets/instance-network@0.2.12", Part::InstanceNetwork),
    granted("wasi:sockets/ip-name-lookup@0.2.12", Part::IpNameLookup),
    granted("wasi:sockets/tcp@0.2.12", Part::Tcp),
    granted("wasi:sockets/tcp-create-socket@0.2.12", Part::TcpCreateSocket),
    granted("wasi:sockets/udp@0.2.12", Part::Udp),
    granted("wasi:sockets/udp-create-socket@0.2.12", Part::UdpCreateSocket),
];

/// The interface that serves an import, if there is one of a compatible version.
pub(crate) fn find(import: &str) -> Option<&'static Interface> {
    INTERFACES.iter().find(|interface| Pattern::new(interface.name).matches(import))
}

/// What an import needs, if this host has it.
pub(crate) fn need(import: &str) -> Option<Need> {
    find(import).map(|interface| interface.need)
}

/// The names of all interfaces.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    INTERFACES.iter().map(|interface| interface.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_0_2_version_is_served_and_no_other() {
        for version in ["0.2.0", "0.2.1", "0.2.3", "0.2.6", "0.2.10", "0.2.12", "0.2.13"] {
            assert_eq!(need(&format!("wasi:io/poll@{version}")), Some(Need::Nothing), "{version}");
            assert_eq!(need(&format!("wasi:clocks/wall-clock@{version}")), Some(Need::Grant), "{version}");
        }
        for import in [
            "wasi:io/poll@0.3.0",
            "wasi:io/poll@0.2.0-rc-2023-11-10",
            "wasi:io/poll",
            "wasi:sockets/tcp@0.3.0",
        ] {
            assert_eq!(need(import), None, "{import}");
        }
    }

    #[test]
    fn nothing_that_carries_authority_is_open() {
        for interface in INTERFACES {
            let powerless = ["wasi:io/", "wasi:cli/exit", "wasi:cli/terminal-"];
            let expected = powerless.iter().any(|prefix| interface.name.starts_with(prefix));
            assert_eq!(interface.need == Need::Nothing, expected, "{}", interface.name);
        }
    }
}
