//! Servers that hear nothing: connections open, and no data of a client is ever acknowledged.

use std::{net::SocketAddr, process::Command};

/// Drops every segment with data that is sent to one port of this machine, as a firewall in the middle of a connection
/// would. The handshake passes, so a connect succeeds. Undone when dropped.
#[derive(Debug)]
pub struct DeafPort {
    table: String,
}

impl DeafPort {
    /// Makes the port of `address` deaf.
    ///
    /// # Panics
    /// Without the right to change the packet filter (root, or CAP_NET_ADMIN), or without the `nft` command, saying so.
    pub fn at(address: SocketAddr) -> Self {
        let (port, table) = (address.port(), format!("bellwether_deaf_{}", address.port()));
        // A segment with data carries PSH; those of the handshake and bare acknowledgements do not.
        let rules = format!(
            "table inet {table} {{ chain input {{ type filter hook input priority 0; \
             tcp dport {port} tcp flags & psh == psh drop; }}; }}"
        );
        let ran = Command::new("nft").arg(&rules).output().expect("the `nft` command (package nftables)");
        assert!(ran.status.success(), "the packet filter: {}", String::from_utf8_lossy(&ran.stderr));
        Self { table }
    }
}

impl Drop for DeafPort {
    fn drop(&mut self) {
        let _ = Command::new("nft").args(["delete", "table", "inet", &self.table]).output();
    }
}
