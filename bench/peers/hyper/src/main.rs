//! A small reverse proxy out of hyper's own parts: its server, its pooled client, one thread, a line per request in a
//! buffered access log. Usage: `hyper-peer HTTP HTTPS ORIGIN ACCESS_LOG CERTIFICATE KEY`.

use http::{HeaderName, HeaderValue, Uri, header, uri};
use hyper::{Request, Response, StatusCode, Version, body::Incoming, service::service_fn};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use std::{
    cell::RefCell,
    fs::{File, OpenOptions},
    io::{BufWriter, Write},
    net::IpAddr,
    rc::Rc,
    sync::Arc,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    task::{LocalSet, spawn_local},
};
use tokio_rustls::TlsAcceptor;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failure = Box<dyn std::error::Error + Send + Sync>;

struct Relay {
    client: Client<HttpConnector, Incoming>,
    origin: uri::Authority,
    log: RefCell<BufWriter<File>>,
}

impl Relay {
    async fn serve(
        &self,
        mut request: Request<Incoming>,
        peer: IpAddr,
        scheme: &'static str,
    ) -> Result<Response<Incoming>, Failure> {
        let line = format!("{peer} {} {} {:?}", request.method(), request.uri(), request.version());
        self.prepare(&mut request, peer, scheme)?;
        let mut response = self.client.request(request).await?;
        remove_connection_fields(response.headers_mut());
        self.log(&line, response.status());
        Ok(response)
    }

    fn prepare(&self, request: &mut Request<Incoming>, peer: IpAddr, scheme: &'static str) -> Result<(), Failure> {
        let path = request.uri().path_and_query().cloned().unwrap_or(uri::PathAndQuery::from_static("/"));
        if let Some(authority) = request.uri().authority() {
            let host = HeaderValue::from_str(authority.as_str())?;
            request.headers_mut().insert(header::HOST, host);
        }
        *request.uri_mut() =
            Uri::builder().scheme("http").authority(self.origin.clone()).path_and_query(path).build()?;
        *request.version_mut() = Version::HTTP_11;
        let headers = request.headers_mut();
        remove_connection_fields(headers);
        headers.insert(HeaderName::from_static("x-forwarded-for"), HeaderValue::from_str(&peer.to_string())?);
        headers.insert(HeaderName::from_static("x-forwarded-proto"), HeaderValue::from_static(scheme));
        Ok(())
    }

    fn log(&self, line: &str, status: StatusCode) {
        let _ = writeln!(self.log.borrow_mut(), "{line} {}", status.as_u16());
    }
}

fn remove_connection_fields(headers: &mut http::HeaderMap) {
    for name in [header::CONNECTION, header::TE, header::TRAILER, header::UPGRADE] {
        headers.remove(name);
    }
    headers.remove("keep-alive");
}

async fn talk(
    relay: Rc<Relay>,
    stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
    peer: IpAddr,
    scheme: &'static str,
) {
    let service = service_fn(move |request| {
        let relay = relay.clone();
        async move { relay.serve(request, peer, scheme).await }
    });
    let _ = auto::Builder::new(LocalExecutor).serve_connection(TokioIo::new(stream), service).await;
}

/// Runs what belongs to one connection on the thread of that connection.
#[derive(Clone)]
struct LocalExecutor;

impl<F: Future + 'static> hyper::rt::Executor<F> for LocalExecutor {
    fn execute(&self, future: F) {
        spawn_local(async move {
            future.await;
        });
    }
}

async fn accept(relay: Rc<Relay>, listener: TcpListener, tls: Option<TlsAcceptor>) -> std::io::Result<()> {
    loop {
        let (stream, peer): (TcpStream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (relay, tls) = (relay.clone(), tls.clone());
        spawn_local(async move {
            match tls {
                None => talk(relay, stream, peer.ip(), "http").await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        talk(relay, stream, peer.ip(), "https").await;
                    }
                }
            }
        });
    }
}

fn acceptor(certificate: &str, key: &str) -> Result<TlsAcceptor, Failure> {
    let chain = CertificateDer::pem_file_iter(certificate)?.collect::<Result<_, _>>()?;
    let mut config =
        ServerConfig::builder().with_no_client_auth().with_single_cert(chain, PrivateKeyDer::from_pem_file(key)?)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.ticketer = rustls::crypto::aws_lc_rs::Ticketer::new()?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let arguments: [String; 6] = std::env::args()
        .skip(1)
        .collect::<Vec<_>>()
        .try_into()
        .map_err(|_| "HTTP HTTPS ORIGIN ACCESS_LOG CERTIFICATE KEY")?;
    let [http, https, origin, log, certificate, key] = arguments;
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(usize::MAX).build(connector);
    let log = OpenOptions::new().create(true).append(true).open(log)?;
    let log = RefCell::new(BufWriter::with_capacity(64 * 1024, log));
    let relay = Rc::new(Relay { client, origin: origin.parse()?, log });
    let (plain, tls) = (TcpListener::bind(http).await?, TcpListener::bind(https).await?);
    LocalSet::new()
        .run_until(async {
            tokio::try_join!(
                accept(relay.clone(), plain, None),
                accept(relay, tls, Some(acceptor(&certificate, &key)?))
            )?;
            Ok(())
        })
        .await
}
