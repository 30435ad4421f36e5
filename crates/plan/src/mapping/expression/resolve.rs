//! Names are looked up once, when an expression is compiled: a slip of the pen is found then, not on a person.

use std::collections::BTreeSet;

use smol_str::SmolStr;
use usher_model::AttributeName;

use crate::mapping::expression::functions::{self, Function};
use crate::mapping::expression::node::{Binary, Each, Input, Node};
use crate::mapping::expression::syntax::{ExpressionProblem, Kind, Place, Syntax};
use crate::mapping::expression::{Subject, Value};
use crate::pattern;

type Resolved<T = Node> = Result<T, ExpressionProblem>;

/// Operators that do not simply look at two values.
const OTHER_OPERATORS: [&str; 6] = ["_&&_", "_||_", "_?_:_", "!_", "-_", "_[_]"];

/// Looks up names.
pub(super) struct Resolver {
    subject: Subject,
    locals: Vec<String>,
    /// What the expression looks at.
    pub(super) inputs: BTreeSet<Input>,
}

impl Resolver {
    pub(super) fn new(subject: Subject) -> Self {
        Self {
            subject,
            locals: Vec::new(),
            inputs: BTreeSet::new(),
        }
    }

    pub(super) fn resolve(&mut self, part: Syntax) -> Resolved {
        let at = part.at;
        match part.kind {
            Kind::Literal(value) => Ok(Node::Literal(value)),
            Kind::Name(name) => self.name(at, &name),
            Kind::Field(of, field) => self.field(at, &of, &field),
            Kind::List(parts) => Ok(Node::List(self.all(parts)?)),
            Kind::Call(on, name, arguments) => self.call(at, on, &name, arguments),
        }
    }

    fn all(&mut self, parts: Vec<Syntax>) -> Resolved<Vec<Node>> {
        parts.into_iter().map(|part| self.resolve(part)).collect()
    }

    fn name(&mut self, at: Place, name: &str) -> Resolved {
        if let Some(level) = self.locals.iter().rposition(|local| local == name) {
            return Ok(Node::Local(level));
        }
        match (self.subject, name) {
            (Subject::Person, "appRole") => Ok(self.read(Input::AppRole)),
            (Subject::Person, "groups") => Ok(self.read(Input::Groups)),
            (Subject::Person, "manager") => Ok(self.read(Input::ManagerAccount)),
            (Subject::Person, "person") => Err(ExpressionProblem::new(
                at,
                "`person` is everything about the person; name an attribute, as in `person.department`",
            )),
            (Subject::Group, "group") => Err(ExpressionProblem::new(
                at,
                "`group` is everything about the group; name an attribute, as in `group.displayName`",
            )),
            _ => Err(self.unknown_name(at, name)),
        }
    }

    fn unknown_name(&self, at: Place, name: &str) -> ExpressionProblem {
        let known = match self.subject {
            Subject::Person => {
                "`person.…`, `manager`, `manager.displayName`, `groups` and `appRole`"
            }
            Subject::Group => "`group.displayName`, `group.description` and `group.id`",
        };
        let what = format!("nothing is called `{name}` here; there are {known}");
        ExpressionProblem::new(at, what)
    }

    fn field(&mut self, at: Place, of: &Syntax, field: &str) -> Resolved {
        let Kind::Name(root) = &of.kind else {
            let what =
                format!("a value has no part `{field}`; only `person`, `manager` and `group` have");
            return Err(ExpressionProblem::new(at, what));
        };
        match (self.subject, root.as_str(), field) {
            (Subject::Person, "person", _) => Ok(self.attribute(field)),
            (Subject::Person, "manager", "displayName") => Ok(self.read(Input::ManagerName)),
            (Subject::Person, "manager", "id") => Ok(self.read(Input::ManagerAccount)),
            (Subject::Group, "group", "displayName" | "name") => Ok(self.read(Input::GroupName)),
            (Subject::Group, "group", "description") => Ok(self.read(Input::GroupDescription)),
            (Subject::Group, "group", "id") => Ok(self.read(Input::GroupId)),
            (Subject::Person, "manager", _) => Err(ExpressionProblem::new(
                at,
                format!("of a manager nothing but `displayName` and `id` is known, not `{field}`"),
            )),
            (Subject::Group, "group", _) => Err(ExpressionProblem::new(
                at,
                format!(
                    "of a group `displayName`, `description` and `id` are known, not `{field}`"
                ),
            )),
            _ => Err(self.unknown_name(of.at, root)),
        }
    }

    fn attribute(&mut self, name: &str) -> Node {
        let name = SmolStr::new(AttributeName::new(name).as_str());
        self.read(Input::Attribute(name))
    }

    fn read(&mut self, input: Input) -> Node {
        self.inputs.insert(input.clone());
        Node::Read(input)
    }

    fn call(
        &mut self,
        at: Place,
        on: Option<Box<Syntax>>,
        name: &str,
        mut arguments: Vec<Syntax>,
    ) -> Resolved {
        if let Some(on) = on {
            if let Some(each) = Each::named(name) {
                arguments.insert(0, *on);
                return self.each(at, each, name, arguments);
            }
            // `join` takes its separator first; called on a list, as CEL does, the list comes first.
            let place = usize::from(name == "join").min(arguments.len());
            arguments.insert(place, *on);
        }
        if let Some(node) = self.operator(name, &mut arguments)? {
            return Ok(node);
        }
        match name {
            "matches" => self.matches(at, arguments),
            "coalesce" if !arguments.is_empty() => Ok(Node::Coalesce(self.all(arguments)?)),
            _ => {
                let function = function(at, name, arguments.len())?;
                Ok(Node::Call(function, self.all(arguments)?))
            }
        }
    }

    /// An operator, if it is one. The parser gives each as many values as it needs.
    fn operator(&mut self, name: &str, arguments: &mut Vec<Syntax>) -> Resolved<Option<Node>> {
        if let Some(attribute) = self.attribute_in_brackets(name, arguments) {
            return Ok(Some(attribute));
        }
        let binary = Binary::named(name);
        if binary.is_none() && !OTHER_OPERATORS.contains(&name) {
            return Ok(None);
        }
        let mut parts = self.all(std::mem::take(arguments))?.into_iter();
        let mut next = || parts.next().unwrap_or(Node::Literal(Value::Empty));
        Ok(Some(match (binary, name) {
            (Some(binary), _) => Node::Binary(binary, Box::new([next(), next()])),
            (None, "_&&_") => Node::And(Box::new([next(), next()])),
            (None, "_||_") => Node::Or(Box::new([next(), next()])),
            (None, "_?_:_") => Node::If(Box::new([next(), next(), next()])),
            (None, "!_") => Node::Not(Box::new(next())),
            (None, "-_") => Node::Negate(Box::new(next())),
            (None, _) => Node::Index(Box::new([next(), next()])),
        }))
    }

    /// `person["cost center"]`, for names with spaces.
    fn attribute_in_brackets(&mut self, name: &str, arguments: &[Syntax]) -> Option<Node> {
        let [of, index] = arguments else {
            return None;
        };
        match (name, &of.kind, &index.kind) {
            ("_[_]", Kind::Name(root), Kind::Literal(Value::Text(attribute)))
                if root == "person" && self.subject == Subject::Person =>
            {
                Some(self.attribute(attribute))
            }
            _ => None,
        }
    }

    fn each(&mut self, at: Place, each: Each, name: &str, arguments: Vec<Syntax>) -> Resolved {
        let usage = || {
            let what =
                format!("`{name}` is written as `list.{name}(x, …)`, with a name for each value");
            ExpressionProblem::new(at, what)
        };
        let [range, variable, body] = <[Syntax; 3]>::try_from(arguments).map_err(|_| usage())?;
        let Kind::Name(variable) = variable.kind else {
            return Err(usage());
        };
        let range = self.resolve(range)?;
        self.locals.push(variable);
        let body = self.resolve(body);
        self.locals.pop();
        Ok(Node::Each(each, Box::new([range, body?])))
    }

    fn matches(&mut self, at: Place, arguments: Vec<Syntax>) -> Resolved {
        let problem = |what: String| ExpressionProblem::new(at, what);
        let [of, pattern] = <[Syntax; 2]>::try_from(arguments).map_err(|_| {
            problem("`matches` is written as `text.matches(\"pattern\")`".to_owned())
        })?;
        let Kind::Literal(Value::Text(text)) = &pattern.kind else {
            let what = "the pattern of `matches` must be written out as text in quotes";
            return Err(problem(what.to_owned()));
        };
        let regex = pattern::anywhere(text).map_err(problem)?;
        Ok(Node::Matches(Box::new(self.resolve(of)?), regex))
    }
}

fn function(at: Place, name: &str, count: usize) -> Resolved<&'static Function> {
    let Some(function) = functions::find(name) else {
        let near = functions::nearest(name).map_or_else(
            || "see the page on mappings for those there are".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        let what = format!("there is no function `{name}`; {near}");
        return Err(ExpressionProblem::new(at, what));
    };
    if (function.takes)(count) {
        return Ok(function);
    }
    let usage = function.usage;
    let what = format!("{count} values do not fit `{name}`; it is written as `{usage}`");
    Err(ExpressionProblem::new(at, what))
}
