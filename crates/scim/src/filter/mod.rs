//! Filters: which resources, or which values of an attribute, are meant (RFC 7644 §3.4.2.2).
//!
//! [`Filter::parse`] reads one, [`Filter::compile`] ties it to a schema, and
//! [`CompiledFilter::matches`] answers for one resource without allocating. Printing a filter and
//! parsing it again gives the same filter.

mod check;
mod compiled;
mod literal;
mod operand;
pub(crate) mod parser;

use std::{fmt, str::FromStr};

use serde_json::Value;

pub(crate) use self::operand::Quantity;
pub use self::{
    compiled::CompiledFilter,
    literal::{Literal, Number},
};
use crate::{
    ScimError,
    path::AttributePath,
    schema::{Attribute, Found, ResourceSchema},
    syntax::{Problem, SyntaxError},
};

/// A filter, as a tree.
///
/// What [`Filter::parse`] gives has at least two parts in each `And` and `Or`; a tree built by hand with
/// fewer is legal, an empty `And` matches everything and an empty `Or` nothing, but neither can be
/// printed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Filter {
    /// All parts match.
    And(Vec<Filter>),
    /// Some part matches.
    Or(Vec<Filter>),
    /// The part does not match.
    Not(Box<Filter>),
    /// The attribute has a value (`pr`).
    Present(AttributePath),
    /// A value of the attribute compares as asked.
    Compare {
        /// The attribute on the left.
        attribute: AttributePath,
        /// How its values compare.
        operator: Operator,
        /// The literal on the right.
        value: Literal,
    },
    /// One single value of a complex attribute satisfies a whole filter:
    /// `emails[type eq "work" and value co "@x"]`.
    Values {
        /// The complex attribute.
        attribute: AttributePath,
        /// The filter over its sub-attributes.
        filter: Box<Filter>,
    },
}

impl Filter {
    /// Reads a filter.
    ///
    /// Names and operators are read in any case. Beyond the grammar of RFC 7644 figure 1 it accepts
    /// `$ref` as a name, `True`/`False`, several spaces, and a comparison behind a value path
    /// (`emails[type eq "work"].value eq "x"`, which Entra sends), read as
    /// `emails[type eq "work" and value eq "x"]`.
    ///
    /// # Errors
    /// What was expected at which byte, or which of the limits ([`crate::MAX_LENGTH`],
    /// [`crate::MAX_TERMS`], [`crate::MAX_DEPTH`]) was exceeded.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        Ok(parser::filter(text)?)
    }

    /// `attribute eq value`.
    pub fn equals(attribute: AttributePath, value: impl Into<Literal>) -> Self {
        Self::Compare {
            attribute,
            operator: Operator::Equal,
            value: value.into(),
        }
    }

    /// Looks the names up in a schema once, so that the filter can be put to many resources.
    pub fn compile<'a>(&'a self, schema: &'a ResourceSchema) -> CompiledFilter<'a> {
        CompiledFilter::over_resources(self, schema)
    }

    /// Whether one resource matches. For many resources, [`Filter::compile`] once.
    pub fn matches(&self, resource: &Value, schema: &ResourceSchema) -> bool {
        self.compile(schema).matches(resource)
    }

    /// The literal that an attribute must equal for the filter to match at all: of `userName eq "x"`, also
    /// as a part of an `and`. A provider with an index over the attribute then looks at one resource
    /// instead of all; texts are still to be compared by the attribute's case rule.
    pub fn equality_on(&self, name: &str, schema: &ResourceSchema) -> Option<&Literal> {
        match self {
            Self::And(parts) => parts.iter().find_map(|part| part.equality_on(name, schema)),
            Self::Compare {
                attribute,
                operator: Operator::Equal,
                value,
            } => match schema.find(attribute)? {
                Found::Attribute {
                    extension: None,
                    attribute,
                    sub: None,
                } if attribute.name.eq_ignore_ascii_case(name) => Some(value),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether the filter makes sense for the schema: every attribute exists, a compared one is not a
    /// complex attribute without `value`, value paths stand on complex attributes, and `gt ge lt le` are
    /// not put to booleans and binaries (RFC 7644 §3.4.2.2). [`Filter::matches`] does not ask for this; it
    /// compares unknown attributes by what the resource holds.
    ///
    /// # Errors
    /// 400 `invalidFilter` that names the attribute.
    pub fn check(&self, schema: &ResourceSchema) -> Result<(), ScimError> {
        check::resources(self, schema)
    }

    /// The same for a filter from between brackets behind `path`, which names `attribute`.
    pub(crate) fn check_values(
        &self,
        path: &AttributePath,
        attribute: &Attribute,
    ) -> Result<(), ScimError> {
        check::values(path, attribute, self)
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(parts) => join(f, parts, " and ", |part| {
                matches!(part, Self::And(_) | Self::Or(_))
            }),
            Self::Or(parts) => join(f, parts, " or ", |part| matches!(part, Self::Or(_))),
            Self::Not(part) => write!(f, "not ({part})"),
            Self::Present(attribute) => write!(f, "{attribute} pr"),
            Self::Compare {
                attribute,
                operator,
                value,
            } => write!(f, "{attribute} {operator} {value}"),
            Self::Values { attribute, filter } => write!(f, "{attribute}[{filter}]"),
        }
    }
}

fn join(
    f: &mut fmt::Formatter<'_>,
    parts: &[Filter],
    word: &str,
    needs_parentheses: impl Fn(&Filter) -> bool,
) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(word)?;
        }
        if needs_parentheses(part) {
            write!(f, "({part})")?;
        } else {
            write!(f, "{part}")?;
        }
    }
    Ok(())
}

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        Self::parse(text)
    }
}

/// How a value compares with a literal (RFC 7644 §3.4.2.2, table 3); `pr` is [`Filter::Present`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `eq`
    Equal,
    /// `ne`; true for an attribute without a value, whatever the literal but `null`.
    NotEqual,
    /// `co`
    Contains,
    /// `sw`
    StartsWith,
    /// `ew`
    EndsWith,
    /// `gt`
    Greater,
    /// `ge`
    GreaterOrEqual,
    /// `lt`
    Less,
    /// `le`
    LessOrEqual,
}

impl Operator {
    /// All operators.
    pub const ALL: [Self; 9] = [
        Self::Equal,
        Self::NotEqual,
        Self::Contains,
        Self::StartsWith,
        Self::EndsWith,
        Self::Greater,
        Self::GreaterOrEqual,
        Self::Less,
        Self::LessOrEqual,
    ];

    /// The operator as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "eq",
            Self::NotEqual => "ne",
            Self::Contains => "co",
            Self::StartsWith => "sw",
            Self::EndsWith => "ew",
            Self::Greater => "gt",
            Self::GreaterOrEqual => "ge",
            Self::Less => "lt",
            Self::LessOrEqual => "le",
        }
    }

    /// Whether the operator asks which value comes first.
    pub fn is_ordering(self) -> bool {
        matches!(
            self,
            Self::Greater | Self::GreaterOrEqual | Self::Less | Self::LessOrEqual
        )
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A filter that cannot be read: where, and what was expected there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("filter is not valid at byte {position}: {problem}")]
pub struct FilterError {
    /// The offset of the offending byte in the text.
    pub position: usize,
    /// What was expected, or which limit was exceeded.
    pub problem: Problem,
}

impl From<SyntaxError> for FilterError {
    fn from(SyntaxError { position, problem }: SyntaxError) -> Self {
        Self { position, problem }
    }
}

impl From<FilterError> for ScimError {
    fn from(error: FilterError) -> Self {
        Self::invalid_filter(error.to_string())
    }
}
