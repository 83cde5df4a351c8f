//! Topics and interests.

use super::free::note_kinds;
use super::group::{List, MapOf};
use super::leaf::{AboveZero, AtLeastOne, Declared, Length, NotNegative, Number, Refers, Text, id_of};
use super::record;
use crate::playbook::reader::{Fields, Reader};
use crate::playbook::{Interests, Topic};

record! { OneTopic as "a topic" => Topic;
    declares Topic;
    keys {
        must "id" id: Declared<id_of::Topic>, "Identifies this topic in links, e-mails and conditions.";
        may "name" name: Text, "The name shown to people; absent: the id.";
        may "pages" pages: List<Text>, "Patterns for whole paths: a view of a matching page counts as interest in this topic. `*` is any text, `?` one character.";
        may "related" related: List<Refers<id_of::Topic>>, "Topics that can follow this one.";
    }
    build Topic { id, name, pages: pages.unwrap_or_default(), related: related.unwrap_or_default() }
}

fn note_weights(fields: &Fields<'_>, reader: &mut Reader) {
    note_kinds(fields.get("weights"), reader);
}

record! { TheInterests as "`interests`" => Interests;
    check note_weights;
    keys {
        may "half_life" half_life: Length, "The time after which an event counts half; absent: 30d.";
        may "weights" weights: MapOf<Number<NotNegative>>, "What an event of each kind adds to the strength. If present, it replaces the whole default {Email Link Clicked: 1, Topic Chosen: 1, Page Viewed: 0.25}.";
        may "minimum" minimum: Number<AboveZero>, "The least strength that counts as an interest; absent: 0.5.";
        may "margin" margin: Number<AtLeastOne>, "A rival must be this many times as strong to become the primary interest; absent: 1.25.";
    }
    build {
        let default = Interests::default();
        Interests {
            half_life: half_life.unwrap_or(default.half_life),
            weights: weights.unwrap_or(default.weights),
            minimum: minimum.unwrap_or(default.minimum),
            margin: margin.unwrap_or(default.margin),
        }
    }
}
