//! A verb's short and long form, behind one type.

use super::{Words, scalar::Scalar};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use std::{borrow::Cow, fmt, marker::PhantomData};

/// What a verb says, whichever form it was written in.
#[derive(Debug, Clone, PartialEq)]
pub struct Form<T>(pub T);

/// What can be said in words and as a map.
pub trait Worded: Sized {
    /// The short form, as the page of help shows it.
    const USAGE: &'static str;

    /// Reads the short form; nothing if the words do not make one.
    fn read(words: &mut Words) -> Option<Self>;

    /// What is wrong with keys that stand together.
    ///
    /// # Errors
    /// The remedy.
    fn check(&self) -> Result<(), &'static str> {
        Ok(())
    }
}

impl<T: Worded> Form<T> {
    fn from_words<E: Error>(words: Option<Words>) -> Result<Self, E> {
        let mut words = words.ok_or_else(|| E::custom("a quote is not closed"))?;
        let read = T::read(&mut words).filter(|_| words.is_empty());
        read.ok_or_else(|| E::custom(format!("{}; write \"{}\"", words.trouble(), T::USAGE))).and_then(Self::checked)
    }

    fn checked<E: Error>(said: T) -> Result<Self, E> {
        said.check().map_err(E::custom)?;
        Ok(Self(said))
    }
}

impl<'de, T: Worded + Deserialize<'de>> Deserialize<'de> for Form<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FormVisitor(PhantomData))
    }
}

struct FormVisitor<T>(PhantomData<T>);

impl<'de, T: Worded + Deserialize<'de>> Visitor<'de> for FormVisitor<T> {
    type Value = Form<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\"{}\" or a map", T::USAGE)
    }

    fn visit_str<E: Error>(self, line: &str) -> Result<Form<T>, E> {
        Form::from_words(Words::split(line))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Form<T>, E> {
        Form::from_words(Some([number.to_string()].into_iter().collect()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Form<T>, E> {
        Form::from_words(Some([number.to_string()].into_iter().collect()))
    }

    fn visit_unit<E: Error>(self) -> Result<Form<T>, E> {
        Form::from_words(Some(Words::default()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Form<T>, A::Error> {
        let mut words = Vec::new();
        while let Some(word) = list.next_element::<String>()? {
            words.push(word);
        }
        Form::from_words(Some(words.into_iter().collect()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Form<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).and_then(Form::checked)
    }
}

impl<T: Worded + JsonSchema> JsonSchema for Form<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (long, words) = (generator.subschema_for::<T>(), generator.subschema_for::<Scalar>());
        json_schema!({ "anyOf": [
            { "type": ["string", "integer", "null"], "description": T::USAGE },
            { "type": "array", "items": words, "description": T::USAGE },
            long,
        ] })
    }
}
