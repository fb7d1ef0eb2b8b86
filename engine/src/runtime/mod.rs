//! The store and what lives in it: instances, functions, memories, tables, globals, limits, calls.
