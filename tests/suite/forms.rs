//! How Rust writes each AWS kind: read from the kinds' own source into a table that the library writes programs
//! with. `GROUNDPLAN_GOLDEN=write` writes the table anew after a kind changed.

use quote::ToTokens;
use serde_json::{Map, Value as Json, json};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};
use syn::{
    Attribute, Expr, Fields, FnArg, ImplItem, Item, ItemEnum, ItemImpl, ItemStruct, Pat, Stmt,
    Visibility,
};

#[test]
fn the_table_of_forms_is_what_the_kinds_are() {
    let aws = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lib/aws/src");
    let table = aws.join("snippet/forms.json");
    let mut forms = Forms::default();
    forms.read(&aws);
    let today = forms.written();
    if std::env::var("GROUNDPLAN_GOLDEN").is_ok_and(|what| what == "write") {
        fs::write(&table, &today).expect("it can be written");
    }
    let there = fs::read_to_string(&table).expect("it is there");
    let differs = there.lines().zip(today.lines()).find(|(one, other)| one != other);
    assert!(
        there == today,
        "the table is out of date: {differs:?}; GROUNDPLAN_GOLDEN=write writes it anew"
    );
}

#[derive(Default)]
struct Forms {
    kinds: BTreeMap<String, Json>,
    types: BTreeMap<String, Json>,
}

impl Forms {
    fn read(&mut self, folder: &Path) {
        let mut files = Vec::new();
        rust_files(folder, &mut files);
        for file in files {
            let below = file.strip_prefix(folder).expect("it is in there");
            let service = below.components().next().expect("a part").as_os_str();
            let service = service.to_string_lossy().trim_end_matches(".rs").to_owned();
            let text = fs::read_to_string(&file).expect("text");
            let parsed = syn::parse_file(&text).expect("Rust");
            for item in &parsed.items {
                self.item(&service, item);
            }
        }
        let has_fields =
            |form: &Json| form.get("fields").is_some() || form.get("variants").is_some();
        self.types.retain(|_, form| has_fields(form));
    }

    fn item(&mut self, service: &str, item: &Item) {
        match item {
            Item::Struct(item) if is_data(&item.vis, &item.attrs) => self.fields(service, item),
            Item::Enum(item) if is_data(&item.vis, &item.attrs) => self.variants(service, item),
            Item::Impl(item) => self.implementation(service, item),
            Item::Macro(item)
                if item.mac.path.segments.last().is_some_and(|s| s.ident == "outputs") =>
            {
                self.outputs(service, &without_texts(&item.mac.tokens.to_string()));
            }
            _ => {}
        }
    }

    fn form(&mut self, service: &str, name: &str) -> &mut Map<String, Json> {
        let form = self.types.entry(format!("{service}::{name}")).or_insert_with(|| json!({}));
        form.as_object_mut().expect("an object")
    }

    fn fields(&mut self, service: &str, item: &ItemStruct) {
        if let Fields::Named(_) = &item.fields {
            let fields = named(&item.fields);
            self.form(service, &item.ident.to_string()).insert("fields".into(), fields);
        }
    }

    fn variants(&mut self, service: &str, item: &ItemEnum) {
        let rule = serde(&item.attrs, "rename_all").unwrap_or_default();
        let variant = |variant: &syn::Variant| {
            let name = variant.ident.to_string();
            let wire = serde(&variant.attrs, "rename").unwrap_or_else(|| renamed(&name, &rule));
            let holds = match &variant.fields {
                Fields::Unit => Json::Null,
                Fields::Unnamed(fields) => text(&fields.unnamed[0].ty).into(),
                named_fields @ Fields::Named(_) => named(named_fields),
            };
            json!([wire, name, holds])
        };
        let variants: Vec<_> = item.variants.iter().map(variant).collect();
        self.form(service, &item.ident.to_string()).insert("variants".into(), variants.into());
    }

    fn implementation(&mut self, service: &str, item: &ItemImpl) {
        let of = text(&item.self_ty);
        for part in &item.items {
            match part {
                ImplItem::Const(constant) if constant.ident == "KIND" && item.trait_.is_some() => {
                    let kind = text(&constant.expr).trim_matches('"').to_owned();
                    self.kinds.insert(kind, format!("{service}::{of}").into());
                }
                ImplItem::Fn(function) if function.sig.ident == "new" && item.trait_.is_none() => {
                    let arguments = function.sig.inputs.iter().filter_map(|argument| {
                        let FnArg::Typed(argument) = argument else { return None };
                        let Pat::Ident(name) = &*argument.pat else { return None };
                        Some(json!([name.ident.to_string(), text(&argument.ty)]))
                    });
                    let arguments: Vec<_> = arguments.collect();
                    let usual = usual(&function.block.stmts);
                    let form = self.form(service, &of);
                    form.insert("new".into(), arguments.into());
                    form.insert("usual".into(), usual.into());
                }
                _ => {}
            }
        }
    }

    /// `pub struct VpcOutputs -> VpcHandle { id: VpcId, } later { arn: Arn, }`, as tokens with spaces between.
    fn outputs(&mut self, service: &str, tokens: &str) {
        let fields: Vec<_> = tokens
            .split(['{', '}', ','])
            .filter_map(|part| {
                let (name, of) =
                    part.rsplit_once(']').map_or(part, |(_, rest)| rest).split_once(':')?;
                let plain = |text: &str| text.replace(' ', "");
                Some(json!([plain(name), plain(of)]))
            })
            .collect();
        let words: Vec<_> = tokens.split_whitespace().collect();
        let name = words.iter().position(|word| *word == "struct").map(|at| words[at + 1]);
        let of = name.and_then(|name| name.strip_suffix("Outputs")).expect("a name");
        self.form(service, of).insert("outputs".into(), fields.into());
    }

    /// One type a line, so that a change is seen where it is.
    fn written(&self) -> String {
        let lines = |table: &BTreeMap<String, Json>| {
            let line = |(name, form): (&String, &Json)| format!("    {name:?}: {form}");
            table.iter().map(line).collect::<Vec<_>>().join(",\n")
        };
        let (kinds, types) = (lines(&self.kinds), lines(&self.types));
        format!("{{\n  \"kinds\": {{\n{kinds}\n  }},\n  \"types\": {{\n{types}\n  }}\n}}\n")
    }
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found.sort();
}

/// Tokens without what is in quotes, as documentation is.
fn without_texts(tokens: &str) -> String {
    let (mut inside, mut after_backslash) = (false, false);
    let mut kept = String::new();
    for letter in tokens.chars() {
        if letter == '"' && !after_backslash {
            inside = !inside;
        } else if !inside {
            kept.push(letter);
        }
        after_backslash = letter == '\\' && !after_backslash;
    }
    kept
}

fn text(tokens: &impl ToTokens) -> String {
    tokens.to_token_stream().to_string().replace(' ', "")
}

/// Whether a type is public and goes into a state.
fn is_data(visibility: &Visibility, attributes: &[Attribute]) -> bool {
    let derives = attributes.iter().filter(|a| a.path().is_ident("derive")).map(text);
    matches!(visibility, Visibility::Public(_))
        && derives.into_iter().any(|derives| derives.contains("Deserialize"))
}

/// What an attribute of serde says.
fn serde(attributes: &[Attribute], what: &str) -> Option<String> {
    let said = attributes.iter().filter(|a| a.path().is_ident("serde")).map(text);
    said.into_iter().find_map(|said| {
        let rest = said.split_once(&format!("{what}=\""))?.1;
        Some(rest.split_once('"')?.0.to_owned())
    })
}

/// Name and type of each field, and whether it may be left out.
fn named(fields: &Fields) -> Json {
    let field = |field: &syn::Field| {
        let optional =
            field.attrs.iter().any(|a| a.path().is_ident("serde") && text(a).contains("default"));
        let name = field.ident.as_ref().expect("a name").to_string();
        json!([name, text(&field.ty), optional])
    };
    fields.iter().map(field).collect()
}

/// What a constructor fills in by itself.
fn usual(statements: &[Stmt]) -> Map<String, Json> {
    let Some(Stmt::Expr(Expr::Struct(made), _)) = statements.last() else { return Map::new() };
    let given = made.fields.iter().filter(|field| field.colon_token.is_some());
    let value = |field: &syn::FieldValue| (text(&field.member), text(&field.expr).into());
    given.map(value).collect()
}

fn renamed(name: &str, rule: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    for letter in name.chars() {
        match parts.last_mut() {
            Some(part) if !letter.is_uppercase() => part.push(letter),
            _ => parts.push(letter.to_lowercase().collect()),
        }
    }
    match rule {
        "snake_case" => parts.join("_"),
        "SCREAMING_SNAKE_CASE" => parts.join("_").to_uppercase(),
        "lowercase" => parts.concat(),
        "UPPERCASE" => name.to_uppercase(),
        "camelCase" => parts[..1].concat() + &name[parts[0].len()..],
        "" => name.to_owned(),
        other => panic!("serde's {other}"),
    }
}
