//! Holds the arrows of the house.
