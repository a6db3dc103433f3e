//! Where the nightlight's settings and its board are.
