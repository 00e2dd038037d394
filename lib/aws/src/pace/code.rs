//! The error code of an answer, read where only bytes are known.

use crate::fault::is_throttling;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::ConnectorError};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};

/// Where services put an error code of theirs.
const HEADER: &str = "x-amzn-errortype";

/// Whether these can say that calls come too fast.
fn is_refusal(answer: &HttpResponse) -> bool {
    matches!(answer.status().as_u16(), 400 | 429 | 503)
}

/// The answer with its body in memory, where that has to be looked into.
pub(super) async fn readable(mut answer: HttpResponse) -> Result<HttpResponse, ConnectorError> {
    if !is_refusal(&answer) {
        return Ok(answer);
    }
    let body = ByteStream::new(answer.take_body()).collect().await;
    let body = body.map_err(|error| ConnectorError::io(error.into()))?.into_bytes();
    *answer.body_mut() = SdkBody::from(body);
    Ok(answer)
}

/// Whether the service did nothing, as it was asked too often.
pub(super) fn is_too_fast(answer: &HttpResponse) -> bool {
    is_refusal(answer) && code(answer).is_some_and(|code| is_throttling(&code))
}

fn code(answer: &HttpResponse) -> Option<String> {
    let body = || std::str::from_utf8(answer.body().bytes()?).ok();
    let header = answer.headers().get(HEADER).map(str::to_owned);
    let code = header.or_else(|| xml(body()?)).or_else(|| json(body()?))?;
    // `aws.protocoltests#Code:http://…`
    let code = code.split(':').next().unwrap_or_default();
    Some(code.rsplit('#').next().unwrap_or_default().to_owned())
}

fn xml(body: &str) -> Option<String> {
    let (_, rest) = body.split_once("<Code>")?;
    Some(rest.split_once("</Code>")?.0.to_owned())
}

fn json(body: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    let code = ["__type", "code", "Code"].iter().find_map(|field| body.get(field)?.as_str())?;
    Some(code.to_owned())
}
