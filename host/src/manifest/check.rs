//! From the keys of `plugin.toml` to a `Manifest`: every value must make sense, and every key must be one that is kept.

use std::ops::Range;

use semver::{Version, VersionReq};
use toml::Spanned;

use super::request::{LimitRequest, Request};
use super::{Manifest, ManifestError, Place, Text, World, check_rules, raw, units, wishes};
use crate::grant::name::{Name, Pattern};

/// A mistake and where it is.
pub(super) type Mistake = (Range<usize>, String);
pub(super) type Result<T> = std::result::Result<T, Mistake>;

pub(super) fn check(raw: raw::Manifest, text: Text<'_>) -> std::result::Result<Manifest, ManifestError> {
    let mut requests: Vec<Request> = Vec::new();
    let mistake = |(span, problem)| ManifestError::new(text.file, text.text, Some(span), problem);
    version_of_format(&raw.manifest_version).map_err(mistake)?;
    for (required, list) in [(true, &raw.capability.required), (false, &raw.capability.optional)] {
        for capability in list {
            let mut request = request(capability, required, text).map_err(mistake)?;
            if requests.iter().any(|other| other.pattern == request.pattern) {
                let problem = format!("`{}` is asked for twice: keep one", request.pattern);
                return Err(mistake((capability.interface.span(), problem)));
            }
            check_rules::read(&mut request, capability, text)?;
            requests.push(request);
        }
    }
    manifest(raw, requests).map_err(mistake)
}

fn version_of_format(version: &Spanned<i64>) -> Result<()> {
    match version.get_ref() {
        1 => Ok(()),
        found => wrong(
            version,
            format!("manifest-version is {found}; this build reads version 1: write `manifest-version = 1`"),
        ),
    }
}

fn manifest(raw: raw::Manifest, requests: Vec<Request>) -> Result<Manifest> {
    Ok(Manifest {
        id: id(&raw.plugin.id)?.into(),
        version: version(&raw.plugin.version)?,
        component: inside(&raw.plugin.component)?,
        digest: raw.plugin.sha256.as_ref().map(digest).transpose()?,
        world: raw.world.as_ref().map(world).transpose()?,
        requests,
        limits: limits(&raw.limits)?,
        lifecycle: wishes::lifecycle(raw.lifecycle)?,
        activation: raw.activation.map(wishes::activation).transpose()?.unwrap_or_default(),
        contributes: raw.contributes,
    })
}

pub(super) fn wrong<T, V>(value: &Spanned<V>, problem: impl Into<String>) -> Result<T> {
    Err((value.span(), problem.into()))
}

/// `namespace:name`, in the letters that WIT packages have.
fn id(text: &Spanned<String>) -> Result<String> {
    let label = |part: &str| {
        part.len() <= 64
            && part.starts_with(|first: char| first.is_ascii_lowercase())
            && !part.ends_with('-')
            && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    match text.get_ref().split_once(':') {
        Some((namespace, name)) if label(namespace) && label(name) => Ok(text.get_ref().clone()),
        _ => wrong(
            text,
            format!(
                "{:?} is no plugin id: write `namespace:name` in small letters, digits and `-`, such as `acme:md-lint`",
                text.get_ref()
            ),
        ),
    }
}

fn version(text: &Spanned<String>) -> Result<Version> {
    Version::parse(text.get_ref()).or_else(|error| {
        wrong(text, format!("{:?} is no version ({error}): write one such as `1.2.3`", text.get_ref()))
    })
}

/// A path that stays in the plugin's folder.
fn inside(text: &Spanned<String>) -> Result<String> {
    let path = text.get_ref();
    let plain = path.split('/').all(|part| !matches!(part, "" | "." | ".."));
    let portable = !path.contains(['\\', ':']) && !path.chars().any(char::is_control);
    if !plain || !portable {
        return wrong(
            text,
            format!(
                "{path:?} does not stay in the plugin's folder: write a relative path without `..`, such as \
                 `md_lint.wasm`"
            ),
        );
    }
    if matches!(path.to_lowercase().as_str(), "plugin.toml" | "plugin.sig") {
        return wrong(
            text,
            format!("{path:?} is another file of the plugin: give the component a name of its own"),
        );
    }
    Ok(path.clone())
}

fn digest(text: &Spanned<String>) -> Result<[u8; 32]> {
    super::parse_digest(text.get_ref()).map_or_else(
        || {
            wrong(
                text,
                "`sha256` is not the 64 hexadecimal digits of a SHA-256: `sha256sum FILE` prints them",
            )
        },
        Ok,
    )
}

fn world(raw: &raw::World) -> Result<World> {
    let target = raw.target.get_ref();
    let name = Name::parse(target);
    if !Pattern::new(target.as_str()).is_well_formed() || name.interface.is_none() || name.version.is_some() {
        return wrong(
            &raw.target,
            format!(
                "{target:?} is no world: write `namespace:package/world` without a version, such as \
                 `demo:editor/plugin`; the versions go to `version`"
            ),
        );
    }
    let version = raw.version.as_ref().map(|version| {
        VersionReq::parse(version.get_ref()).or_else(|error| {
            wrong(
                version,
                format!(
                    "{:?} is no range of versions ({error}): write one such as `>=1.2, <2`",
                    version.get_ref()
                ),
            )
        })
    });
    Ok(World { target: target.clone(), version: version.transpose()? })
}

fn request(raw: &raw::Capability, required: bool, text: Text<'_>) -> Result<Request> {
    let interface = raw.interface.get_ref();
    let pattern = Pattern::new(interface.as_str());
    if !pattern.is_well_formed() {
        return wrong(
            &raw.interface,
            format!(
                "{interface:?} is no interface: write its WIT name, such as `wasi:clocks` or `demo:editor/buffers`"
            ),
        );
    }
    if raw.reason.get_ref().trim().is_empty() || raw.reason.get_ref().len() > 1000 {
        return wrong(
            &raw.reason,
            "write why the plugin wants it, for the person who decides, in 1 to 1000 bytes",
        );
    }
    if Name::unversioned(interface) != "wasi:cli/environment"
        && let Some(name) = raw.names.first()
    {
        return wrong(
            name,
            format!("`names` is for `wasi:cli/environment` only; nobody would keep it for `{interface}`"),
        );
    }
    let names = raw.names.iter().map(variable).collect::<Result<_>>()?;
    let place = Place::new(text.file, text.text, raw.interface.span().start);
    let (files, allow, deny) = Default::default();
    let reason = raw.reason.get_ref().clone();
    Ok(Request { pattern, reason, required, files, names, allow, deny, place })
}

fn variable(name: &Spanned<String>) -> Result<String> {
    if name.get_ref().is_empty() || name.get_ref().contains(['=', '\0']) {
        return wrong(name, format!("{:?} cannot be the name of an environment variable", name.get_ref()));
    }
    Ok(name.get_ref().clone())
}

fn limits(raw: &raw::Limits) -> Result<LimitRequest> {
    let bytes = |value: &Option<Spanned<raw::Quantity>>| value.as_ref().map(quantity).transpose();
    Ok(LimitRequest {
        memory: bytes(&raw.memory)?,
        table_elements: raw.table_elements.as_ref().map(count).transpose()?,
        handles: raw.handles.as_ref().map(count).transpose()?,
        open_files: raw.open_files.as_ref().map(count).transpose()?,
        sockets: raw.sockets.as_ref().map(count).transpose()?,
        timers: raw.timers.as_ref().map(count).transpose()?,
        pollables: raw.pollables.as_ref().map(count).transpose()?,
        deadline: raw.deadline.as_ref().map(duration).transpose()?,
        fuel: raw.fuel.as_ref().map(count).transpose()?,
        fuel_per_call: raw.fuel_per_call.as_ref().map(count).transpose()?,
        host_bytes: bytes(&raw.host_bytes)?,
        log_bytes: bytes(&raw.log_bytes)?,
        call_bytes: bytes(&raw.call_bytes)?,
        captured_output: bytes(&raw.captured_output)?
            .map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX)),
        output_rate: bytes(&raw.output_rate)?,
    })
}

fn quantity(value: &Spanned<raw::Quantity>) -> Result<u64> {
    let bytes = match value.get_ref() {
        raw::Quantity::Number(number) => u64::try_from(*number).ok(),
        raw::Quantity::Text(text) => units::bytes(text),
    };
    bytes.map_or_else(
        || wrong(value, "not a number of bytes: write one such as `65536`, `\"64KiB\"` or `\"32MiB\"`"),
        Ok,
    )
}

pub(super) fn duration(value: &Spanned<String>) -> Result<std::time::Duration> {
    units::duration(value.get_ref())
        .map_or_else(|| wrong(value, "not a length of time: write one such as `\"250ms\"` or `\"5s\"`"), Ok)
}

fn count<N: TryFrom<i64>>(value: &Spanned<i64>) -> Result<N> {
    N::try_from(*value.get_ref())
        .or_else(|_| wrong(value, format!("{} is no count that anything could have", value.get_ref())))
}
