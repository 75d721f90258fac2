//! Certificates made for a test.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

/// An authority that signs certificates of "localhost".
pub struct Authority(pub CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(vec![]).expect("parameters");
        // Another name than those that it signs have by default: OpenSSL takes the same name for self-signed.
        params.distinguished_name.push(DnType::CommonName, "authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority"))
    }

    /// Certificate and key in PEM.
    pub fn sign(&self) -> (String, String) {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec!["localhost".into()]).expect("parameters");
        (params.signed_by(&key, &self.0).expect("a certificate").pem(), key.serialize_pem())
    }
}

/// Files of a server whose certificate `authority` signed.
pub struct Files(tempfile::TempDir);

impl Files {
    pub fn new(authority: &Authority) -> Self {
        let files = Self(tempfile::tempdir().expect("a folder"));
        files.write(authority);
        files
    }

    pub fn write(&self, authority: &Authority) {
        let (certificate, key) = authority.sign();
        std::fs::write(self.path("key.pem"), key).expect("a file");
        std::fs::write(self.path("cert.pem"), certificate).expect("a file");
        std::fs::write(self.path("ca.pem"), authority.0.pem()).expect("a file");
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The flags that name them; `mutual` asks clients for a certificate.
    pub fn flags(&self, mutual: bool) -> Vec<String> {
        let flag = |name: &str, file: &Path| format!("--tls-{name}={}", file.display());
        let mut flags = vec![flag("certificate", &self.path("cert.pem")), flag("key", &self.path("key.pem"))];
        if mutual {
            flags.push(flag("client-ca", &self.path("ca.pem")));
        }
        flags
    }
}
