use super::*;

fn with(text: &str, environment: &[(&str, &str)], flags: &[(&str, Option<String>)]) -> Result<Settings, String> {
    let variable = |name: &str| environment.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
    layered("attractor.toml", text, variable, flags).map_err(|wrong| wrong.to_string())
}

#[test]
fn the_sample_holds_every_setting() {
    let settings = defaults().unwrap();
    assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.log_format, LogFormat::Plain);
}

#[test]
fn a_flag_goes_before_the_environment_before_the_file() {
    let file = "listen = \"127.0.0.1:1\"\nreaders = 7\nqueue_length = 5";
    let environment = [("ATTRACTOR_LISTEN", "127.0.0.1:2"), ("ATTRACTOR_READERS", "8")];
    let settings = with(file, &environment, &[("listen", Some("127.0.0.1:3".into()))]).unwrap();
    assert_eq!((settings.listen.port(), settings.readers, settings.queue_length), (3, 8, 5));
    assert_eq!(with(file, &environment, &[("listen", None)]).unwrap().listen.port(), 2);
}

#[test]
fn shares_are_numbers_with_or_without_a_fraction() {
    let settings = with("stop_bounces = 5", &[("ATTRACTOR_STOP_COMPLAINTS", "0.25")], &[]).unwrap();
    assert_eq!((settings.stop_bounces, settings.stop_complaints), (Percent(500), Percent(25)));
    assert_eq!((defaults().unwrap().stop_bounces, defaults().unwrap().stop_complaints), (Percent(200), Percent(10)));
}

#[test]
fn lists_come_from_the_environment_with_commas() {
    let settings = with("", &[("ATTRACTOR_TRUSTED_PROXIES", "10.0.0.0/8, ::1")], &[]).unwrap();
    assert_eq!(settings.trusted_proxies.len(), 2);
    let settings = with("", &[("ATTRACTOR_OWN_DOMAINS", "shop.example.org, localhost")], &[]).unwrap();
    assert_eq!(settings.own_domains, ["shop.example.org", "localhost"]);
}

#[test]
fn some_settings_are_taken_out_and_the_rest_stays_as_it_is() {
    let text = "# ours\nsmtp = 'smtps://u:p@h'\n\"database\" = \"\"\"\npostgresql://x\"\"\" # with its password\nreaders = 2\n# database = x\ntake_over=true";
    assert_eq!(without(text, &OF_THE_PLACE).unwrap(), "# ours\nreaders = 2\n# database = x\n");
    assert_eq!(without("", &OF_THE_PLACE).unwrap(), "");
    let with = with_database("# ours\nlisten = \"127.0.0.1:1\"\n database = \"\"\n# database = x", "postgresql://a\"b");
    assert!(with.starts_with("# ours\nlisten = \"127.0.0.1:1\"\n# database = x\ndatabase = "), "{with}");
    assert_eq!(check("attractor.toml", &with).unwrap().database, "postgresql://a\"b");
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    for (text, words) in [
        ("own_domain = []", "attractor.toml:1: there is no setting `own_domain`; did you mean `own_domains`?"),
        ("sentder_email = \"a\"", "did you mean `sender_email`?"),
        ("trusted_proxies = [\"proxy\"]", "attractor.toml:1: `trusted_proxies` is a list of IP addresses"),
        ("readers = 2\nlisten_on = 3", "attractor.toml:2: there is no setting `listen_on`; there are"),
        ("\nreaders = \"many\"", "attractor.toml:2: `many` will not do here; write a whole number, such as 4"),
        ("readers = 2\nsmtp = “smtps://h”", "attractor.toml:2: quotes such as “ and ” are not those of this file"),
        ("spf = \"a”\nreaders = 2", "are not those of this file; put the value between straight ones: \"…\""),
        ("spf = a # “", "attractor.toml:1: string values must be quoted"),
        ("readers = -1", "attractor.toml:1: `-1` will not do here; write a whole number, such as 4"),
        ("rate_per_key = 5000000000", "attractor.toml:1: `5000000000` will not do here; write a whole number"),
        ("take_over = \"yes\"", "attractor.toml:1: `yes` will not do here; write true or false"),
        ("webhooks_private = 1", "attractor.toml:1: `1` will not do here; write true or false"),
        ("database = 5", "attractor.toml:1: `5` will not do here; write a text in quotes"),
        ("own_domains = \"a.org\"", "attractor.toml:1: `a.org` will not do here; write a list of texts"),
        ("readers =", "attractor.toml:1: "),
        ("listen = \"localhost\"", "attractor.toml:1: `localhost` is not an address to listen on; write ADDRESS:PORT"),
        (
            "listen = 9105",
            "`9105` is not an address to listen on; write ADDRESS:PORT in numbers, such as 127.0.0.1:9105",
        ),
        ("listen = \":9105\"", "such as 127.0.0.1:9105"),
        ("listen = \"0.0.0.0\"", "such as 0.0.0.0:8080"),
        ("listen = \"::1\"", "such as [::1]:8080"),
        ("readers = 0", "attractor.toml:1: `readers` must be at least 1"),
        (
            "not_leads = [\"a.org\", \"ada@\"]",
            "attractor.toml:1: `ada@` in `not_leads` is neither an address nor a domain nor a network; write",
        ),
        ("own_domains = [\"a.org\", \"https://b.org/\"]", "attractor.toml:1: `https://b.org/` is not a domain; write"),
        ("domain_rates = [\"gmail.com\"]", "attractor.toml:1: `gmail.com` is not a rate of domains; write gmail.com+"),
        (
            "consent_unknown = [\"US\", \"AT\"]",
            "attractor.toml:1: `AT` is not a country of the table; write DE, FR, IT, US, CA, UK, other, unknown",
        ),
        (
            "never_write = [\"CH\", \"Atlantis\"]",
            "attractor.toml:1: `Atlantis` in `never_write` is not a country; write a code of two letters, such as CH",
        ),
        ("log_level = \"loud\"", "attractor.toml:1: unknown variant `loud`"),
        ("data = \"x\"", "give it as --data"),
        ("database = \"mysql://x\"", "write postgresql://"),
        ("[serve]\nlisten = \"x\"", "attractor.toml:1: there is no setting `serve`"),
    ] {
        let wrong = with(text, &[], &[]).unwrap_err();
        assert!(wrong.contains(words), "{text}: {wrong}");
    }
    let wrong = with("", &[("ATTRACTOR_READERS", "few")], &[]).unwrap_err();
    assert_eq!(wrong, "ATTRACTOR_READERS: `few` will not do here; write a whole number, such as 4");
    let wrong = with("", &[], &[("listen", Some("nowhere".into()))]).unwrap_err();
    assert!(wrong.starts_with("--listen: `nowhere` is not an address"), "{wrong}");
}

#[test]
fn what_is_wrong_about_mail_is_named_with_its_place() {
    for (text, words) in [
        ("dkim = \"rsa+dsa\"", "unknown variant `rsa+dsa`"),
        (
            "dkim_selectors = [\"s1._domainkey\"]",
            "attractor.toml:1: `dkim_selectors`: `s1._domainkey` is not a selector",
        ),
        ("sender_email = \"news\"", "attractor.toml:1: `news` is not the address of a sender: an address needs an @"),
        (
            "test_to = \"qa\"",
            "attractor.toml:1: `test_to`: `qa` is not an address (an address needs an @, as in ada@example.org); write the",
        ),
        ("smtp = \"mail.x.example\"", "attractor.toml:1: `smtp`: not the URL of a mail server; write smtps://"),
        ("bounce_domain = \"https://x\"", "attractor.toml:1: \"https://x\" is not a domain name"),
        ("inbound = \"2525\"", "`2525` is not an address to listen on; write ADDRESS:PORT in numbers, such as"),
        (
            "sending_hours = \"9-18\"",
            "attractor.toml:1: `sending_hours`: `9-18` is not days and hours; write them like",
        ),
        ("stop_bounces = 0.001", "attractor.toml:1: `0.001` is not a percentage from 0.01 to 100"),
        ("stop_bounces = \"many\"", "attractor.toml:1: `many` will not do here; write a number, such as 2"),
        ("sendgrid_key = \"MFkw\"", "attractor.toml:1: `sendgrid_key` is not a verification key"),
        ("postmark_webhook = \"ada:short\"", "attractor.toml:1: `postmark_webhook` needs USER:PASSWORD"),
        ("ses_topics = [\"mail\"]", "attractor.toml:1: `mail` in `ses_topics` is not the ARN of a topic"),
        ("alert_lists = [\"sales\"]", "attractor.toml:1: `sales` in `alert_lists` is not a list; write"),
        ("spf = \"include:_spf.x.example, x.example\"", "attractor.toml:1: `spf`: `x.example` does not say"),
        ("dns_server = \"ns.x.example\"", "attractor.toml:1: `dns_server`: `ns.x.example` is not the address"),
    ] {
        let wrong = with(text, &[], &[]).unwrap_err();
        assert!(wrong.contains(words), "{text}: {wrong}");
    }
}
