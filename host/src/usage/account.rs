//! `Account`: what is known of a plugin between its calls: fuel, time, and which limits were told to be near.

use std::time::{Duration, Instant};

use plugbay_component::Instance;

use super::{Amount, Fuel, Kind, Usage};
use crate::grant::watch::Watch;
use crate::limits::Limits;
use crate::state::PluginState;

/// The books of one live plugin.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Account {
    /// Whether anything has to be done before or after a call.
    pub(crate) is_kept: bool,
    measure: bool,
    pub(crate) fuel: Fuel,
    /// Whether the engine counts it.
    counts_fuel: bool,
    time: Duration,
    longest: Duration,
    told: Told,
}

/// Which limits were told to be near.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    memory: bool,
    table_elements: bool,
    handles: bool,
    fuel: bool,
}

impl Account {
    pub(crate) fn new(watch: &Watch, fuel: Fuel, counts_fuel: bool) -> Self {
        let measure = watch.measures();
        Self {
            is_kept: !watch.is_deaf() || (counts_fuel && fuel.is_per_call()),
            measure,
            fuel,
            counts_fuel,
            time: Duration::ZERO,
            longest: Duration::ZERO,
            told: Told::default(),
        }
    }

    /// A call begins. Returns what is to be given to [`end`](Self::end).
    pub(crate) fn begin<T: 'static>(&mut self, instance: &mut Instance<PluginState<T>>) -> Option<Instant> {
        if self.counts_fuel && self.fuel.is_per_call() {
            let left = instance.fuel();
            // An engine that counts takes any amount.
            instance.set_fuel(self.fuel.begin(left)).ok();
        }
        self.measure.then(Instant::now)
    }

    /// The call has ended.
    pub(crate) fn end<T: 'static>(
        &mut self,
        begun: Option<Instant>,
        instance: &mut Instance<PluginState<T>>,
        limits: &Limits,
        watch: &Watch,
    ) {
        let call = instance.data().wasi.meter.call();
        if let Some(took) = begun.map(|begun| begun.elapsed()) {
            self.time = self.time.saturating_add(took);
            self.longest = self.longest.max(took);
            if let Some(limit) = limits.deadline {
                let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
                let (took, limit) = (millis(took), millis(limit));
                if took > limits.soft(limit) && took < limit {
                    watch.near("deadline", call, took, limit);
                }
            }
        }
        if !watch.is_deaf() {
            self.tell_near(instance, limits, watch, call);
        }
    }

    fn tell_near<T: 'static>(
        &mut self,
        instance: &mut Instance<PluginState<T>>,
        limits: &Limits,
        watch: &Watch,
        call: u64,
    ) {
        let Told { memory, table_elements, handles, fuel } = &mut self.told;
        let (live_handles, _) = instance.handles();
        let resources = instance.data_mut().wasi.table.len() as u64;
        let held = u64::from(live_handles).max(resources);
        let near = |told: &mut bool, knob: &'static str, used: u64, limit: u64| {
            if used <= limits.soft(limit) {
                *told = false;
            } else if !std::mem::replace(told, true) {
                watch.near(knob, call, used, limit);
            }
        };
        near(memory, "memory", instance.memory_bytes(), limits.memory);
        near(table_elements, "table_elements", instance.table_elements(), limits.table_elements);
        near(handles, "handles", held, limits.handles.into());
        if self.counts_fuel {
            let left = instance.fuel();
            let (used, _) = self.fuel.used(left);
            near(fuel, "fuel", used, self.fuel.limit());
            if let Some(limit) = limits.fuel_per_call {
                let used = self.fuel.given().saturating_sub(left);
                near(&mut false, "fuel_per_call", used, limit);
            }
        }
    }

    /// What the plugin uses.
    pub(crate) fn usage<T: 'static>(
        &self,
        instance: &mut Instance<PluginState<T>>,
        limits: &Limits,
    ) -> Usage {
        let left = if self.counts_fuel { instance.fuel() } else { 0 };
        let (used, most) = self.fuel.used(left);
        let counted = |now, peak, limit: Option<u64>| {
            self.counts_fuel.then(|| Amount::new(now, peak, limit.unwrap_or(u64::MAX)))
        };
        let (memory, elements) = (instance.memory_bytes(), instance.table_elements());
        let (handles, most_handles) = instance.handles();
        let most_value_bytes = instance.most_value_bytes();
        let wasi = &mut instance.data_mut().wasi;
        let (resources, most_resources) = (wasi.table.len() as u64, wasi.table.peak() as u64);
        let meter = &wasi.meter;
        let of = |kind: Kind| Amount::new(meter.now(kind), meter.peak(kind), meter.limit(kind));
        Usage {
            memory: Amount::new(memory, memory, limits.memory),
            table_elements: Amount::new(elements, elements, limits.table_elements),
            handles: Amount::new(handles.into(), most_handles.into(), limits.handles.into()),
            host_resources: Amount::new(resources, most_resources, limits.handles.into()),
            value_bytes: Amount::new(0, most_value_bytes, limits.value_bytes),
            open_files: of(Kind::Files),
            sockets: of(Kind::Sockets),
            timers: of(Kind::Timers),
            pollables: of(Kind::Pollables),
            host_bytes: of(Kind::HostBytes),
            log_bytes: of(Kind::LogBytes),
            fuel: counted(used, used, Some(self.fuel.limit())),
            fuel_per_call: counted(self.fuel.given().saturating_sub(left), most, limits.fuel_per_call),
            calls: meter.call(),
            time: self.measure.then_some(self.time),
            longest_call: self.measure.then_some(self.longest),
            deadline: limits.deadline,
        }
    }
}
