//! Generated programs of nested `try_table`s, throws and calls of all kinds, in every way of compiling, beside a model
//! that says what they do.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test's way of failing"
)]

use std::fmt::Write;

use plugbay_engine::{
    CompileStrategy, Config, Context, Engine, ErrorKind, Extern, Func, FuncType, Instance, Module, OptLevel,
    Store, StoreLimits, TrapKind, TrapStyle, Val, ValType,
};

/// Functions of a program. The upper half is in a module of its own; each calls only those above it.
const FUNCTIONS: usize = 8;
/// Tags as the modules name them; the last one is the first one again.
const TAGS: usize = 4;

enum Step {
    /// Writes to the trace, and changes a local.
    Mark(i64),
    Throw {
        tag: usize,
        value: i64,
    },
    Trap,
    Call {
        how: How,
        callee: usize,
    },
    Try {
        body: Vec<Step>,
        clauses: Vec<Clause>,
    },
}

#[derive(Clone, Copy)]
enum How {
    Direct,
    Indirect,
    ThroughHost,
    Tail,
}

struct Clause {
    /// `None` for all.
    tag: Option<usize>,
    by_reference: bool,
    mark: i64,
    again: bool,
}

/// How a function ends early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Thrown {
        tag: usize,
        value: i64,
    },
    Trapped,
    /// Not an end at all: the function's last call took its place.
    Returned,
}

/// A generator of numbers, small and always the same.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit
    }

    fn small(&mut self) -> i64 {
        self.below(1000) as i64
    }

    fn steps(&mut self, function: usize, depth: usize) -> Vec<Step> {
        (0..1 + self.below(4)).map(|_| self.step(function, depth)).collect()
    }

    fn step(&mut self, function: usize, depth: usize) -> Step {
        match self.below(12) {
            0..3 => Step::Mark(self.small()),
            3 => Step::Throw { tag: self.below(TAGS), value: self.small() },
            4 if self.below(8) == 0 => Step::Trap,
            5..8 if function + 1 < FUNCTIONS => {
                let how =
                    [How::Direct, How::Direct, How::Indirect, How::ThroughHost, How::Tail][self.below(5)];
                Step::Call { how, callee: function + 1 + self.below(FUNCTIONS - function - 1) }
            }
            _ if depth < 4 => Step::Try {
                body: self.steps(function, depth + 1),
                clauses: (0..self.below(4)).map(|_| self.clause()).collect(),
            },
            _ => Step::Mark(self.small()),
        }
    }

    fn clause(&mut self) -> Clause {
        let tag = Some(self.below(TAGS + 1)).filter(|tag| *tag < TAGS);
        let by_reference = self.below(2) == 0;
        Clause { tag, by_reference, mark: self.small(), again: by_reference && self.below(3) == 0 }
    }
}

/// What programs do.
struct Model<'a> {
    functions: &'a [Vec<Step>],
    trace: i64,
}

impl Model<'_> {
    fn mark(&mut self, local: &mut i64, value: i64) {
        self.trace = self.trace.wrapping_mul(31).wrapping_add(value).wrapping_add(*local);
        *local += value;
    }

    fn call(&mut self, function: usize) -> Result<(), End> {
        let functions = self.functions;
        match self.run(&functions[function], &mut 0) {
            Err(End::Returned) => Ok(()),
            other => other,
        }
    }

    fn run(&mut self, steps: &[Step], local: &mut i64) -> Result<(), End> {
        for step in steps {
            match step {
                Step::Mark(value) => self.mark(local, *value),
                // The last tag is the first one.
                Step::Throw { tag, value } => {
                    return Err(End::Thrown { tag: tag % (TAGS - 1), value: *value });
                }
                Step::Trap => return Err(End::Trapped),
                // A tail call leaves the handlers: what it throws is thrown by the function itself.
                Step::Call { how: How::Tail, callee } => {
                    return Err(match self.call(*callee) {
                        Ok(()) => End::Returned,
                        Err(End::Thrown { tag, value }) => End::Thrown { tag: tag + 100, value },
                        Err(end) => end,
                    });
                }
                Step::Call { callee, .. } => self.call(*callee).map_err(landed)?,
                Step::Try { body, clauses } => {
                    let Err(end) = self.run(body, local) else { continue };
                    let End::Thrown { tag, value } = end else { return Err(end) };
                    let caught =
                        clauses.iter().find(|clause| clause.tag.is_none_or(|of| of % (TAGS - 1) == tag));
                    // Exceptions of tail calls pass by.
                    let Some(clause) = caught.filter(|_| tag < 100) else { return Err(end) };
                    self.mark(local, clause.mark);
                    if clause.tag.is_some() {
                        self.mark(local, value);
                    }
                    if clause.again {
                        return Err(end);
                    }
                }
            }
        }
        Ok(())
    }
}

/// An exception as the caller of the function sees it that let it out.
fn landed(end: End) -> End {
    match end {
        End::Thrown { tag, value } => End::Thrown { tag: tag % 100, value },
        end => end,
    }
}

/// The text of a function's body.
fn text(steps: &[Step], out: &mut String, labels: &mut usize) {
    for step in steps {
        match step {
            Step::Mark(value) => mark(out, &format!("(i64.const {value})")),
            Step::Throw { tag, value } => write!(out, "(throw $t{tag} (i64.const {value}))").unwrap(),
            Step::Trap => out.push_str("(unreachable)"),
            Step::Call { how, callee } => match how {
                How::Direct => write!(out, "(call $f{callee})").unwrap(),
                How::Indirect => write!(out, "(call_indirect $all (type $f) (i32.const {callee}))").unwrap(),
                How::ThroughHost => write!(out, "(call $relay (i32.const {callee}))").unwrap(),
                How::Tail => write!(out, "(return_call $f{callee})").unwrap(),
            },
            Step::Try { body, clauses } => attempt(body, clauses, out, labels),
        }
        out.push('\n');
    }
}

fn mark(out: &mut String, value: &str) {
    write!(
        out,
        "(global.set $trace (i64.add (i64.add (i64.mul (global.get $trace) (i64.const 31)) {value}) (local.get $x)))
         (local.set $x (i64.add (local.get $x) {value}))"
    )
    .unwrap();
}

fn attempt(body: &[Step], clauses: &[Clause], out: &mut String, labels: &mut usize) {
    *labels += 1;
    let label = *labels;
    write!(out, "(block $after{label} ").unwrap();
    for (index, clause) in clauses.iter().enumerate().rev() {
        let value = if clause.tag.is_some() { "i64" } else { "" };
        let reference = if clause.by_reference { "exnref" } else { "" };
        write!(out, "(block $c{label}_{index} (result {value} {reference}) ").unwrap();
    }
    out.push_str("(try_table ");
    for (index, clause) in clauses.iter().enumerate() {
        let reference = if clause.by_reference { "_ref" } else { "" };
        match clause.tag {
            Some(tag) => write!(out, "(catch{reference} $t{tag} $c{label}_{index})").unwrap(),
            None => write!(out, "(catch_all{reference} $c{label}_{index})").unwrap(),
        }
    }
    text(body, out, labels);
    write!(out, ") (br $after{label})").unwrap();
    for clause in clauses {
        out.push_str(") ");
        if clause.by_reference {
            out.push_str("(local.set $e)");
        }
        if clause.tag.is_some() {
            out.push_str("(local.set $v)");
        }
        mark(out, &format!("(i64.const {})", clause.mark));
        if clause.tag.is_some() {
            mark(out, "(local.get $v)");
        }
        match clause.again {
            true => out.push_str("(throw_ref (local.get $e))"),
            false => write!(out, "(br $after{label})").unwrap(),
        }
    }
    out.push_str(")\n");
}

/// The text of the module with these functions of the program.
fn module_text(functions: &[Vec<Step>], range: std::ops::Range<usize>) -> String {
    let mut out = String::from(
        r#"(module (type $f (func)) (import "c" "t0" (tag $t0 (param i64))) (import "c" "t1" (tag $t1 (param i64)))
        (import "c" "t2" (tag $t2 (param i64))) (import "c" "t0" (tag $t3 (param i64)))
        (import "c" "trace" (global $trace (mut i64))) (import "c" "all" (table $all 8 funcref))
        (import "h" "relay" (func $relay (param i32)))"#,
    );
    for imported in range.end..FUNCTIONS {
        write!(out, r#"(import "u" "f{imported}" (func $f{imported}))"#).unwrap();
    }
    for function in range {
        write!(
            out,
            r#"(func $f{function} (export "f{function}") (local $x i64) (local $v i64) (local $e exnref) "#
        )
        .unwrap();
        text(&functions[function], &mut out, &mut 0);
        writeln!(out, ") (elem (i32.const {function}) $f{function})").unwrap();
    }
    out.push(')');
    out
}

const COMMON: &str = r#"(module (tag (export "t0") (param i64)) (tag (export "t1") (param i64)) (tag (export "t2") (param i64))
    (global (export "trace") (mut i64) (i64.const 0)) (table (export "all") 8 funcref))"#;

/// What a program does in truth: how it ends, and its trace.
fn execute(engine: &Engine, functions: &[Vec<Step>]) -> (Result<(), End>, i64) {
    let mut store = Store::new(engine, Vec::<Func>::new(), StoreLimits::default()).unwrap();
    let mut cx = store.context();
    let make = |cx: &mut Context<'_, Vec<Func>>, text: &str, imports: &[Extern]| {
        let bytes = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        Instance::new(cx, &Module::new(engine, &bytes).unwrap(), imports).unwrap()
    };
    let common = make(&mut cx, COMMON, &[]);
    let shared = ["t0", "t1", "t2", "t0", "trace", "all"].map(|name| common.export(&cx, name).unwrap());
    let relay = Func::new(&mut cx, FuncType::new([ValType::I32], []), |cx, params, _| {
        let Val::I32(function) = params[0] else { panic!() };
        let function = cx.data()[function as usize];
        function.call(cx, &[]).map(drop)
    });
    let mut imports = shared.to_vec();
    imports.push(relay.into());
    let upper = make(&mut cx, &module_text(functions, FUNCTIONS / 2..FUNCTIONS), &imports);
    let name = |function: usize| format!("f{function}");
    imports.extend((FUNCTIONS / 2..FUNCTIONS).map(|function| upper.export(&cx, &name(function)).unwrap()));
    let lower = make(&mut cx, &module_text(functions, 0..FUNCTIONS / 2), &imports);
    let all = (0..FUNCTIONS).map(|function| {
        let instance = if function < FUNCTIONS / 2 { lower } else { upper };
        instance.export(&cx, &name(function)).unwrap().into_func().unwrap()
    });
    let all: Vec<Func> = all.collect();
    cx.data_mut().clone_from(&all);
    let end = all[0].call(&mut cx, &[]).map(drop).map_err(|error| match error.exception() {
        Some(exception) => {
            let tag = shared.iter().position(|tag| *tag == Extern::Tag(exception.tag())).unwrap();
            let Val::I64(value) = exception.values(&cx).unwrap()[0] else { panic!() };
            End::Thrown { tag, value }
        }
        None => {
            assert_eq!(error.trap().unwrap().kind(), TrapKind::Unreachable);
            End::Trapped
        }
    });
    let Val::I64(trace) = shared[4].into_global().unwrap().get(&cx) else { panic!() };
    (end, trace)
}

#[test]
fn generated_nests_do_what_the_model_says() {
    let configs = [
        Config::new(),
        Config::new().with_trap_style(TrapStyle::Explicit),
        Config::new().with_compile_strategy(CompileStrategy::Lazy).with_fuel(true),
        Config::new().with_opt_level(OptLevel::None),
    ];
    let engines = configs.map(|config| Engine::new(&config).unwrap());
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut thrown, mut returned) = (0, 0);
    for round in 0..60 {
        let functions: Vec<_> = (0..FUNCTIONS).map(|function| random.steps(function, 0)).collect();
        let mut model = Model { functions: &functions, trace: 0 };
        let end = model.call(0).map_err(landed);
        match end {
            Ok(()) => returned += 1,
            Err(_) => thrown += 1,
        }
        for (which, engine) in engines.iter().enumerate() {
            let found = execute(engine, &functions);
            assert_eq!(found, (end, model.trace), "round {round}, engine {which}");
        }
    }
    assert!(thrown > 10 && returned > 10, "{thrown} {returned}");
}

#[test]
fn a_function_too_large_to_be_optimised_catches_as_well() {
    const TRIES: usize = 3000;
    let mut text = String::from(
        r#"(module (tag $t (param i32 v128 f64)) (func $throw (param i32) (throw $t (local.get 0) (v128.const i64x2 1 2) (f64.const 3)))
        (func (export "f") (result i32) (local $sum i32) (local $v v128) (local $f f64)"#,
    );
    for n in 0..TRIES {
        write!(
            text,
            "(block $after (block $c (result i32 v128 f64) (try_table (catch $t $c) (call $throw (i32.const {n}))) (br $after))
             (local.set $f) (local.set $v) (local.set $sum (i32.add (local.get $sum))))"
        )
        .unwrap();
    }
    text.push_str("(local.get $sum)))");
    let engine = Engine::new(&Config::new()).unwrap();
    let mut store = Store::new(&engine, (), StoreLimits::default()).unwrap();
    let mut cx = store.context();
    let module = Module::new(&engine, &wat::parse_str(&text).unwrap()).unwrap();
    let instance = Instance::new(&mut cx, &module, &[]).unwrap();
    let f = instance.export(&cx, "f").unwrap().into_func().unwrap();
    let sum = (TRIES * (TRIES - 1) / 2) as i32;
    assert_eq!(f.call(&mut cx, &[]).unwrap(), [Val::I32(sum)]);
}

/// A function that makes `calls` calls within `depth` nested `try_table`s, each with handlers for `tags` tags of its own.
fn handlers(depth: usize, tags: usize, shared: bool, calls: usize) -> String {
    let count = if shared { tags } else { depth * tags };
    let mut out = format!("(module {} (func $f) (func (block $b ", "(tag)".repeat(count));
    for level in 0..depth {
        let first = if shared { 0 } else { level * tags };
        out.push_str("(try_table ");
        (first..first + tags).for_each(|tag| write!(out, "(catch {tag} $b)").unwrap());
    }
    out.push_str(&"(call $f)".repeat(calls));
    out.push_str(&")".repeat(depth));
    out.push_str(")))");
    out
}

#[test]
fn handlers_are_left_out_where_they_are_never_asked_and_counted_where_they_are() {
    let engine = Engine::new(&Config::new()).unwrap();
    let compile = |text: &str| Module::new(&engine, &wat::parse_str(text).unwrap());
    // 300 calls in 900 nested blocks, all for one tag: one handler each.
    compile(&handlers(900, 1, true, 300)).unwrap();
    // 300 calls with 400 handlers each.
    for (depth, tags) in [(1, 400), (400, 1), (20, 20)] {
        let error = compile(&handlers(depth, tags, false, 300)).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Limit { knob: "function_work", .. }), "{error}");
    }
}
