//! The derive macro of `sim-core`, which exports it under its own name: see `sim_core::Kinds`.

use proc_macro::TokenStream;
use quote::quote;
use syn::{Attribute, Data, DeriveInput, Error, Variant, parse_macro_input};

/// Lists the variants of an enum by name. A struct is of one kind: its own name.
#[proc_macro_derive(Kinds)]
pub fn derive_kinds(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    kinds(&input).unwrap_or_else(Error::into_compile_error).into()
}

fn kinds(input: &DeriveInput) -> Result<proc_macro2::TokenStream, Error> {
    let (patterns, idents): (Vec<_>, Vec<_>) = match &input.data {
        Data::Enum(body) => {
            body.variants.iter().map(|Variant { ident, .. }| (quote!(Self::#ident { .. }), ident)).unzip()
        }
        Data::Struct(_) => (vec![quote!(Self { .. })], vec![&input.ident]),
        Data::Union(_) => return Err(Error::new_spanned(&input.ident, "a union has no kinds")),
    };
    let of_variants = match &input.data {
        Data::Enum(body) => body.variants.iter().flat_map(|variant| &variant.attrs).collect(),
        _ => Vec::new(),
    };
    if let Some(attribute) = input.attrs.iter().chain(of_variants).find(|attribute| renames(attribute)) {
        let message = "a kind is called what it is called in the code: serde must not call it anything else";
        return Err(Error::new_spanned(attribute, message));
    }
    let names: Vec<String> = idents.iter().map(ToString::to_string).collect();
    let (name, (generics, arguments, bounds)) = (&input.ident, input.generics.split_for_impl());
    Ok(quote! {
        impl #generics ::sim_core::Kinds for #name #arguments #bounds {
            const KINDS: &'static [&'static str] = &[#(#names),*];

            fn kind(&self) -> &'static str {
                match *self {
                    #(#patterns => #names,)*
                }
            }
        }
    })
}

/// Whether the attribute has `serde` write a variant or the whole under another name, or none.
fn renames(attribute: &Attribute) -> bool {
    let mut renames = false;
    if attribute.path().is_ident("serde") {
        // Whatever else stands there is none of our business, nor whether it makes sense.
        let _ = attribute.parse_nested_meta(|meta| {
            renames |=
                ["rename", "rename_all", "tag", "untagged", "transparent"].iter().any(|name| meta.path.is_ident(name));
            if meta.input.peek(syn::Token![=]) {
                meta.value()?.parse::<syn::Expr>()?;
            }
            Ok(())
        });
    }
    renames
}
