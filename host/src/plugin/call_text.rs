//! Calls with values as text, for those who know a plugin's functions only when they run: command lines, scripts, models.
//! JSON needs the feature `json`.

use plugbay_component::wave;

use super::Plugin;
use crate::error::{Error, Result};

impl<T: 'static> Plugin<T> {
    /// Calls an export with arguments in WAVE, `"some text", [1, 2]`, and returns its result in WAVE; empty when it has none.
    ///
    /// # Errors
    /// As [`call_dynamic`](Self::call_dynamic); [`ErrorKind::Misuse`](crate::ErrorKind::Misuse) with the place when the text
    /// is not a value of the parameters' types.
    pub fn call_wave(&mut self, path: &str, args: &str) -> Result<String> {
        let func = self.func(path)?;
        let ty = self.instance.func_type(func).map_err(|error| Error::mismatch(path, &error))?;
        let args = wave::parse_args(ty.params(), args).map_err(|error| self.unreadable(path, &error))?;
        let result = self.call_func(path, func, &args)?;
        Ok(result.map_or_else(String::new, |value| wave::print(&value)))
    }

    /// Calls an export with JSON: an array of arguments, or an object by the parameters' names. Returns the result as JSON,
    /// `null` when the function has none. What is which in JSON is told by [`json`](crate::json).
    ///
    /// ```
    /// # fn call(plugin: &mut plugbay::Plugin) -> plugbay::Result<()> {
    /// let arguments = serde_json::json!({ "text": "one two", "limit": 10 });
    /// let words = plugin.call_json("demo:text/tools#words", &arguments)?;
    /// # let _ = words; Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`call_dynamic`](Self::call_dynamic); [`ErrorKind::Misuse`](crate::ErrorKind::Misuse) with the place when the JSON
    /// is not of the parameters' types, or a type has a resource in it.
    #[cfg(feature = "json")]
    pub fn call_json(&mut self, path: &str, args: &serde_json::Value) -> Result<serde_json::Value> {
        use plugbay_component::json;

        let func = self.func(path)?;
        let ty = self.instance.func_type(func).map_err(|error| Error::mismatch(path, &error))?;
        let args = json::args_from_json(ty.params(), args).map_err(|error| self.unreadable(path, &error))?;
        match (self.call_func(path, func, &args)?, ty.result()) {
            (Some(value), Some(ty)) => {
                let result = json::to_json(&value, ty).map_err(|error| error.within("the result"));
                result.map_err(|error| self.unreadable(path, &error))
            }
            _ => Ok(serde_json::Value::Null),
        }
    }

    fn unreadable(&self, path: &str, error: &plugbay_component::Error) -> Error {
        Error::misuse(format!("`{path}`: {error}")).with_plugin(&self.name)
    }
}
