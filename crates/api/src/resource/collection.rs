//! The operations that every kind of object has, below one path.

use super::{Farewell, Resource, verbs};
use crate::{
    references::{ReferenceView, references_of},
    server::{self, Operation},
};
use std::marker::PhantomData;

/// The objects of one kind below one path, such as the pools of an account.
///
/// Each function is one operation; a kind offers those that make sense for it, and describes what differs.
pub(crate) struct Collection<R> {
    path: String,
    name: String,
    kind: PhantomData<R>,
}

impl<R: Resource> Collection<R> {
    /// The collection at a path; `name` is what the names of its operations begin with.
    pub fn at(path: &str, name: &str) -> Self {
        Self { path: path.to_owned(), name: name.to_owned(), kind: PhantomData }
    }

    /// All that can be done with objects which are made, read, overwritten, amended and deleted.
    pub fn operations(&self) -> Vec<Operation> {
        vec![self.list(), self.create(), self.get(), self.replace(), self.amend(), self.delete()]
    }

    /// GET on the path.
    pub fn list(&self) -> Operation {
        server::get(&self.path, &self.named("list"), format!("Lists {}s", R::NOUN), verbs::list::<R>)
            .reads(R::FILTERS)
            .reads_window()
            .gives_list::<R::View>()
    }

    /// POST on the path.
    pub fn create(&self) -> Operation {
        server::post(&self.path, &self.named("create"), format!("Creates a {}", R::NOUN), verbs::create::<R>)
            .takes::<R::View>()
            .gives::<R::View>()
    }

    /// GET on one object.
    pub fn get(&self) -> Operation {
        server::get(&self.one(), &self.named("get"), format!("Reads a {}", R::NOUN), verbs::get::<R>).gives::<R::View>()
    }

    /// PUT on one object.
    pub fn replace(&self) -> Operation {
        server::put(&self.one(), &self.named("replace"), format!("Overwrites a {}", R::NOUN), verbs::replace::<R>)
            .takes::<R::View>()
            .gives::<R::View>()
    }

    /// PATCH on one object.
    pub fn amend(&self) -> Operation {
        let summary = format!("Changes what is supplied of a {}", R::NOUN);
        server::patch(&self.one(), &self.named("amend"), summary, verbs::amend::<R>)
            .takes::<R::View>()
            .gives::<R::View>()
    }

    /// DELETE on one object.
    pub fn delete(&self) -> Operation {
        let summary = format!("Deletes a {} that nothing refers to", R::NOUN);
        let operation = server::delete(&self.one(), &self.named("delete"), summary, verbs::delete::<R>);
        match R::FAREWELL {
            Farewell::Id => operation,
            Farewell::Object => operation.gives::<R::View>(),
        }
    }

    /// GET on the references of one object.
    pub fn references(&self) -> Operation {
        let summary = format!("Lists what refers to a {}, and what it refers to", R::NOUN);
        server::get(&self.below_one("references"), &self.named("references"), summary, references_of::<R>)
            .reads_window()
            .gives_list::<ReferenceView>()
    }

    /// The path of something that belongs to one object.
    pub fn below_one(&self, part: &str) -> String {
        format!("{}/{part}", self.one())
    }

    fn one(&self) -> String {
        format!("{}/{{{}}}", self.path, R::PART)
    }

    fn named(&self, verb: &str) -> String {
        format!("{}_{verb}", self.name)
    }
}
