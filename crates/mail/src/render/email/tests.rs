use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn compile_in(body: Body<'_>, language: &str) -> Result<Email, Vec<Problem>> {
    let campaign =
        Campaign { domains: vec!["own.example".into()], parameters: vec![("utm_source".into(), "mail".into())] };
    Email::compile(&Source {
        subject: "Hi {{ lead.first_name | default: 'there' }}",
        preheader: "For {{ lead.first_name }}",
        body,
        language: &Language::new(language),
        has_footer: true,
        campaign: Some(&campaign),
    })
}

fn mjml(inner: &str) -> String {
    format!("<mjml>\n<mj-body>\n<mj-section><mj-column>\n{inner}\n</mj-column></mj-section></mj-body></mjml>")
}

fn values(lead: Value) -> Values {
    let data = json!({
        "lead": lead, "sender": {"name": "Lathewell", "address": "1 Mill Road, Leeds"},
        "unsubscribe_url": "https://m.example/u/1", "preferences_url": "https://m.example/p/1"
    });
    Values::new(data.as_object().unwrap(), TimeZone::UTC, 0)
}

/// Somebody who knows these attributes and no topic of a page.
fn knowing<'a>(has_attribute: &'a dyn Fn(&str) -> bool) -> Known<'a> {
    Known { is_transactional: false, has_attribute, has_topic: &|_| false, size: 0 }
}

fn render(email: &Email, lead: Value, left_out: &[String]) -> Rendered {
    let mut wishes = Wishes {
        show: &mut |condition| condition == &json!({"yes": 1}),
        rewrite: &mut |link| Some(format!("https://t.example/{}", link.position)),
        pixel: Some("https://t.example/o?a&b"),
        decoy: None,
        left_out,
    };
    email.render(&values(lead), &mut wishes).unwrap()
}

fn copy_of(inner: &str, lead: Value) -> Rendered {
    let email = compile_in(Body::Mjml(&mjml(inner)), "en").unwrap_or_else(|problems| panic!("{inner}: {problems:?}"));
    render(&email, lead, &[])
}

#[test]
fn values_stay_values_wherever_they_are_written() {
    let lead = json!({"first_name": "<b>\"x\"</b>", "evil": "javascript:alert(1)", "path": "a/b?c=d&e \"f"});
    let inner = "<mj-text><p title=\"{{ lead.first_name }}\">{{ lead.first_name }}</p>\
        <a href=\"{{ lead.evil }}\">a</a> <a href=\"https://x.example/{{ lead.path }}\">b</a></mj-text>\
        <mj-image src=\"https://x.example/{{ lead.path }}.png\" alt=\"{{ lead.first_name }}\"></mj-image>";
    let email = compile_in(Body::Mjml(&mjml(inner)), "en").unwrap();
    let mut wishes = Wishes { show: &mut |_| true, rewrite: &mut |_| None, pixel: None, decoy: None, left_out: &[] };
    let copy = email.render(&values(lead), &mut wishes).unwrap();
    assert!(!copy.html.contains("<b>"), "{}", copy.html);
    assert!(!copy.html.contains("javascript:"), "{}", copy.html);
    assert!(copy.html.contains("title=\"&lt;b&gt;&quot;x&quot;&lt;/b&gt;\""), "{}", copy.html);
    assert!(copy.html.contains("href=\"https://x.example/a%2Fb%3Fc%3Dd%26e%20%22f\""), "{}", copy.html);
    assert!(copy.html.contains("src=\"https://x.example/a%2Fb%3Fc%3Dd%26e%20%22f.png\""), "{}", copy.html);
    assert!(copy.text.contains("<b>\"x\"</b>"), "{}", copy.text);
    assert_eq!(copy.subject, "Hi <b>\"x\"</b>");
}

#[test]
fn links_keep_their_topics_and_are_rewritten_in_both_parts() {
    let inner = "<mj-text><a href=\"{{ 'https://own.example/a?b=1' | attractor: 'shirts', pain: 'reporting' }}\">Shirts</a></mj-text>\
        <mj-button href=\"https://x.example/\" data-topic=\"cufflinks\">Cufflinks</mj-button>\
        <mj-text><a href=\"{{ unsubscribe_url }}\">out</a>, {{ sender.address }}</mj-text>";
    let copy = copy_of(inner, json!({}));
    let links: Vec<_> =
        copy.links.iter().map(|link| (link.url.as_str(), link.topic.as_deref(), link.position)).collect();
    let wanted = [
        ("https://own.example/a?b=1&utm_source=mail", Some("shirts"), 0),
        ("https://x.example/", Some("cufflinks"), 1),
    ];
    assert_eq!(links, wanted);
    assert_eq!(copy.links[0].sets, [("pain".to_owned(), "reporting".to_owned())]);
    for part in [&copy.html, &copy.text] {
        assert!(part.contains("https://t.example/0") && part.contains("https://t.example/1"), "{part}");
        assert!(!part.contains("own.example") && part.contains("https://m.example/u/1"), "{part}");
    }
    assert!(copy.html.contains("src=\"https://t.example/o?a&amp;b\""));
    assert!(!copy.html.contains("data-topic"));
}

#[test]
fn an_unmeasured_copy_has_the_authors_links_and_no_pixel() {
    let email = compile_in(Body::Mjml(&mjml("<mj-button href=\"https://x.example/?a=1&amp;b=2\">x</mj-button>")), "en")
        .unwrap();
    let mut wishes = Wishes { show: &mut |_| true, rewrite: &mut |_| None, pixel: None, decoy: None, left_out: &[] };
    let copy = email.render(&values(json!({})), &mut wishes).unwrap();
    assert!(
        copy.html.contains("href=\"https://x.example/?a=1&amp;b=2\"")
            && copy.text.contains("<https://x.example/?a=1&b=2>")
    );
    assert!(!copy.html.contains("width=\"1\""));
}

#[test]
fn conditions_and_loops_may_be_between_elements() {
    let inner = "{% if lead.vip %}<mj-text>Gold</mj-text>{% else %}<mj-text>Silver</mj-text>{% endif %}\
        {% for tag in lead.tags %}<mj-text><a href=\"https://x.example/{{ tag }}\">{{ tag }}</a></mj-text>{% endfor %}";
    let copy = copy_of(inner, json!({"vip": true, "tags": ["a", "b"]}));
    assert!(copy.html.contains("Gold") && !copy.html.contains("Silver"), "{}", copy.html);
    assert_eq!(
        copy.links.iter().map(|link| link.url.as_str()).collect::<Vec<_>>(),
        ["https://x.example/a", "https://x.example/b"]
    );
    assert!(copy.text.starts_with("Gold\na <https://t.example/0>\nb <https://t.example/1>"), "{}", copy.text);
}

#[test]
fn a_topic_is_left_out_with_its_blocks_and_links() {
    let inner = "<mj-button href=\"https://x.example/1\" data-topic=\"a\">One</mj-button><mj-button href=\"https://x.example/2\" data-topic=\"b\">Two</mj-button>";
    let email = compile_in(Body::Mjml(&mjml(inner)), "en").unwrap();
    let copy = render(&email, json!({}), &["a".into()]);
    assert!(!copy.html.contains("One") && copy.html.contains("Two"));
    assert_eq!(copy.links.len(), 1);
}

#[test]
fn mistakes_in_mjml_name_their_line() {
    let table = [
        ("<mj-text>\n{% if x %}\n</mj-text>", "body, line 5: `{% if … %}` is not closed"),
        ("{% if x %}<mj-text>\n{% endif %}</mj-text>", "line 5: `{% endif %}` is in another element"),
        ("<mj-text>x</mj-text>\n{{ lead.x }}", "line 5: a value cannot be directly in `mj-column`"),
        ("<mj-button {% if x %}href=\"a\"{% endif %}>x</mj-button>", "line 4: Liquid cannot be among the attributes"),
        ("\n<mj-include path=\"x\"></mj-include>", "line 5: an e-mail cannot have `<mj-include>`"),
        ("<mj-text><script>x</script></mj-text>", "line 4: an e-mail cannot have `<script>`"),
        ("\n\n<mj-txt>x</mj-txt>", "line 6: `<mj-txt>` is not an element of MJML"),
        ("<mj-text>{{ 'x' | attractor: 'y' }}</mj-text>", "line 4: `attractor` belongs into the `href`"),
        (
            "<mj-text><a href=\"x\" onclick=\"{{ lead.x }}\">x</a></mj-text>",
            "line 4: Liquid cannot be in the attribute `onclick`",
        ),
    ];
    for (inner, wanted) in table {
        let problems = compile_in(Body::Mjml(&mjml(inner)), "en").err().unwrap_or_default();
        let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert!(shown.iter().any(|problem| problem.contains(wanted)), "{inner}: {shown:?}");
    }
}

#[test]
fn attributes_keep_their_characters() {
    let inner = "<mj-image src=\"https://x.example/a.png\" alt='A \"lathe\" \\ 👩\u{200d}🔧\u{a0}é'></mj-image>";
    let copy = copy_of(inner, json!({}));
    assert!(copy.text.starts_with("A \"lathe\" \\ 👩\u{200d}🔧\u{a0}é"), "{}", copy.text);
    assert!(!copy.html.contains("u{"));
}

#[test]
fn a_greater_sign_behind_any_letter_is_text() {
    let copy = copy_of("<mj-text>日> ü> <!--[if mso]>日><![endif]--></mj-text>", json!({}));
    assert!(copy.text.starts_with("日> ü>"), "{}", copy.text);
    let style = "<mjml><mj-head><mj-style>.日>b{color:red}</mj-style></mj-head><mj-body></mj-body></mjml>";
    let copy = render(&compile_in(Body::Mjml(style), "en").unwrap(), json!({}), &[]);
    assert!(copy.html.contains(".日  >b"), "{}", copy.html);
}

#[test]
fn a_mail_loads_nothing_that_its_author_did_not_write() {
    let copy = copy_of("<mj-text>x</mj-text>", json!({}));
    assert!(!copy.html.contains("googleapis"));
}

#[test]
fn every_mail_has_a_language_and_a_footer() {
    let email = compile_in(Body::Mjml(&mjml("<mj-text>x</mj-text>")), "ar-EG").unwrap();
    let copy = render(&email, json!({}), &[]);
    assert!(copy.html.contains("lang=\"ar-EG\" dir=\"rtl\""), "{}", copy.html);
    assert!(copy.html.contains("direction:rtl") && !copy.html.contains("direction:ltr"), "{}", copy.html);
    for wanted in ["https://m.example/u/1", "https://m.example/p/1", "1 Mill Road, Leeds"] {
        assert!(copy.html.contains(wanted) && copy.text.contains(wanted), "{wanted}: {}", copy.text);
    }
}

#[test]
fn a_footer_has_a_dot_before_an_address_alone() {
    let blocks = r#"{"blocks": [{"type": "text", "text": "x"}, {"type": "footer", "text": "You asked."}]}"#;
    let markup = mjml("<mj-text>x</mj-text>");
    for body in [Body::Mjml(&markup), Body::Blocks(blocks)] {
        let email = compile_in(body, "en").unwrap_or_else(|problems| panic!("{problems:?}"));
        let with = sent_from(&email, json!("1 Mill Road, Leeds"));
        assert!(with.text.contains("\nLathewell · 1 Mill Road, Leeds\n"), "{}", with.text);
        assert!(with.html.contains("Lathewell · 1 Mill Road, Leeds<br"), "{}", with.html);
        for without in [json!(""), Value::Null] {
            let without = sent_from(&email, without);
            assert!(without.text.contains("\nLathewell\n"), "{}", without.text);
            assert!(without.html.contains("Lathewell<br"), "{}", without.html);
        }
    }
}

/// A copy from a sender at this address.
fn sent_from(email: &Email, address: Value) -> Rendered {
    let data = json!({
        "lead": {}, "sender": {"name": "Lathewell", "address": address},
        "unsubscribe_url": "https://m.example/u/1", "preferences_url": "https://m.example/p/1"
    });
    let values = Values::new(data.as_object().unwrap(), TimeZone::UTC, 0);
    let mut wishes = Wishes { show: &mut |_| false, rewrite: &mut |_| None, pixel: None, decoy: None, left_out: &[] };
    email.render(&values, &mut wishes).unwrap()
}

#[test]
fn every_copy_has_the_senders_address_also_where_the_body_has_a_footer_of_its_own() {
    let own = [
        "",
        ", {{ sender.address }}",
        ", {% if sender.address and sender.address != '' %}{{ sender.address }}{% endif %}",
        ", {% if lead.vip %}{{ sender.address }}{% endif %}",
        ", {% if lead.vip %}VIP{% endif %}{{ sender.address }}",
        ", {% if sender.address %}here{% else %}{{ sender.address }}{% endif %}",
        "<!-- {{ sender.address }} -->",
    ];
    let out = "<a href=\"{{ unsubscribe_url }}\">out</a>";
    let mut bodies = own.map(|own| mjml(&format!("<mj-text>{out}{own}</mj-text>"))).to_vec();
    let block = |more: Value| json!({"blocks": [{"type": "text", "text": out}, more]}).to_string();
    bodies.push(block(json!({"type": "divider"})));
    bodies.push(block(json!({"type": "footer", "show": {"no": 1}})));
    for body in &bodies {
        let source = if body.starts_with('{') { Body::Blocks(body) } else { Body::Mjml(body) };
        let email = compile_in(source, "en").unwrap_or_else(|problems| panic!("{body}: {problems:?}"));
        let copy = sent_from(&email, json!("1 Mill Road, Leeds"));
        for part in [&copy.html, &copy.text] {
            assert_eq!(part.matches("1 Mill Road, Leeds").count(), 1, "{body}: {part}");
            assert_eq!(part.matches("https://m.example/u/1").count(), 1, "{body}: {part}");
        }
        assert_eq!(email.findings(&values(json!({"first_name": "Ada"})), &knowing(&|_| true)), [], "{body}");
    }
}

#[test]
fn the_senders_address_in_the_head_or_an_attribute_does_not_stand_for_the_line_that_readers_see() {
    let out = "<a href=\"{{ unsubscribe_url }}\">out</a>";
    let body = |head: &str, text: &str| mjml(text).replacen("<mjml>", &format!("<mjml><mj-head>{head}</mj-head>"), 1);
    let plain = format!("<mj-text>{out}</mj-text>");
    let image = format!("{plain}<mj-image src=\"https://x.example/a.png\" alt=\"{{{{ sender.address }}}}\" />");
    for body in [
        body("<mj-preview>{{ sender.address }}</mj-preview>", &plain),
        body("<mj-title>{{ sender.address }}</mj-title>", &plain),
        body("", &image),
    ] {
        let email = compile_in(Body::Mjml(&body), "en").unwrap_or_else(|problems| panic!("{body}: {problems:?}"));
        let copy = sent_from(&email, json!("1 Mill Road, Leeds"));
        assert!(copy.html.contains("Lathewell · 1 Mill Road, Leeds</div>"), "{body}: {}", copy.html);
        assert!(copy.text.ends_with("Lathewell · 1 Mill Road, Leeds\n"), "{body}: {}", copy.text);
    }
}

#[test]
fn a_sender_without_an_address_gets_no_line_for_it_and_neither_do_transactional_mails() {
    let body = mjml("<mj-text><a href=\"{{ unsubscribe_url }}\">out</a></mj-text>");
    let compiled = |has_footer| {
        let language = Language::new("en");
        let body = Body::Mjml(&body);
        let source = Source { subject: "x", preheader: "", body, language: &language, has_footer, campaign: None };
        Email::compile(&source).unwrap()
    };
    let (with, without) = (compiled(true), compiled(false));
    for address in [json!(""), Value::Null] {
        let copy = sent_from(&with, address.clone());
        assert!(!copy.html.contains("Lathewell") && !copy.text.contains("Lathewell"), "{address}: {}", copy.html);
        assert_eq!(copy.text, sent_from(&without, address).text);
    }
    let transactional = sent_from(&without, json!("1 Mill Road, Leeds"));
    assert!(!transactional.html.contains("Mill Road") && !transactional.text.contains("Mill Road"));
    let copy = sent_from(&with, json!("1 Mill Road, Leeds"));
    assert!(copy.text.ends_with("Lathewell · 1 Mill Road, Leeds\n"), "{}", copy.text);
    assert!(copy.html.contains("Lathewell · 1 Mill Road, Leeds</div>"), "{}", copy.html);
}

const BLOCKS: &str = r##"{"accent": "#0f766e", "blocks": [
    {"type": "heading", "text": "Hello {{ lead.first_name | default: 'there' }}"},
    {"type": "text", "text": "<p>One <b>two</b> <a href=\"https://x.example/t\" data-topic=\"t\">three</a></p>"},
    {"type": "columns", "columns": [
        {"width": 40, "blocks": [{"type": "image", "src": "https://x.example/i.png", "alt": "A lathe", "width": 200, "height": 120}]},
        {"blocks": [{"type": "button", "text": "Go", "url": "https://x.example/go", "topic": "shirts", "sets": {"pain": "cost"}}]}
    ]},
    {"type": "list", "items": ["a", "b"], "ordered": true},
    {"type": "text", "text": "secret", "show": {"no": 1}}, {"type": "text", "text": "shown", "show": {"yes": 1}},
    {"type": "divider"}, {"type": "footer", "text": "You asked."}
]}"##;

#[test]
fn a_block_list_becomes_a_mail() {
    let email = compile_in(Body::Blocks(BLOCKS), "en").unwrap_or_else(|problems| panic!("{problems:?}"));
    let copy = render(&email, json!({"first_name": "Tom"}), &[]);
    assert!(copy.html.contains("shown") && !copy.html.contains("secret"));
    let topics: Vec<_> = copy.links.iter().map(|link| link.topic.as_deref()).collect();
    assert_eq!(topics, [Some("t"), Some("shirts")]);
    for wanted in [
        "Hello Tom",
        "One two three <https://t.example/0>",
        "A lathe",
        "Go <https://t.example/1>",
        "1. a\n2. b",
        "You asked.",
    ] {
        assert!(copy.text.contains(wanted), "{wanted}: {}", copy.text);
    }
    assert!(copy.html.contains("mj-column-per-40") && copy.html.contains("mj-column-per-60"));
    assert!(copy.html.contains(".at-section>table"), "a dark ground covers the light one of the section's table");
    assert_eq!(email.findings(&values(json!({"first_name": "Tom"})), &knowing(&|_| true)), []);
}

#[test]
fn a_text_block_stands_for_a_topic_and_is_left_out_with_it() {
    let blocks = r#"{"blocks": [
        {"type": "text", "topic": "stock", "text": "<b>Stock</b><br><a href=\"https://x.example/1\">Count</a> or <a href=\"{{ 'https://x.example/2' | attractor: 'costs', pain: 'time' }}\">cost</a>"},
        {"type": "text", "text": "<a href=\"https://x.example/3\">No topic</a>"}
    ]}"#;
    let email = compile_in(Body::Blocks(blocks), "en").unwrap_or_else(|problems| panic!("{problems:?}"));
    let copy = render(&email, json!({}), &[]);
    let topics: Vec<_> = copy.links.iter().map(|link| link.topic.as_deref()).collect();
    assert_eq!(topics, [Some("stock"), Some("costs"), None]);
    assert_eq!(copy.links[1].sets, [("pain".to_owned(), "time".to_owned())]);
    assert!(!copy.html.contains("data-topic"));
    let rows = "Stock\nCount <https://t.example/0> or cost <https://t.example/1>\n\nNo topic <https://t.example/2>";
    assert!(copy.text.starts_with(rows), "{}", copy.text);
    let copy = render(&email, json!({}), &["stock".into()]);
    assert!(!copy.html.contains("Stock") && copy.text.starts_with("No topic"), "{}", copy.text);
}

#[test]
fn mistakes_in_block_lists_name_their_pointer() {
    let table = [
        (
            r#"{"blocks": [{"type": "text", "text": "x"}, {"type": "text", "txt": "x"}]}"#,
            "body, /blocks/1, line 1: `txt` is not known here",
        ),
        (
            r#"{"blocks": [{"type": "columns", "columns": [{"blocks": [{"type": "x"}]}]}]}"#,
            "body, /blocks/0/columns/0/blocks/0, line 1: `x` is not known here",
        ),
        (
            r#"{"blocks": [{"type": "text", "text": "a\n{{ b | nope }}"}]}"#,
            "body, /blocks/0/text, line 2: `{{ b | nope }}` is not valid Liquid",
        ),
        (
            r#"{"blocks": [{"type": "text", "text": "<script>x</script>"}]}"#,
            "body, /blocks/0/text, line 1: `<script>` cannot be in a block",
        ),
        (r#"{"blocks": [], "accent": "reddish"}"#, "body, /accent, line 1: `accent` is not a colour"),
        (r#"{"blocks": 5}"#, "body, /blocks, line 1: "),
        ("{", "the block list is not valid JSON"),
    ];
    for (json, wanted) in table {
        let problems = compile_in(Body::Blocks(json), "en").unwrap_err();
        assert!(problems[0].to_string().contains(wanted), "{json}: {}", problems[0]);
    }
}

#[test]
fn findings_name_what_a_person_should_mend() {
    let inner = "<mj-image src=\"https://x.example/i.png\"></mj-image><mj-text>{{ lead.company }}<a href=\"#\">a</a><a href=\"https://x.example\">b</a></mj-text>";
    let email = Email::compile(&Source {
        subject: "x",
        preheader: "",
        body: Body::Mjml(&mjml(inner)),
        language: &Language::new("en"),
        has_footer: false,
        campaign: None,
    })
    .unwrap();
    let checks = |known: &Known| {
        let findings = email.findings(&values(json!({})), known);
        let mut checks: Vec<Check> = findings.into_iter().map(|finding| finding.check).collect();
        checks.sort();
        checks
    };
    let (always, by_person) =
        ([Check::NoAltText, Check::NoDimensions], [Check::LeadsNowhere, Check::DeadPersonalization]);
    let all = [&always[..], &[Check::NoUnsubscribeLink, Check::NoPostalAddress, Check::NoTopic], &by_person].concat();
    let known = knowing(&|_| true);
    assert_eq!(checks(&known), all);
    assert_eq!(checks(&Known { is_transactional: true, ..known }), [always, by_person].concat());
    let has_topic = Known { has_topic: &|url| url == Some("https://x.example"), size: 102_001, ..known };
    let large =
        [&always[..], &[Check::NoUnsubscribeLink, Check::NoPostalAddress, Check::TooLarge], &by_person].concat();
    assert_eq!(checks(&has_topic), large);
}

#[test]
fn a_finding_names_its_own_block() {
    let blocks = r##"{"blocks": [
        {"type": "text", "text": "Hello {{ lead.first_name }}"},
        {"type": "text", "text": "See <a href=\"#\">this</a>"},
        {"type": "columns", "columns": [{"blocks": [{"type": "button", "text": "Go", "url": "#"}]}]},
        {"type": "image", "src": "https://x.example/i.png", "width": 10}
    ]}"##;
    let email = compile_in(Body::Blocks(blocks), "en").unwrap();
    let findings = email.findings(&values(json!({})), &knowing(&|_| true));
    let places = |check: Check| -> Vec<&str> {
        let of_check = findings.iter().filter(|finding| finding.check == check);
        of_check.map(|finding| finding.place.pointer.as_str()).collect()
    };
    assert_eq!(places(Check::LeadsNowhere), ["/blocks/1/text", "/blocks/2/columns/0/blocks/0/url"]);
    assert_eq!(places(Check::NoAltText), ["/blocks/3"]);
}

#[test]
fn personalization_is_dead_where_nobody_has_the_attribute_or_this_lead_has_not() {
    let inner = "<mj-text>{{ lead.company }} {{ lead.plan | default: 'free' }} {{ lead.nmae | default: 'you' }} \
        {{ lead.first_name }} {{ sender.nothing }}</mj-text>";
    let email = compile_in(Body::Mjml(&mjml(inner)), "en").unwrap();
    let known = |attribute: &str| attribute != "nmae";
    let findings = email.findings(&values(json!({"first_name": "Ada"})), &knowing(&known));
    let dead: Vec<_> = findings.iter().filter(|finding| finding.check == Check::DeadPersonalization).collect();
    let said: Vec<&str> = dead.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        said,
        [
            "`lead.company` is missing for this lead; write `{{ lead.company | default: \"…\" }}`",
            "no lead has the attribute `nmae`, so `lead.nmae` is always empty; set it (a column of an import, a field of a \
             form, or a trait, called `nmae`), or name an attribute that leads have",
        ]
    );
}

#[test]
fn links_and_preheader_are_known_without_a_copy() {
    let inner = "<mj-text><a href=\"{{ 'https://own.example/a' | attractor: 'shirts', pain: 'cost' }}\">a</a>\
        <a href=\"https://x.example/{{ lead.x }}\">b</a> <a href=\"{{ unsubscribe_url }}\">c</a></mj-text>";
    let email = compile_in(Body::Mjml(&mjml(inner)), "en").unwrap();
    let links: Vec<_> = email.links().map(|link| (link.url, link.topic, link.sets.len())).collect();
    assert_eq!(links, [(Some("https://own.example/a".into()), Some("shirts".into()), 1), (None, None, 0)]);
    assert_eq!(email.preheader(&values(json!({"first_name": "Ada\nB"}))).unwrap(), "For Ada B");
}

#[test]
fn a_decoy_is_before_every_link_in_the_html_alone_and_changes_nothing_else() {
    let email = compile_in(Body::Mjml(&mjml("<mj-button href=\"https://x.example/\">x</mj-button>")), "en").unwrap();
    let copy = |decoy: Option<&str>| {
        let mut wishes = Wishes { show: &mut |_| true, rewrite: &mut |_| None, pixel: None, decoy, left_out: &[] };
        email.render(&values(json!({})), &mut wishes).unwrap()
    };
    let (with, without) = (copy(Some("https://t.example/c/d?a&b")), copy(None));
    let start = with.html.find("<div aria-hidden").unwrap();
    let end = start + with.html[start..].find("</div>").unwrap() + "</div>".len();
    let decoy = &with.html[start..end];
    assert!(decoy.contains("href=\"https://t.example/c/d?a&amp;b\" tabindex=\"-1\""), "{decoy}");
    assert!(!with.html[..start].contains("<a "), "another link is before it");
    assert_eq!(format!("{}{}", &with.html[..start], &with.html[end..]), without.html);
    assert_eq!((with.text, with.links), (without.text, without.links));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_body_is_compiled_or_refused_without_a_panic(inner in "(<mj-text>|</mj-text>|<a href=\"|\">|</a>|\\{\\{ lead.x \\}\\}|\\{% if a %\\}|\\{% endif %\\}|<!--|-->|\\PC){0,30}") {
        if let Ok(email) = compile_in(Body::Mjml(&mjml(&inner)), "en") {
            let mut wishes = Wishes { show: &mut |_| true, rewrite: &mut |_| None, pixel: None, decoy: None, left_out: &[] };
            let _ = email.render(&values(json!({"x": inner})), &mut wishes);
        }
        let _ = compile_in(Body::Blocks(&inner), "en");
    }

    #[test]
    fn no_value_becomes_markup_or_a_header(value in "\\PC{0,30}|[\\x00-\\x7f]{0,30}|(<|>|\"|'|&|javascript:|\r|\n){0,10}") {
        let copy = copy_of("<mj-text>BEGIN{{ lead.first_name }}END</mj-text>", json!({"first_name": value}));
        let shown = copy.html.split_once("BEGIN").and_then(|(_, rest)| rest.split_once("END")).map_or("", |(shown, _)| shown);
        prop_assert!(!shown.contains(['<', '>', '"']));
        prop_assert!(!copy.subject.contains(['\r', '\n']));
    }
}
