//! Restarts and changes under load: no visitor notices.

mod failed_upgrades;
mod killed_processes;
mod load;
mod origin;
mod proof;
mod upgradable;

const HOST: &str = "www.example.test";
