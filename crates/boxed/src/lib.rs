//! `#[boxed]` makes an `async fn` an ordinary one that returns its future in a box.
//!
//! The compiler builds the body of an `async fn` where the future is awaited, not where it is written: a function of
//! the store is built again in every crate and in every test program that ends up calling it, with all it calls in turn.
//! That took most of the time of a build. Behind a box the body is built once, in its own crate; the box costs nothing
//! beside the statement or the request that such a function is about.
//!
//! The future may borrow from every parameter and has to be [`Send`], except with `#[boxed(local)]`, after which it stays
//! on its thread. Functions with type parameters are built where they are used anyway and are refused, as are those that name
//! lifetimes of their own.

use proc_macro::TokenStream;
use proc_macro2::Span;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::visit_mut::{VisitMut, visit_type_reference_mut};
use syn::{
    Error, FnArg, Ident, ItemFn, Lifetime, Result, ReturnType, TypeReference, parse_macro_input,
    parse_quote,
};

/// Boxes the future of the `async fn` below.
#[proc_macro_attribute]
pub fn boxed(reach: TokenStream, item: TokenStream) -> TokenStream {
    let reach = parse_macro_input!(reach as Reach);
    let function = parse_macro_input!(item as ItemFn);
    match in_a_box(function, &reach) {
        Ok(function) => quote!(#function).into(),
        Err(error) => error.into_compile_error().into(),
    }
}

/// Where a future may be polled.
enum Reach {
    AnyThread,
    Local,
}

impl Parse for Reach {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.is_empty() {
            return Ok(Self::AnyThread);
        }
        let word: Ident = input.parse()?;
        if word == "local" {
            Ok(Self::Local)
        } else {
            Err(Error::new_spanned(word, "the only argument is `local`"))
        }
    }
}

fn in_a_box(mut function: ItemFn, reach: &Reach) -> Result<ItemFn> {
    let signature = &mut function.sig;
    if signature.asyncness.take().is_none() {
        return Err(Error::new_spanned(
            signature.fn_token,
            "only an `async fn` has a future to box",
        ));
    }
    if !signature.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &signature.generics,
            "a function with parameters of its own is built where it is used",
        ));
    }
    let life: Lifetime = Lifetime::new("'boxed", Span::call_site());
    let mut naming = Naming(&life);
    for input in &mut signature.inputs {
        naming.visit_fn_arg_mut(input);
    }
    naming.visit_return_type_mut(&mut signature.output);
    let output: syn::Type = match &signature.output {
        ReturnType::Default => parse_quote!(()),
        ReturnType::Type(_, output) => parse_quote!(#output),
    };
    signature.generics.params.push(parse_quote!(#life));
    let send = match reach {
        Reach::AnyThread => quote!(+ ::core::marker::Send),
        Reach::Local => quote!(),
    };
    signature.output = parse_quote! {
        -> ::core::pin::Pin<::std::boxed::Box<dyn ::core::future::Future<Output = #output> #send + #life>>
    };
    let body = &function.block.stmts;
    // The `return` that is never reached tells the type, which `?` leaves open in a block.
    *function.block = parse_quote!({
        ::std::boxed::Box::pin(async move {
            if let ::core::option::Option::Some(never) = ::core::option::Option::None::<#output> {
                return never;
            }
            #(#body)*
        })
    });
    Ok(function)
}

/// Gives every lifetime that is left out the one name.
struct Naming<'a>(&'a Lifetime);

impl VisitMut for Naming<'_> {
    fn visit_fn_arg_mut(&mut self, input: &mut FnArg) {
        match input {
            FnArg::Receiver(receiver) => {
                if let Some((_, life)) = &mut receiver.reference {
                    *life = Some(self.0.clone());
                }
                self.visit_type_mut(&mut receiver.ty);
            }
            FnArg::Typed(typed) => self.visit_type_mut(&mut typed.ty),
        }
    }

    fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
        reference.lifetime.get_or_insert_with(|| self.0.clone());
        visit_type_reference_mut(self, reference);
    }

    fn visit_lifetime_mut(&mut self, life: &mut Lifetime) {
        if life.ident == "_" {
            *life = self.0.clone();
        }
    }
}
