//! What a rendering in progress has used, where it is, and what it writes.

use std::io::Write;
use std::sync::Arc;

use jiff::tz::TimeZone;
use liquid_core::model::{KString, Object, Value, ValueCow, ValueView};
use liquid_core::runtime::{PartialStore, Registers, Renderable, Runtime};
use liquid_core::{Error, Result};

use super::super::language::Language;
use super::super::problem::Place;
use super::escape::Escape;

/// Steps and bytes that one text may use. A mail of 100 kB with a few loops uses under a tenth of it; it is about a tenth
/// of a second.
pub(crate) const FUEL: u64 = 3_000_000;
/// Bytes that one text may have when it is rendered: ten times what Gmail shows.
pub(crate) const OUTPUT_LIMIT: usize = 1_000_000;

/// The language and zone in which dates and numbers are written, and the instant of the rendering.
#[derive(Clone, Debug)]
pub(crate) struct Locale {
    pub(crate) language: Language,
    pub(crate) zone: TimeZone,
    /// Milliseconds since 1970.
    pub(crate) now: i64,
}

impl Default for Locale {
    fn default() -> Self {
        Self { language: Language::default(), zone: TimeZone::UTC, now: 0 }
    }
}

/// What the tags of a program refer to by number.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    pub(crate) chunks: Vec<String>,
    pub(crate) outputs: Vec<(Escape, usize)>,
    pub(crate) places: Vec<Place>,
}

/// The state of one rendering; `liquid-core` keeps it beside the variables.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) tables: Arc<Tables>,
    pub(crate) fuel: u64,
    pub(crate) written: usize,
    /// The place of the tag that runs, as an index of `Tables::places`.
    pub(crate) place: usize,
    /// Why the rendering ended, in words for people.
    pub(crate) wrong: Option<String>,
    /// By condition: whether the block is shown.
    pub(crate) shown: Vec<bool>,
    /// By topic: whether its blocks and links are left out.
    pub(crate) left_out: Vec<bool>,
    pub(crate) locale: Locale,
    /// Whether the output that runs is a part of a URL, which is percent-encoded when it is written.
    pub(crate) in_url: bool,
    /// Captures that are open; what is captured is escaped where it is shown.
    pub(crate) captures: usize,
}

impl State {
    /// Uses fuel; the error ends the rendering.
    pub(crate) fn charge(&mut self, amount: usize) -> std::result::Result<(), String> {
        let amount = u64::try_from(amount).unwrap_or(u64::MAX);
        self.fuel = self.fuel.checked_sub(amount).ok_or("").map_err(|_| {
            "the template does not end in reasonable time; a loop or a growing text is too large".to_owned()
        })?;
        Ok(())
    }
}

/// The state of a rendering.
pub(crate) fn state(runtime: &dyn Runtime) -> std::cell::RefMut<'_, State> {
    runtime.registers().get_mut::<State>()
}

/// Records why the rendering ends; the first reason is kept.
pub(crate) fn fail(runtime: &dyn Runtime, why: String) -> Error {
    let mut state = state(runtime);
    if state.wrong.is_none() {
        state.wrong = Some(why.clone());
    }
    Error::with_msg(why)
}

/// Uses fuel for one step and the bytes that it handles.
pub(crate) fn charge(runtime: &dyn Runtime, bytes: usize) -> Result<()> {
    let charged = state(runtime).charge(bytes.saturating_add(1));
    charged.map_err(|why| fail(runtime, why))
}

/// Writes to the output, within its limit.
pub(crate) fn write(writer: &mut dyn Write, runtime: &dyn Runtime, text: &str) -> Result<()> {
    charge(runtime, text.len())?;
    let written = {
        let mut state = state(runtime);
        state.written += text.len();
        state.written
    };
    if written > OUTPUT_LIMIT {
        return Err(fail(runtime, format!("the text grows beyond {OUTPUT_LIMIT} bytes")));
    }
    writer.write_all(text.as_bytes()).map_err(|why| fail(runtime, why.to_string()))
}

/// The variables of a rendering: what templates assign hides what came with the lead, and what is missing is nil.
pub(crate) struct Scope<'a> {
    values: &'a Object,
    assigned: std::cell::RefCell<Object>,
    registers: Registers,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(values: &'a Object, state: State) -> Self {
        let registers = Registers::default();
        *registers.get_mut::<State>() = state;
        Self { values, assigned: std::cell::RefCell::default(), registers }
    }
}

impl Runtime for Scope<'_> {
    fn partials(&self) -> &dyn PartialStore {
        &NoPartials
    }

    fn name(&self) -> Option<liquid_core::model::KStringRef<'_>> {
        None
    }

    fn roots(&self) -> std::collections::BTreeSet<liquid_core::model::KStringCow<'_>> {
        std::collections::BTreeSet::new()
    }

    fn try_get(&self, path: &[liquid_core::model::ScalarCow<'_>]) -> Option<ValueCow<'_>> {
        let name = path.first()?.to_kstr();
        let assigned = self.assigned.borrow();
        if let Some(value) = assigned.get(name.as_str()) {
            return find(value, &path[1..]).map(|found| ValueCow::Owned(found.into_owned()));
        }
        find(self.values.get(name.as_str())?, &path[1..])
    }

    fn get(&self, path: &[liquid_core::model::ScalarCow<'_>]) -> Result<ValueCow<'_>> {
        Ok(self.try_get(path).unwrap_or(ValueCow::Owned(Value::Nil)))
    }

    fn set_global(&self, name: KString, value: Value) -> Option<Value> {
        self.assigned.borrow_mut().insert(name, value)
    }

    fn set_index(&self, _: KString, _: Value) -> Option<Value> {
        None
    }

    fn get_index<'a>(&'a self, _: &str) -> Option<ValueCow<'a>> {
        None
    }

    fn registers(&self) -> &Registers {
        &self.registers
    }
}

/// The scope inside a loop: one more variable, and `forloop`.
pub(crate) struct Loop<'a> {
    pub(crate) parent: &'a dyn Runtime,
    pub(crate) name: &'a str,
    pub(crate) item: &'a Value,
    pub(crate) forloop: Value,
}

impl Runtime for Loop<'_> {
    fn partials(&self) -> &dyn PartialStore {
        self.parent.partials()
    }

    fn name(&self) -> Option<liquid_core::model::KStringRef<'_>> {
        None
    }

    fn roots(&self) -> std::collections::BTreeSet<liquid_core::model::KStringCow<'_>> {
        std::collections::BTreeSet::new()
    }

    fn try_get(&self, path: &[liquid_core::model::ScalarCow<'_>]) -> Option<ValueCow<'_>> {
        let name = path.first()?.to_kstr();
        match name.as_str() {
            name if name == self.name => find(self.item, &path[1..]),
            "forloop" => find(&self.forloop, &path[1..]),
            _ => self.parent.try_get(path),
        }
    }

    fn get(&self, path: &[liquid_core::model::ScalarCow<'_>]) -> Result<ValueCow<'_>> {
        Ok(self.try_get(path).unwrap_or(ValueCow::Owned(Value::Nil)))
    }

    fn set_global(&self, name: KString, value: Value) -> Option<Value> {
        self.parent.set_global(name, value)
    }

    fn set_index(&self, _: KString, _: Value) -> Option<Value> {
        None
    }

    fn get_index<'b>(&'b self, _: &str) -> Option<ValueCow<'b>> {
        None
    }

    fn registers(&self) -> &Registers {
        self.parent.registers()
    }
}

fn find<'v>(value: &'v Value, path: &[liquid_core::model::ScalarCow<'_>]) -> Option<ValueCow<'v>> {
    liquid_core::model::try_find(value, path)
}

#[derive(Debug)]
struct NoPartials;

impl PartialStore for NoPartials {
    fn contains(&self, _: &str) -> bool {
        false
    }

    fn names(&self) -> Vec<&str> {
        Vec::new()
    }

    fn try_get(&self, _: &str) -> Option<Arc<dyn Renderable>> {
        None
    }

    fn get(&self, _: &str) -> Result<Arc<dyn Renderable>> {
        Err(Error::with_msg("an e-mail includes nothing"))
    }
}

/// Converts what is known of a lead. Deeper than `levels`, everything is nil.
pub(crate) fn value_of(json: &serde_json::Value, levels: u8) -> Value {
    use serde_json::Value as Json;
    match json {
        Json::Bool(value) => Value::scalar(*value),
        Json::String(text) => Value::scalar(text.clone()),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::scalar(whole),
            (None, Some(real)) => Value::scalar(real),
            (None, None) => Value::Nil,
        },
        Json::Array(items) if levels > 0 => Value::array(items.iter().map(|item| value_of(item, levels - 1))),
        Json::Object(map) if levels > 0 => {
            Value::Object(map.iter().map(|(key, item)| (key.clone().into(), value_of(item, levels - 1))).collect())
        }
        Json::Null | Json::Array(_) | Json::Object(_) => Value::Nil,
    }
}

/// A value as text: nothing for nil and objects, lists with commas.
pub(crate) fn text_of(value: &dyn ValueView) -> String {
    if let Some(array) = value.as_array() {
        let parts: Vec<String> = array.values().map(text_of).filter(|part| !part.is_empty()).collect();
        return parts.join(", ");
    }
    if value.is_nil() || value.is_object() || value.is_state() {
        return String::new();
    }
    value.to_kstr().into_string()
}

/// About as many bytes as a value takes.
pub(crate) fn size_of(value: &dyn ValueView) -> usize {
    if let Some(array) = value.as_array() {
        return array.values().map(size_of).fold(8, usize::saturating_add);
    }
    if let Some(object) = value.as_object() {
        return object.iter().map(|(key, item)| key.len() + size_of(item)).fold(8, usize::saturating_add);
    }
    if value.is_scalar() { 8 + value.to_kstr().len() } else { 8 }
}
