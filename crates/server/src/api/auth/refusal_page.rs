//! A refusal of a sign-in: for programs as a problem document, for people in their browser as a page.

use std::fmt::Write as _;

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};

use super::super::document::BASE;
use crate::html::{Plain, escape};
use crate::openid_connect::ProviderName;
use crate::problem::Problem;

/// Whether it is a browser that shows the answer to somebody.
pub fn is_for_people(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).into_iter();
    accepted
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|kind| kind.trim().to_ascii_lowercase().starts_with("text/html"))
}

/// A refusal, in the form that whoever asked can read. `again` is the provider at which they may begin again.
pub fn refuse(headers: &HeaderMap, problem: Problem, again: Option<&ProviderName>) -> Response {
    if !is_for_people(headers) {
        return problem.into_response();
    }
    let page = Plain {
        title: "You are not signed in",
        body: &body(&problem, again),
        script: "",
    };
    let mut answer = page.into_answer();
    // The status, and when to try again, are the problem's.
    let (parts, _) = problem.into_answer().into_parts();
    *answer.status_mut() = parts.status;
    for (name, value) in &parts.headers {
        if name != CONTENT_TYPE {
            answer.headers_mut().insert(name, value.clone());
        }
    }
    answer
}

fn body(problem: &Problem, again: Option<&ProviderName>) -> String {
    let detail = escape(&sentence(problem.detail()));
    let mut body = format!("<p role=\"alert\">{detail}</p>");
    if let Some(hint) = problem.remedy() {
        let _ = write!(body, "<p>{}</p>", escape(&sentence(hint)));
    }
    if let Some(name) = again {
        let _ = write!(
            body,
            "<p><a href=\"{BASE}/auth/openid-connect/{name}\">Begin again</a></p>"
        );
    }
    body
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let mut sentence: String = first.chain(letters).collect();
    sentence.push('.');
    sentence
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn browsers_get_a_page_and_programs_a_problem() {
        let accepting = |kinds: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static(kinds));
            is_for_people(&headers)
        };
        assert!(accepting("text/html,application/xhtml+xml,*/*;q=0.8"));
        assert!(!accepting("application/json") && !accepting("*/*"));
        assert!(!is_for_people(&HeaderMap::new()));
    }

    #[test]
    fn what_a_stranger_wrote_is_shown_as_text() {
        let problem = Problem::forbidden("the provider said <script>alert('1')</script>");
        let shown = body(&problem, None);
        assert!(
            shown.contains("The provider said &lt;script&gt;"),
            "{shown}"
        );
        assert!(!shown.contains("<script>"), "{shown}");
    }
}
