//! The field names that this proxy acts on or meets all the time, told apart without allocation.
//!
//! A name of up to 32 bytes is read as at most four words. A multiplicative hash of these words, found at compile time
//! to be free of collisions, leads to the only candidate, and one masked comparison per word settles it. The mask holds
//! the case bit of letters only, so `-` never matches a carriage return and `a` never matches `!`. A name that is known
//! is therefore also proven to consist of legal bytes.

use std::fmt;

macro_rules! known {
    ($($variant:ident $name:literal,)*) => {
        /// A field name that the proxy knows; [`Known::Other`] for all the rest.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Known { $(#[doc = $name] $variant,)* #[doc = "Any name that is not listed here."] Other }

        impl Known {
            /// Every known name, [`Known::Other`] not included.
            pub const ALL: &'static [Known] = &[$(Known::$variant,)*];

            /// The name in lower case; empty for [`Known::Other`].
            pub const fn name(self) -> &'static str {
                match self { $(Known::$variant => $name,)* Known::Other => "" }
            }
        }
    };
}

known! {
    // Connection and framing.
    Host "host",
    Connection "connection",
    ContentLength "content-length",
    TransferEncoding "transfer-encoding",
    KeepAlive "keep-alive",
    ProxyConnection "proxy-connection",
    Te "te",
    Trailer "trailer",
    Upgrade "upgrade",
    Expect "expect",
    Http2Settings "http2-settings",
    // Who is asking, and by which way.
    UserAgent "user-agent",
    Referer "referer",
    Origin "origin",
    Authorization "authorization",
    ProxyAuthorization "proxy-authorization",
    ProxyAuthenticate "proxy-authenticate",
    WwwAuthenticate "www-authenticate",
    Cookie "cookie",
    SetCookie "set-cookie",
    Forwarded "forwarded",
    Via "via",
    XForwardedFor "x-forwarded-for",
    XForwardedProto "x-forwarded-proto",
    XForwardedHost "x-forwarded-host",
    XRealIp "x-real-ip",
    XRequestId "x-request-id",
    TrueClientIp "true-client-ip",
    CdnLoop "cdn-loop",
    CfConnectingIp "cf-connecting-ip",
    CfConnectingIpv6 "cf-connecting-ipv6",
    CfPseudoIpv4 "cf-pseudo-ipv4",
    CfIpCountry "cf-ipcountry",
    CfVisitor "cf-visitor",
    CfRay "cf-ray",
    CfWorker "cf-worker",
    CfEwVia "cf-ew-via",
    // What is wanted.
    Accept "accept",
    AcceptEncoding "accept-encoding",
    AcceptLanguage "accept-language",
    AcceptCharset "accept-charset",
    AcceptRanges "accept-ranges",
    Range "range",
    IfRange "if-range",
    IfMatch "if-match",
    IfNoneMatch "if-none-match",
    IfModifiedSince "if-modified-since",
    IfUnmodifiedSince "if-unmodified-since",
    Priority "priority",
    Dnt "dnt",
    UpgradeInsecureRequests "upgrade-insecure-requests",
    XRequestedWith "x-requested-with",
    SecFetchSite "sec-fetch-site",
    SecFetchMode "sec-fetch-mode",
    SecFetchDest "sec-fetch-dest",
    SecFetchUser "sec-fetch-user",
    SecChUa "sec-ch-ua",
    SecChUaMobile "sec-ch-ua-mobile",
    SecChUaPlatform "sec-ch-ua-platform",
    SecWebSocketKey "sec-websocket-key",
    SecWebSocketVersion "sec-websocket-version",
    SecWebSocketProtocol "sec-websocket-protocol",
    SecWebSocketExtensions "sec-websocket-extensions",
    SecWebSocketAccept "sec-websocket-accept",
    // What is answered.
    Server "server",
    Date "date",
    Location "location",
    Allow "allow",
    Link "link",
    RetryAfter "retry-after",
    AltSvc "alt-svc",
    ProxyStatus "proxy-status",
    StrictTransportSecurity "strict-transport-security",
    ContentSecurityPolicy "content-security-policy",
    XContentTypeOptions "x-content-type-options",
    XFrameOptions "x-frame-options",
    XPoweredBy "x-powered-by",
    AccessControlAllowOrigin "access-control-allow-origin",
    XAccelBuffering "x-accel-buffering",
    XAccelCharset "x-accel-charset",
    XAccelLimitRate "x-accel-limit-rate",
    XAccelRedirect "x-accel-redirect",
    CfCacheStatus "cf-cache-status",
    CfMitigated "cf-mitigated",
    // The content, and how it may be kept.
    ContentType "content-type",
    ContentEncoding "content-encoding",
    ContentLanguage "content-language",
    ContentLocation "content-location",
    ContentRange "content-range",
    ContentDisposition "content-disposition",
    CacheControl "cache-control",
    CdnCacheControl "cdn-cache-control",
    CloudflareCdnCacheControl "cloudflare-cdn-cache-control",
    CacheTag "cache-tag",
    Pragma "pragma",
    Expires "expires",
    Age "age",
    Vary "vary",
    Etag "etag",
    LastModified "last-modified",
}

impl Known {
    /// Which known name `name` spells, in any case; [`Known::Other`] when none.
    #[inline]
    pub fn of(name: &[u8]) -> Known {
        let Some(words) = words(name) else { return Known::Other };
        let slot = SLOTS.table[slot(&words, name.len(), SLOTS.multiplier)];
        match KEYS.get(slot as usize) {
            Some(key) if key.matches(&words, name.len()) => key.known,
            _ => Known::Other,
        }
    }

    /// Whether the field speaks of one connection only and never travels on (RFC 9110 section 7.6.1).
    #[inline]
    pub const fn is_hop_by_hop(self) -> bool {
        KnownSet::HOP_BY_HOP.contains(self)
    }
}

impl fmt::Display for Known {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// A set of known names, such as all that occur in one head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KnownSet(u128);

impl KnownSet {
    const HOP_BY_HOP: KnownSet = KnownSet::of(&[
        Known::Connection,
        Known::KeepAlive,
        Known::ProxyConnection,
        Known::Te,
        Known::Trailer,
        Known::TransferEncoding,
        Known::Upgrade,
        Known::Http2Settings,
    ]);

    /// The set of these names; usable in constants.
    pub const fn of(names: &[Known]) -> KnownSet {
        let mut bits = 0;
        let mut at = 0;
        while at < names.len() {
            bits |= 1u128 << names[at] as u8;
            at += 1;
        }
        KnownSet(bits)
    }

    #[inline]
    pub const fn contains(self, name: Known) -> bool {
        self.0 & (1u128 << name as u8) != 0
    }

    #[inline]
    pub fn insert(&mut self, name: Known) {
        self.0 |= 1u128 << name as u8;
    }
}

/// A name as words: the last word overlaps the one before, so that no byte beyond the name is read.
type Words = [u64; 4];

#[inline]
const fn words(name: &[u8]) -> Option<Words> {
    let mut words = [0; 4];
    match name.len() {
        1..=3 => words[0] = name[0] as u64 | (name[name.len() / 2] as u64) << 8 | (name[name.len() - 1] as u64) << 16,
        4..=7 => match (name.first_chunk(), name.last_chunk()) {
            (Some(first), Some(last)) => {
                words[0] = u32::from_le_bytes(*first) as u64 | (u32::from_le_bytes(*last) as u64) << 32;
            }
            _ => return None,
        },
        8..=32 => {
            match (name.first_chunk(), name.last_chunk()) {
                (Some(first), Some(last)) => {
                    words[0] = u64::from_le_bytes(*first);
                    words[3] = u64::from_le_bytes(*last);
                }
                _ => return None,
            }
            if name.len() > 16 {
                words[1] = word(name, 8);
            }
            if name.len() > 24 {
                words[2] = word(name, 16);
            }
        }
        _ => return None,
    }
    Some(words)
}

#[inline]
const fn word(name: &[u8], at: usize) -> u64 {
    match name.split_at_checked(at) {
        Some((_, rest)) => match rest.first_chunk() {
            Some(bytes) => u64::from_le_bytes(*bytes),
            None => 0,
        },
        None => 0,
    }
}

/// A known name, prepared for comparison.
struct Key {
    words: Words,
    /// The case bit of every letter: the bits in which a spelling may differ.
    case: Words,
    len: usize,
    known: Known,
}

impl Key {
    const fn new(known: Known) -> Key {
        let name = known.name().as_bytes();
        let Some(words) = words(name) else { panic!("a known name has 1 to 32 bytes") };
        let case = [case_bits(words[0]), case_bits(words[1]), case_bits(words[2]), case_bits(words[3])];
        Key { words, case, len: name.len(), known }
    }

    #[inline]
    fn matches(&self, words: &Words, len: usize) -> bool {
        let differs = |at: usize| (words[at] ^ self.words[at]) & !self.case[at];
        // Up to 16 bytes the first and the last word are the whole name.
        len == self.len && (differs(0) | differs(3)) == 0 && (len <= 16 || (differs(1) | differs(2)) == 0)
    }
}

const fn case_bits(word: u64) -> u64 {
    let mut bytes = word.to_le_bytes();
    let mut at = 0;
    while at < 8 {
        bytes[at] = if bytes[at].is_ascii_lowercase() { 0x20 } else { 0 };
        at += 1;
    }
    u64::from_le_bytes(bytes)
}

static KEYS: [Key; Known::ALL.len()] = {
    let mut keys = [const { Key::new(Known::Host) }; Known::ALL.len()];
    let mut at = 0;
    while at < keys.len() {
        keys[at] = Key::new(Known::ALL[at]);
        at += 1;
    }
    keys
};

const SLOT_BITS: u32 = 11;
const NO_SLOT: u8 = u8::MAX;

struct Slots {
    multiplier: u64,
    table: [u8; 1 << SLOT_BITS],
}

static SLOTS: Slots = find_slots();

/// Where a name belongs in the table. Case does not matter: the case bit of every byte is cleared first.
#[inline]
const fn slot(words: &Words, len: usize, multiplier: u64) -> usize {
    const FOLD: u64 = 0xdfdf_dfdf_dfdf_dfdf;
    let mixed = (words[0] & FOLD) ^ (words[3] & FOLD).rotate_left(29) ^ len as u64;
    (mixed.wrapping_mul(multiplier) >> (64 - SLOT_BITS)) as usize
}

/// Tries multipliers until every known name has a slot of its own. Runs while compiling.
const fn find_slots() -> Slots {
    let mut multiplier: u64 = 0x9e37_79b9_7f4a_7c15;
    loop {
        if let Some(table) = fill_slots(multiplier) {
            return Slots { multiplier, table };
        }
        multiplier = multiplier.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f) | 1;
    }
}

const fn fill_slots(multiplier: u64) -> Option<[u8; 1 << SLOT_BITS]> {
    let mut table = [NO_SLOT; 1 << SLOT_BITS];
    let mut at = 0;
    while at < Known::ALL.len() {
        let name = Known::ALL[at].name().as_bytes();
        let Some(words) = words(name) else { return None };
        let slot = slot(&words, name.len(), multiplier);
        if table[slot] != NO_SLOT {
            return None;
        }
        table[slot] = at as u8;
        at += 1;
    }
    Some(table)
}

const _: () = assert!(Known::ALL.len() < 128, "a KnownSet holds 127 names and Other");
