//! TLS towards vendors.
//!
//! One client configuration per [`Trust`], shared by all workers, so that sessions are resumed across connections.
//! Whom we trust is what the platform trusts; where the platform trusts nobody (a bare container), Mozilla's list.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use config::snapshot::{Address, Trust};
use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use rustls_platform_verifier::Verifier;
use tokio::{net::TcpStream, time::Instant};
use tokio_rustls::TlsConnector;

use super::{SendError, io::Io};

/// How long a configuration is used before files are read again: an authority that is replaced on disk takes effect
/// without a restart, and sessions are still resumed most of the time.
const KEPT: Duration = Duration::from_secs(600);

/// The client configurations in use.
#[derive(Default)]
pub(super) struct Trusts {
    kept: Mutex<HashMap<Trust, (Instant, Arc<ClientConfig>)>>,
}

impl Trusts {
    /// TLS on `stream`, and whether both sides agreed on HTTP/2.
    pub(super) async fn handshake(
        &self,
        address: &Address,
        stream: TcpStream,
    ) -> Result<(Io, bool), SendError> {
        let expected = address.trust.server_name.as_deref().unwrap_or(&address.host);
        let name = ServerName::try_from(expected.to_owned())
            .map_err(|_| SendError::Connect(format!("{expected} is not a name a certificate can have")))?;
        let config = self.config(&address.trust).await.map_err(SendError::Connect)?;
        let connected = TlsConnector::from(config).connect(name, stream).await;
        let stream = connected.map_err(|error| SendError::Connect(format!("TLS: {error}")))?;
        let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok((Io::Tls(Box::new(stream)), is_http2))
    }

    async fn config(&self, trust: &Trust) -> Result<Arc<ClientConfig>, String> {
        let kept = self.lock().get(trust).filter(|(made, _)| made.elapsed() < KEPT).map(|(_, it)| it.clone());
        if let Some(config) = kept {
            return Ok(config);
        }
        let wanted = trust.clone();
        let made = tokio::task::spawn_blocking(move || build(&wanted));
        let config = Arc::new(made.await.map_err(|error| error.to_string())??);
        let mut kept = self.lock();
        kept.retain(|_, (made, _)| made.elapsed() < KEPT);
        kept.insert(trust.clone(), (Instant::now(), Arc::clone(&config)));
        Ok(config)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Trust, (Instant, Arc<ClientConfig>)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads files; not for a worker's thread.
fn build(trust: &Trust) -> Result<ClientConfig, String> {
    let provider = CryptoProvider::get_default()
        .cloned()
        .unwrap_or_else(|| Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    let verifier: Arc<dyn ServerCertVerifier> = if trust.insecure {
        Arc::new(AnyCertificate(Arc::clone(&provider)))
    } else {
        verifier(trust, &provider)?
    };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn verifier(trust: &Trust, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, String> {
    let extra = trust.ca_file.as_deref().map(read_certificates).transpose()?.unwrap_or_default();
    if let Ok(platform) = Verifier::new_with_extra_roots(extra.clone(), Arc::clone(provider)) {
        return Ok(Arc::new(platform));
    }
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for certificate in extra {
        roots.add(certificate).map_err(|error| format!("tls.ca_file: {error}"))?;
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(roots.into(), Arc::clone(provider)).build();
    Ok(verifier.map_err(|error| error.to_string())?)
}

fn read_certificates(path: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates: Vec<_> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error| format!("tls.ca_file {path}: {error}"))?;
    if certificates.is_empty() {
        return Err(format!("tls.ca_file {path}: contains no certificate"));
    }
    Ok(certificates)
}

/// `verify: false`: the connection is encrypted, and with whom is not asked.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _certificate: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
