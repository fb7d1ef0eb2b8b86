//! What the groups share: modules from bytes and text, stores in each trap style, kinds of errors.

use std::time::{Duration, Instant};

use plugbay_engine::{
    Config, Context, Engine, Error, ErrorKind, Extern, Func, Instance, Memory, Module, Store, StoreLimits,
    Table, TrapKind, TrapStyle, Val,
};

/// What every module begins with.
pub(crate) const HEADER: &[u8] = b"\0asm\x01\0\0\0";

/// Both ways of noticing guest faults.
pub(crate) const STYLES: [TrapStyle; 2] = [TrapStyle::Signals, TrapStyle::Explicit];

/// An engine of this trap style.
pub(crate) fn engine(style: TrapStyle) -> Engine {
    Engine::new(&Config::new().with_ir_verifier(false).with_trap_style(style)).unwrap()
}

/// Compiles on a thread with a stack of 256 KiB.
pub(crate) fn compile(bytes: Vec<u8>) -> Result<Module, Error> {
    compile_with(Config::new(), bytes)
}

/// The same with these settings.
pub(crate) fn compile_with(config: Config, bytes: Vec<u8>) -> Result<Module, Error> {
    let run = move || Module::new(&Engine::new(&config.with_ir_verifier(false)).unwrap(), &bytes);
    std::thread::Builder::new().stack_size(256 << 10).spawn(run).unwrap().join().expect("no panic")
}

/// The same from text.
pub(crate) fn compile_text(text: &str) -> Result<Module, Error> {
    compile(wat::parse_str(text).unwrap())
}

/// The name of the limit that was exceeded.
pub(crate) fn limit(result: Result<Module, Error>) -> &'static str {
    match result.map(|_| "compiled").map_err(Error::into_kind) {
        Err(ErrorKind::Limit { knob, asked, limit }) => {
            assert!(asked > limit, "{knob}");
            knob
        }
        other => panic!("{other:?}"),
    }
}

/// That the bytes were refused for what they are, at a place within them.
pub(crate) fn refused(result: Result<Module, Error>) -> String {
    let error = result.expect_err("refused");
    assert!(matches!(error.kind(), ErrorKind::Malformed { .. } | ErrorKind::Invalid { .. }), "{error:?}");
    error.to_string()
}

/// An unsigned number as the binary format writes it.
pub(crate) fn leb(mut value: u32) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            out.push(byte);
            return out;
        }
        out.push(byte | 0x80);
    }
}

/// A section.
pub(crate) fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [&[id][..], &leb(u32::try_from(content.len()).unwrap()), content].concat()
}

/// A custom section.
pub(crate) fn custom(name: &str, content: &[u8]) -> Vec<u8> {
    section(0, &[&leb(u32::try_from(name.len()).unwrap())[..], name.as_bytes(), content].concat())
}

/// A module of these sections.
pub(crate) fn module(sections: &[&[u8]]) -> Vec<u8> {
    [HEADER, &sections.concat()].concat()
}

/// A module with one function of type `() -> ()` whose body, local declarations included, is given.
pub(crate) fn with_body(body: &[u8]) -> Vec<u8> {
    let code = [&[1][..], &leb(u32::try_from(body.len()).unwrap()), body].concat();
    module(&[&section(1, &[1, 0x60, 0, 0]), &section(3, &[1, 0]), &section(10, &code)])
}

/// A store with one instance of a module.
pub(crate) struct Guest {
    pub(crate) store: Store<()>,
    pub(crate) instance: Instance,
}

impl Guest {
    /// An instance, without imports, of a module from its text.
    pub(crate) fn new(style: TrapStyle, text: &str) -> Self {
        Self::limited(style, text, StoreLimits::default())
    }

    /// The same with other limits.
    pub(crate) fn limited(style: TrapStyle, text: &str, limits: StoreLimits) -> Self {
        let engine = engine(style);
        let module = Module::new(&engine, &wat::parse_str(text).unwrap()).unwrap();
        let mut store = Store::new(&engine, (), limits).unwrap();
        let instance = Instance::new(&mut store.context(), &module, &[]).unwrap();
        Self { store, instance }
    }

    /// Instantiates another module in the same store.
    pub(crate) fn add(&mut self, text: &str, imports: &[Extern]) -> Result<Instance, Error> {
        let module = Module::new(self.store.engine(), &wat::parse_str(text).unwrap()).unwrap();
        Instance::new(&mut self.store.context(), &module, imports)
    }

    /// What the instance exports under a name.
    pub(crate) fn export(&mut self, name: &str) -> Extern {
        self.instance.export(&self.store.context(), name).unwrap_or_else(|| panic!("no export {name}"))
    }

    pub(crate) fn func(&mut self, name: &str) -> Func {
        self.export(name).into_func().unwrap()
    }

    pub(crate) fn memory(&mut self, name: &str) -> Memory {
        self.export(name).into_memory().unwrap()
    }

    pub(crate) fn table(&mut self, name: &str) -> Table {
        self.export(name).into_table().unwrap()
    }

    /// Calls an exported function.
    pub(crate) fn call(&mut self, name: &str, args: &[Val]) -> Result<Vec<Val>, Error> {
        let func = self.func(name);
        func.call(&mut self.store.context(), args)
    }

    /// The only result of a call.
    pub(crate) fn get(&mut self, name: &str, args: &[Val]) -> Val {
        match self.call(name, args).unwrap_or_else(|error| panic!("{name}{args:?}: {error}")).as_slice() {
            [value] => *value,
            other => panic!("{name}: {other:?}"),
        }
    }

    /// The kind of the trap that a call ends with.
    pub(crate) fn trap(&mut self, name: &str, args: &[Val]) -> TrapKind {
        match self.call(name, args) {
            Err(error) => kind(&error),
            Ok(values) => panic!("{name}{args:?} returned {values:?}"),
        }
    }

    /// The kind of the trap that a call is stopped with at a deadline that comes soon, and how long that took.
    pub(crate) fn stopped(&mut self, name: &str, args: &[Val]) -> (TrapKind, Duration) {
        let (func, begin) = (self.func(name), Instant::now());
        let mut cx = self.store.context();
        cx.set_deadline(Some(begin + Duration::from_millis(50)));
        let error = func.call(&mut cx, args).expect_err("stopped");
        cx.set_deadline(None);
        (kind(&error), begin.elapsed())
    }
}

/// The kind of trap that an error is.
pub(crate) fn kind(error: &Error) -> TrapKind {
    error.trap().unwrap_or_else(|| panic!("not a trap: {error}")).kind()
}

/// A context's exported function.
pub(crate) fn func_of<T>(cx: &Context<'_, T>, instance: Instance, name: &str) -> Func {
    instance.export(cx, name).and_then(Extern::into_func).unwrap()
}
