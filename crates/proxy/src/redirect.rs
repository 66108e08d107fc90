//! Sending a visitor to the same address by the other scheme.

use crate::{
    connection::{After, Connection},
    ledger::Ledger,
    respond::{self, Own},
    scratch::Scratch,
    visitor::Scheme,
};

/// Answers with a redirect to `scheme`. To HTTPS for good, as the site owner has decided; to plain HTTP only for now,
/// so that no browser remembers it when TLS is switched on again.
pub(crate) async fn answer(
    connection: &mut Connection,
    scratch: &mut Scratch,
    ledger: &mut Ledger<'_>,
    scheme: Scheme,
) -> After {
    let (status, port) = match scheme {
        Scheme::Https => (301, connection.worker.https_port()),
        Scheme::Http => (302, connection.worker.http_port()),
    };
    let mut fields = b"Location: ".to_vec();
    fields.extend_from_slice(scheme.as_str().as_bytes());
    fields.extend_from_slice(b"://");
    fields.extend_from_slice(scratch.request.host_name().map_or("", |host| host.as_str()).as_bytes());
    if let Some(port) = port {
        fields.push(b':');
        fields.extend_from_slice(itoa::Buffer::new().format(port).as_bytes());
    }
    scratch.request.write_resource(scratch.inbound.head(), &mut fields);
    fields.extend_from_slice(b"\r\n");
    let own = Own { status, content_type: "text/plain; charset=utf-8".into(), fields, body: Vec::new() };
    respond::own(connection, scratch, ledger, own).await
}
