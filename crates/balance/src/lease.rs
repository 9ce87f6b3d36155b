//! Open attempts: a table of places that are used again, told apart by generation.

use alloc::vec::Vec;

use crate::{AddressId, CredentialId, LeaseId, ModelId, TargetId, Time, UpstreamId};

/// What an open attempt must be remembered for. By id, since the plan may change while it runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lease {
    pub(crate) upstream: UpstreamId,
    pub(crate) target: TargetId,
    pub(crate) address: AddressId,
    /// The target's own model.
    pub(crate) model: Option<ModelId>,
    /// The model that the vendor was really asked for, where it is a known one.
    pub(crate) asked: Option<ModelId>,
    /// Who is held to account for what is a key's fault.
    pub(crate) payer: Payer,
    pub(crate) affinity: Option<u64>,
    pub(crate) begun: Time,
    /// Which of the targets that had this id one after the other.
    pub(crate) born: u64,
    /// Likewise of the keys.
    pub(crate) credential_born: u64,
    /// The plan that `slots` belong to; under a later one they are looked up again.
    pub(crate) epoch: u64,
    pub(crate) slots: Slots,
    /// The place in its lineup that was charged, if any was.
    pub(crate) charged: Option<Charged>,
    /// It is the single trial of a half-open address.
    pub(crate) trial: bool,
    /// It is the single trial of a doubtful key, and keeps the others away until then.
    pub(crate) key_trial: Option<Time>,
    /// What it has cost, as far as that is known.
    pub(crate) tokens: u64,
    /// It has shown its first byte, and what that proves has been counted.
    pub(crate) opened: bool,
}

/// Where what an attempt has to do with stands under one plan; `None` for what that does not have (any more).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slots {
    pub(crate) upstream: Option<u32>,
    pub(crate) target: Option<u32>,
    pub(crate) address: Option<u32>,
    pub(crate) pair: Option<u32>,
    pub(crate) credential: Option<u32>,
}

/// Whose key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Payer {
    /// One of ours.
    Credential(CredentialId),
    /// The caller's own, if it sent one.
    Caller(Option<u64>),
    /// There is none.
    Nobody,
}

/// Whose turn a pick has used up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Charged {
    pub(crate) environment: u8,
    pub(crate) tier: u32,
    pub(crate) place: u32,
    /// The place within the target's own pool of credentials, if it has one.
    pub(crate) member: Option<u32>,
}

/// The table. Grows to the greatest number of attempts that were ever open together.
#[derive(Debug, Default)]
pub(crate) struct Leases {
    places: Vec<(u32, Option<Lease>)>,
    free: Vec<u32>,
}

impl Leases {
    /// The id that the next `open` gives.
    pub(crate) fn open(&mut self, lease: Lease) -> LeaseId {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.places.push((0, None));
            (self.places.len() - 1) as u32
        });
        let place = &mut self.places[slot as usize];
        place.1 = Some(lease);
        LeaseId { slot, generation: place.0 }
    }

    /// The open attempt of that id.
    pub(crate) fn find(&mut self, id: LeaseId) -> Option<&mut Lease> {
        let (generation, lease) = self.places.get_mut(id.slot as usize)?;
        if *generation == id.generation { lease.as_mut() } else { None }
    }

    /// Ends the attempt; a second time there is nothing to end.
    pub(crate) fn close(&mut self, id: LeaseId) -> Option<Lease> {
        let lease = *self.find(id)?;
        let place = &mut self.places[id.slot as usize];
        *place = (place.0.wrapping_add(1), None);
        self.free.push(id.slot);
        Some(lease)
    }
}
