//! Restarts and changes under load: no visitor notices.

mod failed_upgrades;
mod load;
mod origin;
mod proof;
mod upgradable;

const HOST: &str = "www.example.test";
