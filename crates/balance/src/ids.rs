//! Names of things, as small numbers.
//!
//! Whoever resolves the configuration hands them out, one number per configured thing for as long as the process
//! lives, so that a thing that survives a change of configuration keeps its number and with it its history.

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);
    };
}

id!(/// An upstream: one pool with one algorithm.
    UpstreamId);
id!(/// One entry of an upstream. A credential entered three times is three targets with one [`CredentialId`].
    TargetId);
id!(/// A vendor's API key, process-wide: out in one upstream is out in all.
    CredentialId);
id!(/// A `scheme://host:port`. The counters kept for it are each upstream's own.
    AddressId);
id!(/// A model name that the configuration or a catalogue knows; a string that a client made up has none.
    ModelId);

/// A target in use by one attempt, from `pick` to `settle`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LeaseId {
    /// Place in the balancer's table of leases.
    pub(crate) slot: u32,
    /// Distinguishes the leases that used this slot one after the other, so that settling twice is harmless.
    pub(crate) generation: u32,
}
