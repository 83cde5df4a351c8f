//! An explanation as JSON, in the shape of the API's leads (contract §5).

use serde_json::{Map, Value, json};

use super::{Because, Caused, Explanation, Missing, Move, Point, Score, Segment};

impl Explanation {
    /// `scores`, `stages`, `segments`, `interests` as `GET /api/leads/{id}` has them, with what is missing and what
    /// comes beside.
    pub fn json(&self) -> Value {
        let scores: Map<String, Value> = self.scores.iter().map(|score| (score.id.clone(), score.json())).collect();
        let stages: Map<String, Value> = self.ladders.iter().map(|ladder| {
            let missing = ladder.next_stage.as_ref().map(|(stage, missing)| json!({"stage": stage, "missing": missing.json()}));
            let stage = json!({"stage": ladder.stage.0, "since": ladder.since.to_string(), "because": ladder.because.json(), "next": missing});
            (ladder.id.clone(), stage)
        }).collect();
        let interests: Vec<Value> =
            self.interests.iter().map(|i| json!({"topic": i.id, "strength": i.strength})).collect();
        json!({
            "name": self.lead,
            "at": self.at.to_string(),
            "scores": scores,
            "stages": stages,
            "segments": self.segments.iter().filter_map(Segment::json).collect::<Vec<_>>(),
            "outside": self.segments.iter().filter_map(Segment::missing_json).collect::<Vec<_>>(),
            "interests": interests,
            "primary_interest": self.primary_interest,
            "moves": self.moves.iter().map(Move::json).collect::<Vec<_>>(),
            "ahead": self.ahead.iter().map(Move::json).collect::<Vec<_>>(),
            "next_change": self.next_change.map(|at| at.to_string()),
        })
    }
}

impl Score {
    fn json(&self) -> Value {
        json!({"value": self.value, "why": self.why.iter().map(Point::json).collect::<Vec<_>>()})
    }
}

impl Point {
    fn json(&self) -> Value {
        let mut entry = json!({"rule": self.rule, "points": self.points, "at": self.at.map(|at| at.to_string())});
        let (key, value) = match &self.because {
            Because::Event { id, .. } => ("event_id", id.as_str()),
            Because::Attribute(_) => ("because", "attribute"),
            Because::Inactive => ("because", "inactive"),
            Because::Cap => ("because", "cap"),
            Because::Range => ("because", "range"),
        };
        entry[key] = value.into();
        entry
    }
}

impl Caused {
    fn json(&self) -> Value {
        match self {
            Caused::Event { id, .. } => id.as_str().into(),
            Caused::Time => "time".into(),
        }
    }
}

impl Segment {
    fn json(&self) -> Option<Value> {
        let (since, because) = self.inside.as_ref()?;
        Some(json!({"id": self.id, "since": since.to_string(), "because": because.json()}))
    }

    fn missing_json(&self) -> Option<Value> {
        Some(json!({"id": self.id, "missing": self.missing.as_ref()?.json()}))
    }
}

impl Missing {
    fn json(&self) -> Value {
        let each = |parts: &[Missing]| parts.iter().map(Missing::json).collect::<Vec<_>>();
        match self {
            Missing::Clause { wanted, found } => json!({"wanted": wanted, "found": found}),
            Missing::All(parts) => json!({"all": each(parts)}),
            Missing::OneOf(parts) => json!({"one_of": each(parts)}),
            Missing::Held(why) => json!({"held": why}),
        }
    }
}

impl Move {
    pub fn json(&self) -> Value {
        json!({"at": self.at.to_string(), "what": self.what, "because": self.because.json()})
    }
}
