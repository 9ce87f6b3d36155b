//! Takes out of a vendor's words whatever looks like a key.
//!
//! Vendors quote the key they reject, some in full. Masking too much costs a reader a word, too little costs a key:
//! in doubt it goes.

/// How well-known keys begin.
const PREFIXES: [&str; 22] = [
    "sk-", "sk_", "pk-", "rk-", "sess-", "AIza", "AQ.", "ya29.", "gsk_", "xai-", "hf_", "pplx-", "csk-",
    "fw_", "tgp_", "nvapi-", "sw-", "AKIA", "ASIA", "ghp_", "eyJ", "ABSK",
];
/// `Incorrect API key provided: sk-***` is a key no more, but four letters after `sk-` are no key either.
const SECRET_MIN: usize = 6;
/// Random keys without a prefix (Azure, Mistral) are this long or longer.
const RANDOM_MIN: usize = 32;
/// What follows a prefix that other letters are glued to is a key from this length on, shorter than any vendor's.
const GLUED_MIN: usize = 16;

/// `text` with every secret replaced by `***`.
pub(crate) fn mask(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut before = Before::Nothing;
    for piece in pieces(text) {
        match piece {
            Piece::Gap(gap) => {
                before = before.through(gap);
                masked.push_str(gap);
            }
            Piece::Word(word) => {
                if let Some(shown) = secret(word, before) {
                    masked.push_str(shown);
                    masked.push_str("***");
                    before = Before::Secret;
                } else {
                    masked.push_str(word);
                    before = Before::word(word);
                }
            }
        }
    }
    masked
}

/// What stood before a word, as far as it makes the word a secret.
#[derive(Clone, Copy, PartialEq)]
enum Before {
    Nothing,
    /// `Bearer `
    Scheme,
    /// `key`, and nothing yet that gives it a value.
    Name,
    /// `key=`, `"key":"`
    Equals,
    /// A secret that goes on behind a slash or plus (base64).
    Secret,
}

impl Before {
    fn word(word: &str) -> Before {
        const NAMES: [&str; 8] =
            ["key", "api_key", "apikey", "api-key", "x-api-key", "token", "access_token", "secret"];
        let is = |it: &&str| word.eq_ignore_ascii_case(it);
        if is(&"bearer") || is(&"basic") {
            Before::Scheme
        } else if NAMES.iter().any(is) {
            Before::Name
        } else {
            Before::Nothing
        }
    }

    fn through(self, gap: &str) -> Before {
        let is_only = |of: &[char]| gap.chars().all(|it| of.contains(&it));
        match self {
            Before::Name if ["=", "\":", "\\\":"].iter().any(|it| gap.starts_with(it)) => Before::Equals,
            Before::Scheme if gap.trim().is_empty() => Before::Scheme,
            Before::Secret if is_only(&['/', '+', '=', '%']) => Before::Secret,
            _ => Before::Nothing,
        }
    }
}

/// If a word is a secret or has one in it: what of it may be shown before the mask.
fn secret(word: &str, before: Before) -> Option<&str> {
    match before {
        Before::Secret => Some(prefix(word)),
        Before::Scheme | Before::Equals if word.len() >= SECRET_MIN => Some(prefix(word)),
        _ if is_random(word) => Some(""),
        _ => before_key(word),
    }
}

/// A word up to and with the first prefix in it that begins a key.
fn before_key(word: &str) -> Option<&str> {
    let begins_key = |at: usize, prefix: &str| {
        let key = &word[at + prefix.len()..];
        let stands_alone = !word[..at].ends_with(|it: char| it.is_ascii_alphanumeric());
        // `task-force` and `task-550e8400-e29b-…` have a prefix in them and are no keys.
        if stands_alone { key.len() >= SECRET_MIN } else { is_mixed(key) }
    };
    let ends = PREFIXES.into_iter().filter_map(|prefix| {
        let mut places = word.match_indices(prefix).map(|(at, _)| at);
        places.find(|&at| begins_key(at, prefix)).map(|at| (at, at + prefix.len()))
    });
    let (at, end) = ends.min()?;
    Some(if is_random(&word[..at]) { "" } else { &word[..end] })
}

/// Long, with small and capital letters and digits: what neither a person nor a UUID writes.
fn is_mixed(text: &str) -> bool {
    text.len() >= GLUED_MIN
        && text.bytes().any(|it| it.is_ascii_lowercase())
        && text.bytes().any(|it| it.is_ascii_uppercase())
        && text.bytes().any(|it| it.is_ascii_digit())
}

/// A long run of letters and digits mixed. Ids of requests have dashes or underscores, these have not.
fn is_random(word: &str) -> bool {
    word.len() >= RANDOM_MIN
        && word.bytes().all(|it| it.is_ascii_alphanumeric())
        && word.bytes().any(|it| it.is_ascii_digit())
        && word.bytes().any(|it| it.is_ascii_alphabetic())
}

fn prefix(word: &str) -> &'static str {
    PREFIXES.into_iter().find(|it| word.starts_with(it)).unwrap_or("")
}

enum Piece<'a> {
    Word(&'a str),
    Gap(&'a str),
}

/// Words of what keys are made of, and the gaps between them.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let in_word = is_word(first);
        let end = rest.find(|it| is_word(it) != in_word).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(if in_word { Piece::Word(piece) } else { Piece::Gap(piece) })
    })
}

fn is_word(it: char) -> bool {
    it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.' | '*' | '~')
}
