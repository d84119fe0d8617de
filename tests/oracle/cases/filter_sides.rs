//! What rules do at each end: hiding, and protecting from deletion, also by files of the destination.

use crate::case::{Case, case};

fn over(line: &str, files: &str) -> Case {
    case(
        line,
        &format!(
            "s/a=newer\ns/k/b\nd/a\nd/old\nd/keep\nd/k/old\nd/k/keep\nd/gone/old\nd/gone/keep\nd/gone/x/keep\n{files}"
        ),
    )
}

cases! {
    hide_is_for_the_sender: case("-ai --delete --filter=H\\sa s/ d", "s/a\ns/b\nd/a\nd/x").option("--filter");
    protect_is_for_the_receiver: over("-ai --delete --filter=P\\skeep s/ d", "").option("--filter");
    risk_comes_before_protect: over("-ai --delete --filter=R\\s/k/keep --filter=P\\skeep s/ d", "").option("--filter");
    perishable_rules_stay_with_what_stays: over("-ai --delete --filter=-p\\skeep s/ d", "").option("--filter");
    perishable_and_lasting: over("-ai --delete --filter=-p\\sold --filter=P\\skeep s/ d", "").option("--filter");
    an_absolute_path_at_the_destination: over("-ai --delete --filter=P/\\s<ROOT>/d/k/keep s/ d", "").option("--filter");
    an_absolute_path_of_a_named_source: case("-ai --delete --filter=P/\\s<ROOT>/d/s/keep s d", "s/a\nd/s/keep\nd/s/old\nd/keep").option("--filter");
    the_destinations_file_protects: over("-ai --delete --filter=:\\s.rf s/ d", "d/.rf=P\\skeep").option("--filter");
    the_destinations_file_in_a_directory: over("-ai --delete --filter=:\\s.rf s/ d", "d/k/.rf=P\\s/keep").option("--filter");
    the_sources_file_protects_nothing_yet: over("-ai --delete --filter=:\\s.rf s/ d", "s/.rf=P\\skeep");
    the_sources_file_protects_from_then_on: over("-ai --delete --filter=:\\s.rf s/ d", "s/.rf=P\\slater").change("d/later").then("-ai --delete --filter=:\\s.rf s/ d").option("--filter");
    a_file_in_a_directory_that_goes: over("-ai --delete --filter=:\\s.rf s/ d", "d/gone/.rf=-\\skeep").option("--filter");
    a_file_in_a_directory_that_goes_perishes: over("-ai --delete --filter=:p\\s.rf s/ d", "d/gone/.rf=-\\skeep");
    a_file_left_out_is_protected: over("-ai --delete --filter=:e\\s.rf s/ d", "d/.rf=P\\skeep\nd/gone/.rf=").option("--filter");
    a_file_for_the_sender_alone: over("-ai --delete --filter=:s\\s.rf s/ d", "d/.rf=-\\skeep\ns/.rf=-\\sb").option("--filter");
    a_file_for_the_receiver_alone: over("-ai --delete --filter=:r\\s.rf s/ d", "d/.rf=-\\skeep\ns/.rf=-\\sb").option("--filter");
    parents_of_the_destination: over("-ai --delete --filter=:\\s/.rf s/ d", ".rf=P\\skeep\\nP\\s/d/k/old").option("--filter");
    parents_of_a_directory_in_the_destination: case("-ai --delete --filter=:\\s/.rf s d", "s/a\nd/s/keep\nd/s/old\nd/.rf=P\\s/s/keep").option("--filter");
    no_parents_unless_asked: case("-ai --delete --filter=:\\s.rf s d", "s/a\nd/s/keep\nd/s/old\nd/.rf=P\\skeep");
    a_file_of_the_destination_names_a_file: over("-ai --delete --filter=:\\s.rf --filter=P\\sinc s/ d", "d/k/.rf=.\\sinc\nd/inc=P\\skeep").option("--filter");
    a_file_named_for_the_other_side_is_not_read: case("-ai --delete --filter=:\\s.rf s/ d", "s/a\ns/b\ns/.rf=:er\\s.sub\\n:\\s.sub\ns/.sub=-\\sa\nd/.rf=:s\\s.sub\\nP\\skeep\nd/.sub=bogus\nd/keep\nd/old").option("--filter");
    a_merge_for_the_other_side_is: case("-ai --delete --filter=:\\s.rf s/ d", "s/a\nd/.rf=.s\\sinc\nd/inc=bogus\nd/old").option("--filter");
    delete_excluded_and_files: case("-ai --delete-excluded --filter=:\\s.rf --filter=.\\sx s/ d", "x=-\\sa\\n-sr\\sb\\nP\\sc\ns/a\nd/a=other\nd/b\nd/c\nd/d\nd/e\nd/f\nd/.rf=-\\sd\\n-r\\se\\n.\\sinc\nd/inc=-\\sf").option("--filter");
    delete_excluded_and_cvs: case("-aiC --delete-excluded s/ d", "s/a\ns/b.o\nd/b.o\nd/.cvsignore=x\nd/x").option("-C");
    rules_that_go_first_hold_to_the_end: over("-ai --delete-after --filter=:\\s.rf s/ d", "d/.rf=P\\skeep").option("--filter");
    rules_above_a_named_source_hold_to_the_end: case("-ai --delete-after --filter=:\\s.rf s d", "s/a\ns/k/a\nd/.rf=P\\sold\nd/s/.rf=P\\skeep\nd/s/old\nd/s/k/keep\nd/s/k/old").option("--filter");
    delete_after_goes_by_the_new_rules: over("-ai --delete-after --filter=:\\s.rf s/ d", "s/.rf=P\\skeep\ns/k/.rf=!\nd/.rf=P\\sold").option("--filter");
    delete_delay_goes_by_the_old_rules: case("-ai --delete-delay --filter=:\\s.rf s/ d", "s/a\ns/k/b\ns/.rf=P\\skeep\nd/.rf=P\\sold\nd/old\nd/keep\nd/k/old\nd/k/keep\nd/gone/x").option("--filter");
    delete_before_goes_by_the_old_rules: over("-ai --delete-before --filter=:\\s.rf s/ d", "s/.rf=P\\skeep\nd/.rf=P\\sold").option("--filter");
    cvs_perishes: over("-aiC --delete s/ d", "d/x.o\nd/gone/x.o");
    cvs_words_do_not_perish: over("-aiC --delete s/ d", "d/gone/y").env("CVSIGNORE", "y");
    what_is_in_the_way_is_protected: case("-ai --delete --filter=:\\s.rf s/ d", "s/x\nd/x/keep\nd/x/old\nd/x/.rf=-\\skeep").option("--filter");
    what_is_in_the_way_perishes: case("-ai --delete --filter=-p\\skeep s/ d", "s/x\nd/x/keep\nd/x/old");
    what_is_in_the_way_of_force: case("-ai --force --filter=:\\s.rf s/ d", "s/x\nd/x/keep\nd/x/old\nd/.rf=-\\skeep\nd/x/.rf=-\\sold").option("--filter");
    attributes_have_rules_of_their_own: case("-ai --delete --filter=-x\\s* s/ d", "s/a\nd/b");
    a_dry_run_protects_the_same: over("-ain --delete --filter=:\\s.rf --filter=-\\sgone s/ d", "d/.rf=P\\s/keep\nd/k/.rf=P\\skeep").option("--filter");
    told_hiding_and_showing: case("-avv --filter=+\\sk/b --filter=-!\\s*/ --filter=-\\s/l/ s/ d", "s/a\ns/k/b\ns/l/c").option("--filter");
    told_protecting_and_risking: over("-avv --delete --filter=R\\sa --filter=P\\skeep --filter=R\\sold s/ d", "").option("--filter");
    told_of_rules_in_files: over("-avv --delete --filter=.\\sx --filter=:\\s.rf s/ d", "x=-\\sb\\nR\\sold\nd/.rf=P\\skeep\ns/.rf=+\\sa").option("--filter");
    told_of_files_that_files_name: over("-avv --delete --filter=:\\s.rf s/ d", "d/.rf=:\\s.sub\nd/.sub=P\\skeep\ns/.rf=\\n:\\s.sub\ns/.sub=-\\sa").option("--filter");
    told_of_cvs: over("-avvC --delete s/ d", "s/x.o\nd/x.o").env("CVSIGNORE", "keep");
    told_of_operands: case("-avv --filter=-\\ss s t d", "s/a\nt/a").option("--filter");
    told_of_a_pattern_with_odd_bytes: case("-avv --exclude=a\\x01\\xff s/ d", "s/a\\x01\\xff\ns/b").option("--exclude");
}
