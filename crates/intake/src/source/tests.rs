//! Visits as tables: referrer and page in, where it came from out.

use super::visit::Visit;
use super::*;

fn seen<'a>(referrer: &'a str, url: &'a str) -> Seen<'a> {
    let text = |text: &'a str| Some(Cow::Borrowed(text)).filter(|text| !text.is_empty());
    Seen { url: text(url), referrer: text(referrer), came_directly: referrer.is_empty(), ..Seen::default() }
}

/// `channel, source / medium, network`, with `shared` where it was.
fn shown(seen: &Seen) -> String {
    let Some(origin) = origin(seen, &["own-shop.com"]) else { return "goes on".into() };
    let mut shown = format!("{}, {} / {}", origin.channel, origin.source, origin.medium);
    if let Some(network) = origin.network {
        shown.push_str(&format!(", {network}"));
    }
    if origin.shared {
        shown.push_str(", shared");
    }
    shown
}

#[test]
fn referrers_tell_where_visits_come_from() {
    for (referrer, expected) in [
        ("https://www.google.de/", "Organic Search, google / organic, Google"),
        ("https://www.bing.com/search?q=x", "Organic Search, bing / organic, Bing"),
        ("https://lnkd.in/abc", "Organic Social, linkedin / social, LinkedIn"),
        ("android-app://com.linkedin.android/", "Organic Social, linkedin / social, LinkedIn"),
        ("https://l.instagram.com/", "Organic Social, instagram / social, Instagram"),
        ("https://fosstodon.org/@a/1", "Organic Social, mastodon / social, Mastodon"),
        ("https://news.ycombinator.com/item?id=1", "Organic Social, hacker news / social, Hacker News"),
        ("https://www.youtube.com/", "Organic Video, youtube / video, YouTube"),
        ("https://mail.google.com/", "Email, gmail / email, Gmail"),
        ("https://web.whatsapp.com/", "Referral, whatsapp / referral, WhatsApp, shared"),
        ("https://blog.partner.co.uk/post", "Referral, partner.co.uk / referral"),
        ("https://chatgpt.com/", "Referral, chatgpt / referral, ChatGPT"),
        ("https://example.com/before", "goes on"),
        ("https://shop.example.com/", "goes on"),
        ("https://checkout.own-shop.com/", "goes on"),
        ("nonsense", "goes on"),
        ("", "Direct, direct / none"),
    ] {
        assert_eq!(shown(&seen(referrer, "https://www.example.com/pricing")), expected, "{referrer}");
    }
}

#[test]
fn links_tell_where_visits_come_from() {
    for (query, expected) in [
        ("utm_source=LinkedIn&utm_medium=cpc", "Paid Social, LinkedIn / cpc, LinkedIn"),
        ("utm_source=news&utm_medium=email", "Email, news / email"),
        ("utm_campaign=jan", "Unassigned,  / "),
        ("utm_campaign=jan&gclid=1", "Paid Search, google / cpc, Google"),
        ("utm_source=partner&gclid=1", "Paid Other, partner / cpc"),
        ("gclid=1", "Paid Search, google / cpc, Google"),
        ("msclkid=1", "Paid Search, bing / cpc, Bing"),
        ("li_fat_id=1", "Paid Social, linkedin / cpc, LinkedIn"),
        ("ttclid=1", "Paid Social, tiktok / cpc, TikTok"),
        ("fbclid=1", "Organic Social, facebook / social, Facebook"),
        ("fbclid=1&utm_source=fb&utm_medium=paid", "Paid Social, fb / paid, Facebook"),
        ("fbclid=", "goes on"),
        ("share=1", "Referral, share / share, shared"),
        ("utm_medium=Share", "Referral,  / Share, shared"),
        ("utm_source=x&utm_medium=social-share", "Organic Social, x / social-share, X, shared"),
        ("utm_source=share&utm_medium=web2x", "Referral, share / web2x, shared"),
        ("utm_source=%20", "goes on"),
        ("q=1", "goes on"),
    ] {
        let url = format!("https://www.example.com/?{query}#x");
        assert_eq!(shown(&seen("https://example.com/", &url)), expected, "{query}");
    }
}

#[test]
fn campaigns_come_from_the_context_and_the_search_too() {
    let campaign = Members::of(r#"{"source": "news", "medium": "email", "name": "jan", "content": 7}"#);
    let found = origin(&Seen { campaign, ..Seen::default() }, &[]).unwrap();
    assert_eq!((found.campaign.as_deref(), found.content, found.channel), (Some("jan"), None, "Email"));
    let found =
        origin(&Seen { search: Some("?utm_source=a+b&utm_term=%C3%BC".into()), ..Seen::default() }, &[]).unwrap();
    assert_eq!((found.source.as_str(), found.term.as_deref()), ("a b", Some("ü")));
    let long = format!("https://x.org/?utm_source={}", "%C3%BC".repeat(300));
    assert_eq!(origin(&seen("", &long), &[]).unwrap().source.chars().count(), LONGEST);
}

#[test]
fn without_the_pages_host_only_known_sites_are_others() {
    assert_eq!(shown(&seen("https://www.google.com/", "")), "Organic Search, google / organic, Google");
    assert_eq!(shown(&seen("https://blog.partner.com/", "")), "goes on");
}

#[test]
fn pages_are_kept_without_what_may_name_people() {
    let found = origin(&seen("https://a.org/x?mail=a@b.c", "https://b.org/y?mail=a@b.c&utm_source=z#t"), &[]).unwrap();
    assert_eq!(found.referrer.as_deref(), Some("https://a.org/x"));
    assert_eq!(found.landing_page.as_deref(), Some("https://b.org/y"));
    assert_eq!(origin(&seen("https://b.org/", "https://b.org/y?utm_source=z"), &[]).unwrap().referrer, None);
}

#[test]
fn properties_that_were_given_stay() {
    let origin = origin(&seen("https://t.co/x", "https://b.org/"), &[]).unwrap();
    let mut writer = Writer::with_capacity(0);
    origin.add_to(&Members::of(r#"{"source": "mine", "network": null}"#).unwrap(), &mut writer);
    assert_eq!(writer.done(), r#"{"channel":"Organic Social","medium":"social","network":"X"}"#);
}

fn source(referrer: &str, url: &str) -> VisitSource {
    VisitSource {
        origin: origin(&seen(referrer, url), &[]).unwrap(),
        who: ("anonymousId", "\"a\"".into()),
        message_id: "m".into(),
        timestamp: Instant::parse("2026-01-01").unwrap(),
        received_at: Instant::parse("2026-01-01T00:00:01").unwrap(),
        history: false,
    }
}

#[test]
fn the_first_and_the_last_source_become_traits() {
    let source = source("https://t.co/x", "https://b.org/y");
    let expected = r#"{"type":"identify","messageId":"m:source","timestamp":"2026-01-01T00:00:00.000Z","receivedAt":"2026-01-01T00:00:01.000Z","anonymousId":"a","traits":{"last_channel":"Organic Social","last_source":"x","last_medium":"social","last_campaign":null,"last_term":null,"last_content":null,"last_network":"X","last_referrer":"https://t.co/x","last_landing_page":"https://b.org/y"},"context":{"attractor":{"normaliser":1,"derived":"source","visit":{"channel":"Organic Social","source":"x","medium":"social","network":"X","referrer":"https://t.co/x","landing_page":"https://b.org/y"}}}}"#;
    let both = source.identify();
    assert_eq!(Visit::of(&both).unwrap().into_message(false), expected);
    assert!(both.contains(r#""first_source":"x""#) && both.contains(r#""last_source":"x""#), "{both}");
    assert!(!both.contains("first_campaign"), "{both}");
}

#[test]
fn a_direct_visit_is_a_first_source_only() {
    let mut source = source("", "https://b.org/y?a=b");
    source.history = true;
    let first = source.identify();
    assert!(first.contains(r#""first_channel":"Direct""#) && !first.contains("last_"), "{first}");
    assert!(first.contains(r#""context":{"history":true,"#), "{first}");
}

#[test]
fn a_visit_is_told_as_the_first_or_as_another_one() {
    for source in [source("https://t.co/x", "https://b.org/y?utm_campaign=%22a%22"), source("", "https://b.org/y")] {
        let first = source.identify();
        let message = |json: &str, is_first: bool| Visit::of(json).unwrap().into_message(is_first);
        let other = message(&first, false);
        assert_eq!(message(&first, true), first, "it is so already");
        assert!(!other.contains("first_"), "{other}");
        assert_eq!(message(&other, false), other);
        assert_eq!(message(&other, true), first);
        assert!(Visit::of(&first).unwrap().first().all(|name| first.contains(name)));
    }
}

#[test]
fn only_visits_are_told_anew() {
    let page = r#"{"type":"page","anonymousId":"a","properties":{"derived":"source"}}"#;
    assert!(Visit::of(page).is_none());
    let older = r#"{"type":"identify","anonymousId":"a","traits":{},"context":{"attractor":{"derived":"source"}}}"#;
    assert!(Visit::of(older).is_none());
    assert_eq!(visit::FIRST, NAMES.map(|name| format!("first_{name}")));
}
