//! The documents that a store keeps, each with its kind and its id, and the edits that change them.

use model::{
    Account, AccountId, Certificate, CertificateId, LoadBalancer, LoadBalancerId, Monitor, MonitorGroup,
    MonitorGroupId, MonitorId, Pool, PoolId, TrustAnchor, TrustAnchorId, Zone, ZoneId,
};
use std::{fmt, sync::Arc};

macro_rules! kinds {
    ($($variant:ident, $id:ident, $text:literal, $noun:literal;)*) => {
        /// The kinds of document.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind { $($variant,)* }

        impl Kind {
            /// Every kind; what others point at comes before what points at it.
            pub const ALL: &'static [Kind] = &[$(Kind::$variant,)*];

            /// The text form, such as `load_balancer`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Kind::$variant => $text,)* }
            }

            /// The kind in a sentence, such as `load balancer`.
            pub const fn noun(self) -> &'static str {
                match self { $(Kind::$variant => $noun,)* }
            }

            /// The kind with this text form.
            pub fn from_text(text: &str) -> Option<Kind> {
                Kind::ALL.iter().copied().find(|kind| kind.as_str() == text)
            }

            /// The id of this kind with this text form.
            pub fn parse_id(self, text: &str) -> Option<ObjectId> {
                match self { $(Kind::$variant => text.parse().ok().map(ObjectId::$variant),)* }
            }
        }

        /// Names a document, whatever its kind.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ObjectId { $($variant($id),)* }

        impl ObjectId {
            /// The kind of the document.
            pub const fn kind(&self) -> Kind {
                match self { $(ObjectId::$variant(_) => Kind::$variant,)* }
            }
        }

        impl fmt::Display for ObjectId {
            /// The id alone, 32 hexadecimal digits.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self { $(ObjectId::$variant(id) => id.fmt(f),)* }
            }
        }

        /// A document, whatever its kind. Cloning copies a pointer.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Object { $($variant(Arc<$variant>),)* }

        impl Object {
            /// The id of the document.
            pub fn id(&self) -> ObjectId {
                match self { $(Object::$variant(value) => ObjectId::$variant(value.id),)* }
            }

            /// The kind of the document.
            pub const fn kind(&self) -> Kind {
                match self { $(Object::$variant(_) => Kind::$variant,)* }
            }
        }

        $(
            impl From<$id> for ObjectId {
                fn from(id: $id) -> Self {
                    ObjectId::$variant(id)
                }
            }

            impl From<$variant> for Object {
                fn from(value: $variant) -> Self {
                    Object::$variant(Arc::new(value))
                }
            }

            impl From<Arc<$variant>> for Object {
                fn from(value: Arc<$variant>) -> Self {
                    Object::$variant(value)
                }
            }
        )*
    };
}

kinds! {
    Account, AccountId, "account", "account";
    Zone, ZoneId, "zone", "zone";
    Monitor, MonitorId, "monitor", "monitor";
    MonitorGroup, MonitorGroupId, "monitor_group", "monitor group";
    Pool, PoolId, "pool", "pool";
    LoadBalancer, LoadBalancerId, "load_balancer", "load balancer";
    Certificate, CertificateId, "certificate", "certificate";
    TrustAnchor, TrustAnchorId, "trust_anchor", "trust anchor";
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One step of a change.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// Creates the document or replaces it whole.
    Put(Object),
    /// Removes the document.
    Delete(ObjectId),
}

impl Edit {
    /// Creates or replaces a document.
    pub fn put(object: impl Into<Object>) -> Self {
        Edit::Put(object.into())
    }

    /// Removes a document.
    pub fn delete(id: impl Into<ObjectId>) -> Self {
        Edit::Delete(id.into())
    }

    /// What the edit is about.
    pub fn id(&self) -> ObjectId {
        match self {
            Edit::Put(object) => object.id(),
            Edit::Delete(id) => *id,
        }
    }
}
