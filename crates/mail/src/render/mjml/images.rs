//! Images of compiled MJML keep their shape on a narrow screen.

use crate::render::markup::{Event, Tag, events};

/// Lets each image that is as wide as its column take the height that fits. The compiler writes the height in pixels, which
/// distorts the image where the column is narrower, and some programs do not read the style sheet that could undo it. The attribute
/// `height` stays: until the image is loaded, its place has the right shape.
pub(super) fn in_shape(html: &str) -> String {
    let mut shaped = String::with_capacity(html.len());
    for event in events(html) {
        match event {
            Event::Open(tag) if tag.is("img") => shaped.push_str(&image(&tag)),
            Event::Open(Tag { whole, .. })
            | Event::Close { whole, .. }
            | Event::Text(whole)
            | Event::Comment(whole)
            | Event::Other(whole) => shaped.push_str(whole),
        }
    }
    shaped
}

fn image(tag: &Tag<'_>) -> String {
    let Some(style) = tag.attribute("style").filter(|style| declares(style, "width", "100%")) else {
        return tag.whole.to_owned();
    };
    let declarations = style.split(';').map(|one| if is_of(one, "height") { "height:auto" } else { one });
    tag.whole.replacen(style, &declarations.collect::<Vec<_>>().join(";"), 1)
}

fn declares(style: &str, property: &str, value: &str) -> bool {
    style.split(';').any(|one| is_of(one, property) && one.ends_with(value))
}

fn is_of(declaration: &str, property: &str) -> bool {
    declaration.split_once(':').is_some_and(|(name, _)| name.trim().eq_ignore_ascii_case(property))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_of_the_width_of_its_column_has_the_height_that_fits() {
        for (html, expected) in [
            (
                r#"<p>A</p><img alt="B" src="b.png" style="border:0;height:120px;width:100%;line-height:2" width="200" height="120"/>"#,
                r#"<p>A</p><img alt="B" src="b.png" style="border:0;height:auto;width:100%;line-height:2" width="200" height="120"/>"#,
            ),
            (r#"<img style="height:auto;width:100%;">"#, r#"<img style="height:auto;width:100%;">"#),
            (r#"<img style="height:20px;width:20px">"#, r#"<img style="height:20px;width:20px">"#),
            (
                r#"<img height="20"><!--[if mso]><td><![endif]-->x"#,
                r#"<img height="20"><!--[if mso]><td><![endif]-->x"#,
            ),
            (r#"<td style="height:9px;width:100%">"#, r#"<td style="height:9px;width:100%">"#),
        ] {
            assert_eq!(in_shape(html), expected);
        }
    }
}
