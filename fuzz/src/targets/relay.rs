//! A function of a made-up type that the host offers, through one guest or several, one behind the other, back to the host:
//! the arguments arrive as they were sent and the result comes back as it was given, whatever the encodings of strings and
//! whether values travel in registers or memory. Handles stand for the same resources, and none is lost.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};
use plugbay_component::types::{FuncType, ResourceType};
use plugbay_component::{Component, Error, HostContext, Limits, Linker, ResourceAny, Val, wave};
use plugbay_engine::{Config, Engine, StoreLimits};

use crate::Outcome;
use crate::made_up::{Ty, value, with_handles};

static ENGINE: LazyLock<Engine> =
    LazyLock::new(|| Engine::new(&Config::default().with_parallel_compilation(false)).expect("an engine"));

/// Feeds one input.
pub fn run(bytes: &[u8]) -> Outcome {
    attempt(&mut Unstructured::new(bytes)).unwrap_or(Outcome::Refused)
}

/// The host's side of a call.
#[derive(Default)]
struct Call {
    /// The text of the arguments that came, with the numbers of resources for handles.
    came: Vec<String>,
    /// What to answer, with numbers for handles.
    answer: Option<Val>,
    /// Resources that are alive: how many handles own each number.
    alive: BTreeMap<u32, i64>,
}

fn attempt(input: &mut Unstructured<'_>) -> Result<Outcome> {
    let made = Made::any(input)?;
    let text = made.component();
    let bytes = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let component = Component::new(&ENGINE, &bytes).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let pre = linker().pre(&component).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let instance = pre.instantiate(Call::default(), StoreLimits::default(), Limits::default());
    let mut instance = instance.unwrap_or_else(|error| panic!("{error}\n{text}"));
    let func = instance.func("f").expect("an export");
    let ty = instance.func_type(func).expect("its own function");
    let mut looked_at = 0;
    for _ in 0..3 {
        let number = &mut |_: &ResourceType, number: u32| Some(Val::U32(number));
        let args =
            ty.params().iter().map(|(_, ty)| value(ty, input, number)).collect::<Result<Vec<Val>>>()?;
        let answer = ty.result().map(|ty| value(ty, input, number)).transpose()?;
        instance.data_mut().answer.clone_from(&answer);
        let mut lent = Vec::new();
        let given: Vec<Val> = ty
            .params()
            .iter()
            .zip(&args)
            .map(|((_, ty), arg)| {
                with_handles(ty, arg, &mut |resource, number| {
                    let number = rep(number);
                    *instance.data_mut().alive.entry(number).or_default() += 1;
                    let made = instance.resource_new(resource, number).expect("a resource of the host");
                    if matches!(ty, plugbay_component::types::ValType::Borrow(_)) {
                        lent.push(made);
                    }
                    Val::Resource(made)
                })
            })
            .collect();
        let back = instance.call(func, &given).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let came = std::mem::take(&mut instance.data_mut().came);
        let sent: Vec<String> = args.iter().map(wave::print).collect();
        assert_eq!(came, sent, "the arguments\n{text}");
        let back = back.map(|back| {
            with_handles(ty.result().expect("a result"), &back, &mut |_, handle| {
                let number = instance.resource_take(any(handle)).expect("an own of the host's");
                *instance.data_mut().alive.entry(number).or_default() -= 1;
                Val::U32(number)
            })
        });
        assert_eq!(back.as_ref().map(wave::print), answer.as_ref().map(wave::print), "the result\n{text}");
        for lent in lent {
            instance.drop_resource(lent).unwrap_or_else(|error| panic!("{error}\n{text}"));
        }
        let alive = &instance.data().alive;
        assert!(alive.values().all(|owns| *owns == 0), "resources left: {alive:?}\n{text}");
        looked_at += 1;
    }
    Ok(Outcome::Ran(looked_at))
}

fn rep(number: &Val) -> u32 {
    match number {
        Val::U32(number) => *number,
        other => panic!("not the number of a resource: {other:?}"),
    }
}

fn any(handle: &Val) -> ResourceAny {
    match handle {
        Val::Resource(any) => *any,
        other => panic!("not a handle: {other:?}"),
    }
}

fn linker() -> Linker<Call> {
    let mut linker = Linker::new();
    let mut host = linker.instance("host");
    host.resource_dynamic("r", |cx: &mut HostContext<'_, Call>, rep| {
        *cx.data_mut().alive.entry(rep).or_default() -= 1;
        Ok(())
    })
    .expect("a resource");
    host.func_dynamic("g", answered).expect("a function");
    linker
}

/// The function at the other end: writes down what came, and answers.
fn answered(
    cx: &mut HostContext<'_, Call>,
    ty: &FuncType,
    args: &[Val],
) -> std::result::Result<Option<Val>, Error> {
    for ((_, ty), arg) in ty.params().iter().zip(args) {
        let borrowed = matches!(ty, plugbay_component::types::ValType::Borrow(_));
        let arg = with_handles(ty, arg, &mut |_, handle| {
            let number = match borrowed {
                true => cx.resource_rep(any(handle)),
                false => cx.resource_take(any(handle)),
            };
            let number = number.expect("a handle of the host's");
            *cx.data_mut().alive.entry(number).or_default() -= i64::from(!borrowed);
            Val::U32(number)
        });
        cx.data_mut().came.push(wave::print(&arg));
    }
    let answer = cx.data().answer.clone();
    Ok(answer.map(|answer| {
        with_handles(ty.result().expect("a result"), &answer, &mut |resource, number| {
            let number = rep(number);
            *cx.data_mut().alive.entry(number).or_default() += 1;
            Val::Resource(cx.resource_new(resource, number).expect("a resource of the host"))
        })
    }))
}

/// What is made up: a function's type, and the encodings of the guests on the way.
struct Made {
    /// Whether a borrow comes first.
    borrow: bool,
    params: Vec<Ty>,
    result: Option<Ty>,
    encodings: Vec<&'static str>,
}

impl Made {
    fn any(input: &mut Unstructured<'_>) -> Result<Self> {
        let guests = input.int_in_range(1..=3)?;
        let encodings = (0..guests)
            .map(|_| Ok(*input.choose(&["utf8", "utf16", "latin1+utf16"])?))
            .collect::<Result<_>>()?;
        let borrow = input.ratio(1, 4)?;
        let result = if input.ratio(3, 4)? { Some(Ty::any(input, 3, true)?) } else { None };
        let params =
            if input.ratio(1, 8)? { input.int_in_range(12..=20)? } else { input.int_in_range(0..=3)? };
        let depth = if params > 3 { 1 } else { 3 };
        let params = (0..params).map(|_| Ty::any(input, depth, true)).collect::<Result<_>>()?;
        Ok(Self { borrow, params, result, encodings })
    }

    fn component(&self) -> String {
        let mut named = Vec::new();
        let borrow = if self.borrow { r#" (param "b" (borrow $r))"# } else { "" };
        let params = self.params.iter().enumerate();
        let params: String =
            params.map(|(index, ty)| format!(" (param \"p{index}\" {})", ty.text(&mut named))).collect();
        let result =
            self.result.as_ref().map_or(String::new(), |ty| format!(" (result {})", ty.text(&mut named)));
        let ty = format!("{borrow}{params}{result}");
        let each = |with: &dyn Fn(usize, &String) -> String| -> String {
            named.iter().enumerate().map(|(index, definition)| with(index, definition)).collect()
        };
        let offered = each(&|n, is| format!(r#"(type $d{n} {is}) (export "t{n}" (type $t{n} (eq $d{n}))) "#));
        let taken = each(&|n, is| format!(r#"(type $d{n} {is}) (import "t{n}" (type $t{n} (eq $d{n}))) "#));
        let aliases = each(&|n, _| format!(r#"(alias export $host "t{n}" (type $t{n})) "#));
        let given = each(&|n, _| format!(r#"(with "t{n}" (type $t{n})) "#));
        let guests: String = self.encodings.iter().enumerate().map(|(n, encoding)| {
            let behind = if n == 0 { r#"$host "g""#.to_owned() } else { format!(r#"$i{} "f""#, n - 1) };
            format!(
                "\n{}\n  (instance $i{n} (instantiate $guest{n} (with \"r\" (type $r)) {given}(with \"g\" (func {behind}))))",
                self.guest(n, encoding, &taken, &ty)
            )
        }).collect();
        format!(
            r#"(component
  (import "host" (instance $host (export "r" (type $r (sub resource))) {offered}(export "g" (func{ty}))))
  (alias export $host "r" (type $r)) {aliases}{guests}
  (export "f" (func $i{} "f")))"#,
            self.encodings.len() - 1
        )
    }

    /// A guest that passes on what it is given, as it lies.
    fn guest(&self, n: usize, encoding: &str, taken: &str, ty: &str) -> String {
        let mut params: Vec<&str> = if self.borrow { vec!["i32"] } else { Vec::new() };
        params.extend(self.params.iter().flat_map(Ty::flat));
        let spilled = params.len() > 16;
        if spilled {
            params = vec!["i32"];
        }
        let results = self.result.as_ref().map_or(Vec::new(), Ty::flat);
        let in_memory = results.len() > 1;
        let lifted = if in_memory { " (result i32)".to_owned() } else { listed("result", &results) };
        let lowered = if in_memory { (" i32", String::new()) } else { ("", listed("result", &results)) };
        let args: String = (0..params.len()).map(|index| format!(" (local.get {index})")).collect();
        let (out, kept) = if in_memory { (" (i32.const 64)", " (i32.const 64)") } else { ("", "") };
        let returned = match (self.borrow, spilled) {
            (false, _) => "",
            (true, false) => " (call $drop (local.get 0))",
            (true, true) => " (call $drop (i32.load (local.get 0)))",
        };
        let options = format!(
            r#"string-encoding={encoding} (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))"#
        );
        format!(
            r#"  (component $guest{n}
    (import "r" (type $r (sub resource))) {taken}
    (import "g" (func $g{ty}))
    {LIBC}
    (core func $g (canon lower (func $g) {options})) (core func $drop (canon resource.drop $r))
    (core module $m (import "" "g" (func $g (param {params}{}){}))
      (import "" "drop" (func $drop (param i32))) (import "libc" "memory" (memory 1))
      (func (export "f") (param {params}){lifted} (call $g{args}{out}){returned}{kept}))
    (core instance $i (instantiate $m (with "libc" (instance $libc))
      (with "" (instance (export "g" (func $g)) (export "drop" (func $drop))))))
    (func (export "f"){ty} (canon lift (core func $i "f") {options})))"#,
            lowered.0,
            lowered.1,
            params = params.join(" "),
        )
    }
}

fn listed(word: &str, types: &[&str]) -> String {
    if types.is_empty() { String::new() } else { format!(" ({word} {})", types.join(" ")) }
}

/// A memory whose first pages are for results.
const LIBC: &str = r#"(core module $Libc (memory (export "memory") 1)
      (global $top (mut i32) (i32.const 16384))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
        (local.set $at (i32.and (i32.add (global.get $top) (i32.sub (local.get 2) (i32.const 1)))
          (i32.sub (i32.const 0) (local.get 2))))
        (global.set $top (i32.add (local.get $at) (local.get 3)))
        (if (i32.gt_u (global.get $top) (i32.mul (memory.size) (i32.const 65536)))
          (then (drop (memory.grow (i32.add (i32.shr_u (local.get 3) (i32.const 16)) (i32.const 1))))))
        (memory.copy (local.get $at) (local.get 0)
          (select (local.get 1) (local.get 3) (i32.lt_u (local.get 1) (local.get 3))))
        (local.get $at)))
    (core instance $libc (instantiate $Libc))"#;
