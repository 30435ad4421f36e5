//! What `#[boxed]` makes of functions.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::num::ParseIntError;
use std::pin::Pin;
use std::rc::Rc;

use futures::FutureExt;
use usher_boxed::boxed;

/// What the future gives, which waits for nothing.
fn at_once<F: Future>(future: F) -> F::Output {
    future.now_or_never().unwrap()
}

struct Shelf {
    books: Vec<String>,
}

struct Reader<'a> {
    name: &'a str,
}

impl Shelf {
    /// Borrows from the shelf and from the reader.
    #[boxed]
    async fn lend(&mut self, reader: Reader<'_>, title: &str) -> Option<String> {
        let place = self.books.iter().position(|book| book == title)?;
        let book = self.books.remove(place);
        std::future::ready(Some(format!("{book} to {}", reader.name))).await
    }

    #[boxed]
    async fn first(&self) -> Option<&str> {
        self.books.first().map(String::as_str)
    }

    #[boxed]
    async fn empty(&mut self) {
        self.books.clear();
    }
}

#[boxed]
async fn sum(texts: &[&str]) -> Result<u32, ParseIntError> {
    let mut sum = 0;
    for text in texts {
        sum += text.parse::<u32>()?;
    }
    Ok(sum)
}

#[boxed(local)]
async fn twice(word: Rc<str>) -> String {
    let other = Rc::clone(&word);
    std::future::ready(()).await;
    format!("{word} {other}")
}

fn shelf() -> Shelf {
    Shelf {
        books: vec!["Emma".to_owned(), "Ulysses".to_owned()],
    }
}

#[test]
fn a_boxed_method_borrows_from_all_its_parameters() {
    let mut shelf = shelf();
    let lent = at_once(shelf.lend(Reader { name: "Ada" }, "Emma"));
    assert_eq!(lent.as_deref(), Some("Emma to Ada"));
    assert_eq!(at_once(shelf.first()), Some("Ulysses"));
    at_once(shelf.empty());
    assert_eq!(at_once(shelf.first()), None);
}

#[test]
fn an_error_leaves_a_boxed_function_early() {
    assert_eq!(at_once(sum(&["1", "2"])), Ok(3));
    assert!(at_once(sum(&["1", "two"])).is_err());
}

#[test]
fn the_future_is_one_that_can_be_sent_and_named() {
    let future: Pin<Box<dyn Future<Output = Result<u32, ParseIntError>> + Send>> = sum(&[]);
    assert_eq!(at_once(future), Ok(0));
}

#[test]
fn the_future_of_a_local_one_holds_what_stays_on_its_thread() {
    assert_eq!(at_once(twice("hear".into())), "hear hear");
}
