//! One GET to a server on this machine. It goes straight to 127.0.0.1, past any configured proxy.

use http_body_util::{BodyExt, Empty, Limited};
use hyper::{Request, body::Bytes, client::conn::http1, header::HOST};
use hyper_util::rt::TokioIo;
use std::{net::Ipv4Addr, time::Duration};
use tokio::net::TcpStream;

/// A busy machine may take this long to answer a short question.
const PATIENCE: Duration = Duration::from_secs(5);

/// The answer is a page of status, not a download.
const LIMIT: usize = 1 << 20;

/// The JSON document at a path of the server at a port of 127.0.0.1; none if there is no such answer.
pub(crate) async fn get_json(port: u16, path: &str) -> Option<serde_json::Value> {
    tokio::time::timeout(PATIENCE, get(port, path)).await.ok()?
}

async fn get(port: u16, path: &str) -> Option<serde_json::Value> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.ok()?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
    let request = Request::get(path)
        .header(HOST, format!("127.0.0.1:{port}"))
        .body(Empty::<Bytes>::new())
        .ok()?;
    let exchange = async {
        let response = sender.send_request(request).await.ok()?;
        if !response.status().is_success() {
            return None;
        }
        let body = Limited::new(response.into_body(), LIMIT).collect().await.ok()?;
        serde_json::from_slice(&body.to_bytes()).ok()
    };
    // The connection has to be driven for the exchange to move; the exchange's end is the end of both.
    let mut exchange = std::pin::pin!(exchange);
    tokio::select! {
        answer = &mut exchange => answer,
        _ = connection => exchange.await,
    }
}
