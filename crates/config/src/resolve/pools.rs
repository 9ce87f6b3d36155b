//! Pools: their own entries in turns, then whoever else `default` has; and what stands for them where a provider serves
//! a model among others.

use balance::Weight;
use uuid::Uuid;

use super::Work;
use crate::{
    Kind, derived,
    entity::{self, CredentialChoice, Target},
    pool::{target, upstream},
};

impl Work<'_> {
    /// An upstream of the load-balancing view. While it is switched off its first target stands alone, with the default
    /// credential; failover goes on behind it either way.
    pub(super) fn pool(
        &mut self,
        id: Uuid,
        settings: &entity::Upstream,
        provider: &str,
        model: &str,
        targets: &[(Uuid, &Target)],
    ) {
        let behind = derived::behind_pool(self.document, provider, model);
        let alone = (!settings.enabled).then(|| {
            let default = targets.iter().find(|(_, it)| it.provider.is_some() && it.credential.is_none());
            default.or(targets.first()).map(|(id, _)| *id)
        });
        let own: Vec<(Uuid, Target)> = targets
            .iter()
            .map(|(id, target)| match alone {
                None => (*id, (*target).clone()),
                Some(alone) if alone == Some(*id) => {
                    let weight = target.weight.max(1);
                    (*id, Target { credential: None, enabled: true, weight, ..(*target).clone() })
                }
                Some(_) => (*id, Target { enabled: false, ..(*target).clone() }),
            })
            .collect();
        let all: Vec<(Uuid, &Target)> = own.iter().chain(&behind).map(|(id, it)| (*id, it)).collect();
        self.upstream(id, &settings.name, &entity::Upstream { enabled: true, ..settings.clone() }, &all);
    }

    /// Who pays where a derived target of a provider asks for a model that has a pool: the pool's credentials in turns,
    /// or while that is switched off the default one alone.
    pub(super) fn pooled(&self, asking: &Target, model: &str) -> Option<Vec<(Uuid, Weight)>> {
        if self.document.is_stored(Kind::Upstream, asking.upstream.id) {
            return None;
        }
        let vendor = self.vendors.get(&asking.provider?.id)?;
        let pool = self.document.pool(&vendor.name, model)?;
        let default = vendor.default_key(Some(model));
        if !upstream(pool)?.enabled {
            return Some(default.map(|id| (id, 1)).into_iter().collect());
        }
        let mut members: Vec<(Uuid, Weight)> = Vec::new();
        for row in self.document.pool_targets(pool.id) {
            let Some(entry) = target(&row).filter(|it| it.enabled) else { continue };
            let Some(id) = entry.credential.and_then(CredentialChoice::id).or(default) else { continue };
            match members.iter_mut().find(|it| it.0 == id) {
                Some(member) => member.1 = member.1.saturating_add(entry.weight),
                None => members.push((id, entry.weight)),
            }
        }
        Some(members)
    }
}
