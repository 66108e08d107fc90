//! The TLS handshake with the endpoint, and its certificate.

use super::reasons;

reasons! {
    TlsNoCipher "tls_no_cipher" {
        at Tls, by Origin, code 525, health TlsHandshakeFailure, token "tls_alert_received", blames endpoint,
        title "No cipher in common",
        cause "The endpoint ended the handshake with handshake_failure or insufficient_security: it has no \
            certificate for this name, or no cipher suite, group or signature scheme that the edge offers.",
        remedy "List what it offers with `nmap --script ssl-enum-ciphers -p PORT ADDRESS`, and enable an ECDHE suite \
            with AES-GCM or ChaCha20 and a certificate for the name.",
    }
    TlsVersion "tls_version" {
        at Tls, by Origin, code 525, health TlsProtocolError, token "tls_protocol_error", blames endpoint,
        title "No TLS version in common",
        cause "The endpoint speaks only versions older than TLS 1.2, or says that it cannot speak ours \
            (protocol_version).",
        remedy "Enable TLS 1.2 or 1.3 on the origin; in nginx that is `ssl_protocols TLSv1.2 TLSv1.3`.",
    }
    TlsSni "tls_sni" {
        at Tls, by Origin, code 525, health TlsUnrecognizedName, token "tls_alert_received", blames endpoint,
        title "The endpoint does not know the server name",
        cause "It ended the handshake with unrecognized_name: it serves no site under the name we sent, or demands a \
            name and none was sent.",
        remedy "Set the host header of the endpoint, or `header` of the monitor, to a name that the origin serves.",
    }
    TlsAlert "tls_alert" {
        at Tls, by Origin, code 525, health TlsHandshakeFailure, token "tls_alert_received", blames endpoint,
        title "The endpoint ended the handshake",
        cause "It sent a fatal alert of another kind; its number is in the evidence.",
        remedy "Look up the alert number in the evidence (RFC 8446 section 6), and read the origin's TLS log at that \
            second.",
    }
    TlsClientCert "tls_client_cert" {
        at Tls, by Configuration, code 525, health TlsHandshakeFailure, token "tls_alert_received", blames endpoint,
        title "The endpoint demands a client certificate",
        cause "It ended the handshake because no client certificate, or not the right one, was presented.",
        remedy "Let the origin accept this edge's addresses without a certificate (in nginx `ssl_verify_client \
            optional`); the edge has none to show.",
    }
    TlsReset "tls_reset" {
        at Tls, by Origin, code 525, health TlsHandshakeFailure, token "connection_terminated", blames endpoint,
        title "The endpoint hung up during the handshake",
        cause "It closed or reset the connection before the handshake was complete, without saying why.",
        remedy "Check that the port speaks TLS at all, that a certificate for the name is installed, and that no \
            filter cuts handshakes with this server name.",
    }
    TlsNotTls "tls_not_tls" {
        at Tls, by Origin, code 525, health TlsProtocolError, token "tls_protocol_error", blames endpoint,
        title "The endpoint does not speak TLS on this port",
        cause "Where the handshake should begin came something else; the first bytes are in the evidence. `HTTP/1.1 \
            400` there means that the port speaks plain HTTP.",
        remedy "Give the endpoint its HTTPS port, or enable TLS on this one. For an origin without TLS set the \
            zone's `ssl` to `flexible`, or the monitor's type to `http`.",
    }
    TlsNoCert "tls_no_cert" {
        at Tls, by Origin, code 525, health TlsHandshakeFailure, token "tls_protocol_error", blames endpoint,
        title "The endpoint shows no certificate",
        cause "It went through the handshake without presenting a certificate.",
        remedy "Install a certificate for the name on the origin, and reload it.",
    }
    TlsMisbehaved "tls_misbehaved" {
        at Tls, by Origin, code 525, health TlsHandshakeFailure, token "tls_protocol_error", blames endpoint,
        title "The endpoint breaks the TLS protocol",
        cause "A message of the handshake is malformed, out of order, or wrongly signed.",
        remedy "Update the origin's TLS library, and take out any box on the way that rewrites TLS.",
    }
    TlsTimeout "tls_timeout" {
        at Tls, by Origin, code 525, health TlsHandshakeFailure, token "connection_timeout", blames endpoint,
        title "The handshake never finished",
        cause "The connection opened, then the endpoint stayed silent in the middle of the handshake. A plain \
            protocol that waits for its client to speak looks the same.",
        remedy "Check that the port speaks TLS. If it does, look at the origin's CPU load, and lower the MTU if only \
            large messages are lost.",
    }
    CertExpired "cert_expired" {
        at Tls, by Origin, code 526, health TlsUntrustedCertificate, token "tls_certificate_error", blames endpoint,
        title "The endpoint's certificate has expired",
        cause "Its validity ended; the date is in the evidence.",
        remedy "Renew it and reload the server: many servers go on showing the old one until told to. Then watch why \
            the renewal did not run.",
    }
    CertNotYetValid "cert_not_yet_valid" {
        at Tls, by Origin, code 526, health TlsUntrustedCertificate, token "tls_certificate_error", blames endpoint,
        title "The endpoint's certificate is not valid yet",
        cause "Its validity begins later than this machine's clock says it is.",
        remedy "Compare `date -u` here with the begin date in the evidence: set the clock right, or issue the \
            certificate anew.",
    }
    CertSelfSigned "cert_self_signed" {
        at Tls, by Origin, code 526, health TlsUntrustedCertificate, token "tls_certificate_error", blames endpoint,
        title "The endpoint's certificate is self-signed",
        cause "The certificate vouches for itself, and it is not in the trust store.",
        remedy "Upload it to the zone's custom trust store, or get one from an authority. For probes only, \
            `allow_insecure` accepts it.",
    }
    CertUntrusted "cert_untrusted" {
        at Tls, by Origin, code 526, health TlsUntrustedCertificate, token "tls_certificate_error", blames endpoint,
        title "The certificate's issuer is not trusted",
        cause "The chain ends at an authority that neither the public list nor the zone's trust store holds. A trust \
            store of your own replaces the public list.",
        remedy "Upload the issuing authority to the zone's custom trust store, or use a certificate from a public \
            one.",
    }
    CertChain "cert_chain" {
        at Tls, by Origin, code 526, health TlsUntrustedCertificate, token "tls_certificate_error", blames endpoint,
        title "The certificate chain is incomplete",
        cause "The endpoint sent its own certificate without the intermediate ones. Browsers often fill the gap; \
            servers do not.",
        remedy "Install the full chain, in nginx as `fullchain.pem`, and check it with `openssl s_client \
            -showcerts`.",
    }
    CertName "cert_name" {
        at Tls, by Origin, code 526, health TlsNameMismatch, token "tls_certificate_error", blames endpoint,
        title "The certificate is for another name",
        cause "None of the names in the certificate is the one we asked for; both are in the evidence.",
        remedy "Issue the certificate for the requested name, or set the host header of the endpoint or monitor to a \
            name that the certificate holds.",
    }
    CertRevoked "cert_revoked" {
        at Tls, by Origin, code 526, health TlsUntrustedCertificate, token "tls_certificate_error", blames endpoint,
        title "The endpoint's certificate was revoked",
        cause "Its issuer has withdrawn it, usually because its key leaked.",
        remedy "Make a new key and a new certificate, install both, and find out why the old one was withdrawn.",
    }
    CertInvalid "cert_invalid" {
        at Tls, by Origin, code 526, health TlsUntrustedCertificate, token "tls_certificate_error", blames endpoint,
        title "The endpoint's certificate is unusable",
        cause "It cannot be read, is not meant for servers, or breaks a rule that certificates must keep.",
        remedy "Read it with `openssl x509 -text`: it needs `serverAuth`, version 3 and a subject alternative name. \
            Issue it anew.",
    }
    TrustStoreEmpty "trust_store_empty" {
        at Tls, by Configuration, code 526, health TlsUntrustedCertificate, token "tls_certificate_error",
        blames endpoint,
        title "The trust store has nothing valid in it",
        cause "The zone has a custom trust store, and every authority in it has expired or cannot be read.",
        remedy "Upload a valid authority, or delete the expired ones: with an empty store the public list applies \
            again.",
    }
}
