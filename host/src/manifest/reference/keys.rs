//! What is said of each key of `plugin.toml`: the one place where that is written down.

use super::super::{raw, wishes};
use super::keys;

/// A table of the manifest.
pub(super) struct Table {
    pub(super) heading: &'static str,
    /// Its line in the example; nothing for what stands before all tables, and for what stands in one line.
    pub(super) place: &'static str,
    pub(super) intro: &'static str,
    /// The keys that are read.
    pub(super) fields: fn() -> &'static [&'static str],
    pub(super) keys: &'static [Key],
}

pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    pub(super) default: &'static str,
    pub(super) says: &'static str,
    /// Lines of the key that are refused.
    pub(super) wrong: &'static [&'static str],
}

/// The rules of a capability.
pub(super) struct Rules {
    pub(super) capability: &'static str,
    pub(super) keys: &'static [Key],
    /// Lines with rules that are read …
    pub(super) right: &'static [&'static str],
    /// … and that are refused.
    pub(super) wrong: &'static [&'static str],
}

const fn key(name: &'static str, kind: &'static str, default: &'static str, says: &'static str) -> Key {
    Key { name, kind, default, says, wrong: &[] }
}

impl Key {
    const fn but_not(mut self, wrong: &'static [&'static str]) -> Self {
        self.wrong = wrong;
        self
    }
}

pub(super) const INTRO: &str = "\
# Manifest reference

All keys of `plugin.toml`. This page is made of the types that read it, and what is refused was tried.
What a manifest is for is told in [Grants, manifests and audit](grants.md), how it is given away in [Packages](packages.md).

A manifest has at most 256 KiB. It is refused, with line and column and what to write instead, when it is no TOML, when a key is
unknown, doubled or missing, and when a value makes no sense: a key that nobody keeps would be a promise that nobody keeps.
";

pub(super) const OUTRO: &str = "
## `[contributes]`

Whatever the application wants to know: commands, menus, languages. Its keys are the application's to define and to check; the host
hands them over as they are (`Manifest::contributes`).
";

pub(super) const ABOUT_RULES: &str = "
Rules are tables with the keys of their capability, in `allow` and `deny`; in `grants.toml` they are the same. The rules of an
application's own capabilities are of the type that it gave to `HostBuilder::capability`, and are read when there is a host.
";

pub(super) const EXAMPLE: &str = r#"manifest-version = 1

[plugin]
id = "acme:md-lint"
version = "0.3.1"
component = "md_lint.wasm"
sha256 = "6a09e667f3bcc908b2fb1366ea957d3e3adec17512775099da2f590b0667322a"

[world]
target = "demo:editor/plugin"
version = ">=1.2, <2"

[[capability.required]]
use = "demo:editor/buffers"
reason = "Read the open document to check it"

[[capability.optional]]
use = "wasi:filesystem"
reason = "Follow links between documents"
allow = [{ path = "/workspace", access = "read" }]
deny = [{ path = "**/.env" }]

[[capability.optional]]
use = "wasi:cli/environment"
reason = "Speak the user's language"
names = ["LANG"]

[limits]
memory = "32MiB"
table-elements = 10000
handles = 1000
open-files = 16
sockets = 4
timers = 100
pollables = 100
deadline = "250ms"
fuel = 1000000000
fuel-per-call = 50000000
host-bytes = "16MiB"
log-bytes = "64KiB"
call-bytes = "8MiB"
captured-output = "1MiB"
output-rate = "256KiB"

[lifecycle]
concurrency = "exclusive"
restart = { on = "crash", max = 3, backoff = "1s" }
state = "save-restore"

[activation]
on = ["language:markdown", "command:md-lint.run"]

[contributes]
commands = [{ id = "md-lint.run", title = "Lint Markdown" }]
"#;

const CAPABILITY: &[Key] = &[
    key("use", "text", "required", "The capability: the name of a WIT package, an interface or a function of the world, with a version or without. Each once.")
        .but_not(&[r#"use = "*""#, r#"use = "demo:editor/*""#, r#"use = "buffers of the editor""#, r#"use = "wasi:filesystem""#]),
    key("reason", "text, 1 to 1000 bytes", "required", "Why, for the person who decides. Nobody has checked it.")
        .but_not(&[r#"reason = " ""#]),
    key("allow", "list of rules", "all that is granted", "Nothing but this is asked for.").but_not(&[]),
    key("deny", "list of rules", "nothing", "And never this, even if it is granted."),
    key("names", "list of text", "all that is granted", "For `wasi:cli/environment`: the variables. Others have no names."),
];

pub(super) const TABLES: &[Table] = &[
    Table {
        heading: "The whole",
        place: "",
        intro: "Before and beside the tables:",
        fields: keys::<raw::Manifest>,
        keys: &[
            key("manifest-version", "number", "required", "`1`: how this file is to be read.")
                .but_not(&["manifest-version = 2", "manifest-version = \"1\""]),
            key("plugin", "table", "required", "[`[plugin]`](#plugin)"),
            key("world", "table", "any world", "[`[world]`](#world)"),
            key("capability", "lists of tables", "nothing is asked for", "[`[[capability.required]]` and `[[capability.optional]]`](#capabilityrequired-and-capabilityoptional)"),
            key("limits", "table", "those of the host", "[`[limits]`](#limits)"),
            key("lifecycle", "table", "exclusive, without restart and state", "[`[lifecycle]`](#lifecycle)"),
            key("activation", "table", "no event", "[`[activation]`](#activation)"),
            key("contributes", "table", "nothing", "[`[contributes]`](#contributes)"),
        ],
    },
    Table {
        heading: "`[plugin]`",
        place: "[plugin]",
        intro: "Who the plugin is.",
        fields: keys::<raw::Plugin>,
        keys: &[
            key("id", "text", "required", "`namespace:name`, each of small letters, digits and `-`, at most 64. Decisions are kept by it.")
                .but_not(&[r#"id = "md-lint""#, r#"id = "Acme:Lint""#, r#"id = "acme:../lint""#]),
            key("version", "version", "required", "Of the plugin, by semantic versioning. A lower one than was accepted before is not taken without asking.")
                .but_not(&[r#"version = "1""#]),
            key("component", "path", "required", "The component's file, beside this one or below. When the manifest is in the component, the name that it gets when it is unpacked.")
                .but_not(&[r#"component = "../x.wasm""#, r#"component = "/x.wasm""#]),
            key("sha256", "64 hexadecimal digits", "any", "The SHA-256 of the component, which is not opened if it has another.")
                .but_not(&[r#"sha256 = "6a09""#]),
        ],
    },
    Table {
        heading: "`[world]`",
        place: "[world]",
        intro: "What the plugin was made for. An application that names its worlds (`HostBuilder::world`) does not open a plugin for another\n\
                one; when it names none, or the plugin names none, only types are compared, when linking.",
        fields: keys::<raw::World>,
        keys: &[
            key("target", "text", "required", "The world, `namespace:package/world`, without version.")
                .but_not(&[r#"target = "plugin""#, r#"target = "demo:editor/plugin@1.0.0""#]),
            key("version", "range of versions", "any", "The versions of the application's world that it accepts.")
                .but_not(&[r#"version = "new""#]),
        ],
    },
    Table {
        heading: "`[[capability.required]]` and `[[capability.optional]]`",
        place: "[[capability.required]]",
        intro: "What the plugin asks for. It links only if all that is required is granted; what is optional may be left out, and using it is\n\
                then an error. What the manifest is silent about the plugin does not get, granted or not.",
        fields: keys::<raw::Capabilities>,
        keys: &[
            key("required", "list of tables", "none", "Without it the plugin is of no use."),
            key("optional", "list of tables", "none", "It can do without."),
        ],
    },
    Table {
        heading: "A capability",
        place: "[[capability.required]]",
        intro: "The keys of each of these tables.",
        fields: keys::<raw::Capability>,
        keys: CAPABILITY,
    },
    Table {
        heading: "`[limits]`",
        place: "[limits]",
        intro: "What the plugin gets along with. The host's limits hold above: a higher number changes nothing. Bytes are a number, or text with\n\
                a unit (`B`, `kB`, `KiB`, `MB`, `MiB`, `GB`, `GiB`); times are text with one (`us`, `ms`, `s`, `min`, `h`).",
        fields: keys::<raw::Limits>,
        keys: &[
            key("memory", "bytes", "the host's", "All memories of the plugin together.")
                .but_not(&["memory = -1", "memory = nan", r#"memory = "1.5MiB""#, r#"memory = "99999999999GiB""#]),
            key("table-elements", "number", "the host's", "Elements of all its tables together.")
                .but_not(&["table-elements = 9223372036854775808"]),
            key("handles", "number", "the host's", "Resource handles.").but_not(&["handles = 4294967296", "handles = 1e3"]),
            key("open-files", "number", "the host's", "Files and directories that are open."),
            key("sockets", "number", "the host's", "Sockets that are open."),
            key("timers", "number", "the host's", "Pollables that wait for a clock."),
            key("pollables", "number", "the host's", "Pollables of all kinds."),
            key("deadline", "time", "the host's", "How long one call may take, waiting included.")
                .but_not(&["deadline = 250", r#"deadline = "0s""#, r#"deadline = "-1s""#]),
            key("fuel", "number", "the host's", "Fuel that it starts with, if the host counts any."),
            key("fuel-per-call", "number", "the host's", "Fuel that one call may use, if the host counts any."),
            key("host-bytes", "bytes", "the host's", "Memory that host functions keep for it."),
            key("log-bytes", "bytes", "the host's", "What it may write to the log in one call."),
            key("call-bytes", "bytes", "the host's", "What it may give to the host in one call."),
            key("captured-output", "bytes", "the host's", "What is kept of its standard output, and of its standard error."),
            key("output-rate", "bytes", "the host's", "What it may write to both each second; it waits with the rest."),
        ],
    },
    Table {
        heading: "`[lifecycle]`",
        place: "[lifecycle]",
        intro: "What the plugin wishes of the application that runs it. These are the application's to honour (`Manifest::lifecycle`), like\n\
                `[contributes]`; the host does nothing about them, and they give no power.",
        fields: keys::<wishes::RawLifecycle>,
        keys: &[
            key("concurrency", "`\"exclusive\"` or `\"pooled\"`", "`\"exclusive\"`", "One instance, called by one at a time; or as many as the application wants.")
                .but_not(&[r#"concurrency = "all""#]),
            key("restart", "table", "no restart", "When to make it anew; see below.")
                .but_not(&[r#"restart = { on = "crash" }"#]),
            key("state", "`\"none\"`, `\"kv\"` or `\"save-restore\"`", "`\"none\"`", "What outlives an instance: nothing; what it keeps in a store; what exports of the application's world save and restore.")
                .but_not(&[r#"state = "snapshot""#]),
        ],
    },
    Table {
        heading: "`restart`",
        place: "",
        intro: "When and how often the plugin is to be made anew: `restart = { on = \"crash\", max = 3, backoff = \"1s\" }`.",
        fields: keys::<wishes::RawRestart>,
        keys: &[
            key("on", "`\"crash\"` or `\"exit\"`", "required", "After a trap, a deadline or a limit; or however it ended."),
            key("max", "number from 1 to 1000", "required", "How often before it is given up."),
            key("backoff", "time, at most an hour", "required", "How long to wait before the first time."),
        ],
    },
    Table {
        heading: "`[activation]`",
        place: "[activation]",
        intro: "At which events the plugin wishes to be started. What its events are is the application's to know and to honour\n\
                (`Manifest::activation`).",
        fields: keys::<wishes::RawActivation>,
        keys: &[
            key("on", "list of text, at most 256", "required", "Events: a kind, such as `startup`, or a kind and more, such as `language:markdown`.")
                .but_not(&[r#"on = ["*"]"#, r#"on = ["language:*"]"#, r#"on = ["startup", "startup"]"#]),
        ],
    },
];

const HOST: Key =
    key("host", "text", "required", "A name, `*.name`, an address, a network or a class of them.");
const PORT: Key = key(
    "port",
    "number or text",
    "the scheme's, or any",
    "A port, or some: `443`, `\"8000-8999\"`, `\"80,443\"`.",
);

pub(super) const RULES: &[Rules] = &[
    Rules {
        capability: "wasi:filesystem",
        keys: &[
            key("host", "path", "", "For grants alone: which directory of the machine it is."),
            key(
                "path",
                "path",
                "required",
                "Where the plugin sees the directory; in `deny`, a guest path, in which `*` and `**` stand for others.",
            ),
            key(
                "access",
                "`\"read\"` or `\"write\"`",
                "required in `allow`; in `deny` both",
                "What it wants to do there; `write` includes reading.",
            ),
        ],
        right: &[r#"allow = [{ path = "/texts", access = "write" }]"#, r#"deny = [{ path = "**/.env" }]"#],
        wrong: &[
            r#"allow = [{ path = "/a/../b", access = "read" }]"#,
            r#"allow = [{ path = "*", access = "read" }]"#,
            r#"allow = [{ path = "/texts", access = "all" }]"#,
            r#"allow = [{ host = "/", path = "/texts", access = "read" }]"#,
        ],
    },
    Rules {
        capability: "wasi:sockets",
        keys: &[
            HOST,
            PORT,
            key("protocol", "`\"tcp\"` or `\"udp\"`", "both", "What carries the bytes."),
            key(
                "direction",
                "`\"connect\"`, `\"listen\"`, `\"lookup\"`, `\"send\"` or `\"receive\"`",
                "`connect` and `lookup`; in `deny` all",
                "Who begins.",
            ),
        ],
        right: &[
            r#"allow = [{ host = "api.acme.dev", port = 443, protocol = "tcp", direction = "connect" }]"#,
        ],
        wrong: &[r#"allow = [{ host = "127.1" }]"#, r#"allow = [{ host = "api.acme.dev", port = 65536 }]"#],
    },
    Rules {
        capability: "wasi:http",
        keys: &[
            HOST,
            PORT,
            key("scheme", "`\"https\"` or `\"http\"`", "`https`; in `deny` both", "How it travels."),
            key("methods", "list of text", "all", "What may be asked of the host."),
        ],
        right: &[
            r#"allow = [{ scheme = "https", host = "api.acme.dev", port = 443, methods = ["GET", "POST"] }]"#,
        ],
        wrong: &[r#"allow = [{ host = "127.1" }]"#, r#"allow = [{ host = "api.acme.dev", scheme = "ftp" }]"#],
    },
    Rules {
        capability: "wasi:clocks",
        keys: &[key(
            "resolution",
            "time",
            "required",
            "The steps in which it sees the time: `allow` those or coarser ones, `deny` finer ones.",
        )],
        right: &[r#"allow = [{ resolution = "1ms" }]"#],
        wrong: &[r#"allow = [{ resolution = "soon" }]"#],
    },
    Rules {
        capability: "plugbay:host/config",
        keys: &[
            key(
                "key",
                "text",
                "required",
                "The setting's name; with a `*` at its end, all names that begin so.",
            ),
            key("value", "text, number, yes or no", "none", "What it is when nobody says otherwise."),
        ],
        right: &[r#"allow = [{ key = "dash", value = "em" }, { key = "theme.*" }]"#],
        wrong: &[],
    },
    Rules {
        capability: "plugbay:host/kv",
        keys: &[
            key("key", "text", "all", "The key; with a `*` at its end, all keys that begin so."),
            key("access", "`\"read\"` or `\"write\"`", "both", "`write` includes reading in `allow`."),
            key("bytes", "number", "the host's", "What the whole store may hold."),
        ],
        right: &[r#"allow = [{ key = "cache/*", bytes = 1048576 }, { key = "settings", access = "read" }]"#],
        wrong: &[r#"allow = [{ bytes = -1 }]"#],
    },
    Rules {
        capability: "plugbay:host/log",
        keys: &[key(
            "level",
            "text",
            "required",
            "The least important lines that are meant: `trace`, `debug`, `info`, `warn`, `error` or `critical`.",
        )],
        right: &[r#"allow = [{ level = "warn" }]"#],
        wrong: &[r#"allow = [{ level = "loud" }]"#],
    },
    Rules {
        capability: "plugbay:host/secret",
        keys: &[
            key("name", "text", "required", "Which secret."),
            key("host", "text", "required", "To which host: `api.acme.dev`, or `*.acme.dev` for all below."),
            key("header", "text", "`authorization`", "In which header of a request."),
            key("prefix", "text", "nothing", "What comes before it there: `\"Bearer \"`."),
            key("scheme", "`\"https\"` or `\"http\"`", "`https`", "How it travels."),
        ],
        right: &[r#"allow = [{ name = "api-token", host = "api.acme.dev", prefix = "Bearer " }]"#],
        wrong: &[r#"allow = [{ name = "api-token", host = "*" }]"#],
    },
];
