//! Who may be connected to the API, and for how long.

use crate::bench::Bench;
use api::{ApiListener, ApiSettings, Peer};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

/// The longest that anything here is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Serves the API with these settings on a port of its own.
async fn serve(settings: ApiSettings) -> SocketAddr {
    let bench = Bench::new().await;
    let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = tcp.local_addr().expect("bound");
    let listener = ApiListener::new(tcp, &settings);
    let service = bench.router.clone().into_make_service_with_connect_info::<Peer>();
    tokio::spawn(async move {
        let _bench = bench;
        axum::serve(listener, service).await
    });
    address
}

async fn call(address: SocketAddr, bytes: &str) -> TcpStream {
    let mut caller = TcpStream::connect(address).await.expect("the kernel takes callers");
    caller.write_all(bytes.as_bytes()).await.expect("and bytes");
    caller
}

async fn read_to_end(mut caller: TcpStream) -> String {
    let mut answer = Vec::new();
    // A reset is an end as well.
    let _ = timeout(PATIENCE, caller.read_to_end(&mut answer)).await.expect("an end in time");
    String::from_utf8(answer).expect("text")
}

const HALF: &str = "GET /healthz HTTP/1.1\r\nHost: api\r\n";
const WHOLE: &str = "GET /healthz HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn a_caller_that_falls_silent_is_let_go() {
    let settings = ApiSettings { idle_timeout: Duration::from_millis(100), ..ApiSettings::default() };
    let address = serve(settings).await;
    for silent in ["", HALF] {
        assert_eq!(read_to_end(call(address, silent).await).await, "");
    }
    assert!(read_to_end(call(address, WHOLE).await).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn callers_without_room_wait_until_somebody_leaves() {
    let address = serve(ApiSettings { connections: 1, ..ApiSettings::default() }).await;
    let first = call(address, HALF).await;
    let mut second = call(address, WHOLE).await;
    let early = timeout(Duration::from_millis(100), second.read_u8()).await;
    assert!(early.is_err(), "there is no room for it yet");
    drop(first);
    assert!(read_to_end(second).await.starts_with("HTTP/1.1 200"));
}
