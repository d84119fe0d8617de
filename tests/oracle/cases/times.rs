//! Times: `-U`, `--open-noatime`, `-O`, `-J`, `-N`.

use crate::case::{Case, case};

const ATIMES: &str =
    "s/a atime:900000000\ns/d/b atime:800000000.5\ns/l -> a\ns/p fifo atime:600000000\n";
const OTHER: &str = "d/a=s/a\\n atime:5\nd/d/b=other atime:6\nd/p fifo atime:7\n";

fn atimes(line: &str) -> Case {
    case(line, &format!("{ATIMES}{OTHER}")).atimes()
}

cases! {
    atimes_of_new: case("-aUi s/ d", ATIMES).atimes().option("-U");
    atimes_of_what_is_there: atimes("-aUi s/ d").option("-U");
    atimes_by_long_name: atimes("-ai --atimes s/ d").option("--atimes");
    atimes_taken_back: atimes("-aUi --no-U s/ d").option("--no-U");
    atimes_without_times: atimes("-rlUi s/ d").option("-U");
    atimes_in_a_dry_run: atimes("-aUni s/ d").option("-U");
    atimes_in_whole_seconds: case("-aUi s/ d", "s/a atime:900000000.5\nd/a=s/a\\n atime:900000000.7\ns/b atime:9\nd/b=s/b\\n atime:10").atimes();
    atimes_with_a_window: case("-aUi --modify-window=2 s/ d", "s/a atime:9\nd/a=s/a\\n atime:11\ns/b atime:9\nd/b=s/b\\n atime:12").atimes().option("-U");
    atimes_of_a_large_file: case("-aUi s/ d", "s/big size:2m atime:900000000\nd/big size:2m atime:5").atimes().option("-U");
    noatime: case("-aUUi s/ d", ATIMES).atimes().then("-aUUi s/ d").option("-U");
    open_noatime: case("-ai --open-noatime s/ d", ATIMES).atimes().option("--open-noatime");

    omit_dir_times: case("-aOi s/ d", "s/d/ @5\ns/d/b\ns/e/ @6\nd/e/ @7").then("-aOi s/ d").option("-O");
    omit_dir_times_by_long_name: case("-ai --omit-dir-times s/ d", "s/d/b\ns/e/ @6\nd/e/ @7\nd/e/x @9").option("--omit-dir-times");
    omit_dir_times_taken_back: case("-aOi --no-O s/ d", "s/d/ @5\ns/d/b").option("--no-O");
    omit_link_times: case("-aJi s/ d", "s/l -> x\ns/l2 -> x @5\nd/l2 -> x @6\ns/l3 -> x\nd/l3 -> y @7\ns/f @8").then("-aJii s/ d").option("-J");
    omit_link_times_taken_back: case("-aJi --no-omit-link-times s/ d", "s/l -> x\nd/l -> x @6").option("--no-omit-link-times");
    omit_both_and_atimes: case("-aUOJi s/ d", ATIMES).atimes().option("-O");
    crtimes: case("-aN s/ d", "s/a").option("-N");
    crtimes_by_long_name: case("-a --crtimes --no-N s/ d", "s/a").option("--crtimes");
    no_crtimes: case("-ai --no-crtimes s/ d", "s/a");
}
