//! Reading a value of a given type. The recursion follows the type, whose depth validation bounds, never the text; types
//! that an application made itself are bounded here.

use std::str::FromStr;
use std::sync::Arc;

use super::KEYWORDS;
use super::lex::{Lexer, Word};
use crate::error::{Error, Result};
use crate::types::display::names;
use crate::types::{FlagsType, OptionType, RecordType, ResultType, ValType, VariantType};
use crate::value::Val;

/// The deepest nesting of types that is read.
const MAX_DEPTH: usize = 200;

#[derive(Debug)]
pub(super) struct Parser<'s> {
    lexer: Lexer<'s>,
    depth: usize,
}

impl<'s> Parser<'s> {
    pub(super) fn new(text: &'s str) -> Self {
        Self { lexer: Lexer::new(text), depth: 0 }
    }

    /// Checks that nothing follows.
    pub(super) fn end(&mut self) -> Result<()> {
        match self.lexer.peek() {
            None => Ok(()),
            Some(_) => Err(self.lexer.unexpected("the end of the text")),
        }
    }

    /// Values of the parameters, separated by commas.
    pub(super) fn arguments(&mut self, params: &[(Arc<str>, ValType)]) -> Result<Vec<Val>> {
        let mut values = Vec::with_capacity(params.len());
        while self.lexer.peek().is_some() {
            let Some((name, ty)) = params.get(values.len()) else {
                return Err(Error::text(
                    self.lexer.place(),
                    format!("the function takes {} arguments; this is one more", params.len()),
                ));
            };
            values.push(self.value(ty).map_err(|error| error.within(format!("argument `{name}`")))?);
            if !self.lexer.eat(',') {
                break;
            }
        }
        for (name, ty) in params.get(values.len()..).unwrap_or_default() {
            match ty {
                ValType::Option(_) => values.push(Val::Option(None)),
                _ => return Err(self.lexer.unexpected(&format!("a value for the argument `{name}`: {ty}"))),
            }
        }
        Ok(values)
    }

    pub(super) fn value(&mut self, ty: &ValType) -> Result<Val> {
        if self.depth >= MAX_DEPTH {
            return Err(Error::limit("nesting of a type in text", self.depth as u64, MAX_DEPTH as u64));
        }
        self.depth += 1;
        let value = self.value_at_depth(ty);
        self.depth -= 1;
        value
    }

    fn value_at_depth(&mut self, ty: &ValType) -> Result<Val> {
        Ok(match ty {
            ValType::Bool => Val::Bool(self.bool()?),
            ValType::S8 => Val::S8(self.integer(ty)?),
            ValType::U8 => Val::U8(self.integer(ty)?),
            ValType::S16 => Val::S16(self.integer(ty)?),
            ValType::U16 => Val::U16(self.integer(ty)?),
            ValType::S32 => Val::S32(self.integer(ty)?),
            ValType::U32 => Val::U32(self.integer(ty)?),
            ValType::S64 => Val::S64(self.integer(ty)?),
            ValType::U64 => Val::U64(self.integer(ty)?),
            ValType::F32 => Val::F32(self.float(f32::NAN, f32::INFINITY)?),
            ValType::F64 => Val::F64(self.float(f64::NAN, f64::INFINITY)?),
            ValType::Char => Val::Char(self.lexer.char()?),
            ValType::String => Val::String(self.lexer.string()?),
            ValType::List(ty) => {
                let mut values = Vec::new();
                self.sequence('[', ']', |parser| {
                    values.push(parser.value(ty.element())?);
                    Ok(())
                })?;
                Val::List(values)
            }
            ValType::Tuple(tuple) => Val::Tuple(self.tuple(ty, tuple.types())?),
            ValType::Record(ty) => Val::Record(self.record(ty)?.into()),
            ValType::Variant(ty) => self.variant(ty)?,
            ValType::Enum(ty) => Val::Enum(self.case(ty.names().iter().map(|name| &**name))?.name.to_owned()),
            ValType::Option(ty) => Val::Option(self.option(ty)?.map(Box::new)),
            ValType::Result(ty) => self.result(ty)?,
            ValType::Flags(ty) => Val::Flags(self.flags(ty)?),
            ValType::Own(_) | ValType::Borrow(_) => {
                return Err(Error::text(self.lexer.place(), "a resource has no text form"));
            }
        })
    }

    fn bool(&mut self) -> Result<bool> {
        if self.lexer.keyword("true") {
            Ok(true)
        } else if self.lexer.keyword("false") {
            Ok(false)
        } else {
            Err(self.lexer.unexpected("`true` or `false`"))
        }
    }

    fn integer<T: FromStr>(&mut self, ty: &ValType) -> Result<T> {
        let at = self.lexer.place();
        let Some(number) = self.lexer.number() else {
            return Err(self.lexer.unexpected(&format!("a number of type {ty}")));
        };
        number.parse().map_err(|_| Error::text(at, format!("`{number}` is not a number of type {ty}")))
    }

    fn float<T: FromStr + std::ops::Neg<Output = T>>(&mut self, nan: T, infinity: T) -> Result<T> {
        if self.lexer.keyword("nan") {
            return Ok(nan);
        }
        if self.lexer.keyword("inf") {
            return Ok(infinity);
        }
        let at = self.lexer.place();
        match self.lexer.number() {
            Some("-inf") => Ok(-infinity),
            Some(number) if is_json_number(number) => {
                number.parse().map_err(|_| Error::text(at, format!("`{number}` is not a number")))
            }
            Some(number) => Err(Error::text(at, format!("`{number}` is not a number"))),
            None => Err(self.lexer.unexpected("a number, `nan`, `inf` or `-inf`")),
        }
    }

    /// Items between brackets, separated by commas; one may end them.
    fn sequence(
        &mut self,
        open: char,
        close: char,
        mut item: impl FnMut(&mut Self) -> Result<()>,
    ) -> Result<()> {
        self.lexer.expect(open)?;
        while !self.lexer.eat(close) {
            item(self)?;
            if !self.lexer.eat(',') {
                return self.lexer.expect(close);
            }
        }
        Ok(())
    }

    fn tuple(&mut self, ty: &ValType, types: &[ValType]) -> Result<Vec<Val>> {
        let at = self.lexer.place();
        let mut values = Vec::with_capacity(types.len());
        self.sequence('(', ')', |parser| {
            let Some(ty) = types.get(values.len()) else {
                return Err(Error::text(at, format!("expected {ty}, this tuple has more elements")));
            };
            values.push(parser.value(ty)?);
            Ok(())
        })?;
        if values.len() < types.len() {
            return Err(Error::text(at, format!("expected {ty}, this tuple has {} elements", values.len())));
        }
        Ok(values)
    }

    fn record(&mut self, ty: &RecordType) -> Result<Vec<(String, Val)>> {
        let at = self.lexer.place();
        let mut values: Vec<Option<Val>> = vec![None; ty.fields().len()];
        if !self.none_of_the_fields() {
            self.sequence('{', '}', |parser| {
                let names = ty.fields().iter().map(|(name, _)| &**name);
                let word = parser.name("field", names)?;
                let field = ty.fields().iter().zip(&mut values).find(|((name, _), _)| **name == *word.name);
                let Some(((name, ty), value)) = field else {
                    return Err(Error::internal("a known field is not there"));
                };
                parser.lexer.expect(':')?;
                if value.is_some() {
                    return Err(Error::text(word.at, format!("the field `{name}` is already there")));
                }
                *value = Some(parser.value(ty).map_err(|error| error.within(format!("field `{name}`")))?);
                Ok(())
            })?;
            if values.iter().all(Option::is_none) {
                return Err(Error::text(at, "write `{:}` for a record without its optional fields"));
            }
        }
        let fields = ty.fields().iter().zip(values);
        fields
            .map(|((name, ty), value)| match (value, ty) {
                (Some(value), _) => Ok((name.to_string(), value)),
                (None, ValType::Option(_)) => Ok((name.to_string(), Val::Option(None))),
                (None, _) => Err(Error::text(at, format!("this record lacks the field `{name}`"))),
            })
            .collect()
    }

    /// Takes `{:}` if it is next.
    fn none_of_the_fields(&mut self) -> bool {
        self.lexer.place();
        let rest = self.lexer.rest();
        let squeezed = rest.chars().filter(|c| !c.is_ascii_whitespace()).take(3);
        if !squeezed.eq("{:}".chars()) {
            return false;
        }
        let length = rest.find('}').map_or(0, |end| end + 1);
        self.lexer.advance(length);
        true
    }

    fn variant(&mut self, ty: &VariantType) -> Result<Val> {
        let word = self.case(ty.cases().iter().map(|(name, _)| &**name))?;
        let payload =
            ty.cases().iter().find(|(name, _)| **name == *word.name).and_then(|(_, ty)| ty.as_ref());
        let payload = payload.map(|ty| self.payload(ty)).transpose()?;
        Ok(Val::Variant(word.name.to_owned(), payload))
    }

    fn payload(&mut self, ty: &ValType) -> Result<Box<Val>> {
        self.lexer.expect('(')?;
        let value = self.value(ty)?;
        self.lexer.expect(')')?;
        Ok(Box::new(value))
    }

    fn option(&mut self, ty: &OptionType) -> Result<Option<Val>> {
        if self.lexer.keyword("none") {
            Ok(None)
        } else if self.lexer.keyword("some") {
            self.payload(ty.some()).map(|value| Some(*value))
        } else if may_be_flat(ty.some()) {
            self.value(ty.some()).map(Some)
        } else {
            Err(self.lexer.unexpected("`some(…)` or `none`"))
        }
    }

    fn result(&mut self, ty: &ResultType) -> Result<Val> {
        Ok(Val::Result(if self.lexer.keyword("ok") {
            Ok(ty.ok().map(|ty| self.payload(ty)).transpose()?)
        } else if self.lexer.keyword("err") {
            Err(ty.err().map(|ty| self.payload(ty)).transpose()?)
        } else {
            match ty.ok().filter(|ty| may_be_flat(ty)) {
                Some(ty) => Ok(Some(Box::new(self.value(ty)?))),
                None => return Err(self.lexer.unexpected("`ok` or `err`")),
            }
        }))
    }

    fn flags(&mut self, ty: &FlagsType) -> Result<Vec<String>> {
        let mut set = vec![false; ty.names().len()];
        self.sequence('{', '}', |parser| {
            let word = parser.name("flag", ty.names().iter().map(|name| &**name))?;
            let flag = ty.names().iter().zip(&mut set).find(|(name, _)| ***name == *word.name);
            match flag {
                Some((_, set)) if !*set => *set = true,
                _ => return Err(Error::text(word.at, format!("the flag `{}` is already there", word.name))),
            }
            Ok(())
        })?;
        let names = ty.names().iter().zip(set).filter(|(_, set)| *set);
        Ok(names.map(|(name, _)| name.to_string()).collect())
    }

    /// A case: a label among `names` that is not a bare keyword.
    fn case<'n>(&mut self, names: impl Iterator<Item = &'n str> + Clone) -> Result<Word<'s>> {
        let word = self.name("case", names)?;
        if !word.escaped && KEYWORDS.contains(&word.name) {
            let name = word.name;
            return Err(Error::text(word.at, format!("`{name}` is a keyword; write the case as `%{name}`")));
        }
        Ok(word)
    }

    /// A label among `names`.
    fn name<'n>(&mut self, what: &str, mut known: impl Iterator<Item = &'n str> + Clone) -> Result<Word<'s>> {
        let all = known.clone();
        let Some(word) = self.lexer.word() else {
            return Err(self.lexer.unexpected(&format!("a {what} among {}", names(all))));
        };
        if known.any(|name| name == word.name) {
            return Ok(word);
        }
        Err(Error::text(word.at, format!("expected a {what} among {}, found `{}`", names(all), word.name)))
    }
}

/// Whether a payload may stand without `some(…)` or `ok(…)` around it.
fn may_be_flat(ty: &ValType) -> bool {
    !matches!(ty, ValType::Option(_) | ValType::Result(_))
}

/// JSON's grammar of numbers: Rust's own is wider (`1.`, `007`).
fn is_json_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole.len() == 1 || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent)))
}
