//! Streams: rows of one account, line type, product, region and set of tags. Each becomes a bucket.

use std::{cell::OnceCell, collections::HashSet};

use xtask::random::mix;

use super::{
    amount::Amount,
    offers::{
        APPLICATIONS, COMPONENTS, COVERED, Class, DISCOUNTED, ENVIRONMENTS, GIVEN_BACK, LineType, MACHINES,
        Machine, NEGATION, PAYERS, PRODUCTS, Payer, Product, RARE, REGIONS, Region, USAGE,
    },
    random::Random,
    template::{Description, Field, HOURS, Template, Values},
};

const ACCOUNTS: usize = 105;
/// Streams that most rows are of, and streams of rare line types.
const COMMON: usize = 7_400;
const SELDOM: usize = 1_000;
/// One row in so many is of a rare line type.
const SELDOM_IN: u64 = 33;

/// What the rows of a stream share.
#[derive(Clone)]
pub struct Facts {
    pub number: u64,
    pub payer: &'static Payer,
    pub account: String,
    pub line_type: LineType,
    pub product: &'static Product,
    pub machine: &'static Machine,
    pub region: &'static Region,
    pub cost_center: String,
    pub component: &'static str,
    pub application: &'static str,
    pub environment: &'static str,
}

impl Facts {
    /// Whether rows of these facts name a resource.
    pub fn has_resource(&self) -> bool {
        [USAGE, DISCOUNTED, COVERED].contains(&self.line_type)
    }

    /// Whether the product is a machine or a database of some type.
    pub fn has_machine(&self) -> bool {
        matches!(self.product.class, Class::Machine | Class::Database)
    }

    /// The type of usage, with region and machine.
    pub fn usage_type(&self) -> String {
        let machine = if self.has_machine() { format!(":{}", self.machine.0) } else { String::new() };
        format!("{}{}{machine}", self.region.1, self.product.usage)
    }

    /// The price of a unit, as text.
    pub fn rate(&self) -> String {
        format!("0.{:010}", mix(self.number) % 900_000_000 + 10_000)
    }

    /// What the provider says about a row.
    pub fn description(&self) -> String {
        match self.line_type.0 {
            "Usage" | "DiscountedUsage" => {
                let place = if self.number.is_multiple_of(2) {
                    format!(", {}", self.region.2)
                } else {
                    String::new()
                };
                format!("${} per {}{place}", &self.rate()[..8], self.product.per)
            }
            "SavingsPlanCoveredUsage" => format!("SavingsPlan covered usage, {}", self.product.per),
            "SavingsPlanNegation" => "SavingsPlanNegation used by AccountId and UsageSku".to_owned(),
            "Tax" => format!("Tax for product code {} usage type {}", self.product.code, self.usage_type()),
            other => format!("{other} of {} in {}", self.product.name, self.region.2),
        }
    }
}

/// A stream.
pub struct Stream {
    facts: Facts,
    layout: Layout,
    size: u64,
    resources: u64,
    first_resource: u64,
    given_back: bool,
    /// Made for the stream's first row.
    templates: OnceCell<Templates>,
}

struct Templates {
    rows: Template,
    /// Of the rows that take the cost of the others back, as savings plans do.
    negations: Option<Template>,
}

/// Makes the templates of a kind of file.
pub type Layout = fn(&Facts) -> Vec<Field>;

/// All streams of a bill.
pub struct Streams {
    common: Vec<Stream>,
    seldom: Vec<Stream>,
}

impl Streams {
    /// The streams of a seed.
    pub fn new(random: &mut Random, layout: Layout) -> Self {
        let accounts: Vec<Account> = (0..ACCOUNTS).map(|number| Account::new(number, random)).collect();
        let mut keys = HashSet::new();
        let mut streams = |count: usize, line_type: fn(&mut Random, &Product) -> LineType| {
            let mut streams = Vec::with_capacity(count);
            while streams.len() < count {
                let facts = random.pick(&accounts).facts(keys.len() as u64, random, line_type);
                let product = (facts.product.code, facts.product.family, facts.region.0, facts.line_type.0);
                let key = (facts.account.clone(), product, facts.cost_center.clone(), facts.component);
                if keys.insert(key) {
                    streams.push(Stream::new(facts, layout));
                }
            }
            streams
        };
        let common = streams(COMMON, common_line_type);
        let seldom = streams(SELDOM, |random, _| *random.pick(RARE));
        Self { common, seldom }
    }

    /// A stream for the next row: some have far more rows than others.
    pub fn pick(&self, random: &mut Random) -> &Stream {
        if random.once_in(SELDOM_IN) {
            return random.pick(&self.seldom);
        }
        let below = random.index(self.common.len()) + 1;
        &self.common[random.index(below)]
    }
}

/// What most rows are: usage, some of it covered by a commitment.
fn common_line_type(random: &mut Random, product: &Product) -> LineType {
    match (product.class, random.below(10)) {
        (Class::Machine | Class::Database, 0..2) => DISCOUNTED,
        (Class::Machine, 2..5) => COVERED,
        (Class::Count, 0) if product.code == "AWSLambda" => COVERED,
        _ => USAGE,
    }
}

impl Stream {
    fn new(facts: Facts, layout: Layout) -> Self {
        Self {
            layout,
            size: facts.product.size,
            resources: 1 + mix(facts.number) % 200,
            first_resource: facts.number << 16,
            given_back: GIVEN_BACK.contains(&facts.line_type.0),
            templates: OnceCell::new(),
            facts,
        }
    }

    fn templates(&self) -> &Templates {
        let template = |facts: &Facts| {
            let resource = if facts.has_resource() { facts.product.resource } else { "" };
            Template::new((self.layout)(facts).into_iter(), resource.to_owned(), facts.description())
        };
        self.templates.get_or_init(|| Templates {
            rows: template(&self.facts),
            negations: (self.facts.line_type == COVERED)
                .then(|| template(&Facts { line_type: NEGATION, ..self.facts.clone() })),
        })
    }

    /// The currency of its costs.
    pub fn currency(&self) -> &'static str {
        self.facts.payer.3
    }

    /// The template of its rows.
    pub fn template(&self) -> &Template {
        &self.templates().rows
    }

    /// What the next row puts into the gaps.
    pub fn values(&self, random: &mut Random) -> Values {
        let cost = Amount::cost(random, self.size);
        let cost = if self.given_back { cost.negated() } else { cost };
        let description = match random.below(1_000) {
            0 => Description::LineBreak,
            1..21 => Description::Quotes,
            _ => Description::Usual,
        };
        let whole_hour = random.once_in(3);
        let quantity = if whole_hour { 10_000_000_000 } else { random.below(90_000_000_000) as i64 };
        Values {
            id: [random.next(), random.next(), random.next(), random.next()],
            hour: random.index(HOURS),
            resource: self.first_resource + random.below(self.resources),
            quantity: Amount::plain(quantity, 10),
            cost,
            effective_cost: cost.discounted(),
            description,
        }
    }

    /// The row that takes a row's cost back, where the stream has such rows: an id of its own, the cost negated.
    pub fn taken_back(&self, values: &Values, random: &mut Random) -> Option<(&Template, Values)> {
        let template = self.templates().negations.as_ref()?;
        let id = [random.next(), random.next(), random.next(), random.next()];
        let (cost, effective_cost) = (values.cost.negated(), Amount::ZERO);
        Some((template, Values { id, cost, effective_cost, ..*values }))
    }
}

/// An account, with what it mostly uses.
struct Account {
    id: String,
    payer: &'static Payer,
    regions: [&'static Region; 2],
    cost_centers: [String; 3],
    components: [&'static str; 3],
}

impl Account {
    fn new(number: usize, random: &mut Random) -> Self {
        let payer = match number {
            0..60 => &PAYERS[0],
            60..100 => &PAYERS[1],
            _ => &PAYERS[2],
        };
        let center = 1 + number / 3;
        Self {
            id: format!("{:012}", 200_000_000_000 + random.below(700_000_000_000)),
            payer,
            regions: [random.pick(REGIONS), random.pick(REGIONS)],
            cost_centers: [
                String::new(),
                format!("12345{center:02}-0000327300"),
                if random.once_in(3) { format!(" cc-{center}") } else { format!("CC-{center}") },
            ],
            components: ["", random.word(COMPONENTS), random.word(COMPONENTS)],
        }
    }

    fn facts(
        &self,
        number: u64,
        random: &mut Random,
        line_type: fn(&mut Random, &Product) -> LineType,
    ) -> Facts {
        let product = random.pick(PRODUCTS);
        Facts {
            number,
            payer: self.payer,
            account: self.id.clone(),
            line_type: line_type(random, product),
            product,
            machine: random.pick(MACHINES),
            region: self.regions[random.index(self.regions.len())],
            cost_center: random.pick(&self.cost_centers).clone(),
            component: random.word(&self.components),
            application: random.word(APPLICATIONS),
            environment: random.word(ENVIRONMENTS),
        }
    }
}
