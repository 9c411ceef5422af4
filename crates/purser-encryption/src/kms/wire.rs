//! The messages of both protocols, and the names of their methods.
//!
//! What is secret in them is wiped when they are dropped, and not shown.

use std::collections::BTreeMap;
use std::fmt;

/// `v2.KeyManagementService`.
pub mod v2 {
    use super::{BTreeMap, fmt};
    use zeroize::Zeroize as _;

    /// The service's name.
    pub const SERVICE: &str = "v2.KeyManagementService";
    /// The path of `Status`.
    pub const STATUS: &str = "/v2.KeyManagementService/Status";
    /// The path of `Encrypt`.
    pub const ENCRYPT: &str = "/v2.KeyManagementService/Encrypt";
    /// The path of `Decrypt`.
    pub const DECRYPT: &str = "/v2.KeyManagementService/Decrypt";

    /// Asks how the plugin is.
    #[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
    pub struct StatusRequest {}

    /// How the plugin is.
    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub struct StatusResponse {
        /// `v2`, or `v2beta1`.
        #[prost(string, tag = "1")]
        pub version: String,
        /// `ok`, or what is wrong.
        #[prost(string, tag = "2")]
        pub healthz: String,
        /// The key that is used now.
        #[prost(string, tag = "3")]
        pub key_id: String,
    }

    /// Asks to wrap a secret.
    #[derive(Clone, PartialEq, Eq, prost::Message)]
    #[prost(skip_debug)]
    pub struct EncryptRequest {
        /// The secret.
        #[prost(bytes = "vec", tag = "1")]
        pub plaintext: Vec<u8>,
        /// Names the call in logs.
        #[prost(string, tag = "2")]
        pub uid: String,
    }

    impl fmt::Debug for EncryptRequest {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "EncryptRequest({})", self.uid)
        }
    }

    impl Drop for EncryptRequest {
        fn drop(&mut self) {
            self.plaintext.zeroize();
        }
    }

    /// A wrapped secret.
    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub struct EncryptResponse {
        /// 1 to 1,024 bytes.
        #[prost(bytes = "vec", tag = "1")]
        pub ciphertext: Vec<u8>,
        /// The key that wrapped it, 1 to 1,024 bytes.
        #[prost(string, tag = "2")]
        pub key_id: String,
        /// To be handed back; keys are domain names.
        #[prost(btree_map = "string, bytes", tag = "3")]
        pub annotations: BTreeMap<String, Vec<u8>>,
    }

    /// Asks to unwrap.
    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub struct DecryptRequest {
        /// What was wrapped.
        #[prost(bytes = "vec", tag = "1")]
        pub ciphertext: Vec<u8>,
        /// Names the call in logs.
        #[prost(string, tag = "2")]
        pub uid: String,
        /// The key that wrapped it.
        #[prost(string, tag = "3")]
        pub key_id: String,
        /// As they were given.
        #[prost(btree_map = "string, bytes", tag = "4")]
        pub annotations: BTreeMap<String, Vec<u8>>,
    }

    /// The secret.
    #[derive(Clone, PartialEq, Eq, prost::Message)]
    #[prost(skip_debug)]
    pub struct DecryptResponse {
        /// The secret.
        #[prost(bytes = "vec", tag = "1")]
        pub plaintext: Vec<u8>,
    }

    impl fmt::Debug for DecryptResponse {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("DecryptResponse")
        }
    }

    impl Drop for DecryptResponse {
        fn drop(&mut self) {
            self.plaintext.zeroize();
        }
    }
}

/// `v1beta1.KeyManagementService`.
pub mod v1 {
    use super::fmt;
    use zeroize::Zeroize as _;

    /// The service's name.
    pub const SERVICE: &str = "v1beta1.KeyManagementService";
    /// The path of `Version`.
    pub const VERSION: &str = "/v1beta1.KeyManagementService/Version";
    /// The path of `Encrypt`.
    pub const ENCRYPT: &str = "/v1beta1.KeyManagementService/Encrypt";
    /// The path of `Decrypt`.
    pub const DECRYPT: &str = "/v1beta1.KeyManagementService/Decrypt";
    /// The version that requests name and plugins answer.
    pub const API_VERSION: &str = "v1beta1";

    /// Asks who the plugin is.
    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub struct VersionRequest {
        /// [`API_VERSION`].
        #[prost(string, tag = "1")]
        pub version: String,
    }

    /// Who the plugin is.
    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub struct VersionResponse {
        /// [`API_VERSION`].
        #[prost(string, tag = "1")]
        pub version: String,
        /// The plugin's name.
        #[prost(string, tag = "2")]
        pub runtime_name: String,
        /// The plugin's version.
        #[prost(string, tag = "3")]
        pub runtime_version: String,
    }

    /// Asks to wrap a key.
    #[derive(Clone, PartialEq, Eq, prost::Message)]
    #[prost(skip_debug)]
    pub struct EncryptRequest {
        /// [`API_VERSION`].
        #[prost(string, tag = "1")]
        pub version: String,
        /// The key.
        #[prost(bytes = "vec", tag = "2")]
        pub plain: Vec<u8>,
    }

    impl fmt::Debug for EncryptRequest {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("EncryptRequest")
        }
    }

    impl Drop for EncryptRequest {
        fn drop(&mut self) {
            self.plain.zeroize();
        }
    }

    /// A wrapped key.
    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub struct EncryptResponse {
        /// The wrapped key.
        #[prost(bytes = "vec", tag = "1")]
        pub cipher: Vec<u8>,
    }

    /// Asks to unwrap.
    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub struct DecryptRequest {
        /// [`API_VERSION`].
        #[prost(string, tag = "1")]
        pub version: String,
        /// The wrapped key.
        #[prost(bytes = "vec", tag = "2")]
        pub cipher: Vec<u8>,
    }

    /// The key.
    #[derive(Clone, PartialEq, Eq, prost::Message)]
    #[prost(skip_debug)]
    pub struct DecryptResponse {
        /// The key.
        #[prost(bytes = "vec", tag = "1")]
        pub plain: Vec<u8>,
    }

    impl fmt::Debug for DecryptResponse {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("DecryptResponse")
        }
    }

    impl Drop for DecryptResponse {
        fn drop(&mut self) {
            self.plain.zeroize();
        }
    }
}
