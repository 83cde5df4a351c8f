//! The playbooks that come with the program: they read without problems, and do what their comments say.

mod commands;
mod company;
mod emails;
mod sequences;
mod table;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use attractor_engine::condition::Condition;
use attractor_engine::playbook::{Playbook, Seen, read};
use attractor_engine::program::Program;
use attractor_sample::Company;
use serde_json::Value;

use table::{column, failures};

/// What a history makes of a lead under the starter.
const STARTER: &str = "
# Warm from 20, hot from 50 points; a stage is left 5 points below where it begins.
d0 page /                                                                   | d0    | cold awareness     |
d0 page /; d0 page /blog; d0 page /about; d0 page /team                     | d0    | cold awareness     |
d0 page /pricing                                                            | d0    | warm awareness     |
d0 page /pricing                                                            | d29.9 | warm awareness     |
d0 page /pricing                                                            | d30   | cold awareness     |
d0 Webinar Attended                                                         | d0    | warm awareness     |
d0 Demo Requested                                                           | d0    | hot consideration  |
d0 Demo Requested                                                           | d13.9 | hot consideration  |
d0 Demo Requested                                                           | d14   | warm consideration |
d0 Demo Requested                                                           | d30   | warm awareness     |
d0 Demo Requested                                                           | d42   | cold awareness     |

# The way to a decision is slower: a week at least, and 10 points below.
d0 Demo Requested; d0 page /pricing                                         | d0    | hot decision       |
d0 Demo Requested; d0 page /pricing                                         | d30   | warm consideration |
d0 Demo Requested; d0 page /pricing; d1 Unsubscribed ×2                     | d2    | warm decision      |
d0 Demo Requested; d0 page /pricing; d1 Unsubscribed ×2                     | d7    | warm consideration |

# What speaks against it.
d0 page /pricing; d1 Unsubscribed                                           | d1    | cold awareness     |
d0 Demo Requested; d1 Email Marked as Spam                                  | d1    | cold consideration |
d0 page /pricing; d0 page /careers                                          | d0    | warm awareness     |
d0 page /pricing; d0 page /careers; d1 page /careers                        | d1    | cold awareness     |

# An imported list: counters, all dated by the last activity.
d0 Email Opened; d0 Email Opened; d0 Email Link Clicked                     | d0    | warm awareness     |
d0 Email Opened; d0 Email Opened; d0 Email Opened; d0 Email Link Clicked; d0 Email Link Clicked; d0 Email Link Clicked | d7 | hot consideration |
d0 Email Opened; d0 Email Opened; d0 Email Opened; d0 Email Link Clicked; d0 Email Link Clicked; d0 Email Link Clicked | d40 | cold awareness |

# Towards a sale.
d0 Content Downloaded asset=a#  ×2; d2 page /pricing ×3                     | d4    | hot decision       | evaluating
d0 Content Downloaded asset=a#  ×2; d2 page /pricing ×2                     | d4    | hot decision       |
d0 Content Downloaded asset=a   ×2; d2 page /pricing ×3                     | d4    | hot decision       |
d0 Content Downloaded asset=a#  ×2; d2 page /pricing ×3                     | d33.9 | warm consideration | evaluating
d0 Content Downloaded asset=a#  ×2; d2 page /pricing ×3                     | d34   | cold consideration |
d0 Content Downloaded asset=a#  ×2; d2 page /pricing ×3                     | d41   | cold awareness     |
d0 Deal Created deal_id=1                                                   | d0    | cold awareness     | open-deals
d0 Deal Created deal_id=1; d9 Deal Lost deal_id=1                           | d9    | cold awareness     |
d0 Deal Created deal_id=1; d9 Deal Won deal_id=1                            | d9    | cold awareness     | buyers
d0 Deal Won deal_id=1; d9 Deal Created deal_id=2                            | d9    | cold awareness     | open-deals buyers
d0 is job_title=Owner; d0 Demo Requested                                    | d0    | hot consideration  | call-first executives active-executives
d0 is job_title=Owner; d0 Demo Requested; d1 Deal Created deal_id=1         | d1    | hot consideration  | open-deals executives active-executives
d0 is job_title=Owner; d0 Demo Requested; d1 Deal Lost deal_id=1            | d1    | hot consideration  | executives active-executives
d0 is job_title=Buyer; d0 Demo Requested                                    | d0    | hot consideration  |

# Who they are.
d0 is job_title=Chief_Operating_Officer                                     | d30   | cold awareness     | executives
d0 is job_title=head_of_production; d10 page /                              | d39   | cold awareness     | executives active-executives
d0 is job_title=head_of_production; d10 page /                              | d40   | cold awareness     | executives
d0 is job_title=Product_Owner                                               | d0    | cold awareness     |
d0 is job_title=Vice_President_Sales                                        | d30   | cold awareness     | executives
d0 is job_title=Geschäftsführerin                                           | d30   | cold awareness     | executives
d0 is job_title=Leiter_Vertrieb                                             | d30   | cold awareness     | executives
d0 is job_title=Directrice_des_ventes                                       | d30   | cold awareness     | executives
d0 is job_title=Consejero_delegado                                          | d30   | cold awareness     | executives
d0 is seniority=c-level                                                     | d30   | cold awareness     | executives
d0 is job_title=Assistentin_der_Geschäftsführung                            | d30   | cold awareness     |
d0 is job_title=Leiter_Einkauf; d0 Demo Requested                           | d0    | hot consideration  | call-first executives active-executives
d0 is job_title=Leiter_Vertrieb; d0 Demo Requested                          | d0    | hot consideration  | executives active-executives
d0 is company.size=500                                                      | d0    | cold awareness     | enterprise
d0 is company.employees=1200                                                | d0    | cold awareness     | enterprise
d0 is company_size=499                                                      | d0    | cold awareness     | mid-size
d0 is company.size=10                                                       | d0    | cold awareness     | mid-size
d0 is company.size=9                                                        | d0    | cold awareness     |

# How they take what is sent.
d0 Email Opened send_id=1 age=600; d5 Email Opened send_id=2 age=172800     | d5    | cold awareness     | quick-openers
d0 Email Opened send_id=1 age=600; d5 Email Opened send_id=2 age=172801     | d5    | cold awareness     |
d0 Email Opened send_id=1 age=600; d1 Email Opened send_id=1 age=90000      | d1    | cold awareness     |
d0 Email Delivered send_id=# ×4; d4 Email Opened send_id=0; d4 Email Opened send_id=1 | d4 | warm awareness | keen-readers
d0 Email Delivered send_id=# ×5; d5 Email Opened send_id=0; d5 Email Opened send_id=1 | d5 | warm awareness | never-clicks
d0 Email Delivered send_id=# ×5; d5 Email Link Clicked send_id=0            | d5    | cold awareness     |
d0 Content Downloaded asset=a# ×3                                           | d6.9  | warm awareness     | three-in-a-week
d0 Content Downloaded asset=a# ×3                                           | d7    | warm awareness     |
d0 Content Downloaded asset=a  ×3                                           | d3    | warm awareness     |

# Those who fall silent.
d0 Email Delivered send_id=1; d7 Email Delivered send_id=2; d14 Email Delivered send_id=3 | d29.9 | cold awareness     |
d0 Email Delivered send_id=1; d7 Email Delivered send_id=2; d14 Email Delivered send_id=3 | d30   | cold awareness     | dormant
d0 Email Delivered send_id=1; d14 Email Delivered send_id=2                 | d30   | cold awareness     |
d0 Email Delivered send_id=1; d30 Email Delivered send_id=2; d60 Email Delivered send_id=3 | d59.9 | cold awareness     |
d0 Email Delivered send_id=1; d30 Email Delivered send_id=2; d60 Email Delivered send_id=3 | d60   | cold awareness     | dormant
d0 Email Delivered send_id=1; d30 Email Delivered send_id=2; d60 Email Delivered send_id=3 | d119.9 | cold awareness     | dormant
d0 Email Delivered send_id=1; d30 Email Delivered send_id=2; d60 Email Delivered send_id=3 | d120  | cold awareness     |
d0 Email Delivered send_id=1; d30 Email Delivered send_id=2; d60 Email Delivered send_id=3; d61 Email Opened send_id=3 | d61   | cold awareness     |
d0 is email=a@works.example; d0 page /                                      | d59.9 | cold awareness     |
d0 is email=a@works.example; d0 page /                                      | d60   | cold awareness     | re-engagement
d0 is email=a@works.example; d0 page /; d70 page /                          | d70   | cold awareness     |
d0 is email=a@works.example; d0 Deal Won deal_id=1                          | d60   | cold awareness     | buyers
d0 page /                                                                   | d60   | cold awareness     |

# What they want to hear about: at most one topic.
d0 Email Link Clicked topic=saving-time                                     | d0    | cold awareness     | drawn-to-saving-time
d0 Topic Chosen topic=cutting-costs                                         | d39.6 | cold awareness     | drawn-to-cutting-costs
d0 Topic Chosen topic=fewer-mistakes                                        | d0    | cold awareness     | drawn-to-fewer-mistakes
d0 Topic Chosen topic=getting-started                                       | d39.7 | cold awareness     |
d0 Topic Chosen topic=getting-started; d1 Topic Chosen topic=saving-time    | d1    | cold awareness     | drawn-to-getting-started
";

/// What the sample's own additions make of it: leads choose their segment by what they click.
const SAMPLE: &str = "
d0 Email Link Clicked topic=scheduling                                      | d0    | cold awareness | drawn-to-scheduling
d0 Email Link Clicked topic=stock                                           | d39.6 | cold awareness | drawn-to-stock
d0 Email Link Clicked topic=stock                                           | d39.7 | cold awareness |
d0 Content Downloaded topic=maintenance asset=a                             | d0    | cold awareness | drawn-to-maintenance
d0 page /quality; d0 page /guides/quality                                   | d0    | cold awareness | drawn-to-quality
d0 page /quality; d0 page /about                                            | d0    | cold awareness |
d0 Email Link Clicked topic=stock; d1 Email Link Clicked topic=costing      | d1    | cold awareness | drawn-to-stock
d0 Email Link Clicked topic=stock; d1 Email Link Clicked topic=costing ×2   | d2    | warm awareness | drawn-to-costing
d0 Webinar Attended topic=integrations                                      | d0    | warm awareness | drawn-to-integrations
";

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../playbooks").join(name)
}

fn playbook(name: &str) -> Playbook {
    let file = folder(name).join("playbook.yaml");
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let reading = read(&text);
    let found = reading.problems.iter().cloned().chain(reading.check_names(&Seen::default()));
    let problems: Vec<String> = found.map(|problem| format!("{name}:{problem}")).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    reading.playbook.expect("no problem, and yet no playbook")
}

fn check(name: &str, table: &str) {
    let program =
        Program::new(playbook(name), &jiff::tz::TimeZoneDatabase::from_env()).expect("a playbook that cannot be run");
    let failures = failures(&program, table);
    assert!(failures.is_empty(), "under the {name}:\n{}", failures.join("\n"));
}

#[test]
fn the_starter_does_what_its_comments_say() {
    check("starter", STARTER);
}

#[test]
fn under_the_sample_leads_choose_their_segment() {
    check("sample", SAMPLE);
}

#[test]
fn the_tables_reach_every_stage_and_every_segment() {
    let reached: BTreeSet<&str> =
        [STARTER, SAMPLE].iter().flat_map(|table| column(table, 2).chain(column(table, 3))).collect();
    for playbook in [playbook("starter"), playbook("sample")] {
        let stages = playbook.ladders.iter().flat_map(|ladder| &ladder.stages).map(|stage| &stage.id);
        let all = stages.chain(playbook.segments.iter().map(|segment| &segment.id));
        let missing: Vec<&String> = all.filter(|id| !reached.contains(id.as_str())).collect();
        assert!(missing.is_empty(), "no line reaches {missing:?}");
    }
}

#[test]
fn the_sample_is_the_starter_with_topics_and_emails_of_its_own() {
    let (starter, sample) = (playbook("starter"), playbook("sample"));
    for playbook in [&starter, &sample] {
        let topics: Vec<&str> = playbook.topics.iter().map(|topic| topic.id.as_str()).collect();
        let segments: Vec<&str> = playbook.segments.iter().filter_map(|segment| drawn_to(&segment.enter)).collect();
        let followed: Vec<&str> = playbook.sequences.iter().filter_map(|s| s.id.strip_prefix(FOLLOW_UP)).collect();
        assert_eq!((&segments, &followed), (&topics, &topics), "a segment and a follow-up for each topic");
    }
    assert!(
        starter
            .sequences
            .iter()
            .all(|sequence| sequence.review || ["demo-alert", "sales-alert"].contains(&sequence.id.as_str()))
    );
    assert_eq!(shared(sample), shared(starter));
}

const FOLLOW_UP: &str = "follow-up-";

/// A playbook without what each company has of its own.
fn shared(mut playbook: Playbook) -> Playbook {
    playbook.name.clear();
    playbook.topics.clear();
    playbook.emails.clear();
    playbook.segments.retain(|segment| drawn_to(&segment.enter).is_none());
    playbook.sequences.retain(|sequence| !sequence.id.starts_with(FOLLOW_UP));
    for sequence in &mut playbook.sequences {
        sequence.steps.clear();
        sequence.review = false;
    }
    playbook
}

/// The topic of `{interest: T, primary: true}`.
fn drawn_to(enter: &Condition) -> Option<&str> {
    match enter {
        Condition::Interest(pull) if matches!(pull.wanted, attractor_engine::condition::Pull::Primary(true)) => {
            Some(&pull.topic)
        }
        _ => None,
    }
}

#[test]
fn every_topic_that_the_sample_company_speaks_of_is_declared_and_its_pages_are_matched() {
    let program = Program::new(playbook("sample"), &jiff::tz::TimeZoneDatabase::from_env())
        .expect("a playbook that cannot be run");
    let declared: BTreeSet<&str> = program.playbook().topics.iter().map(|topic| topic.id.as_str()).collect();
    let (mut topics, mut paths) = (BTreeSet::new(), BTreeSet::new());
    for message in Company::ending(400, 180, 1).messages() {
        let message: Value = serde_json::from_str(&message.json).expect("JSON");
        topics.extend(message["properties"]["topic"].as_str().map(str::to_owned));
        paths.extend(message["properties"]["path"].as_str().map(str::to_owned));
    }
    assert_eq!(topics.iter().map(String::as_str).collect::<BTreeSet<_>>(), declared);
    let about = |path: &&String| declared.iter().find(|topic| path.contains(**topic));
    let lines: String = paths
        .iter()
        .filter_map(|path| Some((path, about(&path)?)))
        .map(|(path, topic)| format!("d0 page {path}; d0 page {path} | d0 | cold awareness | drawn-to-{topic}\n"))
        .collect();
    assert!(lines.lines().count() >= 5 * declared.len(), "{lines}");
    let failures = failures(&program, &lines);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
