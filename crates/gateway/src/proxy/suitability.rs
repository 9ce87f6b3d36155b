//! Which targets of an upstream are no candidates for a request, whatever their health: of which it is known that they
//! cannot do what it needs, or whose dialect cannot carry it.

use config::{
    Snapshot, ability,
    snapshot::{Target, Upstream},
};
use dialect::{
    Wire,
    translate::{self, Needs, Refused},
};

/// How many targets a decision line names.
const SHOWN: usize = 3;
/// How many fields it names of each.
const FIELDS_SHOWN: usize = 3;

/// What a request turned out to need, besides its endpoint.
#[derive(Default)]
pub(super) struct Suitability {
    /// Bits of [`ability`].
    pub(super) needs: u64,
    /// The dialects that cannot carry it, with the reasons.
    refused: Vec<(u64, Refused)>,
    /// Who is no candidate, and why.
    pub(super) note: Option<String>,
}

impl Suitability {
    /// What the body says. It is read only where something is known that a model of the upstream lacks.
    pub(super) fn of(body: &[u8], wire: Wire, upstream: &Upstream, snapshot: &Snapshot) -> Self {
        let mut suitability = Suitability::default();
        if upstream.lacking & ability::of_models() != 0 {
            suitability.needs = translate::needs(wire, body).map_or(0, |it| bits(&it));
            suitability.write_note(upstream, snapshot);
        }
        suitability
    }

    /// A pair of dialects has turned out not to carry it. False if that was known.
    pub(super) fn rule_out(
        &mut self,
        (from, to): (Wire, Wire),
        refused: Refused,
        upstream: &Upstream,
        snapshot: &Snapshot,
    ) -> bool {
        let bit = ability::without(from, to);
        if self.needs & bit != 0 {
            return false;
        }
        self.needs |= bit;
        self.refused.push((bit, refused));
        self.write_note(upstream, snapshot);
        true
    }

    /// Why nobody of the upstream is a candidate: what could not be carried, or else what is lacking.
    pub(super) fn refusal(&self) -> Option<&Refused> {
        self.refused.first().map(|(_, refused)| refused)
    }

    fn write_note(&mut self, upstream: &Upstream, snapshot: &Snapshot) {
        if self.needs & upstream.lacking == 0 {
            return;
        }
        let targets = upstream.targets.iter().filter_map(|it| snapshot.targets.get(it));
        let unfit = targets.filter_map(|target| Some((target, self.lacks(target)?)));
        let mut told: Vec<String> = Vec::new();
        for (target, why) in unfit {
            if told.len() == SHOWN {
                told.push("and others".to_owned());
                break;
            }
            told.push(format!("{} {why}", target.name));
        }
        self.note = (!told.is_empty()).then(|| format!("not candidates: {}", told.join(", ")));
    }

    fn lacks(&self, target: &Target) -> Option<String> {
        let lacking = self.needs & !target.can;
        if lacking == 0 {
            return None;
        }
        if let Some((_, refused)) = self.refused.iter().find(|(bit, _)| lacking & bit != 0) {
            let fields = refused.problems.iter().map(|it| it.field.as_str()).filter(|it| !it.is_empty());
            let fields: Vec<&str> = fields.take(FIELDS_SHOWN).collect();
            return Some(match fields.is_empty() {
                true => "cannot be told it".to_owned(),
                false => format!("cannot be told {}", fields.join(" and ")),
            });
        }
        let names = ability::CAPABILITIES.iter().filter(|(_, bit)| lacking & bit != 0).map(|(name, _)| *name);
        let mut names: Vec<&str> = names.collect();
        if lacking & ability::any_room() != 0 {
            names.push("room for so long a prompt");
        }
        Some(format!("lacks {}", names.join(" and ")))
    }
}

fn bits(needs: &Needs) -> u64 {
    let flags = [
        (needs.tools, ability::TOOLS),
        (needs.images, ability::VISION),
        (needs.json_schema, ability::JSON_SCHEMA),
    ];
    let flags = flags.into_iter().filter(|(needed, _)| *needed).map(|(_, bit)| bit).sum::<u64>();
    // An estimate: a fifth of it may be too much.
    flags | ability::room_for(needs.input_tokens / 5 * 4)
}
