//! One dialer, several runtimes.

use crate::support::asking;
use dial::{DialPlan, Dialer};
use testkit::{DnsServer, Origin};

/// Workers are `current_thread` runtimes; one that is never polled again must not take the others' names with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dialer_outlives_the_runtime_it_was_first_used_from() {
    let server = DnsServer::start().await;
    let origin = Origin::saying("hello").await;
    server.set_addresses("origin.test", &["127.0.0.1"]);
    let dialer = Dialer::new(asking(&server));
    for _ in 0..3 {
        let (dialer, port) = (dialer.clone(), origin.port());
        let worker = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let plan = DialPlan { fresh: true, ..DialPlan::new("origin.test", port) };
            runtime.block_on(async { dialer.dial(&plan).await.map(|dialed| dialed.resolved) })
        });
        let resolved = tokio::task::spawn_blocking(|| worker.join().unwrap()).await.unwrap().unwrap();
        assert_eq!(resolved, [origin.address().ip()]);
    }
}
