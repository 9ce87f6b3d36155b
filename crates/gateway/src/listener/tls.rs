//! A certificate and its key become what rustls serves with. Read once, at the start.

use std::{path::PathBuf, sync::Arc};

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject},
};

use super::TlsFiles;

/// Why TLS can not be served. Names files, never what is in them.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    #[error("cannot read a certificate from {}: {reason} (a PEM file with the chain, leaf first, is expected)", .file.display())]
    Certificate { file: PathBuf, reason: pem::Error },
    #[error("{} holds no certificate (a PEM file with the chain, leaf first, is expected)", .0.display())]
    NoCertificate(PathBuf),
    #[error("cannot read a private key from {}: {reason} (a PEM file in PKCS#8, PKCS#1 or SEC1 is expected)", .file.display())]
    Key { file: PathBuf, reason: pem::Error },
    #[error("certificate {} and key {} do not go together: {reason}", .certificate.display(), .key.display())]
    Pair { certificate: PathBuf, key: PathBuf, reason: rustls::Error },
}

/// Reads both files. HTTP/2 is offered first, as clients that know it prefer it.
pub(super) fn load(files: &TlsFiles) -> Result<Arc<ServerConfig>, TlsError> {
    let unreadable = |reason| TlsError::Certificate { file: files.certificate.clone(), reason };
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(unreadable)?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate(files.certificate.clone()));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|reason| TlsError::Key { file: files.key.clone(), reason })?;
    let mut config =
        ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).map_err(|reason| {
            TlsError::Pair { certificate: files.certificate.clone(), key: files.key.clone(), reason }
        })?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
