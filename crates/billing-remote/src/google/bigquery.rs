//! The billing export in BigQuery, by its REST interface: one query for the rows of an invoice month, read page by page
//! into a table on this machine.
//!
//! Costs are FLOAT64 there. They are taken as the texts that the answer carries and never cast: a cast to NUMERIC would
//! round them to nine places.
//!
//! Sources: <https://cloud.google.com/bigquery/docs/reference/rest/v2/jobs/query>,
//! <https://cloud.google.com/bigquery/docs/reference/rest/v2/jobs/getQueryResults>,
//! <https://cloud.google.com/billing/docs/how-to/export-data-bigquery-tables>

use std::{
    fmt,
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
    time::Duration,
};

use billing_core::Period;
use serde_json::{Value, json};

use crate::{
    endpoint::{self, encoded},
    error::RemoteError,
    google::{
        key::ServiceAccountKey,
        rows::{self, Shape},
        token::GoogleTokens,
    },
    http::{Answer, Http, Request},
    settings::RemoteSettings,
};

const SCOPE: &str = "https://www.googleapis.com/auth/bigquery.readonly";
const NEEDS: &str = "the roles BigQuery Data Viewer on the dataset and BigQuery Job User on the project";
/// Rows of a page. The service makes pages smaller where they would become too long.
const PAGE_ROWS: u32 = 20_000;
/// How long an answer may be, in bytes.
const PAGE_BYTES_MAX: usize = 256 << 20;
/// How long the service lets a question wait for the query, in milliseconds: below the client's own patience.
const WAIT: u32 = 30_000;
/// How often it is asked whether the query is done: an hour in all.
const ASKS_MAX: u32 = 120;
/// Columns without which a table is no billing export.
const NEEDED: [&str; 3] = ["cost", "currency", "invoice.month"];

/// A table of BigQuery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillingTable {
    project: String,
    dataset: String,
    table: String,
}

impl BillingTable {
    /// Reads `project.dataset.table`; the project's own name may have points and a colon.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_matches('`');
        let (head, table) = text.rsplit_once('.')?;
        let (project, dataset) = head.rsplit_once(['.', ':'])?;
        let only = |text: &str, more: &str| {
            !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
        };
        let fits = only(project, "-.:") && only(dataset, "_") && only(table, "_-");
        fits.then(|| Self {
            project: project.to_owned(),
            dataset: dataset.to_owned(),
            table: table.to_owned(),
        })
    }
}

impl fmt::Display for BillingTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.project, self.dataset, self.table)
    }
}

/// What is asked of a billing export.
#[derive(Debug, Clone)]
pub struct Months<'q> {
    /// The table: standard or detailed export.
    pub table: &'q BillingTable,
    /// The invoice month.
    pub month: Period,
    /// The columns, as paths with points; those that the table lacks are left out.
    pub columns: &'q [&'q str],
    /// Where the dataset is (`EU`, `europe-west6`); the table itself tells it where this is `None`.
    pub location: Option<&'q str>,
}

/// BigQuery, with the account that the settings name.
#[derive(Debug)]
pub struct BigQuery {
    http: Http,
    endpoint: String,
    /// None for an emulator on this machine that is asked without a key.
    tokens: Option<GoogleTokens>,
}

impl BigQuery {
    /// Connects to the endpoint of the settings with their service account.
    ///
    /// # Errors
    /// When a setting is missing or not understood. Nothing is sent yet.
    pub fn connect(settings: &RemoteSettings, http: &Http) -> Result<Self, RemoteError> {
        let endpoint =
            endpoint::endpoint(settings, &["GOOGLE_BIGQUERY_ENDPOINT"], "https://bigquery.googleapis.com")?;
        let tokens = match ServiceAccountKey::of_settings(settings)? {
            Some(key) => Some(GoogleTokens::new(http.clone(), key, SCOPE)?),
            None if endpoint::is_emulator(&endpoint) => None,
            None => {
                let problem = "is not set: give the JSON key of a service account, or name its file in \
                               GOOGLE_APPLICATION_CREDENTIALS";
                return Err(RemoteError::setting("GOOGLE_SERVICE_ACCOUNT_KEY", problem));
            }
        };
        Ok(Self { http: http.clone(), endpoint, tokens })
    }

    /// Writes the rows of an invoice month into a CSV file whose headings are the columns' paths; lists in it are JSON. Says
    /// how many rows there are.
    ///
    /// # Errors
    /// When the table cannot be read or is no billing export, when it has no row of the month, and when fewer or more
    /// rows come than the service counted.
    pub fn fetch(&self, asked: &Months<'_>, to: &Path) -> Result<u64, RemoteError> {
        let table = asked.table;
        let address = format!(
            "{}/bigquery/v2/projects/{}/datasets/{}/tables/{}",
            self.endpoint,
            encoded(&table.project),
            table.dataset,
            table.table
        );
        let about: Value = self.send(self.http.get(&address))?.json()?;
        let columns = columns(asked, &about)?;
        let location = asked.location.or_else(|| about["location"].as_str());
        let mut page = self.start(asked, &columns, location)?;
        let mut lines = Lines::create(to, table.to_string())?;
        let shape = Shape::new(rows::fields(&lines.place, &page.body["schema"])?);
        Shape::headings(&columns, &mut lines.text);
        loop {
            lines.write(&shape, &page.body)?;
            match page.body["pageToken"].as_str().filter(|token| !token.is_empty()) {
                Some(next) => {
                    let next = next.to_owned();
                    page = self.results(page.job, Some(&next))?;
                }
                None => break,
            }
        }
        lines.finish(whole(&page.body["totalRows"]), asked)
    }

    /// Starts the query and waits until its first page is there.
    fn start(
        &self,
        asked: &Months<'_>,
        columns: &[&str],
        location: Option<&str>,
    ) -> Result<Page, RemoteError> {
        let address =
            format!("{}/bigquery/v2/projects/{}/queries", self.endpoint, encoded(&asked.table.project));
        let mut query = json!({
            "query": statement(asked.table, columns),
            "useLegacySql": false,
            "parameterMode": "NAMED",
            "queryParameters": [{
                "name": "month",
                "parameterType": {"type": "STRING"},
                "parameterValue": {"value": invoice_month(asked.month)},
            }],
            "maxResults": PAGE_ROWS,
            "timeoutMs": WAIT,
            "formatOptions": {"useInt64Timestamp": true},
            // The same question sent again, after a broken connection, does not start the query again.
            "requestId": request_id()?,
        });
        if let Some(location) = location {
            query["location"] = Value::from(location);
        }
        let answer = self.send(self.http.post(&address).json(&query).repeatable())?;
        let body: Value = answer.json()?;
        let job = Job::of(&answer, &body, &address)?;
        match body["jobComplete"] == true {
            true => Ok(Page { job, body }),
            false => self.results(job, None),
        }
    }

    /// A page of the results; the first one after waiting for the query.
    fn results(&self, job: Job, token: Option<&str>) -> Result<Page, RemoteError> {
        let mut address = format!(
            "{}/{}?maxResults={PAGE_ROWS}&timeoutMs={WAIT}&formatOptions.useInt64Timestamp=true",
            job.queries,
            encoded(&job.id)
        );
        for (name, value) in [("location", job.location.as_deref()), ("pageToken", token)] {
            if let Some(value) = value {
                address.push_str(&format!("&{name}={}", encoded(value)));
            }
        }
        for _ in 0..ASKS_MAX {
            let body: Value = self.send(self.http.get(&address))?.json()?;
            if body["jobComplete"] == true {
                return Ok(Page { job, body });
            }
            self.http.pause(Duration::from_secs(1));
        }
        let problem = format!("query {} did not end within an hour; run the command again later", job.id);
        Err(RemoteError::Unreachable { place: job.queries, problem })
    }

    fn send(&self, request: Request) -> Result<Answer, RemoteError> {
        let request = match &self.tokens {
            Some(tokens) => request.bearer(&tokens.bearer()?),
            None => request,
        };
        request.needs(NEEDS).body_max(PAGE_BYTES_MAX).send()
    }
}

/// A query that runs or ran.
struct Job {
    id: String,
    location: Option<String>,
    /// The address of all queries of its project.
    queries: String,
}

impl Job {
    fn of(answer: &Answer, body: &Value, queries: &str) -> Result<Self, RemoteError> {
        let text = |name: &str| body["jobReference"][name].as_str().map(str::to_owned);
        let id = text("jobId").ok_or_else(|| {
            let problem = "the answer names no job; check GOOGLE_BIGQUERY_ENDPOINT, or run the command again";
            RemoteError::damaged(answer.place(), problem)
        })?;
        Ok(Self { id, location: text("location"), queries: queries.to_owned() })
    }
}

struct Page {
    job: Job,
    body: Value,
}

/// The file that is being written.
struct Lines {
    place: String,
    path: std::path::PathBuf,
    file: BufWriter<File>,
    count: u64,
    text: String,
}

impl Lines {
    fn create(path: &Path, place: String) -> Result<Self, RemoteError> {
        let file = File::create(path).map_err(|error| RemoteError::local(path, "writing", &error))?;
        let file = BufWriter::new(file);
        Ok(Self { place, path: path.to_owned(), file, count: 0, text: String::new() })
    }

    fn write(&mut self, shape: &Shape, page: &Value) -> Result<(), RemoteError> {
        for row in page["rows"].as_array().map(Vec::as_slice).unwrap_or_default() {
            shape.write(&self.place, row, &mut self.text)?;
            self.count += 1;
        }
        let written = self.file.write_all(self.text.as_bytes());
        self.text.clear();
        written.map_err(|error| RemoteError::local(&self.path, "writing", &error))
    }

    fn finish(mut self, total: Option<u64>, asked: &Months<'_>) -> Result<u64, RemoteError> {
        self.file.flush().map_err(|error| RemoteError::local(&self.path, "writing", &error))?;
        if total != Some(self.count) {
            let counted = total.map_or_else(|| "an unknown number of".to_owned(), |total| total.to_string());
            let problem = format!(
                "the query has {counted} rows, but {} came; nothing was taken: run the command again",
                self.count
            );
            return Err(RemoteError::damaged(self.place, problem));
        }
        if self.count == 0 {
            let month = invoice_month(asked.month);
            let problem = format!(
                "the table has no row of invoice month {month}; nothing was taken: check GCP_BILLING_TABLE and --period"
            );
            return Err(RemoteError::damaged(self.place, problem));
        }
        Ok(self.count)
    }
}

/// The columns that are asked for and that the table has.
fn columns<'q>(asked: &Months<'q>, about: &Value) -> Result<Vec<&'q str>, RemoteError> {
    let place = asked.table.to_string();
    let fields = rows::fields(&place, &about["schema"])?;
    let has = |path: &&str| rows::has_path(&fields, path);
    if let Some(missing) = NEEDED.iter().find(|path| !has(path)) {
        let problem = format!(
            "this is no billing export, it has no column {missing}: name the table \
             gcp_billing_export_v1_… or gcp_billing_export_resource_v1_… in GCP_BILLING_TABLE"
        );
        return Err(RemoteError::damaged(place, problem));
    }
    Ok(asked.columns.iter().copied().filter(has).collect())
}

/// The query. Each nested column has its path as its name, for what is paid is what is read.
fn statement(table: &BillingTable, columns: &[&str]) -> String {
    let column = |path: &&str| format!("`{}` AS `{}`", path.replace('.', "`.`"), path.replace('.', "__"));
    let list: Vec<String> = columns.iter().map(column).collect();
    format!("SELECT {} FROM `{table}` WHERE `invoice`.`month` = @month", list.join(", "))
}

fn invoice_month(month: Period) -> String {
    format!("{:04}{:02}", month.year(), month.month())
}

fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// A name for a question that no other question has.
fn request_id() -> Result<String, RemoteError> {
    let random: [u8; 16] = ring::rand::generate(&ring::rand::SystemRandom::new())
        .map_err(|_| RemoteError::Internal("this machine gives no random numbers".to_owned()))?
        .expose();
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_named_by_project_dataset_and_table() {
        let shown = |text: &str| BillingTable::parse(text).map(|table| table.to_string());
        assert_eq!(
            shown(" `my-proj.billing.gcp_v1_01-AB` ").as_deref(),
            Some("my-proj.billing.gcp_v1_01-AB")
        );
        assert_eq!(shown("example.com:proj.d.t").as_deref(), Some("example.com:proj.d.t"));
        assert_eq!(shown("proj:d.t").as_deref(), Some("proj.d.t"));
        for wrong in ["", "d.t", "p.d.t; DROP", "p.d-x.t", "p..t", "p.d.`t"] {
            assert_eq!(shown(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn only_columns_that_are_there_are_asked_for() {
        let table = BillingTable::parse("p.d.t").unwrap();
        let month = Period::new(2026, 3).unwrap();
        let columns_asked = ["cost", "project.id", "tags"];
        let asked = Months { table: &table, month, columns: &columns_asked, location: None };
        let text = |name: &str| json!({"name": name, "type": "STRING"});
        let record =
            |name: &str, inner: &str| json!({"name": name, "type": "RECORD", "fields": [text(inner)]});
        let mut fields =
            vec![text("cost"), text("currency"), record("invoice", "month"), record("project", "id")];
        let found = columns(&asked, &json!({"schema": {"fields": fields}})).unwrap();
        assert_eq!(
            statement(&table, &found),
            "SELECT `cost` AS `cost`, `project`.`id` AS `project__id` FROM `p.d.t` WHERE `invoice`.`month` = @month"
        );
        assert_eq!(invoice_month(month), "202603");
        fields.remove(1);
        let error = columns(&asked, &json!({"schema": {"fields": fields}})).unwrap_err().to_string();
        assert!(error.starts_with("p.d.t: this is no billing export, it has no column currency"), "{error}");
    }
}
