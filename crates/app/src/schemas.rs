//! Schemas of JSON that passes through this program as it is: types that only describe. What they refer to is put into
//! the description of `/api` where that is made whole.

use std::borrow::Cow;

use utoipa::openapi::schema::Type;
use utoipa::openapi::{KnownFormat, ObjectBuilder, Ref, RefOr, Schema, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

macro_rules! described_elsewhere {
    ($($(#[$about:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$about])*
        pub enum $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                Ref::from_schema_name($name::name()).into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    )+};
}

described_elsewhere! {
    /// Any JSON: an attribute, a property, a message. Only its sender knows what is in it.
    AnyJson,
    /// A condition, as the schema of playbooks has it.
    AnyCondition,
    /// A segment as it is declared, as the schema of playbooks has it.
    OneSegment,
}

/// The bytes of a file, as a body.
pub enum FileBytes {}

impl PartialSchema for FileBytes {
    fn schema() -> RefOr<Schema> {
        let binary =
            ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)));
        binary.description(Some("The bytes of a file")).build().into()
    }
}

impl ToSchema for FileBytes {}
