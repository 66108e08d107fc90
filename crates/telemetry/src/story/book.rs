//! The book of recent stories: bounded, and forgetting the oldest first.

use super::Story;
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How many stories are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoryBookSettings {
    /// Stories of failed requests. Default 4,096.
    pub failures: usize,
    /// Stories of successful requests. Default 1,024.
    pub samples: usize,
    /// One success in this many is kept; 0 keeps none. Default 1,000.
    pub sample_every: u32,
}

impl Default for StoryBookSettings {
    fn default() -> Self {
        Self { failures: 4096, samples: 1024, sample_every: 1000 }
    }
}

/// Recent stories, by Ray ID and by age.
pub struct StoryBook {
    settings: StoryBookSettings,
    shelves: Mutex<Shelves>,
}

/// Failures and samples age apart, so that a busy hour of successes pushes no failure out.
#[derive(Default)]
struct Shelves {
    failures: VecDeque<Arc<Story>>,
    samples: VecDeque<Arc<Story>>,
    by_ray: HashMap<String, Arc<Story>>,
}

impl StoryBook {
    /// An empty book.
    pub fn new(settings: StoryBookSettings) -> Self {
        Self { settings, shelves: Mutex::default() }
    }

    /// A countdown for one worker that says which successes to keep.
    pub fn sampler(&self) -> Sampler {
        Sampler { every: self.settings.sample_every, seen: 0 }
    }

    /// Keeps a story and forgets the oldest of its kind when there are too many.
    pub fn record(&self, story: Story) {
        let story = Arc::new(story);
        let mut shelves = self.shelves();
        let Shelves { failures, samples, by_ray } = &mut *shelves;
        let (shelf, room) = match story.is_failure() {
            true => (failures, self.settings.failures),
            false => (samples, self.settings.samples),
        };
        by_ray.insert(story.ray_id.clone(), story.clone());
        shelf.push_back(story);
        while shelf.len() > room {
            if let Some(oldest) = shelf.pop_front() {
                // A later story may have taken the same Ray ID.
                if by_ray.get(&oldest.ray_id).is_some_and(|known| Arc::ptr_eq(known, &oldest)) {
                    by_ray.remove(&oldest.ray_id);
                }
            }
        }
    }

    /// The story of a request by its Ray ID, with or without the data center (`230b030023ae2822-LCL`).
    pub fn find(&self, ray: &str) -> Option<Arc<Story>> {
        let digits = ray.split('-').next().unwrap_or(ray).to_ascii_lowercase();
        self.shelves().by_ray.get(&digits).cloned()
    }

    /// The latest stories, newest first: failures and samples together.
    pub fn recent(&self, limit: usize) -> Vec<Arc<Story>> {
        self.latest(limit, |_| true)
    }

    /// The latest failures, newest first.
    pub fn recent_failures(&self, limit: usize) -> Vec<Arc<Story>> {
        self.latest(limit, Story::is_failure)
    }

    /// How many failures and samples are kept now.
    pub fn kept(&self) -> (usize, usize) {
        let shelves = self.shelves();
        (shelves.failures.len(), shelves.samples.len())
    }

    fn latest(&self, limit: usize, wanted: impl Fn(&Story) -> bool) -> Vec<Arc<Story>> {
        let shelves = self.shelves();
        // Each shelf is in order of arrival, so the newest `limit` of both are among the last `limit` of each.
        let ends = [&shelves.failures, &shelves.samples].map(|shelf| shelf.iter().rev().take(limit));
        let mut stories: Vec<_> = ends.into_iter().flatten().filter(|story| wanted(story)).cloned().collect();
        drop(shelves);
        stories.sort_by_key(|story| std::cmp::Reverse(story.at));
        stories.truncate(limit);
        stories
    }

    /// Nothing can panic while the lock is held with the shelves out of step but an allocation failure.
    fn shelves(&self) -> MutexGuard<'_, Shelves> {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One worker's countdown to the next success whose story is kept.
#[derive(Clone, Debug)]
pub struct Sampler {
    every: u32,
    seen: u32,
}

impl Sampler {
    /// Counts one success; true when its story is to be recorded. The first success is.
    pub fn should_sample(&mut self) -> bool {
        if self.every == 0 {
            return false;
        }
        let due = self.seen == 0;
        self.seen = (self.seen + 1) % self.every;
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Timestamp;
    use verdict::Reason;

    fn story(number: u8, reason: Option<Reason>) -> Story {
        let at = Timestamp::from_second(number.into()).expect("in range");
        Story { ray_id: format!("{number:016x}"), at, reason, ..Story::default() }
    }

    fn book() -> StoryBook {
        StoryBook::new(StoryBookSettings { failures: 2, samples: 2, sample_every: 3 })
    }

    #[test]
    fn successes_push_no_failure_out() {
        let book = book();
        book.record(story(1, Some(Reason::TcpRefused)));
        for number in 2..10 {
            book.record(story(number, None));
        }
        assert_eq!(book.kept(), (1, 2));
        assert!(book.find("0000000000000001").is_some());
        assert!(book.find("0000000000000005").is_none());
        let numbers: Vec<_> = book.recent(10).iter().map(|story| story.at.as_second()).collect();
        assert_eq!(numbers, [9, 8, 1]);
        assert_eq!(book.recent_failures(10).len(), 1);
    }

    #[test]
    fn a_ray_is_found_as_it_is_written_anywhere() {
        let book = book();
        book.record(story(171, Some(Reason::TcpRefused)));
        for ray in ["00000000000000ab", "00000000000000ab-LCL", "00000000000000AB"] {
            assert!(book.find(ray).is_some(), "{ray}");
        }
        assert!(book.find("").is_none());
    }

    #[test]
    fn a_repeated_ray_outlives_its_first_story() {
        let book = book();
        let failed = || story(1, Some(Reason::TcpRefused));
        book.record(failed());
        book.record(Story { status: 521, ..failed() });
        book.record(story(2, Some(Reason::TcpRefused)));
        assert_eq!(book.find("0000000000000001").expect("kept").status, 521);
    }

    #[test]
    fn one_success_in_n_is_sampled() {
        let mut sampler = book().sampler();
        let taken: Vec<_> = (0..7).map(|_| sampler.should_sample()).collect();
        assert_eq!(taken, [true, false, false, true, false, false, true]);
        let mut never = StoryBook::new(StoryBookSettings { sample_every: 0, ..StoryBookSettings::default() }).sampler();
        assert!(!never.should_sample());
    }
}
