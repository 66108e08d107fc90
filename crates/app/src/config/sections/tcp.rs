//! TCP listeners: a list of tables, each of which is a listener.

use crate::config::{
    forms::{Fault, Form, LISTEN, NAME, Span, Text, Truth},
    reader::{Reader, key},
    source::Raw,
};
use proxy::{BalancerChoice, ProxyProtocolOut, TcpListener};
use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

pub fn tcp(reader: &mut Reader, edge: &mut proxy::Settings) {
    reader.read(
        key("tcp", "Where TCP is relayed, untouched, to the endpoints of a load balancer"),
        &mut edge.tcp,
        TcpListeners,
    );
    let mut taken: Vec<SocketAddr> = edge.http.into_iter().chain(edge.https).collect();
    for (number, listener) in edge.tcp.iter().enumerate() {
        // Sockets of one process may share an address, so the system would not object.
        if listener.listen.port() != 0 && taken.contains(&listener.listen) {
            let problem = format!("`{}` is taken by another listener", listener.listen);
            reader.complain(None, &format!("tcp[{number}].listen"), problem, "give every listener a port of its own");
        }
        taken.push(listener.listen);
    }
}

/// The list of listeners.
struct TcpListeners;

const IDLE_TIMEOUT: Span = Span(Duration::from_secs(1)..=Duration::from_secs(7200));

const OUT: Text<ProxyProtocolOut> = Text {
    parse: |text| match text {
        "off" => Some(ProxyProtocolOut::Off),
        "v1" => Some(ProxyProtocolOut::V1),
        "v2" => Some(ProxyProtocolOut::V2),
        _ => None,
    },
    show: |out| {
        match out {
            ProxyProtocolOut::Off => "off",
            ProxyProtocolOut::V1 => "v1",
            ProxyProtocolOut::V2 => "v2",
        }
        .to_owned()
    },
    expects: "\"off\", \"v1\" or \"v2\"",
};

impl Form for TcpListeners {
    type Value = Vec<TcpListener>;

    fn read(&self, raw: &Raw) -> Option<Vec<TcpListener>> {
        let Raw::List(tables) = raw else { return None };
        let mut faults = Vec::new();
        let listeners = tables.iter().map(|table| listener(table, "", &mut faults)).collect();
        if faults.is_empty() { listeners } else { None }
    }

    fn show(&self, listeners: &Vec<TcpListener>) -> String {
        let listeners: Vec<String> = listeners.iter().map(show).collect();
        format!("[{}]", listeners.join(", "))
    }

    fn expects(&self) -> String {
        "a list of tables, each with `listen`, and with `load_balancer` (a host name), `tls_passthrough` (true: choose by \
         the server name of TLS; then `load_balancer` serves all other names), `proxy_protocol_out` (\"off\", \"v1\" or \
         \"v2\") and `idle_timeout` (\"5m\" unless given, \"1s\" to \"2h\")"
            .to_owned()
    }

    fn faults(&self, raw: &Raw) -> Vec<Fault> {
        let mut faults = Vec::new();
        if let Raw::List(tables) = raw {
            for (number, table) in tables.iter().enumerate() {
                listener(table, &format!("[{number}]"), &mut faults);
            }
        }
        faults
    }
}

/// One listener; what is wrong with it is added to `faults`, with `place` before the key.
fn listener(raw: &Raw, place: &str, faults: &mut Vec<Fault>) -> Option<TcpListener> {
    let Raw::Table(table) = raw else {
        faults.push(Fault::new(place, format!("{raw} is not a table"), "write a `[[tcp]]` table for each listener"));
        return None;
    };
    let mut keys = Keys { table: table.clone(), place, faults };
    let listen = keys.take("listen", LISTEN);
    let name = keys.take("load_balancer", NAME).map(|name| name.trim_end_matches('.').to_ascii_lowercase());
    let choice = match (keys.take("tls_passthrough", Truth).unwrap_or(false), name) {
        (true, otherwise) => Some(BalancerChoice::ByServerName { otherwise }),
        (false, name) => name.map(BalancerChoice::Named),
    };
    let proxy_protocol_out = keys.take("proxy_protocol_out", OUT).unwrap_or_default();
    let idle_timeout = keys.take("idle_timeout", IDLE_TIMEOUT).unwrap_or(TcpListener::IDLE_TIMEOUT);
    if listen.is_none() && !table.contains_key("listen") {
        keys.complain("listen", "it is missing", format!("write {}", LISTEN.expects()));
    }
    if choice.is_none() && !table.contains_key("load_balancer") {
        let remedy = "name a load balancer, or set `tls_passthrough = true`";
        keys.complain("load_balancer", "nothing says where connections go", remedy);
    }
    keys.finish();
    Some(TcpListener { listen: listen?, choice: choice?, proxy_protocol_out, idle_timeout })
}

fn show(listener: &TcpListener) -> String {
    let (name, by_server_name) = match &listener.choice {
        BalancerChoice::Named(name) => (Some(name), false),
        BalancerChoice::ByServerName { otherwise } => (otherwise.as_ref(), true),
    };
    let name = name.map_or_else(String::new, |name| format!(", load_balancer = {name:?}"));
    let (listen, out) = (LISTEN.show(&listener.listen), OUT.show(&listener.proxy_protocol_out));
    let idle = IDLE_TIMEOUT.show(&listener.idle_timeout);
    format!(
        "{{ listen = {listen}{name}, tls_passthrough = {by_server_name}, proxy_protocol_out = {out}, idle_timeout = \
         {idle} }}"
    )
}

/// The keys of one table, taken one by one.
struct Keys<'a> {
    table: BTreeMap<String, Raw>,
    place: &'a str,
    faults: &'a mut Vec<Fault>,
}

impl Keys<'_> {
    fn take<F: Form>(&mut self, key: &str, form: F) -> Option<F::Value> {
        let raw = self.table.remove(key)?;
        let value = form.read(&raw);
        if value.is_none() {
            self.complain(key, format!("`{raw}` is not {}", form.expects()), form.remedy());
        }
        value
    }

    fn complain(&mut self, key: &str, problem: impl Into<String>, remedy: impl Into<String>) {
        self.faults.push(Fault::new(format!("{}.{key}", self.place), problem, remedy));
    }

    fn finish(mut self) {
        for key in std::mem::take(&mut self.table).into_keys() {
            self.complain(
                &key,
                "there is no such key",
                "remove it, or see docs/CONFIGURATION.md for the keys there are",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Source, check};
    use proxy::{BalancerChoice, ProxyProtocolOut};
    use std::time::Duration;

    fn complaints(text: &str) -> Vec<String> {
        match check(Source::new().with_text("test.toml", text)) {
            Ok(_) => Vec::new(),
            Err(complaints) => complaints.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn listeners_are_read() {
        let text = r#"
            [[tcp]]
            listen = "127.0.0.1:5432"
            load_balancer = "DB.example.com."
            proxy_protocol_out = "v2"
            idle_timeout = "2h"
            [[tcp]]
            listen = "127.0.0.1:0"
            tls_passthrough = true
        "#;
        let checked = check(Source::new().with_text("test.toml", text)).unwrap_or_else(|c| panic!("{c:#?}"));
        let [database, tls] = &checked.config.edge.tcp[..] else { panic!("two listeners") };
        assert_eq!(database.choice, BalancerChoice::Named("db.example.com".into()));
        assert_eq!(database.proxy_protocol_out, ProxyProtocolOut::V2);
        assert_eq!(database.idle_timeout, Duration::from_secs(7200));
        assert_eq!(tls.choice, BalancerChoice::ByServerName { otherwise: None });
        assert_eq!(tls.idle_timeout, Duration::from_secs(300));
    }

    // OCI-61: an idle timeout of 7201 s is refused.
    #[test]
    fn every_complaint_names_its_listener_and_key() {
        let told = complaints(
            "[[tcp]]\nlisten = \"127.0.0.1:1\"\nload_balancer = \"a.test\"\nidle_timeout = \"7201s\"\n\
             [[tcp]]\nlisten = \"here\"\nloadbalancer = \"a.test\"\nproxy_protocol_out = \"v3\"\n[[tcp]]\n",
        );
        for path in [
            "tcp[0].idle_timeout",
            "tcp[1].listen",
            "tcp[1].load_balancer",
            "tcp[1].loadbalancer",
            "tcp[1].proxy_protocol_out",
            "tcp[2].listen",
            "tcp[2].load_balancer",
        ] {
            assert!(told.iter().any(|line| line.contains(&format!(" {path}: "))), "{path} in {told:#?}");
        }
        assert_eq!(told.len(), 7, "{told:#?}");
    }

    #[test]
    fn two_listeners_do_not_share_an_address() {
        let told = complaints("[[tcp]]\nlisten = \"0.0.0.0:8080\"\nload_balancer = \"a.test\"\n");
        assert!(told.len() == 1 && told[0].contains("tcp[0].listen"), "{told:#?}");
    }

    #[test]
    fn requiring_introductions_needs_networks() {
        let told = complaints("[edge]\nproxy_protocol = \"require\"\n");
        assert!(told.len() == 1 && told[0].contains("edge.proxy_protocol_from"), "{told:#?}");
        assert!(
            complaints("[edge]\nproxy_protocol = \"require\"\nproxy_protocol_from = [\"10.0.0.0/8\"]\n").is_empty()
        );
    }
}
