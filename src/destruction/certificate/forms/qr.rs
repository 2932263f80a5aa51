//! The QR code of a certificate, as squares.

use qrcode::{Color, EcLevel, QrCode};

/// A square pattern of dark and light.
pub(super) struct Squares {
    /// Squares on a side, without the quiet zone.
    pub(super) width: usize,
    dark: Vec<bool>,
}

impl Squares {
    /// The code for a text.
    ///
    /// # Panics
    /// If the text is longer than a thousand bytes, which the digest of a certificate is not.
    pub(super) fn of(text: &str) -> Self {
        let code = QrCode::with_error_correction_level(text, EcLevel::M);
        let code = code.expect("a QR code holds 2,331 bytes at this level");
        let width = code.width();
        let dark = code.into_colors().into_iter().map(|color| color == Color::Dark).collect();
        Self { width, dark }
    }

    /// The runs of dark squares, as (column, row, length).
    pub(super) fn runs(&self) -> Vec<(usize, usize, usize)> {
        let mut runs = Vec::new();
        for row in 0..self.width {
            let mut column = 0;
            while column < self.width {
                let rest = &self.dark[row * self.width + column..(row + 1) * self.width];
                let dark = rest.iter().take_while(|dark| **dark).count();
                if dark > 0 {
                    runs.push((column, row, dark));
                }
                column += dark.max(1);
            }
        }
        runs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_cover_what_is_dark() {
        let code = Squares::of("sealkeep-certificate:00");
        let mut drawn = vec![false; code.width * code.width];
        for (column, row, length) in code.runs() {
            drawn[row * code.width + column..][..length].fill(true);
        }
        assert_eq!(drawn, code.dark);
        // The finder pattern in the corner: seven dark squares.
        assert_eq!(code.runs()[0], (0, 0, 7));
    }
}
