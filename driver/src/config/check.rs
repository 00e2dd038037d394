//! Everything that can be found wrong with settings: by their schema, by their types, by the program.

use super::{
    load::Files,
    mend,
    mistake::{Mistake, mistakes},
    path::{Path, Segment},
    schema, waivers, words,
};
use crate::render::error::Failure;
use boon::{Compiler, ErrorKind as Kind, InstanceToken, Schemas, ValidationError};
use groundplan::{Problems, Program, Rules, Waiver};
use serde_json::Value as Json;

/// Settings without mistakes.
#[derive(Debug)]
pub(crate) struct Sound<S> {
    /// In the program's types.
    pub(crate) settings: S,
    /// What is left as it is, whatever rules find.
    pub(crate) waivers: Vec<Waiver>,
}

/// The settings in the program's types, or every mistake in them. `rules` are those that may be waived.
pub(crate) fn check<P: Program>(
    files: &Files,
    rules: &Rules,
) -> Result<Sound<P::Settings>, Failure> {
    let schema = schema::plain(schema::schema::<P::Settings>(rules));
    let document = files.document.to_json();
    let Found { mistakes: mut found, mut mended } = by_schema(&schema, document);
    let (waivers, wrong) = waivers::read(&waivers::take(&mut mended));
    add_news(&mut found, wrong);
    match typed::<P::Settings>(mended) {
        Ok(settings) => {
            let mut problems = Problems::default();
            P::check(&settings, &mut problems);
            let problems = problems.into_vec().into_iter();
            let problems = problems.map(|(path, what)| Mistake::new(Path::parse(&path), what));
            add_news(&mut found, problems);
            if found.is_empty() {
                return Ok(Sound { settings, waivers });
            }
        }
        Err(mistake) => add_news(&mut found, [mistake]),
    }
    Err(mistakes(files, found))
}

/// Adds mistakes. One in a value that was only made up, as what was there is wrong, is no second one.
fn add_news(found: &mut Vec<Mistake>, more: impl IntoIterator<Item = Mistake>) {
    for mistake in more {
        if !found.iter().any(|known| mistake.path.is_within(&known.path)) {
            found.push(mistake);
        }
    }
}

/// The settings in the program's types.
fn typed<T: serde::de::DeserializeOwned>(document: Json) -> Result<T, Mistake> {
    serde_path_to_error::deserialize(document).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { Path::default() } else { Path::parse(&path) };
        Mistake::new(path, format!("cannot be used: {}", error.inner()))
    })
}

/// What a schema finds.
struct Found {
    mistakes: Vec<Mistake>,
    /// The document as it might have been meant, so that the program can look at the rest of it.
    mended: Json,
}

/// Every mistake that the schema knows of.
fn by_schema(schema: &Json, document: Json) -> Found {
    const AT: &str = "groundplan:///settings";
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource(AT, schema.clone()).expect("BUG: the address is one");
    let index = compiler.compile(AT, &mut schemas).expect("BUG: schemars makes valid schemas");
    let mut reader = Reader {
        schema,
        document: &document,
        found: Vec::new(),
        missing: Vec::new(),
        meant: Vec::new(),
        mended: document.clone(),
    };
    if let Err(error) = schemas.validate(&document, index) {
        reader.say(&error);
    }
    let Reader { found: mut mistakes, mut missing, meant, mended, .. } = reader;
    // What is written wrong is not missing as well.
    missing.retain(|mistake| !meant.contains(&mistake.path));
    mistakes.append(&mut missing);
    Found { mistakes, mended }
}

/// Puts what a validator found into words.
struct Reader<'a> {
    schema: &'a Json,
    document: &'a Json,
    found: Vec<Mistake>,
    missing: Vec<Mistake>,
    /// The settings that were probably meant where one is not known.
    meant: Vec<Path>,
    mended: Json,
}

impl<'a> Reader<'a> {
    /// The schema that was not met.
    fn schema(&self, error: &ValidationError<'_, '_>) -> &'a Json {
        let pointer = error.schema_url.split_once('#').map_or("", |(_, pointer)| pointer);
        self.schema.pointer(pointer).unwrap_or(&Json::Null)
    }

    fn value(&self, error: &ValidationError<'_, '_>) -> &'a Json {
        error.instance_location.tokens.iter().fold(self.document, |at, token| match token {
            InstanceToken::Prop(key) => &at[key.as_ref()],
            InstanceToken::Item(index) => &at[*index],
        })
    }

    /// Says what is wrong, in as many mistakes as it is.
    fn say(&mut self, error: &ValidationError<'_, '_>) {
        let (path, schema, value) = (path(error), self.schema(error), self.value(error));
        let what = match &error.kind {
            Kind::Group | Kind::Schema { .. } | Kind::Reference { .. } | Kind::AllOf => {
                return error.causes.iter().for_each(|cause| self.say(cause));
            }
            Kind::AdditionalProperties { got } => {
                return got.iter().for_each(|key| self.unknown(&path, key, schema));
            }
            Kind::Required { want } => {
                return want.iter().for_each(|name| self.missing(&path, name, schema));
            }
            Kind::AnyOf | Kind::OneOf(None) => match self.nearest(&error.causes, &path) {
                Ok(cause) => return self.say(cause),
                Err(what) => what,
            },
            Kind::Type { .. } => {
                format!("is {}, it takes {}", words::is(value), words::takes(&schema["type"]))
            }
            Kind::Enum { want } => none_of(value, want),
            Kind::Const { want } => none_of(value, std::slice::from_ref(*want)),
            kind => limit(kind).unwrap_or_else(|| kind.to_string()),
        };
        mend::put(&mut self.mended, &path, mend::plausible(self.schema, schema));
        self.found.push(Mistake::new(path, what));
    }

    fn unknown(&mut self, path: &Path, key: &str, schema: &Json) {
        let known: Vec<_> = names(&schema["properties"]).collect();
        let meant = words::meant(key, known.iter().copied());
        let value = mend::take(&mut self.mended, &path.key(key));
        if let (Some(meant), Some(value)) = (meant, value) {
            let meant = path.key(meant);
            mend::put_new(&mut self.mended, &meant, value);
            self.meant.push(meant);
        }
        let what = match meant {
            Some(meant) => format!("is not known; did you mean `{meant}`?"),
            None if known.is_empty() => "is not known".into(),
            None => format!("is not known; there are {}", words::list(known)),
        };
        self.found.push(Mistake::new(path.key(key), what));
    }

    /// Says what is missing, in the first sentence of its own description.
    fn missing(&mut self, path: &Path, name: &str, schema: &Json) {
        let path = path.key(name);
        let of = &schema["properties"][name];
        mend::put_new(&mut self.mended, &path, mend::plausible(self.schema, of));
        let line = of["description"].as_str().and_then(|text| text.lines().next());
        let what = match line {
            Some(line) => format!("is missing: {}", words::lower(line.trim_end_matches('.'))),
            None => "is missing".into(),
        };
        self.missing.push(Mistake::new(path, what));
    }

    /// Of several forms the one that was probably meant: whose tag fits, and that has the fewest
    /// errors; or what is wrong with the tag, if it fits none.
    fn nearest<'e, 's, 'v>(
        &self,
        forms: &'e [ValidationError<'s, 'v>],
        at: &Path,
    ) -> Result<&'e ValidationError<'s, 'v>, String> {
        let tag = |error: &&&ValidationError<'_, '_>| {
            matches!(error.kind, Kind::Const { .. }) && path(error).0.len() == at.0.len() + 1
        };
        let wrong: Vec<_> =
            forms.iter().filter_map(|form| leaves(form).iter().find(tag).copied()).collect();
        if wrong.len() == forms.len()
            && let Some(first) = wrong.first()
        {
            let wanted = wrong.iter().filter_map(|error| match error.kind {
                Kind::Const { want } => Some(want.clone()),
                _ => None,
            });
            let name = path(first).0.last().map(|last| Path(vec![last.clone()]).to_string());
            let what = none_of(self.value(first), &wanted.collect::<Vec<_>>());
            return Err(format!("has a `{}` that {what}", name.unwrap_or_default()));
        }
        let misses = |form: &&ValidationError<'_, '_>| {
            let leaves = leaves(form);
            let type_of_all =
                leaves.iter().any(|e| matches!(e.kind, Kind::Type { .. }) && path(e) == *at);
            (leaves.iter().filter(tag).count() + usize::from(type_of_all), leaves.len())
        };
        forms.iter().min_by_key(misses).ok_or("has none of the forms that it may have".into())
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

/// The errors that have no other behind them.
fn leaves<'e, 's, 'v>(error: &'e ValidationError<'s, 'v>) -> Vec<&'e ValidationError<'s, 'v>> {
    if error.causes.is_empty() {
        vec![error]
    } else {
        error.causes.iter().flat_map(leaves).collect()
    }
}
