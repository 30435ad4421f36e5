//! What a setting is, and the macro that declares a section of them once.

/// A setting: a key of `usher.toml`, and what else sets it.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// `section.key`.
    pub key: &'static str,
    /// What it is for, as on the field.
    pub help: &'static str,
    /// What is accepted.
    pub form: &'static str,
    /// Its value when nothing sets it.
    pub default: Option<&'static str>,
    /// The flag that sets it.
    pub flag: Option<&'static str>,
    /// Whether it may stand in a file and be shown.
    pub exposure: Exposure,
    /// How it may be written in a file.
    pub shape: Shape,
}

/// How a setting may be written in `usher.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// As one value.
    Plain,
    /// As one value, or as a list of texts.
    List,
    /// As a table of texts.
    Table,
}

/// Whether a setting's value may be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// It may stand in `usher.toml` and be printed.
    Plain,
    /// It never stands in `usher.toml` and is never printed.
    Secret,
}

/// Declares a section: its struct, and the table of its settings from the same words.
///
/// `name: Type = default, flag "--flag";` The documentation of a field is also what `config check` and the
/// reference pages say of it.
macro_rules! section {
    (
        $(#[$meta:meta])*
        [$section:literal] $name:ident {
            $(
                $(#[doc = $doc:literal])+
                $field:ident: $type:ty $(= $default:literal)? $(, flag $flag:literal)? $([$exposure:ident])?;
            )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub struct $name {
            $($(#[doc = $doc])+ $(#[doc = concat!("\n\nDefault: `", $default, "`.")])? pub $field: $type,)+
        }

        impl $name {
            /// The settings of the section, in order.
            pub const SETTINGS: &'static [Setting] = &[
                $(Setting {
                    key: concat!($section, ".", stringify!($field)),
                    help: concat!($($doc,)+),
                    form: <$type as SettingValue>::FORM,
                    default: section!(@option $($default)?),
                    flag: section!(@option $($flag)?),
                    exposure: section!(@exposure $($exposure)?),
                    shape: <$type as SettingValue>::SHAPE,
                },)+
            ];

            /// Reads every setting from the layers; collects what is wrong.
            pub fn resolve(layers: &Layers, problems: &mut Vec<Problem>) -> Option<Self> {
                $(let $field = layers.read::<$type>(concat!($section, ".", stringify!($field)), problems);)+
                Some(Self { $($field: $field?,)+ })
            }
        }
    };
    (@option) => { None };
    (@option $value:literal) => { Some($value) };
    (@exposure) => { Exposure::Plain };
    (@exposure secret) => { Exposure::Secret };
}
pub(crate) use section;
