//! An expression whose names are resolved.

use regex::Regex;
use smol_str::SmolStr;

use crate::mapping::expression::Value;
use crate::mapping::expression::functions::Function;

/// A part of an expression whose names are resolved.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Literal(Value),
    Read(Input),
    /// The value that a list function looks at, by its level from the outside.
    Local(usize),
    List(Vec<Node>),
    Index(Box<[Node; 2]>),
    And(Box<[Node; 2]>),
    Or(Box<[Node; 2]>),
    Not(Box<Node>),
    Negate(Box<Node>),
    If(Box<[Node; 3]>),
    Binary(Binary, Box<[Node; 2]>),
    Matches(Box<Node>, Regex),
    /// A list, and what is asked of, or made of, each of its values.
    Each(Each, Box<[Node; 2]>),
    /// The first that is not blank.
    Coalesce(Vec<Node>),
    Call(&'static Function, Vec<Node>),
}

/// What an expression looks at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Input {
    Attribute(SmolStr),
    ManagerAccount,
    ManagerName,
    AppRole,
    Groups,
    GroupName,
    GroupDescription,
    GroupId,
}

impl Input {
    /// How people name it.
    pub(super) fn name(&self) -> SmolStr {
        SmolStr::new_static(match self {
            Self::Attribute(name) => return name.clone(),
            Self::ManagerAccount => "manager",
            Self::ManagerName => "manager.displayName",
            Self::AppRole => "appRole",
            Self::Groups => "groups",
            Self::GroupName => "group.displayName",
            Self::GroupDescription => "group.description",
            Self::GroupId => "group.id",
        })
    }
}

/// An operator between two values, both of which are always looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
}

impl Binary {
    /// The operator that CEL gives this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "_+_" => Self::Add,
            "_-_" => Self::Subtract,
            "_*_" => Self::Multiply,
            "_/_" => Self::Divide,
            "_%_" => Self::Remainder,
            "_==_" => Self::Equal,
            "_!=_" => Self::NotEqual,
            "_<_" => Self::Less,
            "_<=_" => Self::LessOrEqual,
            "_>_" => Self::Greater,
            "_>=_" => Self::GreaterOrEqual,
            "@in" => Self::In,
            _ => return None,
        })
    }

    /// The operator as it is written.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
        }
    }
}

/// What is done with each value of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Each {
    All,
    Exists,
    ExistsOne,
    Filter,
    Map,
}

impl Each {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "all" => Self::All,
            "exists" => Self::Exists,
            "exists_one" | "existsOne" => Self::ExistsOne,
            "filter" => Self::Filter,
            "map" => Self::Map,
            _ => return None,
        })
    }
}
