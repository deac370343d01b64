//! Facts about the machine this node runs on, read from `/proc`, `/etc` and the file systems.
