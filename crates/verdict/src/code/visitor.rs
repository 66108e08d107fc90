//! What a visitor can do, where the same advice fits several codes.

pub(super) const WAIT: &str = "Your device and your connection are fine. Wait a little and reload; if it goes on, \
    send the site's owner the Ray ID on this page.";
pub(super) const TELL_OWNER: &str = "Reloading will not help until the site's owner changes something. Send them the \
    Ray ID on this page and the time you saw it.";
pub(super) const ASK_ACCESS: &str = "If you should be let in, send the site's owner the Ray ID on this page: with it \
    they can find the rule that stopped you. Turning off a VPN or proxy may also help.";
pub(super) const SLOW_DOWN: &str = "Stop sending requests for as long as the Retry-After header says, then go on more \
    slowly.";
pub(super) const FIX_CLIENT: &str = "If you wrote the client, correct the request as described; if you are using a \
    browser, try without extensions, VPN or proxy in between.";
pub(super) const READ_ANSWER: &str = "The site itself gave this answer; its page says what it expects of you. If it \
    says nothing, ask the site's owner.";
pub(super) const UPDATE_CLIENT: &str = "Update your browser or operating system, or switch off software that inspects \
    encrypted traffic, then try again.";
pub(super) const NONE: &str = "Visitors never see this: it answers a call to the management API.";
