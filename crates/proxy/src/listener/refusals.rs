//! Visitors that were turned away, told in batches: a flood must not become a flood of log lines, and nobody is turned
//! away silently either. Each is counted at once; a line for each way of refusing follows with the next sweep.

use crate::crowd::Party;
use std::{
    cell::{Cell, RefCell},
    io,
    net::SocketAddr,
};
use telemetry::{ConnectionRefused, ConnectionsRefused, RefusedWhy, Tally};

/// What one worker has not told yet.
#[derive(Default)]
pub(crate) struct Refusals {
    counts: [Cell<u64>; RefusedWhy::ALL.len()],
    last: Cell<Option<SocketAddr>>,
    /// What the system last said when it let nobody in.
    error: RefCell<Option<io::Error>>,
}

impl Refusals {
    /// Notes and counts that `peer` was refused, or that somebody had to make room for it.
    pub(crate) fn note(&self, tally: &Tally, peer: SocketAddr, why: RefusedWhy) {
        ConnectionRefused { peer, why }.emit(tally);
        self.count(why);
        self.last.set(Some(peer));
    }

    /// Notes and counts that the system let nobody in: it lacks descriptors or memory, and cannot even say for whom.
    pub(crate) fn note_shortage(&self, tally: &Tally, error: io::Error) {
        tally.connection_refused(RefusedWhy::Resource);
        self.count(RefusedWhy::Resource);
        *self.error.borrow_mut() = Some(error);
    }

    fn count(&self, why: RefusedWhy) {
        let count = &self.counts[why as usize];
        count.set(count.get() + 1);
    }

    /// Tells what there is to tell. `largest` holds the most connections of the worker now.
    pub(crate) fn tell(&self, largest: Option<(Party, usize)>) {
        let largest = largest.map(|(party, held)| (party.to_string(), held));
        let error = self.error.take();
        for why in RefusedWhy::ALL {
            let count = self.counts[*why as usize].take();
            if count > 0 {
                let largest = largest.as_ref().map(|(party, held)| (party.as_str(), *held));
                let error = error.as_ref().filter(|_| *why == RefusedWhy::Resource);
                ConnectionsRefused { why: *why, count, last: self.last.get(), error, largest }.emit();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        fmt,
        sync::{Arc, Mutex},
    };
    use telemetry::Telemetry;
    use tracing::{
        Event, Level, Metadata, Subscriber,
        field::{Field, Visit},
        span,
    };

    /// Keeps the log lines of a thread, each as its fields.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<String>>>);

    struct Line(String);

    impl Visit for Line {
        fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
            self.0 += &format!("{field}={value:?};");
        }
    }

    impl Subscriber for Lines {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            *metadata.level() <= Level::WARN
        }

        fn event(&self, event: &Event<'_>) {
            let mut line = Line(String::new());
            event.record(&mut line);
            self.0.lock().expect("lines").push(line.0);
        }

        fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
            span::Id::from_u64(1)
        }

        fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
        fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
        fn enter(&self, _: &span::Id) {}
        fn exit(&self, _: &span::Id) {}
    }

    /// Every way of refusing is counted at once and told in one line of its own, however often it happened.
    #[test]
    fn refusals_are_counted_at_once_and_told_in_one_line_per_cause() {
        let (telemetry, refusals, lines) = (Telemetry::silent(), Refusals::default(), Lines::default());
        let tally = telemetry.metrics.tally();
        let peer = |number| SocketAddr::from(([192, 0, 2, number], 7));
        tracing::subscriber::with_default(lines.clone(), || {
            for why in RefusedWhy::ALL {
                (0..3).for_each(|number| refusals.note(&tally, peer(number), *why));
            }
            assert_eq!(*lines.0.lock().expect("lines"), [""; 0], "a flood is not a flood of lines");
            let crowd: std::net::IpAddr = "198.51.100.9".parse().expect("an address");
            refusals.tell(Some((Party::of(crowd), 40)));
            refusals.tell(None);
        });
        let lines = lines.0.lock().expect("lines");
        assert_eq!(lines.len(), RefusedWhy::ALL.len(), "{lines:#?}");
        for (why, line) in RefusedWhy::ALL.iter().zip(&*lines) {
            let reason = why.reason().map_or("", verdict::Reason::id);
            for part in [
                format!("why=\"{}\";reason=\"{reason}\";count=3;", why.as_str()),
                "last=192.0.2.2:7;".to_owned(),
                "largest_holder=\"198.51.100.9\";held=40;".to_owned(),
            ] {
                assert!(line.contains(&part), "{part} in {line}");
            }
            let counted = format!("bellwether_connections_refused_total{{why=\"{}\"}} 3", why.as_str());
            assert!(telemetry.scrape().contains(&counted), "{counted}");
        }
    }

    /// A node without descriptors fails many times a second, and says so once per sweep, with what the system said.
    #[test]
    fn a_shortage_is_told_in_one_line_however_often_it_shows() {
        let (telemetry, refusals, lines) = (Telemetry::silent(), Refusals::default(), Lines::default());
        let tally = telemetry.metrics.tally();
        let shortage = || io::Error::from_raw_os_error(libc::EMFILE);
        tracing::subscriber::with_default(lines.clone(), || {
            (0..40).for_each(|_| refusals.note_shortage(&tally, shortage()));
            refusals.tell(None);
            refusals.tell(None);
        });
        let lines = lines.0.lock().expect("lines");
        assert_eq!(lines.len(), 1, "{lines:#?}");
        for part in ["why=\"resource\";", "count=40;", &format!("error={};", shortage())] {
            assert!(lines[0].contains(part), "{part} in {lines:?}");
        }
        assert!(telemetry.scrape().contains("bellwether_connections_refused_total{why=\"resource\"} 40"));
    }
}
