//! One change between two worlds: where, what, and who minds. The rules are here, each with its reason; finding changes is
//! `compare`'s.

use std::fmt;

/// On which side of a component something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// What a component imports: the host provides it.
    Import,
    /// What a component exports: the host calls it.
    Export,
}

/// What a change means to those who were built against the other world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Works as it is.
    Fits,
    /// Works when the host opts in: values are converted on the way.
    Adapts,
    /// Does not work.
    Breaks,
}

/// What happened to a member of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MemberChange {
    /// It is new. `optional` tells whether its type is an `option`, which has a value for "not said".
    Added {
        /// The member's type is `option<…>`.
        optional: bool,
    },
    /// It is gone.
    Removed,
    /// It has another place among the others.
    Moved,
}

/// A member of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Member {
    /// Of a record.
    Field,
    /// Of a variant or enum.
    Case,
    /// Of flags.
    Flag,
}

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChangeKind {
    /// Something is new.
    Added {
        /// "function", "interface", "resource", "type", …
        what: &'static str,
    },
    /// Something is gone.
    Removed {
        /// As above.
        what: &'static str,
        /// What there is instead: the same interface in a version that is not compatible.
        instead: Option<String>,
    },
    /// Something is another kind of thing now.
    Kind {
        /// What it was.
        old: &'static str,
        /// What it is.
        new: &'static str,
    },
    /// A member of a type came, went or moved.
    Member {
        /// Of what it is a member.
        member: Member,
        /// Its name.
        name: String,
        /// What happened to it.
        change: MemberChange,
    },
    /// A parameter has another name; its place and type are the same.
    Renamed {
        /// What it was called.
        old: String,
        /// What it is called.
        new: String,
    },
    /// The number of parameters is another.
    Params {
        /// How many there were.
        old: usize,
        /// How many there are.
        new: usize,
    },
    /// A type is another one.
    Type {
        /// What it was, in WIT notation; "nothing" for a result or payload that there was not.
        old: String,
        /// What it is.
        new: String,
    },
}

/// One change from an older world to a newer one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// Whether it concerns what plugins import or what they export.
    pub side: Side,
    /// What changed: an interface, `interface#function`, `interface.type`, and where inside of it:
    /// ``demo:editor/tools#find: parameter `text` ``.
    pub path: String,
    /// How.
    pub kind: ChangeKind,
}

impl Change {
    /// The change of `kind` at `path`.
    #[must_use]
    pub fn new(side: Side, path: impl Into<String>, kind: ChangeKind) -> Self {
        Self { side, path: path.into(), kind }
    }

    /// What the change means to a plugin that was built against the older world, in a host of the newer one.
    #[must_use]
    pub fn old_plugins(&self) -> Verdict {
        match (&self.kind, self.side) {
            // It never asks for it.
            (ChangeKind::Added { .. }, Side::Import) => Verdict::Fits,
            // A name for a structure: nobody calls it.
            (ChangeKind::Added { what: "type" } | ChangeKind::Removed { what: "type", .. }, _) => {
                Verdict::Fits
            }
            // A call of it is an error of that call.
            (ChangeKind::Added { .. }, Side::Export) => Verdict::Adapts,
            (ChangeKind::Removed { .. }, Side::Import) => Verdict::Breaks,
            // Nobody calls it any more.
            (ChangeKind::Removed { .. }, Side::Export) => Verdict::Fits,
            (ChangeKind::Member { change, .. }, _) => match change {
                MemberChange::Added { .. } | MemberChange::Moved => Verdict::Adapts,
                MemberChange::Removed => Verdict::Breaks,
            },
            // Arguments go by their place.
            (ChangeKind::Renamed { .. }, _) => Verdict::Fits,
            (ChangeKind::Kind { .. } | ChangeKind::Params { .. } | ChangeKind::Type { .. }, _) => {
                Verdict::Breaks
            }
        }
    }

    /// What the change means to a host that was built for the older world, with a plugin of the newer one.
    #[must_use]
    pub fn old_hosts(&self) -> Verdict {
        match (&self.kind, self.side) {
            (ChangeKind::Added { what: "type" } | ChangeKind::Removed { what: "type", .. }, _) => {
                Verdict::Fits
            }
            (ChangeKind::Added { .. }, Side::Import) => Verdict::Breaks,
            (ChangeKind::Added { .. }, Side::Export) => Verdict::Fits,
            (ChangeKind::Removed { .. }, Side::Import) => Verdict::Fits,
            (ChangeKind::Removed { .. }, Side::Export) => Verdict::Adapts,
            (ChangeKind::Member { change: MemberChange::Moved, .. }, _) => Verdict::Adapts,
            (ChangeKind::Renamed { .. }, _) => Verdict::Fits,
            _ => Verdict::Breaks,
        }
    }

    /// Why [`old_plugins`](Self::old_plugins) says what it says, in one sentence.
    #[must_use]
    pub fn why(&self) -> &'static str {
        match (&self.kind, self.side) {
            (ChangeKind::Added { what: "type" } | ChangeKind::Removed { what: "type", .. }, _) => {
                "a type alone is only a name; the functions that use it are compared by structure"
            }
            (ChangeKind::Added { .. }, Side::Import) => "an older plugin does not ask for it",
            (ChangeKind::Added { .. }, Side::Export) => {
                "an older plugin does not have it: calling it is an error of that call"
            }
            (ChangeKind::Removed { .. }, Side::Import) => {
                "an older plugin may ask for it, and the host does not offer it any more"
            }
            (ChangeKind::Removed { .. }, Side::Export) => "the host does not call it any more",
            (ChangeKind::Member { member, change, .. }, _) => member_why(*member, *change),
            (ChangeKind::Renamed { .. }, _) => "arguments go by their place; only calls by name must change",
            (ChangeKind::Kind { .. }, _) => "the two have nothing in common",
            (ChangeKind::Params { .. }, _) => "arguments go by their place, and there is no default for one",
            (ChangeKind::Type { .. }, _) => "values of the one type are no values of the other",
        }
    }
}

impl Change {
    /// The change told as a difference between a component (the older side) and a world that it should fit.
    #[must_use]
    pub fn difference(&self) -> String {
        let text = match (&self.kind, self.side) {
            (ChangeKind::Added { what }, Side::Export) => {
                format!("the world expects this {what}, the component does not export it")
            }
            (ChangeKind::Added { what }, Side::Import) => {
                format!("the world offers this {what}, the component does not import it")
            }
            (ChangeKind::Removed { what, instead }, Side::Import) => {
                let hint = instead
                    .as_ref()
                    .map(|it| format!("; it offers `{it}`, which is not a compatible version"));
                format!(
                    "the component imports this {what}, the world does not offer it{}",
                    hint.unwrap_or_default()
                )
            }
            (ChangeKind::Removed { what, .. }, Side::Export) => {
                format!("the component exports this {what}, the world does not ask for it")
            }
            (ChangeKind::Kind { old, new }, _) => format!("the component has a {old}, the world a {new}"),
            (ChangeKind::Member { member, name, change }, _) => match change {
                MemberChange::Added { .. } => {
                    format!("the world has a {member} `{name}`, the component does not")
                }
                MemberChange::Removed => format!("the component has a {member} `{name}`, the world does not"),
                MemberChange::Moved => format!("the {member} `{name}` is in another place"),
            },
            (ChangeKind::Renamed { old, new }, _) => {
                format!("the component calls a parameter `{old}`, the world `{new}`")
            }
            (ChangeKind::Params { old, new }, _) => {
                format!("the component has {old} parameters, the world {new}")
            }
            (ChangeKind::Type { old, new }, _) => format!("the component has {old}, the world {new}"),
        };
        format!("{} {}: {text}", self.side, self.path)
    }
}

fn member_why(member: Member, change: MemberChange) -> &'static str {
    match (member, change) {
        (Member::Field, MemberChange::Added { optional: true }) => {
            "what an older plugin gives is completed with `none`; what it gets is cut to its fields"
        }
        (Member::Field, MemberChange::Added { optional: false }) => {
            "what an older plugin gives is completed with the host's default, which has to be set; what it gets is cut to \
             its fields"
        }
        (Member::Case | Member::Flag, MemberChange::Added { .. }) => {
            "an older plugin never gives it; giving it to one is an error of that call"
        }
        (Member::Field, MemberChange::Removed) => "an older plugin expects it",
        (Member::Case | Member::Flag, MemberChange::Removed) => {
            "an older plugin may give it, and the host has no word for it"
        }
        (_, MemberChange::Moved) => "members are matched by name; only the binary form differs",
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Import => "import",
            Self::Export => "export",
        })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Fits => "fits",
            Self::Adapts => "adapts",
            Self::Breaks => "breaks",
        })
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Field => "field",
            Self::Case => "case",
            Self::Flag => "flag",
        })
    }
}

impl fmt::Display for ChangeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added { what } => write!(f, "{what} added"),
            Self::Removed { what, instead: None } => write!(f, "{what} removed"),
            Self::Removed { what, instead: Some(other) } => {
                write!(f, "{what} removed; there is `{other}`, which is not a compatible version")
            }
            Self::Kind { old, new } => write!(f, "was a {old}, is a {new}"),
            Self::Member { member, name, change } => {
                let change = match change {
                    MemberChange::Added { .. } => "added",
                    MemberChange::Removed => "removed",
                    MemberChange::Moved => "moved",
                };
                write!(f, "{member} `{name}` {change}")
            }
            Self::Renamed { old, new } => write!(f, "parameter `{old}` renamed to `{new}`"),
            Self::Params { old, new } => {
                write!(f, "took {old} parameter{}, takes {new}", if *old == 1 { "" } else { "s" })
            }
            Self::Type { old, new } => write!(f, "was {old}, is {new}"),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.side, self.path, self.kind)
    }
}
