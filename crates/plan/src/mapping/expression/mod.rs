//! The expression language of mappings.
//!
//! Its text is that of CEL, read by the parser of the crate `cel` ([`syntax`]). Names are resolved when it is compiled
//! ([`resolve`]), so that slips are found then. It is evaluated here ([`evaluate`]) and not by the crate: directories
//! leave attributes out and write numbers as text, an absent value must read as nothing and not as an error, and every
//! evaluation must end after so many steps.

mod evaluate;
mod functions;
mod node;
mod resolve;
mod syntax;
mod value;

#[cfg(test)]
mod tests;

use smol_str::SmolStr;
use usher_model::Group;

use crate::mapping::PersonView;
use evaluate::Machine;
use node::Node;
use resolve::Resolver;
pub(crate) use syntax::ExpressionProblem;
pub(crate) use value::Value;

/// What an expression is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A person: `person`, `manager`, `groups` and `appRole` are known.
    Person,
    /// A group: `group` is known.
    Group,
}

/// What an expression can see.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Seen<'a> {
    Person(PersonView<'a>),
    Group(&'a Group),
}

/// An expression that is ready to be evaluated.
#[derive(Clone, Debug)]
pub(crate) struct Expression {
    root: Node,
    inputs: Vec<SmolStr>,
}

impl Expression {
    /// Reads an expression.
    pub(crate) fn compile(source: &str, subject: Subject) -> Result<Self, ExpressionProblem> {
        let mut resolver = Resolver::new(subject);
        let root = resolver.resolve(syntax::parse(source)?)?;
        let inputs = resolver.inputs.iter().map(node::Input::name).collect();
        Ok(Self { root, inputs })
    }

    /// Evaluates it. An error says what went wrong.
    pub(crate) fn evaluate(&self, seen: &Seen<'_>) -> Result<Value, String> {
        Machine::new(seen).run(&self.root)
    }

    /// The names of what it looks at.
    pub(crate) fn inputs(&self) -> Vec<SmolStr> {
        self.inputs.clone()
    }
}
