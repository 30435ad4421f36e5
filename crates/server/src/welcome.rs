//! The pages around signing in: setting Usher up and setting a password, to which one-time links lead, and what stands before and
//! behind an identity provider. Everything they do goes through the API.

use axum::Router;
use axum::response::Response;
use axum::routing::get;

use crate::Server;
use crate::html::Plain;

/// The pages.
pub fn routes() -> Router<Server> {
    Router::new()
        .route("/set-up", get(set_up))
        .route("/invitation", get(invitation))
        .route("/second-factor", get(second_factor))
        .route("/signed-out", get(signed_out))
}

async fn set_up() -> Response {
    page(
        "Set Usher up",
        "You will be its first Super Administrator.",
        "auth/set-up",
        WHO,
    )
}

async fn invitation() -> Response {
    page(
        "Set your password",
        "Sessions that you had end with that.",
        "auth/accept-invitation",
        "",
    )
}

async fn second_factor() -> Response {
    let body = form(
        "Second factor",
        "Your identity provider says who you are. Now show the code of your authenticator app, or a recovery code.",
        CODE,
    );
    Plain {
        title: "Second factor",
        body: &body,
        script: CODE_SCRIPT,
    }
    .into_answer()
}

async fn signed_out() -> Response {
    Plain {
        title: "Signed out",
        body: "<p>You are signed out of Usher.</p>",
        script: "",
    }
    .into_answer()
}

fn page(title: &str, text: &str, operation: &str, fields: &str) -> Response {
    let body = form(title, text, &format!("{fields}{PASSWORD}"));
    Plain {
        title,
        body: &body,
        script: &SCRIPT.replace("OPERATION", operation),
    }
    .into_answer()
}

fn form(button: &str, text: &str, fields: &str) -> String {
    format!(
        "<p>{text}</p><form>{fields}<button>{button}</button></form><p role=\"status\"></p>\
         <noscript><p>This page needs JavaScript. The guide to running a server says how to do the same with curl.</p></noscript>"
    )
}

const WHO: &str = "<label for=\"email\">E-mail address</label>\
<input id=\"email\" name=\"email\" type=\"email\" autocomplete=\"username\" required>\
<label for=\"name\">Name</label><input id=\"name\" name=\"name\" autocomplete=\"name\" required>";

const PASSWORD: &str = "<label for=\"password\">Password, of at least 12 characters</label>\
<input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"new-password\" minlength=\"12\" required>";

/// The token stands behind `#`: it is in no request but the one that uses it.
const SCRIPT: &str = "\
const form = document.querySelector('form'), says = document.querySelector('[role=status]');
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const body = Object.fromEntries(new FormData(form));
  body.token = location.hash.slice(1);
  const answer = await fetch('api/v1/OPERATION', {
    method: 'POST', headers: {'content-type': 'application/json'}, body: JSON.stringify(body),
  });
  if (answer.ok) { form.hidden = true; history.replaceState(null, '', location.pathname); }
  const said = answer.ok ? {} : await answer.json();
  says.textContent = answer.ok ? 'Done. You can sign in now.' : [said.detail, said.hint].filter(Boolean).join('. ');
});
";

const CODE: &str = "<label for=\"code\">Code</label>\
<input id=\"code\" name=\"code\" autocomplete=\"one-time-code\" required autofocus>";

/// Usher says where the browser goes, and has made sure that it is a path of its own.
const CODE_SCRIPT: &str = "\
const form = document.querySelector('form'), says = document.querySelector('[role=status]');
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const answer = await fetch('api/v1/auth/second-factor', {
    method: 'POST', headers: {'content-type': 'application/json'},
    body: JSON.stringify(Object.fromEntries(new FormData(form))),
  });
  const said = await answer.json();
  if (answer.ok) { location.replace(said.return_to); return; }
  says.textContent = [said.detail, said.hint].filter(Boolean).join('. ');
});
";
