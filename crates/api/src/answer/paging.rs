//! Pages of a list: `page` and `per_page`, or `limit` and `offset`.

use super::Failure;
use crate::server::Query;
use model::Complaints;
use serde::Serialize;

/// What a list shows when a request names no window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paging {
    /// Everything. The official clients read these lists as one single page.
    Everything,
    /// Pages of this size. The official clients ask for one page after the other until one is empty.
    Pages(usize),
}

/// The part of a list that a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    offset: usize,
    /// `None` for all that follows.
    length: Option<usize>,
}

/// The `result_info` member of the envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ResultInfo {
    pub page: usize,
    pub per_page: usize,
    pub count: usize,
    pub total_count: usize,
    pub total_pages: usize,
}

/// The size of a page when only its number is given.
const PER_PAGE: usize = 25;
/// The largest page.
const MOST_PER_PAGE: usize = 1000;

impl Window {
    /// Reads the window from the query.
    ///
    /// # Errors
    /// Complaints about numbers that are out of range.
    pub fn from_query(query: &Query, paging: Paging) -> Result<Self, Failure> {
        let mut complaints = Complaints::new();
        let mut number = |name: &str, least: usize, most: usize| query.whole(name, least, most, &mut complaints);
        let page = number("page", 1, u32::MAX as usize);
        let per_page = number("per_page", 1, MOST_PER_PAGE);
        let limit = number("limit", 1, MOST_PER_PAGE);
        let offset = number("offset", 0, u32::MAX as usize);
        complaints.or(()).map_err(Failure::Invalid)?;
        if limit.is_some() || offset.is_some() {
            return Ok(Self { offset: offset.unwrap_or(0), length: Some(limit.unwrap_or(PER_PAGE)) });
        }
        let default = match paging {
            Paging::Pages(size) => Some(size),
            Paging::Everything => page.map(|_| PER_PAGE),
        };
        let length = per_page.or(default);
        Ok(Self { offset: (page.unwrap_or(1) - 1).saturating_mul(length.unwrap_or(0)), length })
    }

    /// The part of `items` that the window shows, and the account of it.
    pub fn cut<T>(self, items: Vec<T>) -> (Vec<T>, ResultInfo) {
        let total = items.len();
        let shown: Vec<T> = items.into_iter().skip(self.offset).take(self.length.unwrap_or(usize::MAX)).collect();
        let per_page = self.length.unwrap_or(total.max(1));
        let info = ResultInfo {
            page: self.offset / per_page + 1,
            per_page,
            count: shown.len(),
            total_count: total,
            total_pages: total.div_ceil(per_page),
        };
        (shown, info)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(query: &str, paging: Paging) -> (Vec<u32>, ResultInfo) {
        Window::from_query(&Query::parse(Some(query)), paging).unwrap().cut((0..60).collect())
    }

    #[test]
    fn a_list_without_a_window_shows_everything_or_its_first_page() {
        assert_eq!(cut("", Paging::Everything).0.len(), 60);
        assert_eq!(cut("", Paging::Pages(20)).0, (0..20).collect::<Vec<_>>());
    }

    #[test]
    fn pages_follow_each_other_without_gap_or_overlap() {
        for paging in [Paging::Everything, Paging::Pages(25)] {
            let pages = (1..5).flat_map(|page| cut(&format!("page={page}"), paging).0);
            assert_eq!(pages.collect::<Vec<_>>(), (0..60).collect::<Vec<_>>());
        }
    }

    #[test]
    fn limit_and_offset_are_exact() {
        let (shown, info) = cut("limit=10&offset=55", Paging::Everything);
        assert_eq!(shown, [55, 56, 57, 58, 59]);
        assert_eq!((info.page, info.per_page, info.count, info.total_count, info.total_pages), (6, 10, 5, 60, 6));
    }

    #[test]
    fn every_number_out_of_range_is_named() {
        let query = Query::parse(Some("page=0&per_page=1001&limit=x&offset=-1"));
        let Err(Failure::Invalid(complaints)) = Window::from_query(&query, Paging::Everything) else {
            panic!("accepted")
        };
        assert_eq!(complaints.iter().count(), 4);
    }
}
