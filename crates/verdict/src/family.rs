//! What the families of the catalogue have in common: an enum, one entry for each of its variants, and the way from one
//! to the other. A family adds the members of its entries, and the words in which they are written down.

/// Makes the enum of a family whose entries name their variant in the member `$own`.
macro_rules! family {
    ($(#[$meta:meta])* $family:ident told by $entry:ident ($own:ident):
        $($variant:ident $id:expr => { $($member:ident: $value:expr,)* })*
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $family { $($variant,)* }

        impl $family {
            /// The whole family, in the order of the catalogue.
            pub const ALL: &'static [$family] = &[$($family::$variant,)*];

            /// What the catalogue says of it.
            pub const fn entry(self) -> &'static $entry {
                match self { $($family::$variant => const { &$entry {
                    $own: $family::$variant,
                    id: $id,
                    $($member: $value,)*
                } },)* }
            }

            /// The stable identifier.
            pub const fn id(self) -> &'static str {
                self.entry().id
            }
        }
    };
}
pub(crate) use family;
