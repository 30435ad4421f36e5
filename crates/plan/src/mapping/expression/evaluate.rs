//! Evaluates expressions, within a number of steps.

use std::cmp::Ordering;

use crate::mapping::expression::node::{Binary, Each, Input, Node};
use crate::mapping::expression::{Seen, Value};
use crate::mapping::source::read_attribute;

/// How many steps one evaluation may take. A usual expression takes a dozen.
const STEPS: usize = 100_000;
/// How many bytes of text count as one step.
const BYTES_PER_STEP: usize = 64;
/// The largest value, in bytes. Miro's longest attribute has 120 characters.
pub(super) const LARGEST: usize = 64 * 1024;

/// Evaluates one expression once.
pub(super) struct Machine<'a> {
    seen: &'a Seen<'a>,
    locals: Vec<Value>,
    left: usize,
}

type Evaluated<T = Value> = Result<T, String>;

impl<'a> Machine<'a> {
    pub(super) fn new(seen: &'a Seen<'a>) -> Self {
        Self {
            seen,
            locals: Vec::new(),
            left: STEPS,
        }
    }

    pub(super) fn run(&mut self, node: &Node) -> Evaluated {
        self.pay(1)?;
        match node {
            Node::Literal(value) => Ok(value.clone()),
            Node::Read(input) => self.read(input),
            Node::Local(level) => Ok(self.locals.get(*level).cloned().unwrap_or(Value::Empty)),
            Node::List(parts) => self.all(parts).map(Value::List),
            Node::Index(two) => self.index(two),
            Node::And(two) => Ok(Value::Bool(
                self.holds(&two[0], "&&")? && self.holds(&two[1], "&&")?,
            )),
            Node::Or(two) => Ok(Value::Bool(
                self.holds(&two[0], "||")? || self.holds(&two[1], "||")?,
            )),
            Node::Not(one) => Ok(Value::Bool(!self.holds(one, "!")?)),
            Node::Negate(one) => self.negate(one),
            Node::If(three) => {
                let branch = if self.holds(&three[0], "?")? { 1 } else { 2 };
                self.run(&three[branch])
            }
            Node::Binary(binary, two) => self.binary(*binary, two),
            Node::Matches(of, regex) => {
                let of = self.run(of)?;
                let text = of.as_text().ok_or("`matches` needs text, not a list")?;
                self.pay(text.len() / 8)?;
                Ok(Value::Bool(regex.is_match(&text)))
            }
            Node::Each(each, two) => self.each(*each, two),
            Node::Coalesce(parts) => self.coalesce(parts),
            Node::Call(function, parts) => {
                let arguments = self.all(parts)?;
                self.pay(arguments.iter().map(Value::size).sum::<usize>() / BYTES_PER_STEP)?;
                let result = (function.apply)(&arguments)
                    .map_err(|what| format!("`{}`: {what}", function.name))?;
                self.afford(result)
            }
        }
    }

    fn all(&mut self, parts: &[Node]) -> Evaluated<Vec<Value>> {
        parts.iter().map(|part| self.run(part)).collect()
    }

    /// Takes steps from what is left, so that everything ends.
    fn pay(&mut self, steps: usize) -> Evaluated<()> {
        self.left = self
            .left
            .checked_sub(steps)
            .ok_or("the expression does too much work; make it simpler")?;
        Ok(())
    }

    /// Lets a value through that is not too large, at the cost of its size.
    fn afford(&mut self, value: Value) -> Evaluated {
        let size = value.size();
        if size > LARGEST {
            return Err(too_large());
        }
        self.pay(size / BYTES_PER_STEP)?;
        Ok(value)
    }

    fn read(&mut self, input: &Input) -> Evaluated {
        let value = match (self.seen, input) {
            (Seen::Person(view), Input::Attribute(name)) => read_attribute(view.person, name),
            (Seen::Person(view), Input::ManagerAccount) => {
                let account = view.manager.and_then(|manager| manager.account);
                account.map_or(Value::Empty, Value::text)
            }
            (Seen::Person(view), Input::ManagerName) => {
                let name = view.manager.and_then(|manager| manager.name());
                name.map_or(Value::Empty, Value::text)
            }
            (Seen::Person(view), Input::AppRole) => view
                .app_role
                .map_or(Value::Empty, |role| Value::text(role.as_str())),
            (Seen::Person(view), Input::Groups) => {
                let groups = view
                    .groups
                    .map(|groups| groups.group_names(&view.person.id));
                Value::List(groups.into_iter().flatten().map(Value::text).collect())
            }
            (Seen::Group(group), Input::GroupName) => Value::text(&group.name),
            (Seen::Group(group), Input::GroupDescription) => {
                group.description.as_ref().map_or(Value::Empty, Value::text)
            }
            (Seen::Group(group), Input::GroupId) => Value::text(&group.id),
            _ => Value::Empty,
        };
        self.afford(value)
    }

    fn holds(&mut self, node: &Node, operator: &str) -> Evaluated<bool> {
        let value = self.run(node)?;
        value.as_condition().ok_or_else(|| {
            format!(
                "`{operator}` needs true or false, not {} (`{value}`)",
                value.kind()
            )
        })
    }

    fn index(&mut self, two: &[Node; 2]) -> Evaluated {
        let of = self.run(&two[0])?;
        let index = self.run(&two[1])?;
        let at = index
            .as_number()
            .ok_or_else(|| format!("the place in a list is a number, not {}", index.kind()))?;
        let values = of.into_list();
        let at = usize::try_from(at).ok();
        let found = at.and_then(|at| values.into_iter().nth(at));
        Ok(found.unwrap_or(Value::Empty))
    }

    fn negate(&mut self, one: &Node) -> Evaluated {
        let value = self.run(one)?;
        let number = value.as_number().and_then(i64::checked_neg);
        number
            .map(Value::Number)
            .ok_or_else(|| format!("`-` needs a number, not {}", value.kind()))
    }

    fn coalesce(&mut self, parts: &[Node]) -> Evaluated {
        for part in parts {
            let value = self.run(part)?;
            if !value.is_blank() {
                return Ok(value);
            }
        }
        Ok(Value::Empty)
    }

    fn binary(&mut self, binary: Binary, two: &[Node; 2]) -> Evaluated {
        let one = self.run(&two[0])?;
        let other = self.run(&two[1])?;
        self.pay((one.size() + other.size()) / BYTES_PER_STEP)?;
        match binary {
            Binary::Add => add(one, other).and_then(|sum| self.afford(sum)),
            Binary::Equal => Ok(Value::Bool(one.equals(&other))),
            Binary::NotEqual => Ok(Value::Bool(!one.equals(&other))),
            Binary::In => {
                let values = other.into_list();
                Ok(Value::Bool(values.iter().any(|value| value.equals(&one))))
            }
            Binary::Less => compare(binary, &one, &other, Ordering::is_lt),
            Binary::LessOrEqual => compare(binary, &one, &other, Ordering::is_le),
            Binary::Greater => compare(binary, &one, &other, Ordering::is_gt),
            Binary::GreaterOrEqual => compare(binary, &one, &other, Ordering::is_ge),
            Binary::Subtract => calculate(binary, &one, &other, i64::checked_sub),
            Binary::Multiply => calculate(binary, &one, &other, i64::checked_mul),
            Binary::Divide => calculate(binary, &one, &other, i64::checked_div),
            Binary::Remainder => calculate(binary, &one, &other, i64::checked_rem),
        }
    }

    fn each(&mut self, each: Each, two: &[Node; 2]) -> Evaluated {
        let values = self.run(&two[0])?.into_list();
        let mut kept = Vec::new();
        let mut held = 0;
        let count = values.len();
        for value in values {
            self.locals.push(value);
            let result = self.run(&two[1]);
            let value = self.locals.pop().unwrap_or(Value::Empty);
            let result = result?;
            if each == Each::Map {
                kept.push(result);
                continue;
            }
            let holds = result.as_condition().ok_or_else(|| {
                format!(
                    "a list asks for true or false of each value, not {}",
                    result.kind()
                )
            })?;
            match (each, holds) {
                (Each::All, false) => return Ok(Value::Bool(false)),
                (Each::Exists, true) => return Ok(Value::Bool(true)),
                (Each::Filter, true) => kept.push(value),
                _ => {}
            }
            held += usize::from(holds);
        }
        match each {
            Each::All => Ok(Value::Bool(held == count)),
            Each::Exists => Ok(Value::Bool(false)),
            Each::ExistsOne => Ok(Value::Bool(held == 1)),
            Each::Filter | Each::Map => self.afford(Value::List(kept)),
        }
    }
}

fn too_large() -> String {
    format!("the value gets larger than {LARGEST} bytes; make it smaller")
}

fn add(one: Value, other: Value) -> Evaluated {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            let sum = one.checked_add(other);
            sum.map(Value::Number)
                .ok_or_else(|| "the sum is too large; use smaller numbers".to_owned())
        }
        (Value::List(mut one), Value::List(other)) => {
            one.extend(other);
            Ok(Value::List(one))
        }
        (Value::List(list), Value::Empty) | (Value::Empty, Value::List(list)) => {
            Ok(Value::List(list))
        }
        (one, other) => match (one.as_text(), other.as_text()) {
            (Some(first), Some(second)) if first.len() + second.len() <= LARGEST => {
                Ok(Value::from(format!("{first}{second}")))
            }
            (Some(_), Some(_)) => Err(too_large()),
            _ => Err(format!(
                "`+` does not add {} and {}",
                one.kind(),
                other.kind()
            )),
        },
    }
}

fn compare(binary: Binary, one: &Value, other: &Value, asked: fn(Ordering) -> bool) -> Evaluated {
    let is_plain =
        |value: &Value| matches!(value, Value::Empty | Value::Number(_) | Value::Text(_));
    if !is_plain(one) || !is_plain(other) {
        let (one, other) = (one.kind(), other.kind());
        return Err(format!(
            "`{}` does not compare {one} and {other}",
            binary.sign()
        ));
    }
    // What is absent, or no number where one is asked for, is neither larger nor smaller.
    Ok(Value::Bool(one.compare(other).is_some_and(asked)))
}

fn calculate(
    binary: Binary,
    one: &Value,
    other: &Value,
    operation: fn(i64, i64) -> Option<i64>,
) -> Evaluated {
    let sign = binary.sign();
    let (Some(first), Some(second)) = (one.as_number(), other.as_number()) else {
        let (one, other) = (one.kind(), other.kind());
        return Err(format!("`{sign}` needs two numbers, not {one} and {other}"));
    };
    let result = operation(first, second);
    result
        .map(Value::Number)
        .ok_or_else(|| format!("`{first} {sign} {second}` has no result"))
}
