//! Of commands, the rules of tickets.

#[path = "../../src/commands/ticket.rs"]
pub mod ticket;
