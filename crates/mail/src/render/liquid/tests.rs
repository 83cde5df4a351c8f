use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::render::language::Language;

fn values() -> Object {
    let json = json!({
        "lead": {
            "first_name": "Tom", "evil": "<b>x</b>", "tags": ["a", "b", "c"], "n": 1234567, "price": 1234.5, "empty": "",
            "birthday": "1990-03-14", "seen": "2026-03-14T23:30:00Z", "company": {"name": "Lathewell"}, "no": false
        },
        "sender": {"name": "Ann"}
    });
    let serde_json::Value::Object(map) = json else { unreachable!() };
    map.iter().map(|(key, item)| (key.clone().into(), state::value_of(item, 8))).collect()
}

fn frame(language: &str) -> Frame {
    let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
    Frame { locale: Locale { language: Language::new(language), zone, now: 1_773_500_000_000 }, ..Frame::default() }
}

fn made_in(language: &str, source: &str) -> String {
    let program = match Program::of_text(source, Part::Body, Escape::Html) {
        Ok(program) => program,
        Err(problems) => return problems[0].to_string(),
    };
    program.render(&values(), &frame(language)).unwrap_or_else(|problem| problem.to_string())
}

fn made(source: &str) -> String {
    made_in("en", source)
}

#[test]
fn templates_are_rendered_as_liquid_says() {
    let table = [
        ("Hi {{ lead.first_name | default: \"there\" }}", "Hi Tom"),
        (
            "{{ lead.missing | default: \"there\" }}{{ lead.missing.deeper | default: 1 }}{{ nobody.x | default: 2 }}",
            "there12",
        ),
        ("{{ lead.empty | default: 'x' }}{{ lead.no | default: 'y' }}{{ lead.missing }}", "xy"),
        ("{{ lead.evil }} {{ \"<i>\" }}", "&lt;b&gt;x&lt;/b&gt; &lt;i&gt;"),
        (
            "{{ lead.tags }} {{ lead.tags[1] }} {{ lead.tags | join: '-' }} {{ lead.tags.first }} {{ lead }}",
            "a, b, c b a-b-c a ",
        ),
        ("{% if lead.tags contains 'b' and lead.first_name == 'Tom' %}y{% else %}n{% endif %}", "y"),
        ("{% if lead.missing contains 'b' %}y{% elsif lead.n > 5 %}m{% else %}n{% endif %}", "m"),
        ("{% unless lead.missing %}y{% else %}n{% endunless %}", "y"),
        ("{% if lead.x == 'a' or lead.first_name == 'Tom' and lead.n < 3 %}y{% else %}n{% endif %}", "n"),
        ("{% case lead.first_name %} {% when 'Ann' %}a{% when 'Tom', 'Tim' %}t{% else %}e{% endcase %}", "t"),
        (
            "{% for t in lead.tags %}{{ forloop.index }}{{ t }}{% unless forloop.last %},{% endunless %}{% endfor %}",
            "1a,2b,3c",
        ),
        ("{% for t in lead.tags reversed %}{% if t == 'b' %}{% continue %}{% endif %}{{ t }}{% endfor %}", "ca"),
        (
            "{% for i in (1..9) limit:3 offset:2 %}{{ i }}{% endfor %}{% for x in lead.no_list %}{% else %}-{% endfor %}",
            "345-",
        ),
        ("{% for p in lead.company %}{{ p[0] }}={{ p[1] }}{% endfor %}", "name=Lathewell"),
        (
            "{% assign a = lead.first_name | upcase %}{{ a }}{% capture c %}<3 {{ lead.evil }}{% endcapture %}{{ c }}",
            "TOM&lt;3 &lt;b&gt;x&lt;/b&gt;",
        ),
        (
            "{{ 7 | divided_by: 2 }} {{ 7.0 | divided_by: 2 }} {{ 9223372036854775 | times: 9223372036854775 | floor }} {{ 5 | modulo: 3 }}",
            "3 3.5 9223372036854775807 2",
        ),
        (
            "{{ 'a,b' | split: ',' | last }} {{ 'abcdef' | slice: -3, 2 }} {{ 'one two three' | truncatewords: 2 }} {{ 'abcdef' | truncate: 4 }}",
            "b de one two… abc…",
        ),
        (
            "{{ 'b,A,b' | split: ',' | uniq | sort | join }} {{ ' x ' | strip }} {{ 'xx' | replace: 'x', 'y' }} {{ 'x' | replace: '', 'y' }}",
            "A b x yy x",
        ),
    ];
    for (source, wanted) in table {
        assert_eq!(made(source), wanted, "{source}");
    }
}

#[test]
fn dates_and_numbers_follow_language_and_zone() {
    let source = "{{ lead.birthday | date: 'long' }} | {{ lead.seen | date: 'weekday' }} | {{ lead.seen | date: '%H:%M' }} | {{ 'now' | date: 'short' }} | {{ lead.n | number }} | {{ lead.price | money: 'EUR' }} | {{ lead.price | number: 3 }}";
    let table = [
        ("en", "14 March 1990 | Sunday, 15 March 2026 | 00:30 | 14 Mar 2026 | 1,234,567 | €1,234.50 | 1,234.500"),
        (
            "de-AT",
            "14. März 1990 | Sonntag, 15. März 2026 | 00:30 | 14.03.2026 | 1.234.567 | 1.234,50\u{A0}€ | 1.234,500",
        ),
        (
            "fr",
            "14 mars 1990 | dimanche 15 mars 2026 | 00:30 | 14/03/2026 | 1\u{202F}234\u{202F}567 | 1\u{202F}234,50\u{A0}€ | 1\u{202F}234,500",
        ),
    ];
    for (language, wanted) in table {
        assert_eq!(made_in(language, source), wanted);
    }
    assert_eq!(made_in("fr", "{{ '2026-06-01' | date: '%b' }} {{ '2026-07-01' | date: '%b' }}"), "juin juil");
    assert_eq!(made("{{ 'soon' | date: 'long' }}{{ lead.missing | date }}"), "soon");
    assert!(made("{{ 'now' | date: '%99d' }}").contains("is not a part of a date"));
}

#[test]
fn an_endless_template_ends_and_names_its_line() {
    let doubling = "{% assign x = 'ab' %}\n{% for i in (1..1000) %}\n{% assign x = x | append: x %}{% endfor %}";
    let table = [
        ("a\n{% for i in (1..9000000000000) %}{% endfor %}", "body, line 2: "),
        ("{% for i in (1..999999) %}\n{% for j in (1..999999) %}\n\n{{ j }}{% endfor %}{% endfor %}", "body, line 2: "),
        (doubling, "body, line 3: "),
        (
            "{% for i in (1..99999) %}{% assign x = x | append: '0123456789' | split: '' | join: '--------' %}{% endfor %}",
            "body, line 1: ",
        ),
        (
            "{% assign x = 'aaaaaaaaaaaaaaaaaaaa' %}{% for i in (1..20) %}{% assign x = x | replace: 'a', x %}{% endfor %}",
            "body, line 1: ",
        ),
        (
            "{% assign x = 'aaaaaaaaaa' %}{% for i in (1..40) %}{% capture x %}{{ x }}{{ x }}{% endcapture %}{% endfor %}",
            "body, line 1: ",
        ),
        ("{{ 1 | divided_by: 0 }}", "body, line 1: a number is divided by zero"),
    ];
    for (source, wanted) in table {
        assert!(made(source).starts_with(wanted), "{source}: {}", made(source).chars().take(200).collect::<String>());
    }
}

proptest! {
    #[test]
    fn any_text_is_compiled_or_refused_without_a_panic(source in "(\\PC|\\{\\{|\\}\\}|\\{%|%\\}|if |for i in |endif|lead|\\||'|[0-9]|\\.\\.){0,40}") {
        let _ = made(&source);
    }

    #[test]
    fn any_filter_takes_any_value(name in 0..filters::FILTERS.len(), value in "\\PC{0,20}|-?[0-9]{1,18}|-?[0-9]{1,9}\\.[0-9]{1,9}", argument in "\\PC{0,8}|-?[0-9]{1,18}") {
        let name = filters::FILTERS[name].name;
        for arguments in ["", ": lead.argument", ": lead.argument, lead.value"] {
            for input in ["lead.value", "lead.list", "lead", "lead.missing"] {
                let source = format!("{{{{ {input} | {name}{arguments} }}}}");
                let json = json!({"value": value, "argument": argument, "list": [value, argument, 1]});
                let values: Object = [("lead".into(), state::value_of(&json, 8))].into_iter().collect();
                if let Ok(program) = Program::of_text(&source, Part::Body, Escape::Html) {
                    let _ = program.render(&values, &frame("de"));
                }
            }
        }
    }
}
