//! The smallest honest Pingora proxy: one upstream, keep-alive on both sides, an access line per request.
//! Usage: `pingora-peer LISTEN ORIGIN ACCESS_LOG`.

use async_trait::async_trait;
use pingora::prelude::*;
use std::{
    fs::{File, OpenOptions},
    io::{BufWriter, Write},
    sync::Mutex,
};

/// Idle connections to the origin that are kept.
const IDLE_TO_ORIGIN: usize = 16_384;

struct Relay {
    origin: String,
    log: Mutex<BufWriter<File>>,
}

#[async_trait]
impl ProxyHttp for Relay {
    type CTX = ();
    fn new_ctx(&self) {}

    async fn upstream_peer(&self, _: &mut Session, _: &mut ()) -> Result<Box<HttpPeer>> {
        Ok(Box::new(HttpPeer::new(&self.origin, false, String::new())))
    }

    async fn upstream_request_filter(
        &self,
        session: &mut Session,
        request: &mut RequestHeader,
        _: &mut (),
    ) -> Result<()> {
        let client = session.client_addr().map(|address| address.to_string()).unwrap_or_default();
        request.insert_header("X-Forwarded-For", client)?;
        request.insert_header("X-Forwarded-Proto", "http")
    }

    async fn logging(&self, session: &mut Session, _: Option<&Error>, _: &mut ()) {
        let status = session.response_written().map_or(0, |head| head.status.as_u16());
        let line = session.request_summary();
        let _ = writeln!(self.log.lock().unwrap(), "{line} {status} {}", session.body_bytes_sent());
    }
}

fn main() {
    let [listen, origin, log] =
        std::env::args().skip(1).collect::<Vec<_>>().try_into().expect("LISTEN ORIGIN ACCESS_LOG");
    let conf = pingora::server::configuration::ServerConf {
        threads: 1,
        upstream_keepalive_pool_size: IDLE_TO_ORIGIN,
        ..Default::default()
    };
    let mut server = Server::new_with_opt_and_conf(None, conf);
    server.bootstrap();
    let log = OpenOptions::new().create(true).append(true).open(log).expect("the log can be written");
    let relay = Relay { origin, log: Mutex::new(BufWriter::with_capacity(64 * 1024, log)) };
    let mut service = http_proxy_service(&server.configuration, relay);
    service.add_tcp(&listen);
    server.add_service(service);
    server.run_forever();
}
