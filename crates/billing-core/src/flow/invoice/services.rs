//! Service lines: per service, cost centre and period, one charge per use.

use std::collections::{BTreeMap, BTreeSet, HashMap};

mod once;
mod reports;

use once::OnceUses;
use reports::Reports;

use super::{Context, sources};
use crate::{
    books::{CostInForce, Finding},
    catalog::{Service, Split, Use, UseTerms},
    decimal::Decimal,
    flow::{
        allocate::{self, Conversion},
        price::{self, Charge},
    },
    ids::{ComponentId, CustomerId, ServiceId},
    invoice::{Line, LineKind, LineRef, LiveLine, Source, Subject, UseCharge, UseKey, UsePrices},
    money::Currency,
    period::Period,
    rounding::{Rounding, split},
};

/// All service lines of the run.
pub fn lines(context: &Context<'_>, findings: &mut Vec<Finding>) -> Vec<Line> {
    let once = OnceUses::of(context);
    let mut lines = Vec::new();
    for period in context.run.service_periods() {
        Month::new(context, period, &once).lines(findings, &mut lines);
    }
    lines
}

/// A live charge of a use, and the line it stands on.
type LiveCharge<'a> = (&'a LiveLine, &'a UseCharge);

fn uses<'a>(context: &Context<'a>) -> impl Iterator<Item = (&'a Service, &'a Use)> {
    let services = &context.books.catalog.services;
    services.iter().flat_map(|service| service.uses.iter().map(move |of_service| (service, of_service)))
}

fn use_key(service: &Service, of_service: &Use) -> UseKey {
    UseKey {
        service: service.id,
        name: of_service.name.clone(),
        component: of_service.component,
        part: of_service.part.clone(),
    }
}

/// What a use is charged under: fixed by its first live charge in the period, else as the catalog has it.
struct ChargeTerms {
    customer: CustomerId,
    cost_center: Option<String>,
    product_number: String,
    rounding: Rounding,
    prices: UsePrices,
    first: Option<LineRef>,
    rates: BTreeMap<Currency, Decimal>,
}

/// What tells the lines of one month apart.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct LineKey {
    service: ServiceId,
    customer: CustomerId,
    cost_center: String,
    product_number: String,
    rounding: Rounding,
    kind: LineKind,
}

#[derive(Default)]
struct LineParts {
    corrects: Option<LineRef>,
    uses: Vec<UseCharge>,
}

/// One period of all services.
struct Month<'c, 'a> {
    context: &'c Context<'a>,
    period: Period,
    active: BTreeMap<UseKey, (&'a Service, &'a UseTerms)>,
    live: BTreeMap<UseKey, Vec<LiveCharge<'a>>>,
    costs: HashMap<ComponentId, Vec<&'a CostInForce>>,
}

impl<'c, 'a> Month<'c, 'a> {
    fn new(context: &'c Context<'a>, period: Period, once: &OnceUses) -> Self {
        let mut active = BTreeMap::new();
        for (service, of_service) in uses(context) {
            let key = use_key(service, of_service);
            if let Some(terms) = of_service.at(period).filter(|terms| once.is_owed(&key, terms, period)) {
                active.insert(key, (service, terms));
            }
        }
        let mut live: BTreeMap<UseKey, Vec<LiveCharge<'a>>> = BTreeMap::new();
        for line in context.live.iter().filter(|live| live.line.period == period) {
            for charge in &line.line.uses {
                live.entry(charge.key.clone()).or_default().push((line, charge));
            }
        }
        let mut costs: HashMap<ComponentId, Vec<&CostInForce>> = HashMap::new();
        for cost in context.books.costs.iter().filter(|cost| cost.period == period) {
            let tag = cost.key.component_tag.as_deref();
            if let Some(component) = tag.and_then(|tag| context.index.component_of(tag)) {
                costs.entry(component.id).or_default().push(cost);
            }
        }
        Self { context, period, active, live, costs }
    }

    fn lines(&self, findings: &mut Vec<Finding>, lines: &mut Vec<Line>) {
        let shares = self.shares();
        let keys: BTreeSet<&UseKey> = self.active.keys().chain(self.live.keys()).collect();
        let mut parts: BTreeMap<LineKey, LineParts> = BTreeMap::new();
        let mut reports = Reports::default();
        for key in keys {
            let Some((terms, charge)) = self.charge(key, &shares, &mut reports) else { continue };
            let Some(cost_center) = terms.cost_center else {
                let amount = Charge::of_use(&charge).exact();
                *reports.no_cost_center.entry((terms.customer, key.service)).or_default() += &amount;
                continue;
            };
            let first = terms.first;
            let line_key = LineKey {
                service: key.service,
                customer: terms.customer,
                cost_center,
                product_number: terms.product_number,
                rounding: terms.rounding,
                kind: if first.is_some() { LineKind::Correction } else { LineKind::Service },
            };
            let line = parts.entry(line_key).or_default();
            line.corrects = match (line.corrects, first) {
                (Some(known), Some(first)) => Some(known.min(first)),
                (known, first) => known.or(first),
            };
            line.uses.push(charge);
        }
        reports.tell(self, findings);
        lines.extend(parts.into_iter().filter_map(|(key, parts)| self.line(key, parts)));
    }

    /// What is owed for a use and not on a live line yet; `None` where nothing is, or where it cannot be known.
    fn charge(
        &self,
        key: &UseKey,
        shares: &HashMap<&UseKey, Option<Decimal>>,
        reports: &mut Reports,
    ) -> Option<(ChargeTerms, UseCharge)> {
        let live = self.live.get(key).map_or(&[][..], Vec::as_slice);
        let active = self.active.get(key);
        let charged = active.filter(|(service, _)| service.is_charged_at(self.period));
        let Some((service, use_terms)) = charged else {
            // The use is gone, or its service is no longer charged: what is live is taken back.
            let terms = self.fixed_terms(live)?;
            let owed = self.use_charge(key, &terms, Decimal::zero(), Decimal::zero(), Charge::default(), &[]);
            return self.minus_live(terms, owed, live);
        };
        let terms = match self.fixed_terms(live) {
            Some(terms) => terms,
            None if self.lacks_part(key) => {
                let part = key.part.clone().unwrap_or_default();
                reports.no_part.insert((key.component, part, key.service));
                return None;
            }
            None => match self.current_terms(key, service) {
                Some(terms) => terms,
                None => {
                    self.report_without_customer(key, use_terms, shares, reports);
                    return None;
                }
            },
        };
        let owed = self.owed(key, &terms, use_terms, shares, reports)?;
        self.minus_live(terms, owed, live)
    }

    fn owed(
        &self,
        key: &UseKey,
        terms: &ChargeTerms,
        use_terms: &UseTerms,
        shares: &HashMap<&UseKey, Option<Decimal>>,
        reports: &mut Reports,
    ) -> Option<UseCharge> {
        let quantity = use_terms.quantity.clone();
        let share = match (terms.prices.split, terms.prices.are_shared()) {
            (Split::Proportional, true) => match shares.get(key).cloned().flatten() {
                Some(share) => share,
                None => {
                    reports.no_quantities.insert((key.component, key.part.clone()));
                    return None;
                }
            },
            _ => quantity.clone(),
        };
        let pays_cost = !terms.prices.cost_multiplier(&share).is_zero();
        let component_sources =
            if pays_cost { self.component_sources(key.component, terms, reports)? } else { vec![] };
        let component_cost = component_sources.iter().map(|source| &source.cost).sum();
        let charge = price::use_charge(&terms.prices, &quantity, &share, &component_cost);
        let sources = sources::scaled(&component_sources, &terms.prices.cost_multiplier(&share));
        Some(self.use_charge(key, terms, quantity, share, charge, &sources))
    }

    fn use_charge(
        &self,
        key: &UseKey,
        terms: &ChargeTerms,
        quantity: Decimal,
        share: Decimal,
        charge: Charge,
        sources: &[Source],
    ) -> UseCharge {
        let Charge { cost, markup, price } = charge;
        let (key, prices, sources) = (key.clone(), terms.prices.clone(), sources.to_vec());
        UseCharge {
            key,
            component_name: String::new(),
            prices,
            quantity,
            share,
            cost,
            markup,
            price,
            sources,
        }
    }

    fn minus_live(
        &self,
        terms: ChargeTerms,
        owed: UseCharge,
        live: &[LiveCharge<'a>],
    ) -> Option<(ChargeTerms, UseCharge)> {
        let mut charge = Charge::of_use(&owed);
        for (_, live) in live {
            charge = charge.minus(&Charge::of_use(live));
        }
        if charge.is_zero() {
            return None;
        }
        let live_sources = live.iter().flat_map(|(_, charge)| &charge.sources);
        let sources = sources::difference(&owed.sources, live_sources);
        let Charge { cost, markup, price } = charge;
        Some((terms, UseCharge { cost, markup, price, sources, ..owed }))
    }

    fn fixed_terms(&self, live: &[LiveCharge<'a>]) -> Option<ChargeTerms> {
        let (first, charge) = live.first()?;
        Some(ChargeTerms {
            customer: first.line.customer,
            cost_center: Some(first.line.cost_center.clone()),
            product_number: first.line.product_number.clone(),
            rounding: first.line.rounding,
            prices: charge.prices.clone(),
            first: Some(first.at),
            rates: allocate::rates_of(live.iter().flat_map(|(_, charge)| &charge.sources)),
        })
    }

    fn current_terms(&self, key: &UseKey, service: &Service) -> Option<ChargeTerms> {
        let customer = self.context.index.customer(service.customer_at(self.period)?)?;
        let run = self.context.run;
        let product_number = service.product_number.clone();
        Some(ChargeTerms {
            customer: customer.id,
            cost_center: customer.cost_center_at(self.period, &run.cost_centers).map(str::to_owned),
            product_number: product_number.unwrap_or_else(|| run.default_product_number.clone()),
            rounding: run.rounding,
            prices: self.current_prices(key)?,
            first: None,
            rates: BTreeMap::new(),
        })
    }

    /// Whether the use is of a part that its component does not have now.
    fn lacks_part(&self, key: &UseKey) -> bool {
        key.part.is_some() && self.current_prices(key).is_none()
    }

    fn current_prices(&self, key: &UseKey) -> Option<UsePrices> {
        let component = self.context.index.component(key.component)?;
        let terms = component.terms.at_or_first(self.period, |_| true)?;
        price::use_prices(terms, key.part.as_deref())
    }

    /// Each use's share in its component (rule R6), or in its part of it: CPU cores and gigabytes do not add up.
    /// `None` where the quantities add up to zero.
    fn shares(&self) -> HashMap<&UseKey, Option<Decimal>> {
        let mut groups: BTreeMap<_, Vec<(&UseKey, Decimal)>> = BTreeMap::new();
        for (key, (_, terms)) in &self.active {
            let group = groups.entry((key.component, key.part.as_deref())).or_default();
            group.push((key, terms.quantity.clone()));
        }
        let mut shares = HashMap::new();
        for uses in groups.into_values() {
            let (keys, quantities): (Vec<&UseKey>, Vec<Decimal>) = uses.into_iter().unzip();
            match split(&Decimal::one(), &quantities) {
                Some(parts) => shares.extend(keys.into_iter().zip(parts.into_iter().map(Some))),
                None => shares.extend(keys.into_iter().map(|key| (key, None))),
            }
        }
        shares
    }

    /// The component's cost in the period; `None` where a rate is missing.
    fn component_sources(
        &self,
        component: ComponentId,
        terms: &ChargeTerms,
        reports: &mut Reports,
    ) -> Option<Vec<Source>> {
        let (run, rates) = (self.context.run, &self.context.books.rates);
        let mut found = Vec::new();
        let mut complete = true;
        for cost in self.costs.get(&component).into_iter().flatten() {
            let conversion = allocate::conversion(&cost.key.currency, self.period, &terms.rates, run, rates);
            if conversion == Conversion::Missing {
                reports.no_rate.insert(component);
                complete = false;
            }
            found.extend(allocate::source_of(cost, &conversion));
        }
        complete.then_some(found)
    }

    fn report_without_customer(
        &self,
        key: &UseKey,
        use_terms: &UseTerms,
        shares: &HashMap<&UseKey, Option<Decimal>>,
        reports: &mut Reports,
    ) {
        let Some(prices) = self.current_prices(key) else { return };
        let terms = ChargeTerms {
            customer: CustomerId(0),
            cost_center: None,
            product_number: String::new(),
            rounding: Rounding::Cent,
            prices,
            first: None,
            rates: BTreeMap::new(),
        };
        // What holds the price of nobody's service is nobody's problem yet.
        let owed = self.owed(key, &terms, use_terms, shares, &mut Reports::default());
        let amount = owed.map(|charge| Charge::of_use(&charge).exact()).unwrap_or_default();
        *reports.without_customer.entry(key.service).or_default() += &amount;
    }

    fn line(&self, key: LineKey, parts: LineParts) -> Option<Line> {
        let service = self.context.index.service(key.service)?;
        let mut charge = Charge::default();
        for of_use in &parts.uses {
            charge.add(&Charge::of_use(of_use));
        }
        let quantity = match parts.uses.as_slice() {
            [only] => only.quantity.clone(),
            _ => Decimal::one(),
        };
        Some(Line {
            corrects: parts.corrects,
            name: service.name.clone(),
            cost_center: key.cost_center,
            product_number: key.product_number,
            quantity,
            cost: charge.cost,
            markup: charge.markup,
            price: charge.price,
            rounding: key.rounding,
            uses: parts.uses,
            ..Line::blank(key.kind, Subject::Service(service.id), key.customer, self.period)
        })
    }
}
