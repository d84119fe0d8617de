//! Recorded cases (`testdata/*.json`): what rsync 3.5.0 made of them once, against the installed rsync and resilver.
//!
//! [`every_row_is_replayed`] holds the list below to the files, so that no row is forgotten.

use std::ffi::OsString;

use serde_json::Value;

use crate::case::{Case, check, scratch};
use crate::compare::{self, Observation};
use crate::fixture::{Entry, What};
use crate::run::{Program, show, show_args};

/// Rows recorded on a source that was made in the same second as the destination: whether the root's time is told
/// depends on that.
const MADE_TOGETHER: &[&str] = &["14 mkpath dir "];

/// Rows that a stage ends otherwise, by the list of differences: what is written in place, and a destination that
/// stays unmade where the directory for temporary files is missing.
const ONLY_DIRECT: &[(&str, &[usize])] = &[("basis-cases.json", &[14, 16, 17, 18, 19, 20, 28])];

/// Rows in which nothing happens.
const SILENT: &[(&str, usize)] = &[("delete-cases.json", 27), ("filter-lists.json", 12)];

/// One recorded row, turned into a case.
struct Row {
    name: String,
    case: Case,
    args: Vec<OsString>,
    stdout: Option<String>,
    stderr: Option<String>,
    code: i32,
    /// The tree's name and its recorded form.
    results: Vec<(String, Value)>,
}

/// The rows of a recorded file, in order.
fn rows(file: &str) -> Vec<(String, Value)> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(file);
    let text = std::fs::read_to_string(&path).expect("the recorded cases");
    let rows: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    rows.into_iter()
        .map(|row| (row["name"].as_str().expect("a name").to_string(), row))
        .collect()
}

fn texts(value: &Value) -> Vec<String> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .map(|text| text.as_str().expect("text").to_string())
        .collect()
}

/// The arguments, without the summaries that the recording switched off: they are taken out of the text instead.
fn arguments(row: &Value) -> Vec<OsString> {
    let mut args = texts(&row["args"]);
    if let Some(source) = row["src"].as_str() {
        // Filter lists name only their rules.
        args.insert(0, "-a".into());
        args.extend([source.to_string(), "d".into()]);
    }
    args.retain(|arg| arg != "--info=stats0,flist0");
    args.into_iter().map(Into::into).collect()
}

impl Row {
    fn read(name: &str, row: &Value) -> Row {
        let args = arguments(row);
        let tree = texts(&row["tree"])
            .into_iter()
            .chain(texts(&row["dest"]))
            .map(|line| entry(&line))
            .collect();
        let stable = |field: &str| !texts(&row["unstable"]).contains(&field.to_string());
        let text = |field: &str| {
            row[field]
                .as_str()
                .filter(|_| stable(field))
                .map(str::to_string)
        };
        let results = match &row["result"] {
            Value::Object(trees) => trees
                .iter()
                .map(|(name, tree)| (name.clone(), tree.clone()))
                .collect(),
            list => vec![("d".into(), list.clone())],
        };
        // Listings were recorded with the sizes and times that directories had on that filesystem.
        let stdout =
            text("stdout").filter(|text| !text.contains("<NOW>") && !MADE_TOGETHER.contains(&name));
        // Some were recorded without their last line end.
        let stderr = text("stderr").map(|text| match text.is_empty() || text.ends_with('\n') {
            true => text,
            false => text + "\n",
        });
        let code = row["rc"].as_i64().expect("a code") as i32;
        Row {
            name: name.into(),
            case: surrounded(Case::of(args.clone(), tree), row),
            args,
            stdout,
            stderr,
            code,
            results,
        }
    }

    /// Compares what the installed rsync does with what was recorded.
    fn check_recorded(&self) {
        let scratch = scratch();
        let seen = self.case.observe(&Program::rsync(), scratch.path());
        let what = format!("{}: {}", self.name, show_args(&self.args));
        let output = &seen.outputs[0];
        assert_eq!(output.code, self.code, "{what}");
        if let Some(recorded) = &self.stdout {
            assert_eq!(
                without_summary(&seen.text(&output.stdout)),
                without_summary(recorded),
                "{what}"
            );
        }
        if let Some(recorded) = &self.stderr {
            assert_eq!(
                compare::stderr(&seen.text(&output.stderr), false),
                compare::stderr(recorded, false),
                "{what}"
            );
        }
        for (name, tree) in self.results.iter() {
            assert_eq!(&listed(&seen, name), tree, "{what}: {name}");
        }
    }
}

/// The case with the variables and the standard input of its row.
fn surrounded(case: Case, row: &Value) -> Case {
    let input = row["stdin"].as_str().unwrap_or_default();
    let variables = row["env"].as_object().into_iter().flatten();
    variables.fold(case.stdin(input.as_bytes()), |case, (name, value)| {
        case.env(name, value.as_str().expect("text"))
    })
}

/// A line of a recorded tree.
fn entry(line: &str) -> Entry {
    if let Some((name, target)) = line.split_once(" -> ") {
        return Entry::new(name, What::Symlink(target.into()));
    }
    if let Some(name) = line.strip_suffix('/') {
        return Entry::new(name, What::Dir);
    }
    match line.split_once('=') {
        Some((name, text)) => Entry::new(name, What::File(text.replace("\\n", "\n").into_bytes())),
        None => Entry::new(line, What::File(format!("{line}\n").into_bytes())),
    }
}

/// A tree as the recording shows it: a sorted listing, `FILE:content`, `-> target`, or nothing.
fn listed(seen: &Observation, name: &str) -> Value {
    if let Some(content) = seen.tree.content(name.as_bytes()) {
        return Value::String(format!(
            "FILE:{}",
            String::from_utf8_lossy(content).trim_end()
        ));
    }
    if let Some(target) = seen.tree.target(name.as_bytes()) {
        return Value::String(format!("-> {}", show(target)));
    }
    seen.tree
        .listing(name.as_bytes())
        .map_or(Value::Null, |lines| {
            lines.into_iter().map(Value::String).collect()
        })
}

/// Standard output without the first line and the summary of `-v`, in which some rows were recorded.
fn without_summary(text: &str) -> String {
    let summary = |line: &&str| {
        line.starts_with("sending incremental file list")
            || line.starts_with("building file list ... done")
            || line.starts_with("sent ")
            || line.starts_with("total size is ")
            || *line == "\n"
    };
    compare::stdout(
        &text
            .split_inclusive('\n')
            .filter(|line| !summary(line))
            .collect::<String>(),
    )
}

/// Replays one row, by its number in the file.
fn replay(file: &str, number: usize) {
    let rows = rows(file);
    let (name, row) = &rows[number];
    let row = Row::read(name, row);
    row.check_recorded();
    let mut case = row.case;
    if SILENT.contains(&(file, number)) {
        case = case.silent();
    }
    if ONLY_DIRECT
        .iter()
        .any(|(of, rows)| *of == file && rows.contains(&number))
    {
        case = case.only_direct();
    }
    check(case);
}

/// The rows that are replayed: each a test of its own.
macro_rules! replayed {
    ($($file:literal, $module:ident: $($test:ident = $number:literal)*;)*) => {
        $(mod $module { $(#[test] fn $test() { super::replay($file, $number); })* })*
        const REPLAYED: &[(&str, &[usize])] = &[$(($file, &[$($number),*])),*];
    };
}

#[test]
fn every_row_is_replayed() {
    for (file, replayed) in REPLAYED {
        let all: Vec<usize> = (0..rows(file).len()).collect();
        assert_eq!(*replayed, all, "{file}");
    }
}

replayed! {
    "path-cases.json", paths:
        row_00_1_dir_no_slash_dest_missing = 0
        row_01_2_dir_slash_dest_missing = 1
        row_02_3_dir_no_slash_dest_exists = 2
        row_03_4_dir_slash_dest_exists_slash = 3
        row_04_5_dir = 4
        row_05_6_file_to_missing = 5
        row_06_7_file_to_missing_slash = 6
        row_07_8_file_to_existing_dir = 7
        row_08_9_file_to_existing_file = 8
        row_09_10_two_files_to_missing = 9
        row_10_11_two_files_to_existing_file = 10
        row_11_12_dir_to_existing_file = 11
        row_12_12b_dir_to_existing_file = 12
        row_13_13_dest_parent_missing = 13
        row_14_14_mkpath_dir = 14
        row_15_15_mkpath_file_no_slash = 15
        row_16_16_mkpath_file_slash = 16
        row_17_17_r_path = 17
        row_18_18_r = 18
        row_19_19_r_trailing_slash = 19
        row_20_20_r_missing_dest_single_file = 20
        row_21_21_r_dotdot = 21
        row_22_21b_r_dotdot_before = 22
        row_23_22_arg_no_r = 23
        row_24_23_arg = 24
        row_25_24_two_dirs_merge = 25
        row_26_24b_reverse = 26
        row_27_25_missing_source_among_good = 27
        row_28_26_only_missing_source = 28
        row_29_27_dir_without_r = 29
        row_30_27b_dir_without_r = 30
        row_31_28_d_dir = 31
        row_32_29_d_dir = 32
        row_33_30_list_only = 33
        row_34_31_list_only_r = 34
        row_35_32_empty_dir_single_to_missing = 35
        row_36_33_empty_dir_single_to_missing = 36
        row_37_34_empty_dir_on_file = 37
        row_38_35_src_arg_empty = 38
        row_39_36_dest_empty = 39
        row_40_37_both_remote = 40
        row_41_38_mixed_local_remote_src = 41
        row_42_39_remote_then_local_src = 42
        row_43_40_different_hosts = 43
        row_44_41 = 44
        row_45_42_colon_in_local_file = 45
        row_46_43_r_no_implied_dirs = 46
        row_47_44_dest_symlink_to_dir = 47
        row_48_45_dest_dangling_symlink = 48
        row_49_46_dest_slash_on_file = 49
        row_50_47_host_starts_with_dash = 50
        row_51_48_handling = 51
        row_52_48b_option_after_args = 52
        row_53_49_file_given_as_file = 53
        row_54_50_multiple_same_basename = 54
    ;
    "delete-cases.json", delete:
        row_00_1_delete_r = 0
        row_01_2_delete_before_vv = 1
        row_02_2b_delete_during_order_vs_xfer = 2
        row_03_2c_delete_before_order = 3
        row_04_2d_delete_after_order = 4
        row_05_2e_delete_delay_order = 5
        row_06_3_excluded_kept = 6
        row_07_4_delete_excluded = 7
        row_08_4b_delete_excluded_alone_implies_delete = 8
        row_09_4c_delete_excluded_p = 9
        row_10_4d_delete_excluded_sr = 10
        row_11_4e_delete_excluded_removes_excluded_present_in_src_too = 11
        row_12_5_max_delete_1 = 12
        row_13_5b_max_delete_0 = 13
        row_14_5c_max_delete_1 = 14
        row_15_5d_max_delete_exactly_enough = 15
        row_16_5e_max_delete_dry_run = 16
        row_17_5f_max_delete_missing_src = 17
        row_18_7_missing_src_arg_delete = 18
        row_19_7b_missing_file_arg_delete = 19
        row_20_7c_only_missing_src_delete = 20
        row_21_8_ignore_missing_args = 21
        row_22_8b_delete_missing_args_file = 22
        row_23_8c_delete_missing_args_nonempty_dir = 23
        row_24_8d_delete_missing_args_nonempty_dir_force = 24
        row_25_8e_delete_missing_args_files_from = 25
        row_26_8f_delete_missing_args_list_only = 26
        row_27_9_wildcard_args_do_not_delete = 27
        row_28_9b_dir_no_slash_deletes_only_inside = 28
        row_29_10_d_delete = 29
        row_30_11_dest_missing_dry_run_delete = 30
        row_31_12_protect = 31
        row_32_12b_protect_nested_perishable = 32
        row_33_12c_include_overrides = 33
        row_34_12d_risk = 34
        row_35_13_backup_delete = 35
        row_36_13b_backup_dir_delete = 36
        row_37_13c_backup_dir_inside_dest = 37
        row_38_13d_repeat_backup_dir_inside_dest_gets_deleted = 38
        row_39_14_type_change_dir_file_no_force = 39
        row_40_14b_empty_dir_file_no_force = 40
        row_41_15_symlink_to_dir_in_dest_deleted_as_link = 41
        row_42_16_m_prune_delete = 42
        row_43_17_existing_ignore_existing_delete = 43
        row_44_18_delete_with_r = 44
        row_45_19_delete_n_stats = 45
        row_46_20_remove_source_delete = 46
        row_47_22_cvs_exclude_perishable = 47
    ;
    "filter-lists.json", filters:
        row_00_first_match_wins = 0
        row_01_later_include_ineffective = 1
        row_02_only_c_keep_dirs = 2
        row_03_only_c_prune = 3
        row_04_exclude_hides_dirs_so_nothing_below = 4
        row_05_explicit_path_include = 5
        row_06_explicit_path_w_o_parents = 6
        row_07_anchored = 7
        row_08_anchored_no_slash_source = 8
        row_09_anchored_w_source_name = 9
        row_10_r_anchoring = 10
        row_11_r_anchoring = 11
        row_12_exclude_the_source_arg_itself = 12
        row_13_exclude_dotdir_ignored = 13
        row_14_source_arg_s_with_s = 14
        row_15_dir_only_exclude = 15
        row_16 = 16
        row_17_only_contents = 17
        row_18_clear_list = 18
        row_19_exclude_clears = 19
        row_20_exclude_prefix = 20
        row_21_include_prefix = 21
        row_22_exclude_foo_literal = 22
        row_23_exclude_foo_literal = 23
        row_24_exclude_empty = 24
        row_25_exclude_from_comments = 25
        row_26_exclude_from_crlf = 26
        row_27_exclude_from_cr_only = 27
        row_28_exclude_from_no_trailing_newline = 28
        row_29_exclude_from_trailing_space = 29
        row_30_exclude_from_lines = 30
        row_31_include_from_then_exclude = 31
        row_32_exclude_from = 32
        row_33_exclude_from_from0 = 33
        row_34_exclude_from_escaped = 34
        row_35_merge_file = 35
        row_36_merge_line_is_comment_too = 36
        row_37_merge_exclude_only = 37
        row_38_merge_w_split = 38
        row_39_merge_stdin = 39
        row_40_merge_in_merge = 40
        row_41_bad_rule_in_merge = 41
        row_42_bad_rule_in_exclude_from_ok = 42
        row_43_dir_merge_inherit = 43
        row_44_dir_merge_n = 44
        row_45_dir_merge_e = 45
        row_46_dir_merge_clear_in_subdir = 46
        row_47_dir_merge_anchored = 47
        row_48_dir_merge_anchored_in_subdir = 48
        row_49_dir_merge_slash_pattern = 49
        row_50_dir_merge_order_vs_global = 50
        row_51_dir_merge_order_vs_global_2 = 51
        row_52_dir_merge_mode = 52
        row_53_dir_merge_n_with_self = 53
        row_54_dir_merge_c = 54
        row_55_c = 55
        row_56_c_home_cvsignore_env = 56
        row_57_c_lower_priority_than_include = 57
        row_58_c_rule_clear = 58
        row_59_f_c = 59
        row_60_f = 60
        row_61_ff = 61
        row_62_f_parent_scan = 62
        row_63_f_no_parent_scan = 63
        row_64_side_h = 64
        row_65_side_s_override = 65
        row_66_s_vs_r_delete = 66
        row_67_r_protects = 67
        row_68_merge_with_side_default = 68
        row_69_merge_side_conflict = 69
        row_70_merge_with_default = 70
        row_71_abs = 71
        row_72_abs_partial = 72
        row_73_abs_basename = 73
        row_74_exclude_with_files_from = 74
        row_75_files_from_dir_no_r = 75
        row_76_files_from_dir_no_r = 76
        row_77_files_from_comments_slash = 77
        row_78_files_from_missing = 78
        row_79_files_from_no_r = 79
        row_80_files_from_exclude_parent_dir_does_not_hide = 80
        row_81_size_rules_keep_dirs = 81
        row_82_max_depth_trick = 82
        row_83_trailing_space_from_arg = 83
    ;
    "basis-cases.json", basis:
        row_00_ld_content_differ = 0
        row_01_ld_missing_dir = 1
        row_02_ld_is_file = 2
        row_03_ld_symlink_dir = 3
        row_04_bk_default = 4
        row_05_bk_suffix = 5
        row_06_bk_twice_overwrites = 6
        row_07_bk_dir = 7
        row_08_bk_dir_suffix = 8
        row_09_bk_suffix_w_o_b = 9
        row_10_bk_symlink_replaced = 10
        row_11_bk_dir_replaced_by_file = 11
        row_12_bk_file_replaced_by_dir = 12
        row_13_bk_dir_replaced_by_file_bkdir = 13
        row_14_bk_inplace = 14
        row_15_bk_suffix_files_protected_from_delete_only = 15
        row_16_append_shorter = 16
        row_17_append_verify_mismatch = 17
        row_18_append_same_longer_skipped = 18
        row_19_append_new_file = 19
        row_20_inplace_over_symlink = 20
        row_21_default_over_symlink = 21
        row_22_delay = 22
        row_23_pdir_existing_used = 23
        row_24_pdir_whole_file_discards = 24
        row_25_pdir_protects_from_delete = 25
        row_26_pdir_in_source_excluded = 26
        row_27_env_rsync_partial_dir_partial_source_excl = 27
        row_28_temp_dir_missing = 28
        row_29_temp_dir_other_fs = 29
    ;
}
