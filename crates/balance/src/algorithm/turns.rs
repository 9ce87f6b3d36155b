//! Smooth weighted turns: at every moment nobody is more than one turn ahead of its share, nor more than one behind.
//!
//! Everybody has a virtual time at which its next turn *starts* and, one `1 / weight` later, at which it is *due*.
//! The weighted mean of the starts is *now*. Whose start is not after now is *eligible* (has not had more than its
//! share yet); of the eligible ones the one due first is next. Without eligibility, weights 10 and ten times 1 would
//! give ten turns in a row to the big one. This is EEVDF (Stoica, Abdel-Wahab: *Earliest Eligible Virtual Deadline
//! First*, 1995; Linux `kernel/sched/fair.c`), the same order as WF2Q (Bennett, Zhang, 1996).
//!
//! Who is away neither gains nor loses: a turn that it was owed is still owed, a turn that it had too early is worked
//! off by the others' turns. Who is passed over in a walk is treated as away for that one turn.

use alloc::{vec, vec::Vec};

use crate::tournament::Tournament;

/// The length of a turn of weight 1 in virtual time, at least: so fine that rounding a quotient never shows.
const FINENESS: u64 = 1 << 48;

/// Who has had how much of its share.
#[derive(Clone, Debug)]
pub(crate) struct Turns {
    shares: Vec<Share>,
    /// Of who is away, or was last time.
    absences: Vec<Absence>,
    /// Of those who are ready: the sum of weights, and the sum of weight × start.
    weight: i128,
    moment: i128,
    /// Now, when somebody left last: that it stays while nobody is there.
    stopped: Now,
    /// Turns so far; numbers them.
    turn: u64,
    /// Returns so far of those who came back to another place than they had left.
    moves: u64,
    /// Ready and known to have been eligible, by when they are due; ties go to the bigger weight (which has the shorter
    /// turn and so less time left), then to who was served least recently.
    eligible: Tournament<(i128, u64)>,
    /// The other ready ones, by start.
    pending: Tournament<i128>,
    /// Passed over in the walk under way.
    passed: Vec<u32>,
}

/// What every turn needs of somebody; of the size of a cache line.
#[derive(Clone, Debug)]
struct Share {
    start: i128,
    /// Of one turn: `scale / weight`.
    length: u64,
    /// What its last turn has cost: a length, or nothing if that was free or has been taken back.
    charged: u64,
    /// The number of its last turn, and of the one before.
    served: u64,
    served_before: u64,
    weight: u16,
    ready: bool,
}

/// When somebody left.
#[derive(Clone, Debug)]
struct Absence {
    /// Now among the others.
    now: Now,
    /// How many turns there had been.
    turn: u64,
    /// And how many had come back to another place.
    moves: u64,
}

/// The weighted mean of the starts. Divided where its value is wanted, and not before: a division of this width costs
/// more than the rest of a turn.
#[derive(Clone, Copy, Debug)]
struct Now {
    moment: i128,
    weight: i128,
}

impl Now {
    const ZERO: Now = Now { moment: 0, weight: 1 };

    fn value(self) -> i128 {
        self.moment.div_euclid(self.weight)
    }
}

impl Turns {
    /// Nobody ready; `inherit` says where somebody stood in earlier turns.
    pub(crate) fn new(
        weights: impl Iterator<Item = u16> + Clone,
        previous: Option<&Turns>,
        inherit: impl Fn(usize) -> Option<usize>,
    ) -> Self {
        let scale = scale(weights.clone());
        let turn = previous.map_or(0, |it| it.turn);
        let share = |(index, weight): (usize, u16)| {
            let weight = weight.max(1);
            let length = scale / u64::from(weight);
            let before = previous.zip(inherit(index));
            let (ahead, served) =
                before.map_or((0, 0), |(turns, at)| (turns.ahead(at), turns.shares[at].served));
            Share {
                start: ahead * i128::from(length) / i128::from(FINENESS),
                length,
                charged: 0,
                served,
                served_before: served,
                weight,
                ready: false,
            }
        };
        let shares: Vec<Share> = weights.enumerate().map(share).collect();
        let places = shares.len();
        Turns {
            shares,
            absences: vec![Absence { now: Now::ZERO, turn, moves: 0 }; places],
            weight: 0,
            moment: 0,
            stopped: Now::ZERO,
            turn,
            moves: 0,
            eligible: Tournament::new(places),
            pending: Tournament::new(places),
            passed: Vec::with_capacity(places),
        }
    }

    /// Lets `index` take part, or not.
    pub(crate) fn set_ready(&mut self, index: usize, ready: bool) {
        if self.shares[index].ready == ready {
            return;
        }
        if ready {
            self.enter(index);
        } else {
            self.leave(index);
        }
    }

    /// Offers the ready ones in order until one is accepted, and charges that one its turn.
    pub(crate) fn choose(&mut self, accept: &mut dyn FnMut(usize) -> bool) -> Option<usize> {
        let mut chosen = None;
        while let Some(index) = self.next() {
            if accept(index) {
                self.charge(index);
                chosen = Some(index);
                break;
            }
            self.leave(index);
            self.passed.push(index as u32);
        }
        while let Some(index) = self.passed.pop() {
            self.enter(index as usize);
        }
        chosen
    }

    /// Takes back the last turn of `index`; once.
    pub(crate) fn give_back(&mut self, index: usize) {
        let share = &mut self.shares[index];
        let charged = i128::from(core::mem::take(&mut share.charged));
        share.start -= charged;
        share.served = share.served_before;
        if share.ready {
            self.moment -= i128::from(share.weight) * charged;
            self.place(index);
        }
    }

    /// Counts a service of `index` that other reasons than turns have led to: it costs nothing.
    pub(crate) fn note_served(&mut self, index: usize) {
        self.turn += 1;
        let share = &mut self.shares[index];
        share.served_before = share.served;
        share.served = self.turn;
        share.charged = 0;
        if share.ready {
            self.place(index);
        }
    }

    /// The number of the last turn of `index`: the higher, the later; 0 if it has had none.
    pub(crate) fn served(&self, index: usize) -> u64 {
        self.shares[index].served
    }

    /// Who is next.
    fn next(&mut self) -> Option<usize> {
        while let Some(index) = self.pending.first().filter(|&it| self.is_eligible(it)) {
            self.place(index);
        }
        // Now goes back when somebody leaves who was ahead, and who was eligible may have to wait again.
        while let Some(index) = self.eligible.first() {
            if self.is_eligible(index) {
                return Some(index);
            }
            self.place(index);
        }
        None
    }

    fn is_eligible(&self, index: usize) -> bool {
        self.shares[index].start * self.weight <= self.moment
    }

    fn charge(&mut self, index: usize) {
        let share = &mut self.shares[index];
        share.start += i128::from(share.length);
        self.moment += i128::from(share.weight) * i128::from(share.length);
        self.note_served(index);
        self.shares[index].charged = self.shares[index].length;
    }

    fn enter(&mut self, index: usize) {
        let start = self.start_on_return(index);
        self.moves += u64::from(!self.has_nothing_happened(index));
        let share = &mut self.shares[index];
        share.ready = true;
        share.start = start;
        self.weight += i128::from(share.weight);
        self.moment += i128::from(share.weight) * start;
        self.pending.set(index, start);
    }

    fn leave(&mut self, index: usize) {
        self.stopped = self.now();
        let share = &mut self.shares[index];
        share.ready = false;
        self.weight -= i128::from(share.weight);
        self.moment -= i128::from(share.weight) * share.start;
        self.eligible.remove(index);
        self.pending.remove(index);
        self.absences[index] = Absence { now: self.now(), turn: self.turn, moves: self.moves };
    }

    /// Whether everybody is where they were when an absent one left: no turns, and nobody has come back elsewhere, which
    /// moves now and so would make a debt of what was none.
    fn has_nothing_happened(&self, index: usize) -> bool {
        let absence = &self.absences[index];
        absence.turn == self.turn && absence.moves == self.moves
    }

    /// Where an absent one stands if it comes back now.
    fn start_on_return(&self, index: usize) -> i128 {
        let share = &self.shares[index];
        if self.has_nothing_happened(index) {
            return share.start;
        }
        // One turn, as seen by the others (its return makes now move towards its start).
        let length = i128::from(share.length);
        let turn = match self.weight {
            0 => length,
            others => length + length * i128::from(share.weight) / others,
        };
        let (left, now) = (self.absences[index].now.value(), self.now().value());
        let owed = (left - share.start).clamp(0, turn);
        // Now may have gone back meanwhile, and then it would seem to have had more than the one turn too early.
        share.start.clamp(now - owed, now + turn)
    }

    /// By how much of a turn somebody is ahead of its share, in [`FINENESS`]; negative: behind.
    fn ahead(&self, index: usize) -> i128 {
        let share = &self.shares[index];
        let start = if share.ready { share.start } else { self.start_on_return(index) };
        let length = i128::from(share.length);
        let ahead = (start - self.now().value()).clamp(-length, length);
        ahead * i128::from(FINENESS) / length
    }

    fn now(&self) -> Now {
        if self.weight == 0 { self.stopped } else { Now { moment: self.moment, weight: self.weight } }
    }

    /// Puts a ready one in the tournament it belongs to.
    fn place(&mut self, index: usize) {
        let share = &self.shares[index];
        if self.is_eligible(index) {
            self.pending.remove(index);
            // A million turns a second take nine years to reach the bits of the weight.
            let tie = u64::from(u16::MAX - share.weight) << 48 | share.served;
            self.eligible.set(index, (share.start + i128::from(share.length), tie));
        } else {
            self.eligible.remove(index);
            self.pending.set(index, share.start);
        }
    }
}

/// The length of a turn of weight 1: a multiple of every weight, so that ties are ties, or, where there is none of a
/// sensible size, so fine that the difference does not show.
fn scale(weights: impl Iterator<Item = u16>) -> u64 {
    let mut multiple: u64 = 1;
    for weight in weights {
        let weight = u64::from(weight.max(1));
        multiple = multiple / greatest_common_divisor(multiple, weight) * weight;
        if multiple > FINENESS {
            return FINENESS;
        }
    }
    multiple * (FINENESS / multiple).max(1)
}

fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
