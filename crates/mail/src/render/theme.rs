//! Colours and fonts of mails, light and dark, and how well text can be read on a ground.

/// A stack of system fonts, without quotes so that it fits into attributes.
pub(super) const SANS: &str = "-apple-system, BlinkMacSystemFont, Segoe UI, Roboto, Helvetica, Arial, sans-serif";
pub(super) const SERIF: &str = "Georgia, Times New Roman, serif";

pub(super) const GROUND: &str = "#ffffff";
pub(super) const TEXT: &str = "#1c1c1e";
pub(super) const MUTED: &str = "#5f6368";
pub(super) const LINE: &str = "#e3e3e6";
pub(super) const ACCENT: &str = "#4338ca";

pub(super) const DARK_GROUND: &str = "#18181b";
const DARK_TEXT: &str = "#ececee";
const DARK_MUTED: &str = "#a8a8b0";
const DARK_LINE: &str = "#3a3a40";

/// The least contrast of text and its ground (WCAG 2.2, 1.4.3, level AA).
pub(super) const LEAST_CONTRAST: f64 = 4.5;
/// The least contrast of links and buttons on a dark screen (WCAG 2.2, 1.4.6, level AAA): less looks switched off beside
/// light text.
const LEAST_DARK_CONTRAST: f64 = 7.0;

/// A colour in sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Colour(pub(super) u8, pub(super) u8, pub(super) u8);

impl Colour {
    /// Reads `#rgb`, `#rrggbb`, `rgb(r, g, b)`, and the names black and white.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        if let Some(digits) = text.strip_prefix('#') {
            let value = u32::from_str_radix(digits, 16).ok()?;
            let part = |shift: u32, mask: u32, scale: u32| u8::try_from((value >> shift & mask) * scale).ok();
            return match digits.len() {
                3 => Some(Self(part(8, 15, 17)?, part(4, 15, 17)?, part(0, 15, 17)?)),
                6 => Some(Self(part(16, 255, 1)?, part(8, 255, 1)?, part(0, 255, 1)?)),
                _ => None,
            };
        }
        if let Some(list) = text.strip_prefix("rgb(").and_then(|list| list.strip_suffix(')')) {
            let parts: Vec<u8> = list.split(',').filter_map(|part| part.trim().parse().ok()).collect();
            return (parts.len() == 3).then(|| Self(parts[0], parts[1], parts[2]));
        }
        match text.as_str() {
            "black" => Some(Self(0, 0, 0)),
            "white" => Some(Self(255, 255, 255)),
            _ => None,
        }
    }

    pub(super) fn hex(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }

    /// The relative luminance (WCAG 2.2).
    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    /// A step from this colour to white or black, from 0 to 10. The hue stays, and the colour stays as strong as its
    /// lightness allows: a mix with white is grey long before it is light, and a grey button looks switched off. Colours
    /// that are nearly black or white do not become strong ones.
    fn towards(self, is_white: bool, step: i32) -> Self {
        let (r, g, b) = (i32::from(self.0), i32::from(self.1), i32::from(self.2));
        // Twice the lightness, from 0 to 510, and how far parts can be from it there.
        let (from, end) = (r.max(g).max(b) + r.min(g).min(b), if is_white { 510 } else { 0 });
        let to = from + (end - from) * step / 10;
        let room = |lightness: i32| 255 - (lightness - 255).abs();
        let (more, less) = match (room(to), room(from)) {
            (_, 0) => (0, 1),
            (more, less) if 2 * more > 3 * less => (3, 2),
            fitting => fitting,
        };
        let part = |part: i32| {
            let moved = (to * less + (2 * part - from) * more) / (2 * less);
            u8::try_from(moved.clamp(0, 255)).unwrap_or(u8::MAX)
        };
        Self(part(r), part(g), part(b))
    }
}

/// The contrast of two colours, from 1 to 21 (WCAG 2.2).
pub(super) fn contrast(a: Colour, b: Colour) -> f64 {
    let (a, b) = (a.luminance(), b.luminance());
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// The colour, made lighter or darker until its contrast to the ground is at least `least`.
pub(super) fn readable(colour: Colour, ground: Colour, least: f64) -> String {
    let is_white = ground.luminance() < 0.2;
    let steps = (0..=10).map(|step| colour.towards(is_white, step));
    let end = colour.towards(is_white, 10);
    steps.into_iter().find(|found| contrast(*found, ground) >= least).unwrap_or(end).hex()
}

/// Black or white, whichever can be read better on the ground.
pub(super) fn on(ground: Colour) -> &'static str {
    let (white, black) = (Colour(255, 255, 255), Colour(0x1c, 0x1c, 0x1e));
    if contrast(white, ground) >= contrast(black, ground) { "#ffffff" } else { TEXT }
}

/// The indent of lists, as a margin: Outlook for Windows pads nothing but cells of tables.
pub(super) fn list_indent(is_right_to_left: bool) -> &'static str {
    if is_right_to_left { "margin:0 24px 0 0;padding:0" } else { "margin:0 0 0 24px;padding:0" }
}

/// The style sheet of mails made of blocks.
pub(super) fn style(accent: Colour, is_right_to_left: bool) -> String {
    let dark = Colour(0x18, 0x18, 0x1b);
    let on_light = readable(accent, Colour(0xff, 0xff, 0xff), LEAST_CONTRAST);
    let link = readable(accent, dark, LEAST_DARK_CONTRAST);
    let button = Colour::read(&link).unwrap_or(accent);
    let indent = list_indent(is_right_to_left);
    format!(
        "a{{color:inherit}}.at-body{{padding:8px 0}}.at-text a{{color:{on_light};text-decoration:underline}}\
         .at-text p{{margin:0 0 16px}}.at-text p:last-child{{margin-bottom:0}}\
         .at-text ul,.at-text ol{{{indent}}}\
         .at-text li{{margin:0 0 6px}}.at-text li:last-child{{margin-bottom:0}}.at-image img{{font-family:{SANS}}}\
         @media (max-width:599px){{.at-text a,.at-muted-link{{padding:7px 0}}}}\
         @media (prefers-color-scheme:dark){{\
         body,.at-body,.at-section,.at-section>table{{background:{DARK_GROUND} !important;background-color:{DARK_GROUND} !important}}\
         .at-text div,.at-text h1,.at-text h2,.at-text h3{{color:{DARK_TEXT} !important}}\
         .at-muted div{{color:{DARK_MUTED} !important}}.at-muted-link{{color:{DARK_MUTED} !important}}\
         .at-text a{{color:{link} !important}}\
         .at-line p{{border-top-color:{DARK_LINE} !important}}\
         .at-button td,.at-button a{{background:{link} !important;background-color:{link} !important;color:{} !important}}\
         .at-image img{{color:{DARK_TEXT} !important}}}}",
        on(button)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_buttons_are_lighter_on_a_dark_screen() {
        for (accent, light, dark, ink) in [
            ("#4338ca", "#4338ca", "#a19be4", TEXT),
            ("#2f5d46", "#2f5d46", "#6db290", TEXT),
            ("#0b0014", "#0b0014", "#b7a6c4", TEXT),
            ("#111111", "#111111", "#b7b7b7", TEXT),
        ] {
            let style = style(Colour::read(accent).unwrap(), false);
            assert!(style.contains(&format!(".at-text a{{color:{light};")), "{style}");
            assert!(style.contains(&format!(".at-text a{{color:{dark} !important}}")), "{style}");
            let button = format!("background-color:{dark} !important;color:{ink} !important");
            assert!(style.contains(&button), "{style}");
        }
    }

    /// A link of a line is lower than a finger. Padding above and below a link of a text moves nothing around it.
    #[test]
    fn links_can_be_hit_on_a_phone() {
        let style = style(Colour::read(ACCENT).unwrap(), false);
        assert!(style.contains("@media (max-width:599px){.at-text a,.at-muted-link{padding:7px 0}}"), "{style}");
    }

    /// The rows of an image have its width, which a phone narrows by itself: a small logo stays small there.
    #[test]
    fn an_image_is_not_widened_on_a_phone() {
        let style = style(Colour::read(ACCENT).unwrap(), false);
        assert!(!style.contains("width:100%") && !style.contains("width:auto"), "{style}");
    }

    /// Gmail and Outlook for Windows read no selector of attributes, such as `[dir=rtl]`.
    #[test]
    fn lists_are_indented_on_the_side_where_their_lines_begin() {
        let accent = Colour::read(ACCENT).unwrap();
        for (is_right_to_left, indent) in [(false, "margin:0 0 0 24px"), (true, "margin:0 24px 0 0")] {
            let style = style(accent, is_right_to_left);
            assert!(style.contains(&format!(".at-text ul,.at-text ol{{{indent};padding:0}}")), "{style}");
            assert!(!style.contains('['), "{style}");
        }
    }

    #[test]
    fn colours_are_read_and_made_readable() {
        let dark = Colour::read(DARK_GROUND).unwrap();
        for text in ["#4338ca", "#000", "rgb(20, 20, 60)", "black", "#ffcc00"] {
            let colour = Colour::read(text).unwrap();
            for least in [LEAST_CONTRAST, LEAST_DARK_CONTRAST] {
                let found = Colour::read(&readable(colour, dark, least)).unwrap();
                assert!(contrast(found, dark) >= least, "{text}");
            }
            assert!(contrast(Colour::read(on(colour)).unwrap(), colour) >= LEAST_CONTRAST, "{text}");
        }
        for text in ["", "#12", "red-ish", "rgb(1,2)", "#zzzzzz"] {
            assert_eq!(Colour::read(text), None, "{text}");
        }
        assert!((contrast(Colour(0, 0, 0), Colour(255, 255, 255)) - 21.0).abs() < 0.01);
        for (text, ground) in
            [(TEXT, GROUND), (MUTED, GROUND), (DARK_TEXT, DARK_GROUND), (DARK_MUTED, DARK_GROUND), (ACCENT, GROUND)]
        {
            assert!(contrast(Colour::read(text).unwrap(), Colour::read(ground).unwrap()) >= LEAST_CONTRAST, "{text}");
        }
    }
}
