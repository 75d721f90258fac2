//! TLS from files, read again when they change; connections that are open keep what they began with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::{Error as PemError, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use tokio_rustls::rustls::{Error, RootCertStore, ServerConfig};

use super::watch;
use crate::config::TlsFiles;

/// Why TLS cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or holds nothing of its kind.
    #[error("{0}: {1}")]
    File(PathBuf, PemError),
    /// A certificate file without certificates.
    #[error("{0}: no certificate in it")]
    Empty(PathBuf),
    /// Certificate and key do not fit, or are not supported.
    #[error(transparent)]
    Config(#[from] Error),
    /// The clients' authorities cannot be used.
    #[error(transparent)]
    Verifier(#[from] VerifierBuilderError),
}

/// The files and what was read from them last.
pub struct Tls {
    files: TlsFiles,
    current: ArcSwap<ServerConfig>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// If one is missing or wrong.
    pub fn new(files: TlsFiles) -> Result<Self, TlsError> {
        let current = ArcSwap::from_pointee(read(&files)?);
        Ok(Self { files, current })
    }

    /// For one connection, by the files as they are now.
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.current.load_full())
    }

    /// Reads the files whenever they change; ones that are wrong change nothing.
    pub async fn follow(self: Arc<Self>) {
        let TlsFiles { certificate, key, client_ca } = self.files.clone();
        let files = [certificate, key].into_iter().chain(client_ca).collect();
        watch::files(files, || match read(&self.files) {
            Ok(config) => {
                self.current.store(Arc::new(config));
                tracing::info!("certificates reloaded");
            }
            Err(error) => tracing::error!(%error, "certificates not reloaded, the old ones stay in force"),
        })
        .await;
    }
}

fn read(files: &TlsFiles) -> Result<ServerConfig, TlsError> {
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|e| TlsError::File(files.key.clone(), e))?;
    let chain = certificates(&files.certificate)?;
    let builder = ServerConfig::builder();
    let builder = match &files.client_ca {
        None => builder.with_no_client_auth(),
        Some(file) => {
            let mut roots = RootCertStore::empty();
            for authority in certificates(file)? {
                roots.add(authority)?;
            }
            builder.with_client_cert_verifier(WebPkiClientVerifier::builder(Arc::new(roots)).build()?)
        }
    };
    let mut config = builder.with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let wrong = |e| TlsError::File(file.into(), e);
    let found = CertificateDer::pem_file_iter(file).map_err(wrong)?.collect::<Result<Vec<_>, _>>().map_err(wrong)?;
    if found.is_empty() { Err(TlsError::Empty(file.into())) } else { Ok(found) }
}
