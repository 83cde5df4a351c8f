//! Values, quantities and names in a sentence.

use super::*;

const UNITS: [(&str, i64); 10] = [
    (" weeks", 604_800_000),
    (" days", 86_400_000),
    (" day", 86_400_000),
    (" hours", 3_600_000),
    (" hour", 3_600_000),
    (" minutes", 60_000),
    (" minute", 60_000),
    (" seconds", 1_000),
    (" second", 1_000),
    (" milliseconds", 1),
];

impl<'a> Reader<'a> {
    /// `one` stands for the number 1 with its unit, and only alone; `many` follows all other numbers.
    pub(super) fn quantity(&mut self, one: &str, many: &str, each: fn(&mut Self) -> Option<Value>) -> Option<Test> {
        let operators = [
            ("exactly ", Operator::Eq),
            ("other than ", Operator::Ne),
            ("one of ", Operator::In),
            ("none of ", Operator::NotIn),
            ("more than ", Operator::Gt),
            ("at least ", Operator::Gte),
            ("fewer than ", Operator::Lt),
            ("less than ", Operator::Lt),
            ("at most ", Operator::Lte),
        ];
        let mut tests = Vec::new();
        while let Some(operator) = self.attempt(if tests.is_empty() { "" } else { " and " }, |r| r.one_of(&operators)) {
            if !one.is_empty() && tests.is_empty() && self.eat(one) {
                return Some(Test(vec![(operator, Value::Number(1.0))]));
            }
            let many = matches!(operator, Operator::In | Operator::NotIn);
            let value = if many { Value::List(self.either(each)) } else { each(self).expect("a number") };
            tests.push((operator, value));
        }
        (!tests.is_empty() && self.eat(many)).then_some(Test(tests))
    }

    pub(super) fn clause(&mut self) -> Test {
        self.want(" ");
        let mut tests = vec![self.operator().unwrap_or_else(|| panic!("wanted an operator before {:?}", self.rest))];
        while let Some(test) = self.attempt(" and ", Self::operator) {
            tests.push(test);
        }
        Test(tests)
    }

    /// As `clause`, of what may have no value: until a test has asked for one, "is not" says that there is one.
    pub(super) fn clause_of_value(&mut self) -> Test {
        let mut tests: Vec<(Operator, Value)> = Vec::new();
        loop {
            let is_known = tests.iter().any(|(operator, _)| *operator != Operator::Exists);
            let before = if tests.is_empty() { " " } else { " and " };
            let read = if is_known { Self::operator } else { Self::operator_or_denial };
            match self.attempt(before, read) {
                Some(test) => tests.push(test),
                None if tests.is_empty() => panic!("wanted an operator before {:?}", self.rest),
                None => return Test(tests),
            }
        }
    }

    pub(super) fn operator_or_denial(&mut self) -> Option<(Operator, Value)> {
        let denial = |reader: &mut Self| {
            let denied = reader.rest.starts_with("is not ") || reader.rest.starts_with("is none of ");
            if denied { reader.operator() } else { None }
        };
        if let Some(denied) = self.attempt("is known and ", denial) {
            return Some(denied);
        }
        let read = self.operator();
        let bare = matches!(read, Some((Operator::Ne | Operator::NotIn, _)));
        assert!(!bare, "it does not say whether a missing value is meant, before {:?}", self.rest);
        read
    }

    pub(super) fn operator(&mut self) -> Option<(Operator, Value)> {
        let known = [("is known", true), ("is unknown", false)];
        if let Some(known) = self.one_of(&known) {
            return Some((Operator::Exists, Value::Bool(known)));
        }
        let lists = [("is one of ", Operator::In), ("is none of ", Operator::NotIn)];
        if let Some(operator) = self.one_of(&lists) {
            return Some((operator, Value::List(self.either(Self::scalar))));
        }
        let scalars = [
            ("is above ", Operator::Gt),
            ("is at least ", Operator::Gte),
            ("is below ", Operator::Lt),
            ("is at most ", Operator::Lte),
            ("contains ", Operator::Contains),
            ("starts with ", Operator::StartsWith),
            ("ends with ", Operator::EndsWith),
            ("is not ", Operator::Ne),
            ("is ", Operator::Eq),
        ];
        let operator = self.one_of(&scalars)?;
        self.scalar().map(|value| (operator, value))
    }

    pub(super) fn either<T>(&mut self, each: impl Fn(&mut Self) -> Option<T>) -> Vec<T> {
        if self.eat("nothing") {
            return vec![];
        }
        let mut items = vec![each(self).unwrap_or_else(|| panic!("wanted an item before {:?}", self.rest))];
        while let Some(item) = self.attempt(", ", &each) {
            items.push(item);
        }
        items.extend(self.attempt(" or ", &each));
        items
    }

    pub(super) fn scalar(&mut self) -> Option<Value> {
        let words = [("true", Value::Bool(true)), ("false", Value::Bool(false)), ("an object", Value::Opaque)];
        self.one_of(&words).or_else(|| self.quoted().map(Value::Text)).or_else(|| self.plain())
    }

    /// A number; with a unit of time, a number of seconds.
    pub(super) fn plain(&mut self) -> Option<Value> {
        let number: f64 = self.digits()?.parse().expect("a number");
        let unit = self.one_of(&UNITS.map(|(words, size)| (words, size as f64 / 1_000.0)));
        Some(Value::Number(number * unit.unwrap_or(1.0)))
    }

    pub(super) fn share(&mut self) -> Option<Value> {
        let digits = self.digits()?;
        self.want(" %");
        let (mantissa, exponent) = digits.split_once('e').unwrap_or((digits, "0"));
        let exponent: i32 = exponent.parse().expect("an exponent");
        Some(Value::Number(format!("{mantissa}e{}", exponent - 2).parse().expect("a number")))
    }

    pub(super) fn number(&mut self) -> f64 {
        self.digits().unwrap_or_else(|| panic!("wanted a number before {:?}", self.rest)).parse().expect("a number")
    }

    pub(super) fn digits(&mut self) -> Option<&'a str> {
        self.rest
            .starts_with(|c: char| c.is_ascii_digit() || c == '-')
            .then(|| self.run(|c| c.is_ascii_digit() || "-.e".contains(c)))
    }

    pub(super) fn run(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let (run, rest) = self.rest.split_at(self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len()));
        self.rest = rest;
        run
    }

    pub(super) fn length(&mut self) -> Duration {
        let number = self.number() as i64;
        Duration(number * self.one_of(&UNITS).expect("a unit"))
    }

    /// What follows "the last" or "the next": one of a unit has no number there.
    pub(super) fn span(&mut self) -> Duration {
        let one = [("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000), ("second", 1_000)];
        self.one_of(&one).map_or_else(|| self.length(), Duration)
    }

    pub(super) fn quoted(&mut self) -> Option<String> {
        if !self.eat("“") {
            return None;
        }
        let mut text = String::new();
        loop {
            text += self.run(|c| !"”\\".contains(c));
            match self.one_of(&[("”", 'q'), ("\\n", '\n'), ("\\u{", 'u'), ("\\”", '”'), ("\\“", '“'), ("\\\\", '\\')])
            {
                Some('q') => return Some(text),
                Some('u') => {
                    let code = u32::from_str_radix(self.run(|c| c != '}'), 16).expect("a code");
                    text.push(char::from_u32(code).expect("a character"));
                    self.want("}");
                }
                Some(c) => text.push(c),
                None => panic!("no end of {text:?}"),
            }
        }
    }

    pub(super) fn name(&mut self) -> Option<String> {
        match self.rest.starts_with(char::is_uppercase) {
            true => Some(self.run(|c| c.is_alphanumeric() || c == '-').to_string()),
            false => self.quoted(),
        }
    }

    pub(super) fn topic(&mut self) -> String {
        let (names, name) = (Names::of(self.playbook), self.name().expect("a topic"));
        called(&name, self.playbook.topics.iter().map(|t| (&t.id, names.topic(&t.id))))
    }

    pub(super) fn property(&mut self) -> String {
        if let Some(name) = self.quoted() {
            return name;
        }
        let word = |reader: &mut Self| {
            let word = reader.run(|c| c.is_ascii_alphanumeric() || c == '.');
            let ends = [
                "",
                "is",
                "was",
                "has",
                "falls",
                "contains",
                "starts",
                "ends",
                "begins",
                "expires",
                "renews",
                "ended",
                "started",
                "began",
                "expired",
                "renewed",
                "in",
                "and",
                "or",
                "adding",
                "averaging",
                "before",
                "since",
            ];
            let ends = ends.contains(&word);
            (!ends).then_some(word)
        };
        let mut words = vec![word(self).expect("a name")];
        while let Some(word) = self.attempt(" ", word) {
            words.push(word);
        }
        words.join("_")
    }
}
