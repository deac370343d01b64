//! The task with scripted workers, in invented time; and the child's loop with a scripted engine, over real pipes.

mod child;
mod task;
mod together;
