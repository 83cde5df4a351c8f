//! Renders three mails, writes them to the folder that is given, and prints the microseconds that one copy takes:
//! `cargo run --release -p attractor-mail --example render -- DIR`.

use std::error::Error;

use attractor_mail::render::{Body, Email, Known, Language, Rendered, Source, Values, Wishes};

const COPIES: u32 = 5_000;

const WELCOME: &str = r##"{"blocks": [
  {"type": "heading", "text": "Welcome, {{ lead.first_name | default: 'and good morning' }}"},
  {"type": "text", "text": "<p>Lathewell plans the week of your workshop in twenty minutes. Most people begin with <b>one machine</b> and its next five jobs.</p><p>Here is how Falk Springs did it.</p>"},
  {"type": "image", "src": "https://img.example/week.png", "alt": "The plan of a week on a screen in a workshop", "width": 536, "height": 240},
  {"type": "button", "text": "Plan your first week", "url": "https://lathewell.example/start", "topic": "scheduling"},
  {"type": "list", "items": ["Write down five jobs", "Give each a machine", "Look at Monday"], "ordered": true},
  {"type": "footer"}
]}"##;

const BROADCAST: &str = r##"{"accent": "#0f766e", "blocks": [
  {"type": "heading", "text": "Good morning, {{ lead.first_name | default: 'there' }}"},
  {"type": "text", "text": "Four things that workshops like yours found useful this month. Pick the one that is nearest to your bench."},
  {"type": "divider"},
  {"type": "columns", "columns": [{"width": 35, "blocks": [{"type": "image", "src": "https://img.example/1.png", "alt": "A plan", "width": 168, "height": 110}]}, {"blocks": [{"type": "heading", "level": 3, "text": "How Falk Springs plans a week"}, {"type": "text", "text": "Twenty minutes, no spreadsheet.<br><a href='https://lathewell.example/week' data-topic='scheduling'>See their week</a>"}]}]},
  {"type": "divider"},
  {"type": "columns", "columns": [{"width": 35, "blocks": [{"type": "image", "src": "https://img.example/2.png", "alt": "A spindle", "width": 168, "height": 110}]}, {"blocks": [{"type": "heading", "level": 3, "text": "Service before it breaks"}, {"type": "text", "text": "Four signs that a spindle will fail.<br><a href='https://lathewell.example/signs' data-topic='maintenance'>Read the four signs</a>"}]}]},
  {"type": "divider"},
  {"type": "columns", "columns": [{"blocks": [{"type": "heading", "level": 3, "text": "What an hour costs"}, {"type": "button", "text": "Get the sheet", "url": "https://lathewell.example/sheet", "topic": "costing"}]}, {"blocks": [{"type": "heading", "level": 3, "text": "Counting less stock"}, {"type": "button", "text": "Read the guide", "url": "https://lathewell.example/stock", "topic": "stock"}]}]},
  {"type": "footer"}
]}"##;

const MJML: &str = r##"<mjml><mj-body background-color="#f4f4f5">
  <mj-section background-color="#ffffff"><mj-column>
    <mj-text font-size="20px" line-height="28px">Your trial ends {{ lead.ends | date: "weekday" }}</mj-text>
    {% if lead.machines > 0 %}<mj-text font-size="16px" line-height="24px">You planned {{ lead.machines | number }} machines, among them {% for machine in lead.list %}{{ machine }}{% unless forloop.last %}, {% endunless %}{% endfor %}.</mj-text>{% endif %}
    <mj-button background-color="#1f2937" href="{{ 'https://lathewell.example/prices' | attractor: 'pricing' }}">See the prices</mj-button>
  </mj-column></mj-section></mj-body></mjml>"##;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("the folder for the mails is missing")?;
    let bodies =
        [("welcome", Body::Blocks(WELCOME)), ("broadcast", Body::Blocks(BROADCAST)), ("mjml", Body::Mjml(MJML))];
    let language = Language::new("en");
    for (name, body) in bodies {
        let source = Source {
            subject: "Plan the week in twenty minutes, {{ lead.first_name | default: 'you' }}",
            preheader: "One thing to do",
            body,
            language: &language,
            has_footer: true,
            campaign: None,
        };
        let email = Email::compile(&source).map_err(|problems| format!("{problems:?}"))?;
        let values = values();
        let size = copy(&email, &values)?.html.len();
        let known = Known { is_transactional: false, has_attribute: &|_| true, has_topic: &|_| false, size };
        for finding in email.findings(&values, &known) {
            println!("{name}: {}: {}", finding.place, finding.message);
        }
        let begun = begin();
        for _ in 0..COPIES {
            std::hint::black_box(copy(&email, &values)?);
        }
        let rendered = copy(&email, &values)?;
        let each = begun.elapsed() / COPIES;
        println!(
            "{name}: {} µs a copy, {} bytes, {} links",
            each.as_micros(),
            rendered.html.len(),
            rendered.links.len()
        );
        std::fs::write(format!("{folder}/{name}.html"), rendered.html)?;
        std::fs::write(format!("{folder}/{name}.txt"), rendered.text)?;
    }
    Ok(())
}

#[allow(clippy::disallowed_methods)] // An example that measures; the crate itself reads no clock.
fn begin() -> std::time::Instant {
    std::time::Instant::now()
}

fn values() -> Values {
    let data = serde_json::json!({
        "lead": {"first_name": "Marta", "ends": "2026-12-14", "machines": 1204, "list": ["lathe", "mill", "saw"]},
        "sender": {"name": "Lathewell", "address": "1 Mill Road, Leeds LS1 4AP"},
        "unsubscribe_url": "https://mail.example/u/abc", "preferences_url": "https://mail.example/p/abc"
    });
    Values::new(data.as_object().unwrap_or(&serde_json::Map::new()), jiff::tz::TimeZone::UTC, 0)
}

fn copy(email: &Email, values: &Values) -> Result<Rendered, Box<dyn Error>> {
    let mut wishes = Wishes {
        show: &mut |_| true,
        rewrite: &mut |link| Some(format!("https://mail.example/t/c/{}", link.position)),
        pixel: Some("https://mail.example/t/o/abc"),
        decoy: None,
        left_out: &[],
    };
    Ok(email.render(values, &mut wishes)?)
}
