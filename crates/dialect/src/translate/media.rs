//! Pictures and documents: data URLs, media types and the short names some vendors use for them.

use super::model::{Data, Media};

/// A URL as vendors take it: `data:image/png;base64,…` is the thing itself, anything else a place.
pub(crate) fn from_url(url: String, kind: Option<String>) -> Media {
    let inside = url.strip_prefix("data:").and_then(|it| it.split_once(','));
    if let Some((own, data)) = inside.and_then(|it| Some((it.0.strip_suffix(";base64")?, it.1))) {
        let own = own.split(';').next().unwrap_or_default();
        return Media { kind: own.to_ascii_lowercase(), data: Data::Base64(data.to_owned()) };
    }
    let kind = kind.or_else(|| by_extension(&url).map(str::to_owned)).unwrap_or_default();
    Media { kind, data: Data::Url(url) }
}

/// A thing as a URL.
pub(crate) fn to_url(media: &Media) -> String {
    match &media.data {
        Data::Url(url) => url.clone(),
        Data::Base64(data) => format!("data:{};base64,{data}", media.kind),
        Data::Text(text) => format!("data:{};base64,{}", media.kind, base64(text.as_bytes())),
    }
}

const EXTENSIONS: [(&str, &str); 19] = [
    ("png", "image/png"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("heic", "image/heic"),
    ("pdf", "application/pdf"),
    ("txt", "text/plain"),
    ("md", "text/markdown"),
    ("html", "text/html"),
    ("csv", "text/csv"),
    ("json", "application/json"),
    ("doc", "application/msword"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xls", "application/vnd.ms-excel"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("wav", "audio/wav"),
    ("mp3", "audio/mpeg"),
    ("flac", "audio/flac"),
];

/// The media type that a name or a URL ends in.
pub(crate) fn by_extension(name: &str) -> Option<&'static str> {
    let path = name.split(['?', '#']).next()?;
    let extension = path.rsplit_once('.')?.1.to_ascii_lowercase();
    EXTENSIONS.iter().find(|it| it.0 == extension).map(|it| it.1)
}

/// `image/png` as `png`.
pub(crate) fn extension(kind: &str) -> Option<&'static str> {
    let kind = if kind == "audio/mp3" { "audio/mpeg" } else { kind };
    EXTENSIONS.iter().find(|it| it.1 == kind).map(|it| it.0)
}

/// A sound's media type, from the short name of OpenAI.
pub(crate) fn audio_kind(format: &str) -> String {
    by_extension(&format!(".{format}")).map_or_else(|| format!("audio/{format}"), str::to_owned)
}

/// Bytes in the alphabet of RFC 4648, padded.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let word = three.iter().fold(0u32, |word, it| word << 8 | u32::from(*it)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let six = (word >> (18 - 6 * place)) as usize & 0x3f;
            text.push(if place <= three.len() { char::from(ALPHABET[six]) } else { '=' });
        }
    }
    text
}

/// The bytes of such a text, in either of its two alphabets; nothing if it is none.
pub(crate) fn unbase64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut word, mut bits) = (0u32, 0);
    for it in text.trim_end_matches('=').bytes() {
        let six = match it {
            b'A'..=b'Z' => it - b'A',
            b'a'..=b'z' => it - b'a' + 26,
            b'0'..=b'9' => it - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        word = (word << 6 | u32::from(six)) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((word >> bits) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_padded_to_fours_and_read_back() {
        for (plain, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            assert_eq!(base64(plain.as_bytes()), coded);
            assert_eq!(unbase64(coded).as_deref(), Some(plain.as_bytes()));
        }
    }

    #[test]
    fn a_data_url_is_the_thing_itself_and_comes_back_as_one() {
        let url = "data:image/png;base64,aGk=";
        let media = from_url(url.to_owned(), None);
        assert_eq!(media, Media { kind: "image/png".into(), data: Data::Base64("aGk=".into()) });
        assert_eq!(to_url(&media), url);
        assert_eq!(from_url("https://a.b/c.JPG?x=1".into(), None).kind, "image/jpeg");
        assert_eq!(extension("image/jpeg"), Some("jpeg"));
    }
}
