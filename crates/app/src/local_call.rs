//! Calls to a Bellwether API: over the socket of a server on this machine, which needs no token, or over TCP with one.

use anyhow::{Context, bail};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Method, Request, StatusCode, body::Bytes, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::{path::PathBuf, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
};

/// The longest that a call may take, and the most that an answer may hold: the other side is ours and near.
const TIMEOUT: Duration = Duration::from_secs(10);
const ANSWER_BYTES: usize = 16 << 20;

/// Where the API is.
#[derive(Clone, Debug)]
pub enum Api {
    Socket(PathBuf),
    Tcp { authority: String, token: String },
}

impl Api {
    /// The API at a URL such as `http://127.0.0.1:8787` or `http://127.0.0.1:8787/client/v4`.
    ///
    /// # Errors
    /// When the URL is not plain HTTP.
    pub fn at_url(url: &str, token: &str) -> anyhow::Result<Api> {
        let Some(rest) = url.strip_prefix("http://") else {
            bail!("`{url}` is not the URL of an API; write it as http://127.0.0.1:8787");
        };
        let authority = rest.split('/').next().unwrap_or(rest).to_owned();
        Ok(Api::Tcp { authority, token: token.to_owned() })
    }

    /// Makes one call below `/client/v4`.
    ///
    /// # Errors
    /// When the server cannot be reached, does not answer in time, or does not answer JSON. An answer with an error
    /// status is not an error here.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<(StatusCode, Value)> {
        tokio::time::timeout(TIMEOUT, self.exchange(method, path, body))
            .await
            .with_context(|| format!("{self} did not answer within {} s", TIMEOUT.as_secs()))?
    }

    async fn exchange(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<(StatusCode, Value)> {
        let mut request = Request::builder().method(method).uri(format!("/client/v4{path}"));
        if let Api::Tcp { authority, token } = self {
            request = request.header(header::HOST, authority);
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        } else {
            request = request.header(header::HOST, "localhost");
        }
        let bytes = match body {
            Some(body) => Bytes::from(serde_json::to_vec(body)?),
            None => Bytes::new(),
        };
        let request = request.header(header::CONTENT_TYPE, "application/json").body(Full::new(bytes))?;
        match self {
            Api::Socket(path) => {
                send(UnixStream::connect(path).await.with_context(|| self.unreachable())?, request).await
            }
            Api::Tcp { authority, .. } => {
                send(TcpStream::connect(authority).await.with_context(|| self.unreachable())?, request).await
            }
        }
    }

    fn unreachable(&self) -> String {
        format!("no server answers at {self}")
    }
}

impl std::fmt::Display for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Api::Socket(path) => write!(f, "{}", path.display()),
            Api::Tcp { authority, .. } => write!(f, "http://{authority}"),
        }
    }
}

async fn send<S>(stream: S, request: Request<Full<Bytes>>) -> anyhow::Result<(StatusCode, Value)>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // Ends with the exchange: the sender is dropped with this function.
    tokio::spawn(connection);
    let response = sender.send_request(request).await?;
    let status = response.status();
    let body = Limited::new(response.into_body(), ANSWER_BYTES).collect().await;
    let body = body.map_err(|error| anyhow::anyhow!("the answer broke off: {error}"))?.to_bytes();
    let value = serde_json::from_slice(&body).with_context(|| format!("the answer ({status}) is not JSON"))?;
    Ok((status, value))
}
