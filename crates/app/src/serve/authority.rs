//! The local certificate authority: made at the first start, kept with the secrets, its certificate laid out for
//! whoever wants to trust it.

use anyhow::Context;
use control::{Control, Secrecy};
use proxy::LocalAuthority;
use std::path::Path;

/// The name under which the store keeps key and certificate, sealed.
const NAME: &str = "local_authority";
/// The certificate without the key, for visitors: `curl --cacert`.
pub const CERTIFICATE: &str = "local-ca.pem";

/// The authority of this installation.
///
/// # Errors
/// When it can be neither read nor made, or not kept.
pub async fn local_authority(control: &Control, data_dir: &Path) -> anyhow::Result<LocalAuthority> {
    let authority = match control.named(NAME).await? {
        Some(pem) => {
            let pem = String::from_utf8(pem).context("the local authority is not text")?;
            LocalAuthority::from_pem(&pem).context("the local authority cannot be read")?
        }
        None => {
            let authority = LocalAuthority::generate().context("a local authority cannot be made")?;
            control.set_named(NAME, Some(authority.to_pem().into_bytes()), Secrecy::Sealed).await?;
            authority
        }
    };
    let path = data_dir.join(CERTIFICATE);
    std::fs::write(&path, authority.certificate_pem()).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(authority)
}
