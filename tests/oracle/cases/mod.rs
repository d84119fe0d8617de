//! The table of cases, by subject.

mod alternates;
mod attributes;
mod basics;
mod changes;
mod delete;
mod delete_when;
mod errors;
mod extended;
mod fake_super;
mod filter_dirs;
mod filter_files;
mod filter_sides;
mod filters;
mod links;
mod names;
mod output;
mod output_flags;
mod output_formats;
mod output_logs;
mod owners;
mod paths;
mod relative;
mod selection;
mod symlinks;
mod times;
mod types;
