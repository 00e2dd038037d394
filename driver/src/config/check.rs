//! Everything that can be found wrong with settings: by their schema, by their types, by the program.

use super::{
    document::Node,
    load::Files,
    mistake::{Mistake, mistakes},
    path::{Path, Segment},
    schema, words,
};
use crate::render::error::Failure;
use boon::{Compiler, ErrorKind as Kind, InstanceToken, Schemas, ValidationError};
use groundplan::{Problems, Program};
use serde_json::Value as Json;

/// The settings in the program's types, or every mistake in them.
pub(crate) fn check<P: Program>(files: &Files) -> Result<P::Settings, Failure> {
    let schema = schema::plain(schema::schema::<P::Settings>());
    let mut found = by_schema(&schema, &files.document.to_json());
    // What is wrong by itself is left out, so that the program can look at the rest.
    let mut rest = files.document.clone();
    for mistake in &found {
        rest.remove(&mistake.path);
    }
    match typed::<P::Settings>(&rest) {
        Ok(settings) => {
            let mut problems = Problems::default();
            P::check(&settings, &mut problems);
            let problems = problems.into_vec().into_iter();
            let problems = problems.map(|(path, what)| Mistake::new(Path::parse(&path), what));
            let news: Vec<_> =
                problems.filter(|p| !found.iter().any(|f| p.path.is_within(&f.path))).collect();
            found.extend(news);
            if found.is_empty() {
                return Ok(settings);
            }
        }
        Err(mistake) if found.is_empty() => found.push(mistake),
        Err(_) => {}
    }
    Err(mistakes(files, found))
}

/// The settings in the program's types.
fn typed<T: serde::de::DeserializeOwned>(document: &Node) -> Result<T, Mistake> {
    serde_path_to_error::deserialize(document.to_json()).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { Path::default() } else { Path::parse(&path) };
        Mistake::new(path, format!("cannot be used: {}", error.inner()))
    })
}

/// Every mistake that the schema knows of.
fn by_schema(schema: &Json, document: &Json) -> Vec<Mistake> {
    const AT: &str = "groundplan:///settings";
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource(AT, schema.clone()).expect("BUG: the address is one");
    let index = compiler.compile(AT, &mut schemas).expect("BUG: schemars makes valid schemas");
    let mut found = Vec::new();
    if let Err(error) = schemas.validate(document, index) {
        Reader { schema, document }.say(&error, &mut found);
    }
    found
}

/// Puts what a validator found into words.
struct Reader<'a> {
    schema: &'a Json,
    document: &'a Json,
}

impl Reader<'_> {
    /// The schema that was not met.
    fn schema(&self, error: &ValidationError<'_, '_>) -> &Json {
        let pointer = error.schema_url.split_once('#').map_or("", |(_, pointer)| pointer);
        self.schema.pointer(pointer).unwrap_or(&Json::Null)
    }

    fn value(&self, error: &ValidationError<'_, '_>) -> &Json {
        error.instance_location.tokens.iter().fold(self.document, |at, token| match token {
            InstanceToken::Prop(key) => &at[key.as_ref()],
            InstanceToken::Item(index) => &at[*index],
        })
    }

    /// Says what is wrong, in as many mistakes as it is.
    fn say(&self, error: &ValidationError<'_, '_>, found: &mut Vec<Mistake>) {
        let (path, schema, value) = (path(error), self.schema(error), self.value(error));
        let what = match &error.kind {
            Kind::Group | Kind::Schema { .. } | Kind::Reference { .. } | Kind::AllOf => {
                return error.causes.iter().for_each(|cause| self.say(cause, found));
            }
            Kind::AdditionalProperties { got } => {
                let known: Vec<_> = names(&schema["properties"]).collect();
                let mistake = |key: &_| Mistake::new(path.key(key), unknown(key, &known));
                return found.extend(got.iter().map(|key| mistake(key.as_ref())));
            }
            Kind::Required { want } => {
                let mistake = |name: &&str| Mistake::new(path.key(name), missing(schema, name));
                return found.extend(want.iter().map(mistake));
            }
            Kind::AnyOf | Kind::OneOf(None) => match nearest(&error.causes, &path) {
                Some(cause) => return self.say(cause, found),
                None => "has none of the forms that it may have".into(),
            },
            Kind::Type { .. } => {
                format!("is {}, it takes {}", words::is(value), words::takes(&schema["type"]))
            }
            Kind::Enum { want } => none_of(value, want),
            Kind::Const { want } => none_of(value, std::slice::from_ref(*want)),
            kind => limit(kind).unwrap_or_else(|| kind.to_string()),
        };
        found.push(Mistake::new(path, what));
    }
}

/// What a limit that is not kept asks for.
fn limit(kind: &Kind<'_, '_>) -> Option<String> {
    let count = |number: &usize, one: &str| crate::render::words::count(*number, one);
    Some(match kind {
        Kind::Minimum { got, want } => format!("is {got}, it has to be at least {want}"),
        Kind::Maximum { got, want } => format!("is {got}, it may be at most {want}"),
        Kind::ExclusiveMinimum { got, want } => format!("is {got}, it has to be above {want}"),
        Kind::ExclusiveMaximum { got, want } => format!("is {got}, it has to be below {want}"),
        Kind::MinLength { want, .. } => {
            format!("is too short: it takes {} at least", count(want, "character"))
        }
        Kind::MaxLength { got, want } => {
            format!("is too long: {}, it takes {want} at most", count(got, "character"))
        }
        Kind::MinItems { want, .. } => {
            format!("has too few items: it takes {} at least", count(want, "item"))
        }
        Kind::MaxItems { got, want } => {
            format!("has too many items: {got}, it takes {want} at most")
        }
        Kind::UniqueItems { got: [first, second] } => {
            format!("has the same item twice: [{first}] and [{second}]")
        }
        Kind::Pattern { want, .. } => format!("is not of the form `{want}`"),
        _ => return None,
    })
}

fn names(properties: &Json) -> impl Iterator<Item = &str> {
    properties.as_object().into_iter().flatten().map(|(name, _)| name.as_str())
}

/// Where the error is.
fn path(error: &ValidationError<'_, '_>) -> Path {
    let segment = |token: &InstanceToken<'_>| match token {
        InstanceToken::Prop(key) => Segment::Key(key.to_string()),
        InstanceToken::Item(index) => Segment::Index(*index),
    };
    Path(error.instance_location.tokens.iter().map(segment).collect())
}

fn unknown(key: &str, known: &[&str]) -> String {
    match words::meant(key, known.iter().copied()) {
        Some(meant) => format!("is not known; did you mean `{meant}`?"),
        None if known.is_empty() => "is not known".into(),
        None => format!("is not known; there are {}", words::list(known.iter().copied())),
    }
}

/// What is missing, in the first sentence of its own description.
fn missing(schema: &Json, name: &str) -> String {
    let about = schema["properties"][name]["description"].as_str();
    let sentence = about.and_then(|text| text.lines().next()).map(|line| line.trim_end_matches('.'));
    match sentence {
        Some(sentence) => format!("is missing: {}", lower(sentence)),
        None => "is missing".into(),
    }
}

fn lower(text: &str) -> String {
    let mut letters = text.chars();
    match (letters.next(), letters.clone().next()) {
        // The second letter tells a word from an abbreviation.
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => text.to_owned(),
    }
}

fn none_of(value: &Json, options: &[Json]) -> String {
    let names: Vec<_> = options.iter().filter_map(Json::as_str).collect();
    let Some(text) = value.as_str() else {
        return format!("is {}, it takes one of {}", words::is(value), words::list(names));
    };
    match words::meant(text, names.iter().copied()) {
        Some(meant) => format!("is `{text}`; did you mean `{meant}`?"),
        None => format!("is `{text}`, it takes one of {}", words::list(names)),
    }
}

/// Of several forms the one that was probably meant: whose tag fits, and that has the fewest errors.
fn nearest<'e, 's, 'v>(
    forms: &'e [ValidationError<'s, 'v>],
    at: &Path,
) -> Option<&'e ValidationError<'s, 'v>> {
    forms.iter().min_by_key(|form| {
        let mut leaves = Vec::new();
        collect(form, &mut leaves);
        let of_tag = |error: &&&ValidationError<'_, '_>| {
            matches!(error.kind, Kind::Const { .. } | Kind::Type { .. })
                && path(error).0.len() <= at.0.len() + 1
        };
        (leaves.iter().filter(of_tag).count(), leaves.len())
    })
}

/// The errors that have no other behind them.
fn collect<'e, 's, 'v>(
    error: &'e ValidationError<'s, 'v>,
    leaves: &mut Vec<&'e ValidationError<'s, 'v>>,
) {
    if error.causes.is_empty() {
        leaves.push(error);
    }
    error.causes.iter().for_each(|cause| collect(cause, leaves));
}
