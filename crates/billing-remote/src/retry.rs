//! When a request is tried again, and how long before that.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use reqwest::header::HeaderMap;

use crate::error::RemoteError;

/// No single wait is longer, whatever a server asks for.
pub(crate) const WAIT_MAX: Duration = Duration::from_secs(120);

/// How often, and after what pauses, something is tried.
#[derive(Debug, Clone)]
pub struct RetryPolicy {
    /// Attempts in all, the first one included.
    pub attempts: u32,
    /// The pause after the first attempt; each later one is twice as long. The real ones lie between half of that and
    /// all of it, so that many clients do not come back at once.
    pub first_pause: Duration,
    /// The longest pause that is chosen here; a server may ask for more, up to two minutes.
    pub longest_pause: Duration,
    /// Waits, or notes what would be waited.
    pub waiter: Waiter,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 6,
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(30),
            waiter: Waiter::default(),
        }
    }
}

/// Why one attempt failed, and whether another may not.
pub(crate) struct Failure {
    pub(crate) error: Box<RemoteError>,
    pub(crate) passing: bool,
    /// How long the server asks to wait.
    pub(crate) asked: Option<Duration>,
}

impl Failure {
    pub(crate) fn new(error: RemoteError, passing: bool) -> Self {
        Self { error: Box::new(error), passing, asked: None }
    }
}

/// Waits between attempts; in tests it notes the waits instead.
#[derive(Debug, Clone, Default)]
pub struct Waiter(Option<Arc<Mutex<Vec<Duration>>>>);

impl Waiter {
    /// One that does not wait, for tests.
    #[must_use]
    pub fn noting() -> Self {
        Self(Some(Arc::default()))
    }

    /// What would have been waited, where the waiter only notes it.
    #[must_use]
    pub fn noted(&self) -> Vec<Duration> {
        let notes = self.0.as_ref().map(|notes| notes.lock().unwrap_or_else(PoisonError::into_inner).clone());
        notes.unwrap_or_default()
    }

    pub(crate) async fn wait(&self, pause: Duration) {
        match &self.0 {
            Some(notes) => notes.lock().unwrap_or_else(PoisonError::into_inner).push(pause),
            None => tokio::time::sleep(pause).await,
        }
    }
}

/// The attempts at one thing.
#[derive(Debug)]
pub(crate) struct Attempts<'p> {
    policy: &'p RetryPolicy,
    failed: u32,
}

impl<'p> Attempts<'p> {
    pub(crate) fn new(policy: &'p RetryPolicy) -> Self {
        Self { policy, failed: 0 }
    }

    /// Starts counting anew: something was achieved since the last failure.
    pub(crate) fn progressed(&mut self) {
        self.failed = 0;
    }

    /// Waits before the next attempt, at least as long as the server asked for. `false` when there is none left.
    pub(crate) async fn again(&mut self, asked: Option<Duration>, why: &dyn std::fmt::Display) -> bool {
        self.failed += 1;
        if self.failed >= self.policy.attempts {
            return false;
        }
        let pause = self.pause().max(asked.unwrap_or_default()).min(WAIT_MAX);
        tracing::info!(attempt = self.failed + 1, seconds = pause.as_secs(), "trying again: {why}");
        self.policy.waiter.wait(pause).await;
        true
    }

    fn pause(&self) -> Duration {
        let doubled = self.policy.first_pause.saturating_mul(1 << (self.failed - 1).min(16));
        let half = doubled.min(self.policy.longest_pause) / 2;
        let spread = u64::try_from(half.as_millis()).unwrap_or(u64::MAX).saturating_add(1);
        half + Duration::from_millis(random() % spread)
    }
}

/// A number that cannot be foreseen: the standard library seeds each hasher anew.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Whether a status means that the same request may succeed later.
pub(crate) fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
}

/// How long the server asks to wait: the longest of `Retry-After` (seconds, or a date against the answer's own) and of
/// Azure's `x-ms-ratelimit-…-retry-after` (seconds).
/// Source: <https://learn.microsoft.com/azure/cost-management-billing/costs/manage-automation#api-latency-and-rate-limits>
pub(crate) fn asked_wait(headers: &HeaderMap) -> Option<Duration> {
    let asked = headers.iter().filter_map(|(name, value)| {
        let name = name.as_str();
        let limits = name.starts_with("x-ms-ratelimit-") && name.ends_with("-retry-after");
        let value = value.to_str().ok()?.trim();
        match name == "retry-after" || limits {
            true => value.parse().ok().map(Duration::from_secs).or_else(|| until(headers, value)),
            false => None,
        }
    });
    asked.max()
}

/// The time from the answer's `Date` to a later date.
fn until(headers: &HeaderMap, date: &str) -> Option<Duration> {
    let read = |text: &str| jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp().as_second());
    let now = read(headers.get("date")?.to_str().ok()?)?;
    Some(Duration::from_secs(u64::try_from(read(date)? - now).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_server_says_how_long_to_wait() {
        let seconds = |pairs| asked_wait(&headers(pairs)).map(|wait| wait.as_secs());
        assert_eq!(seconds(&[("content-type", "7")]), None);
        assert_eq!(seconds(&[("retry-after", "7")]), Some(7));
        let limits = [
            ("x-ms-ratelimit-microsoft.costmanagement-qpu-retry-after", "12"),
            ("x-ms-ratelimit-microsoft.costmanagement-tenant-retry-after", "40"),
            ("x-ms-ratelimit-remaining-tenant-reads", "90"),
            ("retry-after", "3"),
        ];
        assert_eq!(seconds(&limits), Some(40));
        let dates =
            [("date", "Sun, 01 Nov 2026 10:00:00 GMT"), ("retry-after", "Sun, 01 Nov 2026 10:01:30 GMT")];
        assert_eq!(seconds(&dates), Some(90));
        assert_eq!(seconds(&[("retry-after", "soon")]), None);
    }

    #[test]
    fn pauses_double_with_a_spread_and_are_bounded() {
        let waiter = Waiter::noting();
        let policy = RetryPolicy { waiter: waiter.clone(), attempts: 9, ..RetryPolicy::default() };
        let mut attempts = Attempts::new(&policy);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        while runtime.block_on(attempts.again(None, &"test")) {}
        let noted = waiter.noted();
        assert_eq!(noted.len(), 8);
        for (pause, seconds) in noted.iter().zip([1, 2, 4, 8, 16, 30, 30, 30]) {
            let longest = Duration::from_secs(seconds);
            assert!(*pause >= longest / 2 && *pause <= longest, "{pause:?} of {longest:?}");
        }
        attempts.progressed();
        assert!(runtime.block_on(attempts.again(Some(Duration::from_secs(900)), &"test")));
        assert_eq!(waiter.noted().last(), Some(&WAIT_MAX));
    }
}
