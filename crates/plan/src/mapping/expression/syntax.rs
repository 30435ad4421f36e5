//! The text of an expression, read by the parser of the crate `cel`. Nothing else knows that crate.

use std::fmt;

use cel::common::ast::{Expr, LiteralValue, SourceInfo};
use cel::parser::Expression;

use crate::mapping::expression::Value;

/// The longest expression, in bytes.
pub(crate) const LONGEST: usize = 4096;
/// How deep an expression may be nested.
const DEEPEST: usize = 64;
/// How many operators, dots, commas and brackets an expression may have: each may cost the parser a level.
const MOST_JOINTS: usize = 400;

/// A part of an expression.
#[derive(Debug)]
pub(super) struct Syntax {
    pub(super) at: Place,
    pub(super) kind: Kind,
}

/// What kind of part it is.
#[derive(Debug)]
pub(super) enum Kind {
    Literal(Value),
    Name(String),
    Field(Box<Syntax>, String),
    /// A function, or an operator under the name CEL gives it, such as `_+_`.
    Call(Option<Box<Syntax>>, String, Vec<Syntax>),
    List(Vec<Syntax>),
}

/// Where in the text, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    line: usize,
    column: usize,
}

/// What is wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExpressionProblem {
    at: Option<Place>,
    what: String,
}

impl ExpressionProblem {
    pub(super) fn new(at: Place, what: impl Into<String>) -> Self {
        let what = what.into();
        Self { at: Some(at), what }
    }

    fn whole(what: impl Into<String>) -> Self {
        let what = what.into();
        Self { at: None, what }
    }
}

impl fmt::Display for ExpressionProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(Place { line: 1, column }) => write!(f, "at column {column}: {}", self.what),
            Some(Place { line, column }) => {
                write!(f, "at line {line}, column {column}: {}", self.what)
            }
            None => f.write_str(&self.what),
        }
    }
}

/// Reads the text of an expression. Finds what can be found at once: the parser's own complaints together.
pub(super) fn parse(source: &str) -> Result<Syntax, ExpressionProblem> {
    if source.trim().is_empty() {
        return Err(ExpressionProblem::whole(
            "the expression is empty; write one",
        ));
    }
    if source.len() > LONGEST {
        return Err(ExpressionProblem::whole(format!(
            "the expression has {} bytes, and at most {LONGEST} are taken; shorten it",
            source.len()
        )));
    }
    if joints(source) > MOST_JOINTS {
        return Err(ExpressionProblem::whole(format!(
            "the expression has more than {MOST_JOINTS} operators, dots, commas and brackets; split it up"
        )));
    }
    let env = cel::Env::default().with_optional_support(false);
    let program = env.compile(source).map_err(|errors| complaint(&errors))?;
    let reader = Reader {
        source,
        info: program.source_info(),
    };
    reader.read(program.expression(), 0)
}

/// Operators, dots, commas and brackets outside of quotes, counted generously.
fn joints(source: &str) -> usize {
    let is_joint = |c: &char| !c.is_alphanumeric() && !c.is_whitespace() && *c != '_';
    let mut count = 0;
    let mut quote = None;
    let mut escaped = false;
    for c in source.chars() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None => count += usize::from(is_joint(&c)),
        }
    }
    count
}

fn complaint(errors: &cel::ParseErrors) -> ExpressionProblem {
    let Some(first) = errors.errors.first() else {
        return ExpressionProblem::whole("the expression cannot be read; correct it");
    };
    let counted = |number: isize| usize::try_from(number).unwrap_or_default().max(1);
    let at = Place {
        line: counted(first.pos.0),
        column: counted(first.pos.1),
    };
    ExpressionProblem::new(at, format!("{}; correct the expression", plain(&first.msg)))
}

/// The parser's complaint in words for people: without the list of everything that might have been there.
fn plain(complaint: &str) -> String {
    let what = complaint.trim().trim_start_matches("Syntax error: ");
    let unexpected = [
        "mismatched input ",
        "extraneous input ",
        "no viable alternative at input ",
        "token recognition error at: ",
    ];
    let rest = unexpected.iter().find_map(|start| what.strip_prefix(start));
    let found = rest.map(|rest| rest.split(" expecting ").next().unwrap_or(rest));
    match found.map(|found| found.trim_matches('\'').trim()) {
        Some("<EOF>") => "the expression ends before it is complete".to_owned(),
        Some(found) => format!("`{found}` is not expected here"),
        None => what.to_owned(),
    }
}

struct Reader<'a> {
    source: &'a str,
    info: &'a SourceInfo,
}

impl Reader<'_> {
    fn read(&self, part: &Expression, depth: usize) -> Result<Syntax, ExpressionProblem> {
        let at = self.place(part);
        if depth > DEEPEST {
            let what = format!("nested more than {DEEPEST} levels deep; split it up");
            return Err(ExpressionProblem::new(at, what));
        }
        let unknown = |what: &str| Err(ExpressionProblem::new(at, what));
        let kind = match &part.expr {
            Expr::Literal(literal) => {
                Kind::Literal(value(literal).map_err(|what| ExpressionProblem::new(at, what))?)
            }
            Expr::Ident(name) => Kind::Name(name.clone()),
            Expr::Select(select) => {
                let of = self.read(&select.operand, depth + 1)?;
                Kind::Field(Box::new(of), select.field.clone())
            }
            Expr::Call(call) => {
                let target = call.target.as_deref();
                let on = target.map(|on| self.read(on, depth + 1)).transpose()?;
                let arguments = self.read_all(&call.args, depth)?;
                Kind::Call(on.map(Box::new), call.func_name.clone(), arguments)
            }
            Expr::List(list) => Kind::List(self.read_all(&list.elements, depth)?),
            Expr::Map(_) | Expr::Struct(_) => {
                return unknown("there are no maps; use `switch(value, default, key1, value1, …)`");
            }
            Expr::Comprehension(_) | Expr::Unspecified => {
                return unknown("this cannot be read; write it another way");
            }
        };
        Ok(Syntax { at, kind })
    }

    fn read_all(
        &self,
        parts: &[Expression],
        depth: usize,
    ) -> Result<Vec<Syntax>, ExpressionProblem> {
        parts
            .iter()
            .map(|part| self.read(part, depth + 1))
            .collect()
    }

    fn place(&self, part: &Expression) -> Place {
        let offset = self.info.offset_for(part.id).map_or(0, |(start, _)| start);
        // The parser places a call at its bracket; people look for its name.
        let name = match &part.expr {
            Expr::Call(call) if call.func_name.starts_with(char::is_alphabetic) => {
                call.func_name.len()
            }
            _ => 0,
        };
        let offset = usize::try_from(offset)
            .unwrap_or_default()
            .saturating_sub(name);
        let before: String = self.source.chars().take(offset).collect();
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        Place { line, column }
    }
}

fn value(literal: &LiteralValue) -> Result<Value, String> {
    Ok(match literal {
        LiteralValue::Boolean(value) => Value::Bool(*value.inner()),
        LiteralValue::Int(value) => Value::Number(*value.inner()),
        LiteralValue::UInt(value) => {
            let number = i64::try_from(*value.inner());
            Value::Number(number.map_err(|_| "the number is too large; use a smaller one")?)
        }
        LiteralValue::String(text) => Value::text(text.inner()),
        LiteralValue::Null => Value::Empty,
        LiteralValue::Double(_) => {
            return Err("there are only whole numbers; write it as text".to_owned());
        }
        LiteralValue::Bytes(_) => return Err("there are no bytes; write it as text".to_owned()),
    })
}
