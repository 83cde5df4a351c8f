//! Sites that send visitors, by host and by the names that campaigns give them.

/// What kind of a site it is; the channel follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Search,
    Social,
    Video,
    Shopping,
    /// Mail read in a browser or in an app.
    Email,
    /// A conversation between people: what comes from there was shared.
    Chat,
    /// Another site that is worth a name.
    Site,
}

pub struct Network {
    pub name: &'static str,
    pub class: Class,
    /// Hosts, with all that is below them, and ids of apps. One that ends in a dot stands for every country's domain.
    hosts: &'static [&'static str],
    /// What `utm_source` may say instead of the name, in lower case.
    aliases: &'static [&'static str],
}

const fn network(
    class: Class,
    name: &'static str,
    hosts: &'static [&'static str],
    aliases: &'static [&'static str],
) -> Network {
    Network { name, class, hosts, aliases }
}

use Class::{Chat, Email, Search, Shopping, Site, Social, Video};

/// The first that fits counts, so services stand before the search engines that they belong to.
const NETWORKS: &[Network] = &[
    network(Email, "Gmail", &["mail.google.com", "com.google.android.gm"], &[]),
    network(
        Email,
        "Outlook",
        &["outlook.live.com", "outlook.office.com", "outlook.office365.com", "com.microsoft.office.outlook"],
        &[],
    ),
    network(Email, "Yahoo Mail", &["mail.yahoo.com"], &[]),
    network(Email, "Proton Mail", &["mail.proton.me"], &[]),
    network(Email, "GMX", &["navigator.gmx.net", "deref-gmx.net", "navigator.gmx.com"], &[]),
    network(Email, "WEB.DE", &["deref-web.de", "navigator.web.de"], &[]),
    network(
        Shopping,
        "Google Shopping",
        &["shopping.google.com"],
        &["google shopping", "google_shopping", "googleshopping"],
    ),
    network(Chat, "Google Chat", &["chat.google.com"], &[]),
    network(Site, "Google News", &["news.google.com", "com.google.android.apps.magazines"], &["google news"]),
    network(Site, "Gemini", &["gemini.google.com"], &[]),
    network(
        Site,
        "Google Docs",
        &["docs.google.com", "drive.google.com", "sites.google.com", "classroom.google.com", "calendar.google.com"],
        &[],
    ),
    network(
        Search,
        "Google",
        &["google.", "com.google.android.googlequicksearchbox"],
        &["google ads", "google-ads", "google_ads", "googleads", "adwords"],
    ),
    network(Site, "Copilot", &["copilot.microsoft.com"], &[]),
    network(
        Search,
        "Bing",
        &["bing.com"],
        &["bing ads", "bing-ads", "bing_ads", "bingads", "microsoft ads", "microsoft_ads"],
    ),
    network(Search, "DuckDuckGo", &["duckduckgo.com", "com.duckduckgo.mobile.android"], &["ddg"]),
    network(Search, "Yahoo", &["search.yahoo.com", "yahoo."], &[]),
    network(Search, "Ecosia", &["ecosia.org"], &[]),
    network(Search, "Qwant", &["qwant.com"], &[]),
    network(Search, "Startpage", &["startpage.com"], &[]),
    network(Search, "Brave", &["search.brave.com"], &[]),
    network(Search, "Kagi", &["kagi.com"], &[]),
    network(Search, "Baidu", &["baidu.com"], &[]),
    network(Search, "Yandex", &["ya.ru", "yandex."], &[]),
    network(Search, "Naver", &["naver.com"], &[]),
    network(Search, "Seznam", &["seznam.cz"], &[]),
    network(Search, "AOL", &["search.aol.com"], &[]),
    network(
        Social,
        "LinkedIn",
        &["linkedin.com", "lnkd.in", "com.linkedin.android"],
        &["linkedin", "linkedin ads", "linkedin-ads", "linkedin_ads", "linkedinads", "li"],
    ),
    network(
        Social,
        "Facebook",
        &["facebook.com", "fb.com", "fb.me", "com.facebook.katana"],
        &["fb", "facebook ads", "facebook-ads", "facebook_ads", "facebookads", "meta"],
    ),
    network(Social, "Instagram", &["instagram.com", "com.instagram.android"], &["ig", "insta"]),
    network(Social, "Threads", &["threads.net", "threads.com", "com.instagram.barcelona"], &[]),
    network(
        Social,
        "X",
        &["twitter.com", "x.com", "t.co", "com.twitter.android"],
        &["twitter", "tw", "twitter ads", "twitter_ads"],
    ),
    network(Social, "Bluesky", &["bsky.app", "go.bsky.app"], &["bsky"]),
    network(Social, "Reddit", &["reddit.com", "redd.it", "com.reddit.frontpage"], &["reddit ads", "reddit_ads"]),
    network(
        Social,
        "Hacker News",
        &["news.ycombinator.com", "hckrnews.com"],
        &["hackernews", "hacker-news", "hacker_news", "hn"],
    ),
    network(
        Social,
        "Mastodon",
        &[
            "mastodon.social",
            "mastodon.online",
            "mastodon.world",
            "mstdn.social",
            "mas.to",
            "fosstodon.org",
            "hachyderm.io",
            "infosec.exchange",
            "mastodon.cloud",
            "chaos.social",
            "troet.cafe",
            "techhub.social",
            "joinmastodon.org",
        ],
        &[],
    ),
    network(Social, "TikTok", &["tiktok.com", "com.zhiliaoapp.musically"], &["tiktok ads", "tiktok_ads"]),
    network(Social, "Pinterest", &["pin.it", "pinterest.", "com.pinterest"], &[]),
    network(Social, "Snapchat", &["snapchat.com", "com.snapchat.android"], &["snap"]),
    network(Social, "Quora", &["quora.com"], &[]),
    network(Social, "XING", &["xing.com", "com.xing.android"], &[]),
    network(Social, "VK", &["vk.com", "away.vk.com"], &[]),
    network(Social, "Tumblr", &["tumblr.com", "t.umblr.com"], &[]),
    network(Social, "Lemmy", &["lemmy.world", "lemmy.ml"], &[]),
    network(Social, "Lobsters", &["lobste.rs"], &[]),
    network(Social, "Stack Overflow", &["stackoverflow.com", "stackexchange.com"], &[]),
    network(Video, "YouTube", &["youtube.com", "youtu.be", "com.google.android.youtube"], &["yt"]),
    network(Video, "Vimeo", &["vimeo.com"], &[]),
    network(Video, "Twitch", &["twitch.tv"], &[]),
    network(Chat, "WhatsApp", &["whatsapp.com", "wa.me", "com.whatsapp"], &[]),
    network(Chat, "Telegram", &["telegram.org", "t.me", "org.telegram.messenger"], &[]),
    network(Chat, "Slack", &["slack.com", "com.slack"], &[]),
    network(
        Chat,
        "Microsoft Teams",
        &["teams.microsoft.com", "teams.live.com", "statics.teams.cdn.office.net", "com.microsoft.teams"],
        &["teams"],
    ),
    network(Chat, "Discord", &["discord.com", "discordapp.com", "com.discord"], &[]),
    network(Chat, "Messenger", &["messenger.com", "com.facebook.orca"], &[]),
    network(Chat, "Signal", &["signal.org", "org.thoughtcrime.securesms"], &[]),
    network(Shopping, "Amazon", &["amazon."], &[]),
    network(Shopping, "eBay", &["ebay."], &[]),
    network(Shopping, "Etsy", &["etsy.com"], &[]),
    network(Site, "ChatGPT", &["chatgpt.com", "chat.openai.com"], &["chatgpt.com", "openai"]),
    network(Site, "Perplexity", &["perplexity.ai"], &[]),
    network(Site, "Claude", &["claude.ai"], &[]),
    network(Site, "GitHub", &["github.com"], &[]),
    network(Site, "Product Hunt", &["producthunt.com"], &["product-hunt", "product_hunt"]),
    network(Site, "G2", &["g2.com"], &[]),
    network(Site, "Capterra", &["capterra."], &[]),
    network(Site, "Medium", &["medium.com"], &[]),
    network(Site, "Substack", &["substack.com"], &[]),
];

/// The network that a host belongs to; the host in lower case.
pub fn by_host(host: &str) -> Option<&'static Network> {
    let registered = super::host::registrable(host);
    NETWORKS.iter().find(|network| network.hosts.iter().any(|known| is_at(host, registered, known)))
}

fn is_at(host: &str, registered: &str, known: &str) -> bool {
    if known.ends_with('.') {
        return registered.starts_with(known);
    }
    host.strip_suffix(known).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

/// The network that `utm_source` names, by its name, another name, or a host.
pub fn by_name(source: &str) -> Option<&'static Network> {
    let source = source.trim().to_lowercase();
    let named = NETWORKS
        .iter()
        .find(|network| network.name.eq_ignore_ascii_case(&source) || network.aliases.contains(&source.as_str()));
    named.or_else(|| source.contains('.').then(|| by_host(&source)).flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_stand_for_networks() {
        for (host, name) in [
            ("www.google.co.uk", Some("Google")),
            ("mail.google.com", Some("Gmail")),
            ("l.facebook.com", Some("Facebook")),
            ("t.co", Some("X")),
            ("at.co", None),
            ("x.com", Some("X")),
            ("netflix.com", None),
            ("news.ycombinator.com", Some("Hacker News")),
            ("ycombinator.com", None),
            ("com.linkedin.android", Some("LinkedIn")),
            ("google.example.com", None),
            ("notgoogle.com", None),
            ("www.pinterest.de", Some("Pinterest")),
            ("", None),
        ] {
            assert_eq!(by_host(host).map(|network| network.name), name, "{host}");
        }
    }

    #[test]
    fn campaigns_name_networks() {
        for (source, name) in [
            ("LinkedIn", Some("LinkedIn")),
            (" fb ", Some("Facebook")),
            ("twitter", Some("X")),
            ("m.facebook.com", Some("Facebook")),
            ("hacker news", Some("Hacker News")),
            ("newsletter", None),
            ("", None),
        ] {
            assert_eq!(by_name(source).map(|network| network.name), name, "{source}");
        }
    }

    #[test]
    fn no_two_networks_share_a_host_or_a_name() {
        let hosts = NETWORKS.iter().flat_map(|network| network.hosts).collect::<Vec<_>>();
        for host in &hosts {
            assert_eq!(hosts.iter().filter(|other| other == &host).count(), 1, "{host}");
        }
        for network in NETWORKS {
            for alias in network.aliases {
                assert_eq!(*alias, alias.to_lowercase());
                assert_eq!(by_name(alias).map(|found| found.name), Some(network.name), "{alias}");
            }
            assert_eq!(by_name(network.name).map(|found| found.name), Some(network.name));
        }
    }
}
