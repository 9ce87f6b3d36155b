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

use alloc::vec::Vec;

use crate::tournament::Tournament;

/// The length of a turn of weight 1 in virtual time, at least: so fine that rounding a quotient never shows.
const FINENESS: i128 = 1 << 48;

/// Who has had how much of its share.
#[derive(Clone, Debug)]
pub(crate) struct Turns {
    shares: Vec<Share>,
    /// Of those who are ready: the sum of weights, and the sum of weight × start.
    weight: i128,
    moment: i128,
    /// What now was when the last one left.
    stopped: i128,
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

#[derive(Clone, Debug)]
struct Share {
    weight: i128,
    /// Of one turn: `scale / weight`.
    length: i128,
    start: i128,
    /// What its last turn has cost: a length, or nothing if that was free or has been taken back.
    charged: i128,
    /// The number of its last turn, and of the one before.
    served: u64,
    served_before: u64,
    ready: bool,
    /// When it left: what now was among the others, and how many turns there had been.
    left: i128,
    left_turn: u64,
    /// And how many had come back to another place.
    left_moves: u64,
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
            let weight = i128::from(weight.max(1));
            let length = scale / weight;
            let before = previous.zip(inherit(index));
            let (ahead, served) =
                before.map_or((0, 0), |(turns, at)| (turns.ahead(at), turns.shares[at].served));
            Share {
                weight,
                length,
                start: ahead * length / FINENESS,
                charged: 0,
                served,
                served_before: served,
                ready: false,
                left: 0,
                left_turn: turn,
                left_moves: 0,
            }
        };
        let shares: Vec<Share> = weights.enumerate().map(share).collect();
        let places = shares.len();
        Turns {
            shares,
            weight: 0,
            moment: 0,
            stopped: 0,
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
        let charged = core::mem::take(&mut share.charged);
        share.start -= charged;
        share.served = share.served_before;
        if share.ready {
            self.moment -= share.weight * charged;
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
        share.start += share.length;
        self.moment += share.weight * share.length;
        self.note_served(index);
        self.shares[index].charged = self.shares[index].length;
    }

    fn enter(&mut self, index: usize) {
        let start = self.start_on_return(index);
        self.moves += u64::from(!self.has_nothing_happened(index));
        let share = &mut self.shares[index];
        share.ready = true;
        share.start = start;
        self.weight += share.weight;
        self.moment += share.weight * start;
        self.pending.set(index, start);
    }

    fn leave(&mut self, index: usize) {
        self.stopped = self.now();
        let share = &mut self.shares[index];
        share.ready = false;
        self.weight -= share.weight;
        self.moment -= share.weight * share.start;
        self.eligible.remove(index);
        self.pending.remove(index);
        let now = self.now();
        let share = &mut self.shares[index];
        share.left = now;
        share.left_turn = self.turn;
        share.left_moves = self.moves;
    }

    /// Whether everybody is where they were when an absent one left: no turns, and nobody has come back elsewhere, which
    /// moves now and so would make a debt of what was none.
    fn has_nothing_happened(&self, index: usize) -> bool {
        let share = &self.shares[index];
        share.left_turn == self.turn && share.left_moves == self.moves
    }

    /// Where an absent one stands if it comes back now.
    fn start_on_return(&self, index: usize) -> i128 {
        let share = &self.shares[index];
        if self.has_nothing_happened(index) {
            return share.start;
        }
        // One turn, as seen by the others (its return makes now move towards its start).
        let turn = match self.weight {
            0 => share.length,
            others => share.length + share.length * share.weight / others,
        };
        let owed = (share.left - share.start).clamp(0, turn);
        // Now may have gone back meanwhile, and then it would seem to have had more than the one turn too early.
        share.start.clamp(self.now() - owed, self.now() + turn)
    }

    /// By how much of a turn somebody is ahead of its share, in [`FINENESS`]; negative: behind.
    fn ahead(&self, index: usize) -> i128 {
        let share = &self.shares[index];
        let start = if share.ready { share.start } else { self.start_on_return(index) };
        let ahead = (start - self.now()).clamp(-share.length, share.length);
        ahead * FINENESS / share.length
    }

    fn now(&self) -> i128 {
        if self.weight == 0 { self.stopped } else { self.moment.div_euclid(self.weight) }
    }

    /// Puts a ready one in the tournament it belongs to.
    fn place(&mut self, index: usize) {
        let share = &self.shares[index];
        if self.is_eligible(index) {
            self.pending.remove(index);
            // A million turns a second take nine years to reach the bits of the weight.
            let tie = (u64::from(u16::MAX) - share.weight as u64) << 48 | share.served;
            self.eligible.set(index, (share.start + share.length, tie));
        } else {
            self.eligible.remove(index);
            self.pending.set(index, share.start);
        }
    }
}

/// The length of a turn of weight 1: a multiple of every weight, so that ties are ties, or, where there is none of a
/// sensible size, so fine that the difference does not show.
fn scale(weights: impl Iterator<Item = u16>) -> i128 {
    let mut multiple: i128 = 1;
    for weight in weights {
        let weight = i128::from(weight.max(1));
        multiple = multiple / greatest_common_divisor(multiple, weight) * weight;
        if multiple > FINENESS {
            return FINENESS;
        }
    }
    multiple * (FINENESS / multiple).max(1)
}

fn greatest_common_divisor(mut a: i128, mut b: i128) -> i128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
