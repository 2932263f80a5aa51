//! Text in two fonts: how wide it is, where lines break, how it is shown.

use pdf_writer::{Content, Name, Str};

/// The font for ASCII.
pub(super) const LATIN: Name<'static> = Name(b"L");
/// The font for everything else.
pub(super) const CHINESE: Name<'static> = Name(b"C");

/// The width of a text in points.
pub(super) fn width(text: &str, size: f32) -> f32 {
    text.chars().map(|c| f32::from(units(c))).sum::<f32>() * size / 1000.0
}

/// Breaks a text into lines: between words, beside characters that are not ASCII, and inside words that are too long.
pub(super) fn wrap(text: &str, room: f32, size: f32) -> Vec<String> {
    let (mut lines, mut line, mut used) = (Vec::new(), String::new(), 0.0);
    for word in words(text) {
        let wide = width(word, size);
        if used + wide > room && !line.is_empty() {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
            used = 0.0;
            if word == " " {
                continue;
            }
        }
        if wide <= room {
            line.push_str(word);
            used += wide;
            continue;
        }
        for c in word.chars() {
            let wide = width(c.encode_utf8(&mut [0; 4]), size);
            if used + wide > room && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
                used = 0.0;
            }
            line.push(c);
            used += wide;
        }
    }
    lines.push(line.trim_end().to_owned());
    lines
}

/// Shows a line whose baseline begins at this point.
pub(super) fn show(content: &mut Content, x: f32, y: f32, size: f32, text: &str) {
    if text.is_empty() {
        return;
    }
    content.begin_text().next_line(x, y);
    for run in runs(text) {
        if run.is_ascii() {
            content.set_font(LATIN, size).show(Str(run.as_bytes()));
        } else {
            let utf16: Vec<u8> = run.chars().map(shown).flat_map(utf16).collect();
            content.set_font(CHINESE, size).show(Str(&utf16));
        }
    }
    content.end_text();
}

/// Spaces, ASCII words, and single other characters.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let len = if first.is_ascii_graphic() {
            rest.find(|c: char| !c.is_ascii_graphic()).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (word, after) = rest.split_at(len);
        rest = after;
        Some(word)
    })
}

/// Runs that are ASCII, and runs that are not.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let end = rest.find(|c: char| c.is_ascii() != first.is_ascii()).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        rest = after;
        Some(run)
    })
}

/// The sign for what cannot be shown is not in the collection of the font; that for a missing character is.
fn shown(c: char) -> char {
    if c == '\u{fffd}' { '〓' } else { c }
}

fn utf16(c: char) -> impl Iterator<Item = u8> {
    let mut units = [0; 2];
    let used = c.encode_utf16(&mut units).len();
    units.into_iter().take(used).flat_map(u16::to_be_bytes)
}

/// The width of a character in thousandths: of Helvetica as its metrics say, of others one em.
fn units(c: char) -> u16 {
    let at = u32::from(c).wrapping_sub(0x20);
    HELVETICA.get(at as usize).copied().unwrap_or(1000)
}

/// Adobe's metrics of Helvetica, from space to tilde.
const HELVETICA: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_no_wider_than_their_room_and_lose_nothing() {
        let text =
            format!("销毁清册的根摘要 root of the inventory {} 完", "0123456789abcdef".repeat(4));
        for room in [40.0, 90.0, 200.0, 1000.0] {
            let lines = wrap(&text, room, 9.0);
            assert!(lines.iter().all(|line| width(line, 9.0) <= room), "{lines:?}");
            let kept: String = lines.concat().split(' ').collect();
            assert_eq!(kept, text.split(' ').collect::<String>());
        }
        assert_eq!(wrap("", 10.0, 9.0), [""]);
    }

    #[test]
    fn characters_beyond_the_basic_plane_are_pairs() {
        assert_eq!(utf16('销').collect::<Vec<_>>(), [0x95, 0x00]);
        assert_eq!(utf16('𬱖').count(), 4);
    }
}
