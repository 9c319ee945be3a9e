//! The behaviour suite: what [`Resource`](vfs::Resource) promises, case by case.
//!
//! A case that needs something the backend says it cannot do checks instead that it answers `ENOTSUP`.

mod attributes;
mod concurrency;
mod directories;
mod files;
mod handles;
mod links;
mod preconditions;
mod random;
mod rename;

use crate::rig::Rig;

/// One case: panics when the backend breaks the promise.
pub type Case = fn(&Rig);

macro_rules! cases {
    ($($module:ident: $($case:ident)+;)+) => {
        /// All cases, by the name `module::case`.
        pub const CASES: &[(&str, Case)] = &[
            $($((concat!(stringify!($module), "::", stringify!($case)), $module::$case),)+)+
        ];

        /// Makes one `#[test]` per case. The argument is an expression that makes a fresh, empty [`Rig`](crate::Rig).
        #[macro_export]
        macro_rules! conformance {
            ($make:expr) => {
                $(mod $module {
                    #[allow(unused_imports)]
                    use super::*;
                    $(#[test]
                    fn $case() {
                        $crate::conformance::run_case(
                            concat!(stringify!($module), "::", stringify!($case)),
                            &|| $make,
                        );
                    })+
                })+
            };
        }
    };
}

cases! {
    files:
        what_is_written_is_read writing_replaces_everything an_empty_file_is_a_file ranges_are_clipped
        a_large_file_streams_in_and_out many_small_pieces_make_one_file a_failing_body_changes_nothing
        a_dropped_write_changes_nothing writing_where_it_cannot_be reading_what_cannot_be appending truncating copying
        a_pinned_read_notices_a_change odd_names removing;
    directories:
        made_and_listed listing_knows_what_stat_knows making_where_it_cannot_be a_large_directory_is_listed_once
        removing_directories the_root_stays removed_and_made_again;
    rename:
        a_file_moves onto_a_file onto_itself a_tree_moves onto_a_directory into_itself refusals without_replacing exchanging
        the_root_does_not_move;
    links:
        a_symbolic_link_is_itself a_path_through_a_link_is_reported a_path_that_ends_in_a_link_is_reported
        a_link_in_the_way_of_making links_are_renamed_and_removed_themselves link_texts_are_kept_as_they_are
        hard_links_share_everything hard_link_refusals;
    attributes:
        modes_are_kept a_mode_for_what_is_made times_are_kept writing_moves_the_times attributes_of_a_link_are_its_own
        refused_for_what_is_not_there numbers_are_stable;
    handles:
        opening_what_is_not_there exclusive_creation truncating_on_open directories_are_not_opened random_reads_and_writes
        gaps_read_as_zeros appending_goes_to_the_end an_unlinked_file_lives_on a_renamed_file_keeps_its_handle
        handles_see_each_other truncating_a_handle a_handle_has_attributes;
    preconditions:
        absent matching a_fingerprint_is_of_the_content only_one_creator_wins only_one_replacer_wins;
    concurrency:
        readers_see_old_or_new appends_do_not_tear everybody_makes_files open_handles_append_side_by_side;
    random:
        operations_match_the_model random_access_matches_the_model;
}

/// Runs one case, for [`conformance!`](crate::conformance!).
#[track_caller]
pub fn run_case(name: &str, make: &dyn Fn() -> Rig) {
    let (_, case) = CASES
        .iter()
        .find(|(n, _)| *n == name)
        .unwrap_or_else(|| panic!("there is no case {name}"));
    case(&make());
}

/// Runs every case on a fresh backend each, without the test harness: the names of those that failed.
pub fn run_all(make: impl Fn() -> Rig) -> Vec<&'static str> {
    CASES
        .iter()
        .filter(|(_, case)| std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| case(&make()))).is_err())
        .map(|(name, _)| *name)
        .collect()
}
